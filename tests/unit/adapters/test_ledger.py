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
from sqlalchemy import create_engine, text, update
from sqlalchemy.exc import DBAPIError

from foresell.adapters import ledger_schema
from foresell.adapters.ledger import SqlLedger, damage_at, open_ledger
from foresell.adapters.ledger_tables import REVISION, REVISION_TABLE, TABLES, TRANSITIONS
from foresell.errors import DataError, MachineError
from foresell.spec.registry import Head
from tests.contract.test_ledger import after, head_of, keep

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


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, or none yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'registry.db'}"
    return str(request.getfixturevalue("emptied"))


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def run(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run SQL as a person would; return the rows of the last statement."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            done = [connection.execute(text(each)) for each in statements][-1]
            return [tuple(row) for row in done] if done.returns_rows else []
    finally:
        engine.dispose()


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


def changed(url: str, column: str, value: object) -> SqlLedger:
    """A ledger whose second transition somebody changed who took away what protects it."""
    keep(open_ledger(url), 2)
    on = " ON transitions" if url.startswith("postgresql") else ""
    run(url, f"DROP TRIGGER transitions_are_never_changed{on}")
    engine = create_engine(url)
    with engine.begin() as connection:
        second = TRANSITIONS.c.number == 2
        connection.execute(update(TRANSITIONS).where(second).values({column: value}))
    engine.dispose()
    return open_ledger(url)


@pytest.mark.parametrize(
    "evidence", ["{ }", "{", "[]", '{"a":NaN}', '{"a":1,"a":1}', '{"a":1e0}', "", "[" * 9000]
)
def test_evidence_that_was_changed_is_not_read(url: str, evidence: str) -> None:
    ledger = changed(url, "evidence", evidence)
    with pytest.raises(
        DataError, match=r"^evidence of a transition is not what was kept\n"
    ) as said:
        ledger.transitions("toy")
    assert said.value.where == f"{ledger.label}, transition 2 of toy"


@pytest.mark.parametrize(
    ("column", "value"),
    [("version", "two"), ("reason", b"why not"), ("after_version", 1.5), ("alias", b"prod")],
)
def test_a_value_of_another_kind_is_not_read(tmp_path: Path, column: str, value: object) -> None:
    ledger = changed(f"sqlite:///{tmp_path / 'registry.db'}", column, value)
    with pytest.raises(DataError, match=f"^{column} of a transition is not what was kept\n"):
        ledger.transitions("toy")


def test_a_list_longer_than_its_end_says_takes_no_more(url: str) -> None:
    keep(open_ledger(url), 2)
    run(url, "UPDATE heads SET number = 1, hash = 'ab'")
    with pytest.raises(DataError, match=r"^transition 2 of toy is there already"):
        keep(open_ledger(url), 1)
    assert run(url, "SELECT number, hash FROM heads") == [(1, "ab")]


def test_bytes_that_are_no_text_are_damage_and_their_row_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 2)
    content = file_of(url).read_bytes()
    file_of(url).write_bytes(content[::-1].replace(b"ton yhw", b"ton yh\xff", 1)[::-1])
    with pytest.raises(DataError, match=r"^reason of a transition is not what was kept\n") as said:
        open_ledger(url).transitions("toy")
    assert said.value.where == f"{file_of(url)}, transition 1 of toy"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE heads SET number = 'x'",
        "UPDATE heads SET number = 1.5",
        "UPDATE heads SET hash = x'ab'",
        "UPDATE heads SET hash = CAST(x'ff' AS TEXT)",
    ],
)
def test_an_end_that_is_of_another_kind_is_damage(tmp_path: Path, change: str) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 2)
    run(url, change)
    with pytest.raises(DataError, match=r"^where the list of toy ends is not what was kept\n"):
        open_ledger(url).head("toy")


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM heads WHERE project = 'toy'",
        "UPDATE heads SET project = 'tox' WHERE project = 'toy'",
    ],
)
def test_a_project_whose_end_is_lost_is_still_listed(url: str, change: str) -> None:
    keep(open_ledger(url), 2)
    keep(open_ledger(url), 1, "other")
    run(url, change)
    assert set(open_ledger(url).projects()) - {"tox"} == {"other", "toy"}


def test_a_project_whose_name_is_no_text_any_more_is_listed_by_its_bytes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 1)
    run(url, "UPDATE heads SET project = CAST(x'74ff79' AS TEXT)")
    assert open_ledger(url).projects() == ["t\\udcffy", "toy"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE heads RENAME TO hfads", "no such table: heads"),
        ("ALTER TABLE heads RENAME COLUMN hash TO hasi", "no such column: heads.hash"),
        ("DROP TABLE registry_revision", "its tables are those of a registry, and it names no"),
        ("DELETE FROM registry_revision", "its tables are those of a registry, and it names no"),
    ],
)
def test_a_table_that_is_gone_or_has_changed_is_damage(
    tmp_path: Path, change: str, said: str
) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 1)
    run(url, change)
    with pytest.raises(DataError, match=f"^the registry's database is damaged: {said}"):
        open_ledger(url).head("toy")


def test_a_column_that_is_gone_from_postgresql_is_damage(emptied: str) -> None:
    keep(open_ledger(emptied), 1)
    run(emptied, "ALTER TABLE heads RENAME COLUMN hash TO hasi")
    with pytest.raises(DataError, match=r"^the registry's database is damaged: column heads.hash"):
        open_ledger(emptied).head("toy")


def test_a_file_whose_tables_cannot_be_seen_any_more_is_not_taken_for_an_empty_one(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 1)
    content = bytearray(file_of(url).read_bytes())
    content[104] = 0  # how many tables there are
    file_of(url).write_bytes(content)
    with pytest.raises(DataError, match=r"^the registry's database is damaged: .*[Pp]age"):
        open_ledger(url)


def test_names_of_tables_that_are_no_text_are_damage(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 1)
    content = file_of(url).read_bytes()
    place = content.index(b"CREATE TABLE heads")
    file_of(url).write_bytes(content[:place] + b"\xc3" + content[place + 1 :])
    with pytest.raises(DataError, match=r"^the registry's database is damaged: "):
        open_ledger(url).head("toy")


def test_a_revision_that_its_tables_do_not_bear_out_is_damage(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    assert damage_at(url) == ""
    keep(open_ledger(url), 1)
    assert damage_at(url) == ""
    run(url, "UPDATE registry_revision SET version_num = 'r0009'")
    assert damage_at(url) == "it names the revision 'r0009', and its tables are those of r0001"
    run(url, "ALTER TABLE heads ADD COLUMN more TEXT")  # as a newer foresell might
    assert damage_at(url) == ""


def test_an_index_that_leads_elsewhere_is_damage(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 1, "a project of a name of its own")
    content = file_of(url).read_bytes()
    place = content.rindex(b"a project of a name of its own")
    file_of(url).write_bytes(content[:place] + b"b" + content[place + 1 :])
    assert "sqlite_autoindex" in damage_at(url)


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 3)
    content = file_of(url).read_bytes()
    file_of(url).write_bytes(b"no database" + content[11:])
    with pytest.raises(DataError, match=r"^the registry's database is damaged: file is not a data"):
        open_ledger(url)


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
