"""Lets the user of a secret into the warehouse; what a deployment does once."""

from foresell.adapters.aws_secrets import read_secret
from foresell.adapters.postgres_link import opened
from foresell.adapters.warehouse import logins
from foresell.errors import UsageError
from foresell.settings import Settings
from foresell.wiring.databases import database_place

_NAMED_BY = "loader of the event"


def let_in(secret: str, group: logins.Group, settings: Settings) -> str:
    """Let who ``secret`` names into the warehouse, as one of ``group``; return the user's name.

    ``secret``: a name or ARN of Secrets Manager, of the form that RDS writes; its password becomes
    the user's. Who asks is whom ``settings`` name, and needs the right to make users.

    Raises:
        UsageError: the secret names no user, or one who may do more than the group.
    """
    said = read_secret(secret, settings.database.region, _NAMED_BY)
    if "username" not in said:
        where = f"{_NAMED_BY}={secret}"
        raise UsageError("the secret names no user", where, 'store {"username": "..."} in it')
    with opened(database_place(settings)) as connection:
        logins.let_in(connection, said["username"], said["password"], group)
    return said["username"]
