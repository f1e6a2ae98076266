"""Loads at the same time: one after the other, in one of the two orders, each whole."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import foresell
from foresell.pipeline.work import Event, unheard
from foresell.spec.warehouse import LoadReport
from tests.warehouse_loads import Contents, Warehouse, contents, deliveries, filled, versions

Hear = Callable[[Event], None]


@dataclass
class Meeting:
    """One load stands still where ``phase`` begins, until another says that it waits for it."""

    phase: str
    there: threading.Event = field(default_factory=threading.Event)
    waits: threading.Event = field(default_factory=threading.Event)

    def stand(self, event: Event) -> None:
        if event.kind == "started" and event.stage == self.phase:
            self.there.set()
            assert self.waits.wait(60), "the other load did not say that it waits"

    def tell(self, event: Event) -> None:
        if "waiting" in event.text:
            self.waits.set()


def load(folder: Path, listen: Hear = unheard) -> LoadReport:
    return foresell.load_warehouse("walmart", data=folder, listen=listen)


def serial(
    warehouse: Warehouse, data: Mapping[str, Path], *names: str, monkeypatch: pytest.MonkeyPatch
) -> Contents:
    """What is in a copy of the warehouse after these deliveries."""
    copy = warehouse.copied(f"{warehouse.name}_{'_'.join(names)}")
    copy.name_it(monkeypatch)
    for name in names:
        assert load(data[name]).passed
    warehouse.name_it(monkeypatch)
    return contents(copy)


@pytest.mark.slow
def test_two_loads_at_once_end_in_one_of_the_two_orders(
    postgres: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = deliveries(tmp_path)
    start = filled(postgres(), tmp_path, monkeypatch)
    orders = [("second", "third"), ("third", "second")]
    known = [serial(start, data, *order, monkeypatch=monkeypatch) for order in orders]
    assert known[0] != known[1]

    for number, phase in enumerate(("check", "upsert", "validate", "commit")):
        work = start.copied(f"{start.name}_at_once")
        work.name_it(monkeypatch)
        first, second = orders[number % 2]
        meeting = Meeting(phase)
        with ThreadPoolExecutor(2) as both:
            early = both.submit(load, data[first], meeting.stand)
            assert meeting.there.wait(60)
            late = both.submit(load, data[second], meeting.tell)
            reports = [early.result(), late.result()]

        assert [report.failed for report in reports] == [(), ()]
        assert contents(work) == known[number % 2]


@pytest.mark.slow
def test_loads_that_race_are_whole_each(
    postgres: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = deliveries(tmp_path)
    start = filled(postgres(), tmp_path, monkeypatch)
    orders = [("second", "third"), ("third", "second")]
    known = [serial(start, data, *order, monkeypatch=monkeypatch) for order in orders]

    for _ in range(4):
        work = start.copied(f"{start.name}_race")
        work.name_it(monkeypatch)
        with ThreadPoolExecutor(2) as both:
            reports = list(both.map(load, [data["second"], data["third"]]))

        assert [report.failed for report in reports] == [(), ()]
        assert contents(work) in known


@pytest.mark.slow
def test_a_load_that_repeats_another_one_writes_no_row_again(
    postgres: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = deliveries(tmp_path)
    warehouse = filled(postgres(), tmp_path, monkeypatch)
    before = versions(warehouse)

    with ThreadPoolExecutor(2) as both:
        reports = list(both.map(load, [data["first"], data["first"]]))

    assert [report.failed for report in reports] == [(), ()]
    assert versions(warehouse) == before
