"""Users who may do in the warehouse what one of its groups may, and nothing else."""

from typing import Any, Literal

from psycopg import Connection, sql

from foresell.adapters.warehouse.asking import ask
from foresell.errors import UsageError

Group = Literal["ingest", "read", "app"]
_GROUPS = ("ingest", "read", "app")  # made by a migration; nobody logs in as one


def let_in(connection: Connection[Any], login: str, password: str, group: Group) -> None:
    """Make the user ``login``, or give it this ``password``, and put it into ``group``.

    The server is sent a SCRAM verifier, never the password, so that none can stand in its log.
    Done again it changes nothing but the verifier's salt.

    Raises:
        UsageError: ``login`` is who asks, one of the groups, or may do more than ``group`` may: by
            itself, as a member of another role, as an owner of anything, by a grant of its own.
    """
    there = ask(connection, "login", login=login, group=group)
    if login in _GROUPS or any(one["may_more"] for one in there):
        raise UsageError(
            f"{login!r} is a group, an owner or an administrator, or has other rights than {group}",
            f"the user that {group} is granted to",
            "name another user in the secret: one who can do nothing else",
        )
    user = sql.Identifier(login)
    verifier = connection.pgconn.encrypt_password(
        password.encode(), login.encode(), b"scram-sha-256"
    )
    if not there:
        connection.execute(sql.SQL("CREATE ROLE {}").format(user))
    connection.execute(
        sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(user, sql.Literal(verifier.decode()))
    )
    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), user))
