"""What psycopg's and ADBC's complaints mean, by SQLSTATE, or by words where there is none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import psycopg
from adbc_driver_manager import Error as AdbcError
from adbc_driver_manager import OperationalError as AdbcOperationalError

from foresell.adapters.sqlstates import DAMAGED, MENDS, OVERTAKEN, tells, told
from foresell.errors import ConflictError, DataError, ForesellError, MachineError, UsageError
from foresell.spec.database import DatabasePlace
from foresell.spec.warehouse import SCHEMA

Moment = Literal["connect", "work", "commit"]

_SERVER = "see that the server runs, and that DB_HOST and DB_PORT name it"
_LOGIN = "check DB_USER and DB_PASSWORD, or the secret that RDS_SECRET_NAME names"
_AGAIN = "run it again"
_MIGRATE = "run: foresell warehouse migrate"


@dataclass(frozen=True)
class _Meaning:
    """A kind of trouble: its error, what it is called, how it is mended."""

    kind: type[ForesellError]
    what: str
    mend: str


# What libpq or the server says before there is a connection: it comes without a SQLSTATE.
_REFUSALS: tuple[tuple[re.Pattern[str], _Meaning], ...] = (
    (
        re.compile(r"too many (clients|connections)|connection slots are reserved"),
        _Meaning(MachineError, "the server takes no more connections", "end some, and ask again"),
    ),
    (
        re.compile(r'database ".*" does not exist'),
        _Meaning(UsageError, "there is no such database", "create it, or check DB_NAME"),
    ),
    (
        re.compile(r"permission denied for database|does not have CONNECT privilege"),
        _Meaning(UsageError, "the database refuses the user", "let its owner grant CONNECT on it"),
    ),
    (
        re.compile(r"no pg_hba\.conf entry|pg_hba\.conf rejects"),
        _Meaning(
            UsageError,
            "the server refuses connections from here",
            "let pg_hba.conf or the security group allow them; where it asks for TLS, set "
            "DB_SSLMODE=require",
        ),
    ),
    (
        re.compile(r"authentication failed|no password supplied|role \".*\" (does not|is not)"),
        _Meaning(UsageError, "the database refuses the user or the password", _LOGIN),
    ),
    (
        re.compile(r"(?i)\bSSL\b|\bTLS\b|certificate|sslmode"),
        _Meaning(
            UsageError,
            "the connection cannot be encrypted as asked",
            "check DB_SSLMODE, and PGSSLROOTCERT for verify-ca and verify-full",
        ),
    ),
)
# By SQLSTATE; the first two characters stand for all that begin with them.
_MEANINGS: Mapping[str, _Meaning] = {
    "22": _Meaning(DataError, "the database refuses a value", "mend the value where it came from"),
    "23": _Meaning(DataError, "the database refuses a row", "mend the row where it came from"),
    "25006": _Meaning(UsageError, "the database cannot be written", MENDS["25006"]),
    "25P03": _Meaning(MachineError, "the database gave the transaction up", _AGAIN),
    "28": _Meaning(UsageError, "the database refuses the user or the password", _LOGIN),
    "3D": _Meaning(UsageError, "there is no such database", "create it, or check DB_NAME"),
    "3F": _Meaning(UsageError, "the database lacks what is asked of", _MIGRATE),
    "42": _Meaning(UsageError, "the database does not understand", "mend the query it was asked"),
    "42501": _Meaning(
        UsageError,
        "the user has no right to this",
        "let the owner grant it: GRANT ingest TO the user who loads, GRANT read TO one who reads "
        "(docs/warehouse.md)",
    ),
    "42710": _Meaning(
        UsageError, "a name is taken already", "rename what bears it, or use another database"
    ),
    "42703": _Meaning(UsageError, "the database lacks what is asked of", _MIGRATE),
    "42P01": _Meaning(UsageError, "the database lacks what is asked of", _MIGRATE),
    "53100": _Meaning(MachineError, "the server's disk is full", MENDS["53100"]),
    "53300": _Meaning(
        MachineError, "the server takes no more connections", "end some, and ask again"
    ),
    "54": _Meaning(UsageError, "the database has a limit there", "ask for less at once"),
    "55P03": _Meaning(MachineError, "somebody else holds what is needed", MENDS["55P03"]),
    "57014": _Meaning(
        MachineError, "the server stopped the statement", "raise its statement_timeout, or ask less"
    ),
}
_OF_ROWS = frozenset({"22", "23"})  # their details show values, personal ones too
_ABSENT = frozenset({"3F000", "42P01"})  # a schema, a relation
# ADBC's own words, before what the server says of a statement.
_WRAPPED = re.compile(r"^[A-Z_]+: [^\n]*?\bERROR:\s+")
_VALUE = re.compile(r'(?<=: )".*"|(?<=value )".*"(?= is out of range)', re.DOTALL)
_LOST = frozenset({"08", "57P01", "57P02", "57P05"})


def meaning(
    error: psycopg.Error | AdbcError,
    place: DatabasePlace,
    during: Moment,
    mends: Mapping[str, str],
) -> ForesellError | None:
    """Return what ``error`` means; None for the misuse of a library, which is a bug.

    ``during`` and ``mends`` as in `foresell.adapters.postgres_link.saying_trouble`.
    """
    state = _state(error)
    said = told(_said(error), place.password)
    if state in OVERTAKEN:
        return ConflictError(
            f"somebody else was writing at the same time; nothing was changed: {said}",
            place.label,
            _AGAIN,
        )
    if state in _LOST or state[:2] in _LOST:
        return _lost(said, place, during)
    if state in _ABSENT and f"{SCHEMA}." in said:
        found = _Meaning(UsageError, "the database holds no warehouse", _MIGRATE)
    elif state:
        found = _by_state(state)
    elif during == "connect" or "Failed to connect" in said:  # the latter: ADBC's words
        found = _refusal(str(error))
    elif isinstance(error, (psycopg.OperationalError, AdbcOperationalError)):
        return _lost(said, place, during)
    elif isinstance(error, (psycopg.DataError, AdbcError)):
        found = _MEANINGS["22"]
    else:
        return None
    mend = mends.get(state) or mends.get(state[:2]) or found.mend
    return found.kind(f"{found.what}: {said}", place.label, mend)


def telling(error: BaseException, secret: str) -> bool:
    """Tell whether an error, or what led to it, says ``secret``, or shows values of a row."""
    seen: BaseException | None = error
    while seen is not None:
        if tells(f"{seen}\n{seen!r}", secret):
            return True
        if isinstance(seen, (psycopg.Error, AdbcError)) and _state(seen)[:2] in _OF_ROWS:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _by_state(state: str) -> _Meaning:
    """Return the meaning of a SQLSTATE, by itself or by its class."""
    if state in DAMAGED:
        return _Meaning(MachineError, "the database is damaged", "restore it from a backup")
    unknown = _Meaning(MachineError, f"the database answers {state}", "see the server's own log")
    return _MEANINGS.get(state) or _MEANINGS.get(state[:2]) or unknown


def _refusal(said: str) -> _Meaning:
    """Return the meaning of what is said where no connection came about."""
    for words, refusal in _REFUSALS:
        if words.search(said):
            return refusal
    return _Meaning(MachineError, "the database does not answer", _SERVER)


def _lost(said: str, place: DatabasePlace, during: Moment) -> MachineError:
    """Return what is said of a connection that was lost."""
    if during == "commit":
        return MachineError(
            "the connection was lost while the work went in, so it is not known whether it did: "
            f"{said}",
            place.label,
            "run it again: it is safe, what is in already stays as it is",
        )
    return MachineError(
        f"the connection to the database was lost; nothing was changed: {said}",
        place.label,
        _AGAIN,
    )


def _state(error: psycopg.Error | AdbcError) -> str:
    """Return the SQLSTATE, empty where there is none."""
    return str(getattr(error, "sqlstate", None) or "").strip("\0")


def _said(error: psycopg.Error | AdbcError) -> str:
    """Return what the server said, without the text of the query that both libraries repeat.

    What it said of a value or a row is told without the detail, which shows the row itself, and
    without the value.
    """
    said = _in_full(error)
    return _VALUE.sub("...", said) if _state(error)[:2] == "22" else said


def _in_full(error: psycopg.Error | AdbcError) -> str:
    """Return what the server said; of rows without the detail."""
    whole = _state(error)[:2] not in _OF_ROWS
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        said, detail = error.diag.message_primary, error.diag.message_detail
        return f"{said}. {detail}" if detail and whole else said
    said = _WRAPPED.sub("", re.split(r"\nLINE \d+:|\n\s*Query was:", str(error))[0])
    return said if whole else re.split(r"\n(?:DETAIL|CONTEXT):", said)[0]
