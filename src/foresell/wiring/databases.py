"""Which database the environment means, with the name and password to ask it with."""

import re
from collections.abc import Mapping

from foresell.adapters.machine import Check
from foresell.errors import ForesellError, UsageError, nearest
from foresell.settings import Settings
from foresell.spec.database import DatabasePlace, DatabaseWords
from foresell.spec.extras import need

_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_PORT = 5432
_WANTED: Mapping[
    str, str
] = {  # what a place needs, by the variable that says it: the secret's word
    "DB_HOST": "host",
    "DB_NAME": "dbname",
    "DB_USER": "username",
}
_HOW = (
    "set DB_HOST, DB_NAME, DB_USER and DB_PASSWORD, or RDS_SECRET_NAME for a secret of AWS; "
    "in the environment or in .env"
)


def database_place(settings: Settings) -> DatabasePlace:
    """Return the database that ``DB_*`` names, completed from ``RDS_SECRET_NAME``.

    The secret is asked for only where a word is left out, and anew each time: it may rotate. An
    empty password leaves it to libpq: PGPASSWORD, ~/.pgpass, or a server that asks for none.
    ``MachineError``: the extra postgres is missing, or Secrets Manager does not answer.

    Raises:
        UsageError: no database is named, or a word means nothing.
    """
    words = settings.database
    said = {"DB_HOST": words.host, "DB_NAME": words.name, "DB_USER": words.user}
    if not words.secret and not any(said.values()):
        raise UsageError("no database is named", "DB_*, RDS_SECRET_NAME", _HOW)
    need(("psycopg", "adbc_driver_postgresql"), "DB_*", "postgres")
    secret = _secret(words)
    for name, word in _WANTED.items():
        said[name] = said[name] or secret.get(word, "")
    lacks = [name for name, value in said.items() if not value]
    if lacks:
        raise UsageError(f"the database is named without {', '.join(lacks)}", lacks[0], _HOW)
    return DatabasePlace(
        host=_alone("DB_HOST", said["DB_HOST"]),
        name=_alone("DB_NAME", said["DB_NAME"]),
        user=said["DB_USER"],
        port=_port(words.port or secret.get("port", "")),
        password=words.password or secret.get("password", ""),
        sslmode=_sslmode(words.sslmode),
    )


def examine_database(settings: Settings) -> Check:
    """Look whether a database is named, and whether it answers who asks; nothing is written."""
    name = "database"
    if not any((settings.database.host, settings.database.name, settings.database.secret)):
        return Check(name=name, state="ok", found="none is named; docs/environment.md tells how")
    try:
        place = database_place(settings)
        from foresell.adapters.postgres_link import opened  # noqa: PLC0415 - the extra postgres

        with opened(place, reading=True) as connection:
            number = connection.info.server_version
            secure = "" if connection.pgconn.ssl_in_use else "not "
    except ForesellError as error:
        where = "" if error.where in error.what else f" ({error.where})"
        return Check(name=name, state="missing", found=f"{error.what}{where}", mend=error.mend)
    found = f"{place.label}, PostgreSQL {number // 10_000}.{number % 10_000}, {secure}encrypted"
    return Check(name=name, state="ok", found=found)


def _secret(words: DatabaseWords) -> Mapping[str, str]:
    """Return what the secret says, nothing where none is named or nothing is left out.

    Raises:
        UsageError: its password is another user's.
    """
    whole = all((words.host, words.port, words.name, words.user, words.password))
    if not words.secret or whole:
        return {}
    need(("boto3",), "RDS_SECRET_NAME", "s3")
    from foresell.adapters.aws_secrets import read_secret  # noqa: PLC0415 - the extra s3

    secret = read_secret(words.secret, words.region)
    owner = secret.get("username", words.user)
    if words.user and not words.password and owner != words.user:
        raise UsageError(
            f"the password of the secret is that of {owner!r}, and DB_USER is {words.user!r}",
            f"RDS_SECRET_NAME={words.secret}",
            "leave DB_USER out, or set DB_PASSWORD too",
        )
    return secret


def _alone(variable: str, word: str) -> str:
    """Return a host (a name, an address, the folder of a socket) or the name of a database.

    Both are shown wherever the database is called by its name.

    Raises:
        UsageError: it is a URL or a line of libpq's words, which may hold a password.
    """
    if re.search(r"://|[@=\s]", word):
        kind = "host" if variable == "DB_HOST" else "name"
        raise UsageError(
            f"the {kind} is not a {kind} alone",
            variable,
            "write a URL's parts into DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD; no @, = "
            "or blank",
        )
    return word


def _port(word: str) -> int:
    """Return the port, PostgreSQL's own where none is said.

    Raises:
        UsageError: it is no port.

    >>> _port(""), _port("5433")
    (5432, 5433)
    """
    if not word:
        return _PORT
    if not re.fullmatch(r"[0-9]{1,5}", word) or not 0 < int(word) < 65536:
        raise UsageError(f"{word[:20]!r} is no port", "DB_PORT", f"use a number such as {_PORT}")
    return int(word)


def _sslmode(word: str) -> str:
    """Return how far a connection is encrypted, as libpq calls it.

    Raises:
        UsageError: libpq knows no such word.
    """
    if word and word not in _SSLMODES:
        raise UsageError(
            f"{word[:20]!r} is no way to encrypt", "DB_SSLMODE", nearest(word, _SSLMODES)
        )
    return word or "prefer"
