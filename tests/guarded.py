"""A user of a database of the tests who needs a password, and a server of their own to kill."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from foresell.spec.database import DatabasePlace


def place_of(url: str) -> DatabasePlace:
    """Return the place that the SQLAlchemy URL of a database of the tests names."""
    read = make_url(url)
    return DatabasePlace(
        host=str(read.query["host"]),
        port=int(str(read.query.get("port", 5432))),
        name=str(read.database),
        user=str(read.username),
    )


def need_socket(host: str) -> None:
    """Pass over a test that reaches into the server's own folder, where the server is elsewhere."""
    if not Path(host, "postmaster.pid").is_file():
        pytest.skip("it takes a server of the tests' own: unset FORESELL_TEST_POSTGRES")


@contextmanager
def guarded(place: DatabasePlace, password: str, user: str = "guest") -> Iterator[DatabasePlace]:
    """Make a user without rights whom the server asks for a password, for as long as this lasts."""
    need_socket(place.host)
    words = f"host={place.host} dbname={place.name} user={place.user}"
    with psycopg.connect(words, autocommit=True) as owner:
        name = sql.Identifier(user)
        owner.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(password))
        )
        found = owner.execute("SHOW hba_file").fetchone()
        assert found is not None
        rules = Path(found[0])
        before = rules.read_text()
        rules.write_text(f"local {place.name} {user} scram-sha-256\n{before}")
        owner.execute("SELECT pg_reload_conf()")
        try:
            yield replace(place, user=user, password=password)
        finally:
            rules.write_text(before)
            owner.execute("SELECT pg_reload_conf()")
            owner.execute(sql.SQL("DROP OWNED BY {}").format(name))
            owner.execute(sql.SQL("DROP ROLE {}").format(name))


def kill_server(place: DatabasePlace) -> None:
    """Kill the whole server at ``place`` as a failing machine does; wait until it is gone."""
    chief = int((Path(place.host) / "postmaster.pid").read_text().split("\n")[0])
    children = [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and _parent(folder) == chief
    ]
    for process in (chief, *children):
        os.kill(process, signal.SIGKILL)
    while _runs(chief):
        time.sleep(0.01)


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended meanwhile
        return -1


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
