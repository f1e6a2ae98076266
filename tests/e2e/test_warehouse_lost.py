"""The connection, or the server, goes away in the middle of a load, and nothing is lost."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

import foresell
from foresell.errors import MachineError
from foresell.pipeline.work import Event
from foresell.spec.warehouse import PHASES
from tests.relay import Relay, relay
from tests.services import held
from tests.warehouse_loads import Warehouse, contents, deliveries, filled

NOTHING_CHANGED = "nothing was changed"
NOT_KNOWN = "not known whether"


@dataclass(frozen=True)
class Scene:
    """A warehouse behind a relay, a delivery to it, and what it holds before and after."""

    warehouse: Warehouse
    way: Relay
    data: Path
    before: dict[str, str]
    after: dict[str, str]

    def loses(self, hear: Callable[[Event], None]) -> str:
        """Load, and return what the error says."""
        with pytest.raises(MachineError) as caught:
            foresell.load_warehouse("walmart", data=self.data, listen=hear)
        return str(caught.value)


@contextmanager
def scene(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Make one; the environment names it by the relay."""
    data = deliveries(folder)
    start = filled(url, folder, monkeypatch)
    whole = start.copied(f"{start.name}_whole")
    whole.name_it(monkeypatch)
    assert foresell.load_warehouse("walmart", data=data["second"]).passed
    with relay(start.host) as way:
        replace(start, host="127.0.0.1", port=way.port).name_it(monkeypatch)
        yield Scene(start, way, data["second"], contents(start), contents(whole))


@pytest.mark.slow
def test_a_connection_cut_in_any_phase_changes_nothing_and_the_error_says_so(
    postgres: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scene(postgres(), tmp_path, monkeypatch) as made:
        for phase in PHASES:
            said = made.loses(at(phase, made.way.cut))

            assert NOTHING_CHANGED in said
            assert contents(made.warehouse) == made.before, phase

        assert foresell.load_warehouse("walmart", data=made.data).passed
        assert contents(made.warehouse) == made.after


@pytest.mark.slow
def test_a_connection_cut_while_the_server_works_changes_nothing(
    postgres: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (
        b"COPY retailds",
        b"INSERT INTO retailds.fact",
        b"UPDATE retailds.fact",
        b"load_history",
    )
    with scene(postgres(), tmp_path, monkeypatch) as made:
        for word in words:
            for cut in (made.way.cut_before, made.way.cut_after):
                cut(word)

                said = made.loses(lambda _: None)

                assert NOTHING_CHANGED in said, word
                assert contents(made.warehouse) == made.before, word


@pytest.mark.slow
def test_a_connection_cut_at_the_commit_leaves_before_or_after_and_is_not_called_certain(
    postgres: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scene(postgres(), tmp_path, monkeypatch) as made:
        made.way.cut_before(b"COMMIT\0")
        said = made.loses(lambda _: None)
        assert NOT_KNOWN in said
        assert contents(made.warehouse) == made.before

        made.way.cut_after(b"COMMIT\0")
        said = made.loses(lambda _: None)
        assert NOT_KNOWN in said
        assert contents(made.warehouse) == made.after


@pytest.mark.slow
def test_a_server_that_crashes_in_any_phase_comes_back_with_the_warehouse_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held("postgres") as url, scene(url, tmp_path, monkeypatch) as made:
        for phase in ("stage", "upsert", "commit"):
            said = made.loses(at(phase, lambda: crash(made.warehouse)))

            assert NOTHING_CHANGED in said
            wait_for(made.warehouse)
            assert contents(made.warehouse) == made.before, phase

        assert foresell.load_warehouse("walmart", data=made.data).passed
        crash(made.warehouse)
        wait_for(made.warehouse)
        assert contents(made.warehouse) == made.after


def at(phase: str, act: Callable[[], None]) -> Callable[[Event], None]:
    """Return what hears of a load, and acts where ``phase`` begins."""

    def hear(event: Event) -> None:
        if event.kind == "started" and event.stage == phase:
            act()

    return hear


def crash(warehouse: Warehouse) -> None:
    """Kill a process of the server: it ends all others and recovers from its log."""
    with warehouse.asked() as one, warehouse.asked() as other:
        os.kill(one.info.backend_pid, signal.SIGKILL)
        end = time.monotonic() + 60.0
        while answers(other):  # until the server has ended the others
            assert time.monotonic() < end


def answers(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    """Tell whether the server still answers."""
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def wait_for(warehouse: Warehouse) -> None:
    """Return when the server answers again."""
    end = time.monotonic() + 60.0
    while True:
        try:
            with warehouse.asked() as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return
