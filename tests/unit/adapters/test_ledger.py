"""The ledger in a database: who makes its tables, who may change them, and what goes wrong."""

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from foresell.adapters import ledger_schema
from foresell.adapters.ledger import open_ledger
from foresell.adapters.ledger_tables import REVISION, REVISION_TABLE, TABLES
from foresell.errors import MachineError
from foresell.spec.registry import Head
from tests.contract.test_ledger import after, head_of, keep
from tests.ledger_files import file_of, run

# One of several that write to a database where nobody has written before.
FIRST = """
import sys
from foresell.adapters.ledger import open_ledger
from foresell.spec.registry import GENESIS, Transition
first = Transition(project=sys.argv[2], number=1, at="now", who="jo", action="register", version=1,
    reason="first", previous=GENESIS, hash="ab" * 32)
print("ready", flush=True)
sys.stdin.readline()
open_ledger(sys.argv[1]).append(first)
"""
# A writer that is killed in the middle of its transaction, when everything but the commit is done.
KILLED = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from foresell.adapters.ledger import open_ledger
from foresell.spec.registry import Head
from tests.contract.test_ledger import after
ledger = open_ledger(sys.argv[1])
event.listen(Engine, "commit", lambda connection: os.kill(os.getpid(), signal.SIGKILL))
ledger.append(after(ledger.head("toy"), who="killed"))
"""


def test_eight_processes_may_be_the_first_ones_at_once(url: str) -> None:
    names = [f"p{number}" for number in range(8)]
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", FIRST, url, name],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for name in names
        ]
        assert [writer.stdout and writer.stdout.readline() for writer in writers] == ["ready\n"] * 8
        for writer in writers:
            writer.communicate("go\n", timeout=90)
    assert [writer.returncode for writer in writers] == [0] * 8
    ledger = open_ledger(url)
    assert [ledger.head(name) for name in names] == [Head(number=1, hash="ab" * 32)] * 8
    assert ledger.projects() == names
    assert run(url, "SELECT version_num FROM registry_revision") == [(REVISION,)]


def test_reading_what_is_not_there_makes_nothing(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'new' / 'registry.db'}")
    assert (ledger.head("toy"), ledger.projects(), ledger.transitions("toy")) == (Head(), [], ())
    assert list(tmp_path.iterdir()) == []


def test_reading_an_empty_database_makes_nothing(emptied: str) -> None:
    url = emptied
    assert open_ledger(url).projects() == []
    assert run(url, "SELECT relname FROM pg_class WHERE relname = 'heads'") == []


def test_the_tables_are_those_that_are_asked_and_the_newest_migration_is_known(url: str) -> None:
    keep(open_ledger(url), 1)
    assert ScriptDirectory(str(Path(ledger_schema.__file__).parent / "migrations")).get_heads() == [
        REVISION
    ]
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": REVISION_TABLE})
        assert compare_metadata(context, TABLES) == []
    engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE transitions SET reason = 'another' WHERE number = 1",
        "DELETE FROM transitions WHERE number = 2",
        "DELETE FROM transitions",
    ],
)
def test_the_database_refuses_to_change_a_transition(url: str, change: str) -> None:
    kept = keep(open_ledger(url), 2)
    with pytest.raises(DBAPIError, match="transitions are append-only"):
        run(url, change)
    assert list(open_ledger(url).transitions("toy")) == kept


def test_postgresql_refuses_to_empty_the_table(emptied: str) -> None:
    url = emptied
    keep(open_ledger(url), 2)
    with pytest.raises(DBAPIError, match="transitions are append-only"):
        run(url, "TRUNCATE transitions")


def test_the_view_shows_each_version_where_it_stands(url: str) -> None:
    ledger = open_ledger(url)
    pending = {"approval": "PendingManualApproval", "digest": "d2", "champion": "ridge"}
    told: list[dict[str, Any]] = [
        {"evidence": {"approval": "Approved", "digest": "d1", "run_id": "r1"}},
        {"evidence": pending},
        {"action": "promote", "version": 1, "alias": "prod", "after": 1},
        {"action": "promote", "version": 2, "alias": "staging", "after": 2},
        {"action": "approve", "version": 2},
        {"action": "promote", "version": 2, "alias": "prod", "before": 1, "after": 2},
        {"action": "roll back", "version": 1, "alias": "prod", "before": 2, "after": 1},
        {"action": "reject", "version": 2},
        {"version": 3, "evidence": pending},
        {"action": "roll back", "version": 2, "alias": "staging", "before": 2},
    ]
    for each in told:
        ledger.append(after(ledger.head("toy"), **each))
    found = run(url, "SELECT * FROM registry_versions ORDER BY version")
    assert [(row[1:5] + row[7:]) for row in found] == [
        (1, "d1", None, "r1", "Approved", False, True),
        (2, "d2", "ridge", None, "Rejected", False, False),
        (3, "d2", "ridge", None, "PendingManualApproval", False, False),
    ]
    assert (found[0][0], found[0][5:7]) == ("toy", ("2026-01-01T00:00:01.000001+00:00", "jo"))


def test_a_writer_killed_before_its_commit_leaves_no_trace_and_no_lock(url: str) -> None:
    ledger = open_ledger(url)
    kept = keep(ledger, 2)
    done = subprocess.run([sys.executable, "-c", KILLED, url], cwd=Path.cwd(), check=False)
    assert done.returncode == -signal.SIGKILL
    began = time.monotonic()
    assert (list(ledger.transitions("toy")), ledger.head("toy")) == (kept, head_of(kept[-1]))
    keep(open_ledger(url), 1)
    assert time.monotonic() - began < 5


def test_reading_works_while_somebody_writes(url: str) -> None:
    ledger = open_ledger(url)
    kept = keep(ledger, 2)
    engine = create_engine(url)
    with engine.connect() as writer:
        writer.execute(text("UPDATE heads SET number = 3, hash = 'x'"))  # holds its lock
        began = time.monotonic()
        assert ledger.head("toy") == head_of(kept[-1])
        assert (list(ledger.transitions("toy")), list(ledger.projects())) == (kept, ["toy"])
        assert time.monotonic() - began < 5
    engine.dispose()


def test_a_write_is_on_the_disk_when_it_returns(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'registry.db'}")
    with ledger._transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 3  # EXTRA
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
    keep(ledger, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["registry.db"]


def test_what_a_newer_foresell_wrote_is_left_alone(url: str) -> None:
    keep(open_ledger(url), 1)
    run(url, "UPDATE registry_revision SET version_num = 'r9999'")
    with pytest.raises(MachineError, match=r"revision r9999, which this foresell does not know\n"):
        open_ledger(url)
    assert run(url, "SELECT number FROM heads") == [(1,)]


def test_mlflow_may_share_the_database(url: str) -> None:
    if url.startswith("sqlite"):
        file_of(url).parent.mkdir()
    run(
        url,
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('mlflow')",
    )
    keep(open_ledger(url), 1)
    assert run(url, "SELECT version_num FROM alembic_version") == [("mlflow",)]


def test_a_file_that_is_being_written_for_too_long_is_a_fault_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foresell.adapters.ledger.PATIENCE_S", 0.1)
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    ledger = open_ledger(url)
    keep(ledger, 1)
    with closing(sqlite3.connect(file_of(url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(MachineError, match=r"database is locked\n(.|\n)*wait for the process"):
            keep(ledger, 1)
        other.execute("ROLLBACK")
    keep(ledger, 1)


def test_one_that_knows_it_all_imports_no_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 1)
    ask = (
        "import sys; from foresell.adapters.ledger import open_ledger\n"
        "print(open_ledger(sys.argv[1]).head('toy').number, 'alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask, url], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "False"]
