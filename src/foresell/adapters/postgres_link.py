"""Connections to PostgreSQL: one transaction each, whole or not at all, troubles in our words."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from adbc_driver_manager import Error as AdbcError
from psycopg.conninfo import make_conninfo
from psycopg.errors import InFailedSqlTransaction
from psycopg.pq import TransactionStatus

from foresell.adapters.postgres_troubles import Moment, meaning, telling
from foresell.spec.database import DatabasePlace

_NAME = "foresell"  # how the server's own lists call us
_WITHIN_S = "10"  # to reach the server
# A server that has gone without a word, its machine lost, is noticed within a minute. That it
# notices us likewise is asked for by a statement: poolers refuse it as a word of the connection.
_NOTICING = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}

# What psycopg logs while a lost connection is taken down, on a terminal that listens to nobody
# else: the error that follows says it all.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


@contextmanager
def opened(place: DatabasePlace, *, reading: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """Open one transaction, committed at the end of the block, rolled back on any error in it.

    ``reading``: one snapshot of the whole database, in which nothing can be written. There is no
    limit to how long a statement or a wait for a lock may take. Troubles of the database come out
    as `saying_trouble` says them, whoever asked.
    """
    with saying_trouble(place, during="connect"):
        connection = _connected(place, reading=reading)
    try:
        with saying_trouble(place):
            if not reading:
                connection.execute(_noticed())
            yield connection
        with saying_trouble(place, during="work" if connection.closed else "commit"):
            _commit(connection)
    except BaseException:
        with suppress(psycopg.Error):  # the connection is lost: the server rolls back by itself
            connection.rollback()
        raise
    finally:
        connection.close()


@contextmanager
def saying_trouble(
    place: DatabasePlace,
    *,
    during: Moment = "work",
    mends: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Turn what psycopg or ADBC complains of into an error that says how to mend it.

    ``during``: what is being done. A connection that is lost at work changed nothing; one that is
    lost in the commit leaves open whether the work went in. ``mends``: by SQLSTATE, or its first
    two characters, what to do in the caller's own words.

    Raises:
        Error: psycopg was misused, which is a bug; what it said, as it is.
    """
    try:
        yield
    except (psycopg.Error, AdbcError) as error:
        meant = meaning(error, place, during, mends or {})
        if meant is None:
            raise
        # What was said may hold the password: then it must not be told as the cause either.
        raise meant from (None if telling(error, place.password) else error)


def adbc_uri(place: DatabasePlace) -> str:
    """Return the URI by which ADBC connects; it holds the password, and is never to be shown.

    >>> adbc_uri(DatabasePlace(host="/run/pg", name="my sales", user="jo", password="p@/:%"))
    'postgresql://?host=%2Frun%2Fpg&port=5432&dbname=my%20sales&user=jo&sslmode=prefer&application_name=foresell&connect_timeout=10&client_encoding=UTF8&keepalives_idle=30&keepalives_interval=10&keepalives_count=3&password=p%40%2F%3A%25'
    """
    return f"postgresql://?{urlencode(_words(place), quote_via=quote, safe='')}"


def _commit(connection: psycopg.Connection[Any]) -> None:
    """Commit what was done, all of it.

    Raises:
        InFailedSqlTransaction: a statement failed and nobody said so; a commit would roll back, and
            not say so either.
    """
    if connection.info.transaction_status is TransactionStatus.INERROR:
        raise InFailedSqlTransaction("a statement failed, and the work went on")
    connection.commit()


def _noticed() -> bytes:
    """Return the statement by which the server notices when we are gone."""
    return (files("foresell.adapters") / "sql" / "postgres_noticing.sql").read_bytes()


def _words(place: DatabasePlace) -> Mapping[str, str]:
    """Return the words of a connection, as libpq calls them."""
    words = {
        "host": place.host,
        "port": str(place.port),
        "dbname": place.name,
        "user": place.user,
        "sslmode": place.sslmode,
        "application_name": _NAME,
        "connect_timeout": _WITHIN_S,
        "client_encoding": "UTF8",
        **_NOTICING,
    }
    # An empty one would hide PGPASSWORD and ~/.pgpass, which libpq reads by itself.
    return {**words, "password": place.password} if place.password else words


def _connected(place: DatabasePlace, *, reading: bool) -> psycopg.Connection[Any]:
    """Return a connection on which no transaction has begun yet."""
    connection: psycopg.Connection[Any] = psycopg.connect(
        make_conninfo(**_words(place)),
        prepare_threshold=None,  # poolers do not keep what is prepared
    )
    # Said, and not left to the server, whose default may be another: who waited for another load
    # has to see what that one left.
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    if reading:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
    return connection
