"""What others do to staging while a load is at work: nothing, they wait until it has ended."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

import foresell
from foresell.adapters.postgres_link import opened
from foresell.adapters.warehouse import loading
from foresell.adapters.warehouse.phases import Phases
from foresell.adapters.warehouse.schema import LOCK
from foresell.errors import MachineError
from foresell.pipeline.work import Event
from foresell.settings import read_settings
from foresell.spec.warehouse import Cleared, LoadReport
from foresell.wiring.databases import database_place
from foresell.wiring.warehouse import kept_project
from foresell.wiring.warehouse_load import _staged_delivery
from tests.builders import write_files
from tests.unit.adapters.warehouse.test_finishing import staged_elsewhere
from tests.warehouse_loads import Warehouse, contents
from tests.warehouse_toy import PLANNED, ROWS, TOY, ask, do

PHASES = ("check", "upsert", "validate", "commit")
BAD = "INSERT INTO retailds.stg_sales_weekly (batch, store_id, weekly_sales) VALUES ('b1', 1, -9)"
WRITES = (
    BAD,
    "INSERT INTO retailds.stg_sales_plan (batch, store_id) VALUES ('b1', 1)",
    "DELETE FROM retailds.stg_sales_weekly WHERE batch = 'b1'",
    "UPDATE retailds.stg_sales_plan SET isholiday = TRUE",
)
FACTS = "SELECT count(*) FROM retailds.fact_sales_weekly"
PLAN = "SELECT count(*) FROM retailds.plan_sales_weekly"


def finished(batch: str, at: str, act: Callable[[], object]) -> LoadReport:
    """Finish a batch, and let something happen where the phase ``at`` begins."""
    settings, kept = read_settings(), kept_project("walmart", read_settings())
    place = database_place(settings)

    def hear(kind: str, phase: str, text: str, seconds: float) -> None:
        if (kind, phase) == ("started", at):
            act()

    delivery = _staged_delivery(batch, kept, "", place.label)
    return loading.finish(place, delivery, Phases(time.perf_counter, hear))


@contextmanager
def owner(warehouse: Warehouse) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A transaction of somebody else, rolled back in the end."""
    with psycopg.connect(
        host=warehouse.host, dbname=warehouse.name, user="postgres", port=warehouse.port
    ) as other:
        yield other
        other.rollback()


@pytest.mark.parametrize("phase", PHASES)
def test_staging_cannot_be_written_by_anybody_else_until_a_load_has_ended(
    phase: str, emptied: str, warehouse: Warehouse
) -> None:
    staged_elsewhere(emptied, "b1")
    refused: list[str] = []

    def write() -> None:
        for statement in WRITES:
            with owner(warehouse) as other:
                other.execute("SET lock_timeout TO '30ms'")
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    other.execute(statement.encode())
                refused.append(statement)

    report = finished("b1", phase, write)

    assert (report.passed, tuple(refused)) == (True, WRITES)
    assert (ask(warehouse, FACTS), ask(warehouse, PLAN)) == ([(ROWS,)], [(PLANNED,)])
    do(warehouse, BAD)


@pytest.mark.parametrize("phase", PHASES)
def test_a_batch_that_is_cleared_while_it_goes_in_is_in_whole(
    phase: str, emptied: str, warehouse: Warehouse
) -> None:
    staged_elsewhere(emptied, "b1")
    cleared: list[Future[Cleared]] = []
    with ThreadPoolExecutor(1) as beside:

        def clear() -> None:
            cleared.append(beside.submit(foresell.clear_staging, "b1"))
            time.sleep(0.2)
            assert not cleared[0].done()

        report = finished("b1", phase, clear)

    assert report.passed
    assert (cleared[0].result().own, cleared[0].result().stale) == (0, 0)
    assert (ask(warehouse, FACTS), ask(warehouse, PLAN)) == ([(ROWS,)], [(PLANNED,)])
    assert foresell.validate_warehouse("b1").failed == ()


def test_a_load_waits_for_a_job_that_is_staging_and_says_so(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    data, heard = write_files(tmp_path / "own", TOY), []
    with owner(warehouse) as other:
        other.execute(BAD.encode())

        def hear(event: Event) -> None:
            heard.append(event.text)
            if "at work in staging" in event.text:
                other.commit()

        report = foresell.load_warehouse("walmart", data=data, listen=hear)

    assert report.passed
    assert heard[0] == "another job is at work in staging: waiting for its end"
    assert ask(warehouse, "SELECT count(*) FROM retailds.stg_sales_weekly") == [(1,)]


def test_a_job_that_fills_the_plan_and_then_the_sales_is_never_locked_out_by_a_load_that_waits(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    data = write_files(tmp_path / "own", TOY)
    with owner(warehouse) as other:
        other.execute(WRITES[1].encode())

        def hear(event: Event) -> None:
            if "at work in staging" in event.text:
                other.execute(BAD.encode())
                other.commit()

        report = foresell.load_warehouse("walmart", data=data, listen=hear)

    assert report.passed


def test_a_batch_that_is_in_is_told_again_though_somebody_stages(
    emptied: str, warehouse: Warehouse
) -> None:
    staged_elsewhere(emptied, "b1")
    first = foresell.finish_load("b1")
    with owner(warehouse) as other:
        other.execute(BAD.replace("b1", "b2").encode())

        again = foresell.finish_load("b1")

    assert (first.passed, again.again, again.load) == (True, True, first.load)


@pytest.mark.parametrize(
    "hold", [BAD, f"SELECT pg_advisory_xact_lock({LOCK})"], ids=["staging", "load"]
)
def test_nobody_waits_for_ever(
    hold: str, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "PATIENCE_MS", 50)
    data, before = write_files(tmp_path / "own", TOY), contents(warehouse)
    with owner(warehouse) as other:
        other.execute(hold.encode())

        with pytest.raises(MachineError, match="another load, migration or staging job") as said:
            foresell.load_warehouse("walmart", data=data)

    assert "nothing was changed" in str(said.value)
    assert contents(warehouse) == before


@pytest.mark.parametrize("default", ["repeatable read", "serializable", "read uncommitted"])
def test_what_a_server_isolates_by_default_changes_nothing(
    default: str, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = default.replace(" ", "\\ ")
    monkeypatch.setenv("PGOPTIONS", f"-c default_transaction_isolation={said}")
    place, show = database_place(read_settings()), "SHOW transaction_isolation"

    with opened(place) as connection:
        assert connection.execute(show).fetchone() == ("read committed",)
    with opened(place, reading=True) as connection:
        assert connection.execute(show).fetchone() == ("repeatable read",)
