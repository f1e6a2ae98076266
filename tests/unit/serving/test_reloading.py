import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import polars as pl
import pytest

from foresell.bundle.bundle import Bundle
from foresell.errors import DataError, ForesellError, GateError, MachineError, UsageError
from foresell.serving.loading import load_served
from foresell.serving.reloading import Reload, Reloader
from foresell.serving.served import Served
from foresell.serving.slots import Refusal, Shelf, Slot, Standing, Unreachable
from foresell.spec.serving import Live
from tests.served_bundles import ROW, answering_bundle, live

OUTAGE = MachineError("the registry is out of reach", "/home/jo/registry.db", "start it")
DAMAGED = DataError("version 2 is damaged", "/home/jo/objects", "restore it")


@dataclass
class Versions:
    """A shelf of toys that answer 100 times their number; what is to happen next is set here."""

    now: int = 1
    project: str = "toy"
    trouble: ForesellError | None = None
    broken: dict[int, BaseException] = field(default_factory=dict)
    bundles: dict[int, Bundle] = field(default_factory=dict)
    fetched: list[int] = field(default_factory=list)

    def look(self) -> Live:
        if self.trouble is not None:
            raise self.trouble
        return live(self.now, self.project)

    def fetch(self, wanted: Live) -> Bundle:
        number = int(wanted.version)
        self.fetched.append(number)
        if number in self.broken:
            raise self.broken[number]
        return self.bundles.get(number) or answering_bundle(self.project, 100.0 * number)


@dataclass
class Watched:
    """A slot with its reloader, all it told, and a clock that stands still until it is moved."""

    versions: Versions = field(default_factory=Versions)
    heard: list[Reload] = field(default_factory=list)
    now: float = 1000.0

    def __post_init__(self) -> None:
        shelf = Shelf(look=self.versions.look, fetch=self.versions.fetch)
        self.slot = Slot(project="toy", kind="tabular", shelf=shelf)
        self.reloader = Reloader(self.slot, load_served, self.heard.append, lambda: self.now)

    def look(self, *, at_once: bool = False) -> str:
        return self.reloader.look(at_once=at_once).outcome

    def told(self) -> list[tuple[str, str]]:
        return [(one.outcome, one.live.version if one.live else "") for one in self.heard]


def answer(served: Served | None) -> float:
    assert served is not None
    assert served.rows is not None
    return float(served.rows.answer(served.rows.read([ROW])).prediction[0])


def waited(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.005)
    return true()


def test_the_first_look_loads_what_the_shelf_says() -> None:
    seen = Watched()

    assert seen.look() == "loaded"
    assert answer(seen.slot.current) == 100.0
    assert seen.slot.standing == Standing(loaded_at=1000.0)
    assert seen.told() == [("loaded", "1")]


def test_a_look_that_finds_nothing_new_changes_and_tells_nothing() -> None:
    seen = Watched()
    seen.look()
    before = seen.slot.current

    assert seen.look() == "unchanged"
    assert seen.slot.current is before
    assert seen.versions.fetched == [1]
    assert seen.told() == [("loaded", "1")]


def test_a_request_that_took_a_version_keeps_it_when_the_next_one_comes() -> None:
    seen = Watched()
    seen.look()
    taken = seen.slot.current
    seen.versions.now = 2

    assert seen.look() == "loaded"
    assert (answer(taken), answer(seen.slot.current)) == (100.0, 200.0)


def test_going_back_to_the_version_before_loads_nothing_again() -> None:
    seen = Watched()
    for number in (1, 2, 1, 2, 1):
        seen.versions.now = number
        seen.look()

    assert answer(seen.slot.current) == 100.0
    assert seen.versions.fetched == [1, 2]


def test_only_the_last_two_versions_are_kept_in_memory() -> None:
    seen = Watched()
    for number in (1, 2, 3, 2, 1):
        seen.versions.now = number
        seen.look()

    assert seen.versions.fetched == [1, 2, 3, 1]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (DAMAGED, "version 2 is damaged"),
        (GateError("a graph answers otherwise", "parity", "train"), "a graph answers otherwise"),
        (KeyError("chosen"), "it ended in KeyError"),
        (pl.exceptions.PanicException("no frame"), "it ended in PanicException"),
        (MemoryError(), "it ended in MemoryError"),
    ],
)
def test_a_broken_version_is_refused_by_its_reason_and_the_old_one_answers(
    broken: BaseException, why: str
) -> None:
    seen = Watched(Versions(broken={2: broken}))
    seen.look()
    seen.versions.now, seen.now = 2, 1005.0

    assert seen.look() == "refused"
    assert answer(seen.slot.current) == 100.0
    refused = Refusal(live=live(2), why=why, at=1005.0)
    assert seen.slot.standing == Standing(loaded_at=1000.0, refused=refused)
    assert [(one.outcome, one.why, one.error) for one in seen.heard[1:]] == [
        ("refused", why, broken)
    ]


def test_a_bundle_without_its_model_is_refused() -> None:
    seen = Watched()
    seen.look()
    seen.versions.bundles[2] = replace(answering_bundle(), model={})
    seen.versions.now = 2

    assert seen.look() == "refused"
    assert seen.heard[-1].why == "model/plain/learner.json is missing"


@pytest.mark.parametrize("project", ["shop", "toy2"])
def test_a_bundle_of_another_project_never_answers(project: str) -> None:
    seen = Watched(Versions(bundles={1: answering_bundle(project)}))

    assert seen.look() == "refused"
    assert seen.slot.current is None
    assert seen.heard[0].why == f"this is a bundle of the tabular project '{project}'"


def test_a_refused_version_is_tried_again_after_a_second_and_then_ever_more_seldom() -> None:
    seen = Watched(Versions(broken={1: DAMAGED}))
    tried: list[float] = []
    for tenth in range(1300):
        seen.now = 1000.0 + tenth / 10
        seen.look()
        if len(seen.versions.fetched) > len(tried):
            tried.append(tenth / 10)

    assert tried == [0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 123.0]


def test_a_refused_version_that_was_mended_answers_at_the_next_try() -> None:
    seen = Watched(Versions(broken={1: DAMAGED}))
    seen.look()
    seen.versions.broken.clear()

    assert seen.look() == "refused"
    seen.now += 1.0
    assert seen.look() == "loaded"
    assert seen.slot.standing == Standing(loaded_at=1001.0)


def test_who_asks_for_it_at_once_does_not_wait_for_the_next_try() -> None:
    seen = Watched(Versions(broken={1: DAMAGED}))
    seen.look()
    seen.versions.broken.clear()

    assert seen.look(at_once=True) == "loaded"


def test_a_refusal_is_forgotten_when_the_alias_goes_back() -> None:
    seen = Watched(Versions(broken={2: DAMAGED}))
    seen.look()
    seen.versions.now = 2
    seen.look()
    seen.versions.now = 1

    assert seen.look() == "unchanged"
    assert seen.slot.standing == Standing(loaded_at=1000.0)


def test_the_last_version_answers_through_an_outage_which_is_told_once() -> None:
    seen = Watched()
    seen.look()
    seen.versions.trouble, seen.now = OUTAGE, 1007.0

    assert [seen.look() for _ in range(3)] == ["unreachable"] * 3
    assert answer(seen.slot.current) == 100.0
    lost = Unreachable(why="the registry is out of reach", at=1007.0)
    assert seen.slot.standing == Standing(loaded_at=1000.0, unreachable=lost)
    seen.versions.trouble = None
    assert seen.look() == "unchanged"
    assert seen.slot.standing == Standing(loaded_at=1000.0)
    assert seen.told() == [("loaded", "1"), ("unreachable", ""), ("reachable", "")]


def test_what_was_promoted_during_an_outage_answers_after_it() -> None:
    seen = Watched()
    seen.look()
    seen.versions.trouble = OUTAGE
    seen.look()
    seen.versions.trouble, seen.versions.now = None, 2

    assert seen.look() == "loaded"
    assert answer(seen.slot.current) == 200.0
    assert seen.slot.standing == Standing(loaded_at=1000.0)


def test_a_server_may_begin_in_an_outage_and_says_why_nothing_answers() -> None:
    seen = Watched(Versions(trouble=UsageError("no version is prod", "registry", "promote")))

    assert seen.look() == "unreachable"
    assert seen.slot.current is None
    lost = Unreachable(why="no version is prod", at=1000.0, mend="promote")
    assert seen.slot.standing.unreachable == lost


def test_a_shelf_that_raises_what_nobody_foresaw_ends_nothing() -> None:
    seen = Watched()
    seen.look()

    def odd() -> Live:
        raise ZeroDivisionError

    seen.slot.shelf = Shelf(look=odd, fetch=seen.versions.fetch)
    assert seen.look() == "unreachable"
    assert answer(seen.slot.current) == 100.0


def test_no_reason_that_callers_see_names_a_folder_of_this_machine() -> None:
    seen = Watched(Versions(broken={1: DAMAGED}))
    seen.look()
    seen.versions.trouble = OUTAGE
    seen.look()

    assert [one.why for one in seen.heard if "/home" in one.why] == []


def test_the_version_scored_beside_follows_its_alias_and_outlives_an_outage() -> None:
    seen, beside = Watched(), Versions(now=7)
    seen.slot.shadow_shelf = Shelf(look=beside.look, fetch=beside.fetch)
    found = []
    for trouble in (None, OUTAGE, UsageError("no version is staging", "registry", "promote")):
        beside.trouble = trouble
        seen.look()
        found.append(seen.slot.shadow)

    assert found == [live(7), live(7), None]
    assert beside.fetched == []


def test_an_outage_is_waited_for_once_though_a_version_is_scored_beside() -> None:
    seen, beside = Watched(), Versions(now=7)
    asked: list[str] = []

    def look() -> Live:
        asked.append("beside")
        return beside.look()

    seen.slot.shadow_shelf = Shelf(look=look, fetch=beside.fetch)
    seen.versions.trouble = OUTAGE
    seen.look()
    assert asked == []
    seen.versions.trouble = UsageError("no version is prod", "registry", "promote")
    seen.look()
    assert (asked, seen.slot.shadow) == (["beside"], live(7))
