import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import Connection, sql

from foresell.adapters.warehouse.logins import let_in
from foresell.errors import UsageError

LOGIN = 'who; loads "it" \'all'


@pytest.fixture(scope="module")
def url(postgres: Callable[[], str]) -> str:
    return postgres().replace("+psycopg", "")


@pytest.fixture(scope="module")
def connection(url: str) -> Iterator[Connection[Any]]:
    """A transaction that is rolled back at the end: users belong to all databases of a server."""
    with psycopg.connect(url) as opened:
        for group in ("ingest", "read", "app"):
            made = opened.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [group]).fetchone()
            if made is None:
                opened.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(group)))
        yield opened
        opened.rollback()


def kept(connection: Connection[Any], login: str) -> str:
    found = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [login])
    return str(found.fetchone()[0])  # type: ignore[index]


def opens(verifier: str, password: str) -> bool:
    """Tell whether a password is that of a verifier, by RFC 5802 and not by libpq."""
    found = re.fullmatch(r"SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)", verifier)
    assert found is not None
    salt, stored = base64.b64decode(found[2]), base64.b64decode(found[3])
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, int(found[1]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    return hashlib.sha256(key).digest() == stored


@given(password=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
@settings(max_examples=15)
def test_the_password_opens_and_the_server_never_saw_it(
    connection: Connection[Any], password: str
) -> None:
    let_in(connection, LOGIN, password, "ingest")

    assert opens(kept(connection, LOGIN), password)
    assert not opens(kept(connection, LOGIN), f"{password}x")


def test_who_is_let_in_twice_has_the_rights_of_the_group_and_no_other(
    connection: Connection[Any],
) -> None:
    let_in(connection, LOGIN, "old", "ingest")
    let_in(connection, LOGIN, "new", "ingest")

    said = connection.execute(
        "SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s",
        [LOGIN],
    ).fetchone()
    assert said == (True, False, False, False)
    assert opens(kept(connection, LOGIN), "new")
    assert connection.execute("SELECT pg_has_role(%s, 'ingest', 'USAGE')", [LOGIN]).fetchone() == (
        True,
    )
    assert connection.execute("SELECT pg_has_role(%s, 'app', 'USAGE')", [LOGIN]).fetchone() == (
        False,
    )


@pytest.mark.parametrize("right", ["CREATEROLE", "CREATEDB", "SUPERUSER", "BYPASSRLS"])
def test_who_may_do_more_than_a_group_keeps_the_password_it_had(
    connection: Connection[Any], right: str
) -> None:
    name = f"mighty_{right.lower()}"
    connection.execute(f"CREATE ROLE {name} {right} LOGIN PASSWORD 'own'".encode())

    with pytest.raises(UsageError, match="an owner or an administrator"):
        let_in(connection, name, "another", "ingest")

    assert opens(kept(connection, name), "own")


@pytest.mark.parametrize(
    "given",
    [
        "CREATE ROLE chief; GRANT chief TO {name}",
        "GRANT pg_read_all_data TO {name}",
        "GRANT read TO {name}",
        "GRANT ingest TO {name} WITH ADMIN OPTION",
        "CREATE TABLE own (id INT); ALTER TABLE own OWNER TO {name}",
        "CREATE TABLE own (id INT); GRANT UPDATE ON own TO {name}",
        "CREATE SCHEMA own AUTHORIZATION {name}",
        "ALTER DATABASE {database} OWNER TO {name}",
    ],
)
def test_who_has_rights_by_membership_ownership_or_grant_keeps_the_password_it_had(
    connection: Connection[Any], given: str
) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE bound LOGIN PASSWORD 'own'")
        words = given.format(name="bound", database=connection.info.dbname)
        connection.execute(words.encode())

        with pytest.raises(UsageError, match="or has other rights than ingest"):
            let_in(connection, "bound", "another", "ingest")

        assert opens(kept(connection, "bound"), "own")


def test_who_may_only_connect_is_let_in(connection: Connection[Any]) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE guest LOGIN")
        database = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO guest").format(database))

        let_in(connection, "guest", "new", "ingest")

        assert opens(kept(connection, "guest"), "new")


@pytest.mark.parametrize("name", ["postgres", "ingest", "read", "app"])
def test_who_asks_and_the_groups_themselves_are_refused(
    connection: Connection[Any], name: str
) -> None:
    with pytest.raises(UsageError, match=repr(name)):
        let_in(connection, name, "any", "ingest")
