"""A registry that cannot be reached: both pages say so, and all else of them stands."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.dashboard.page import Trouble
from foresell.dashboard.pages import page_of
from foresell.dashboard.reading.shown import Shown, Unopened
from foresell.dashboard.registry.page import context
from foresell.dashboard.rendering import rendered
from foresell.errors import MachineError
from foresell.govern.registry import Registry
from tests.dashboard_site import visit_of
from tests.judged_run import html, looked, register_bundles, run_files, shown_run

WHAT = "the registry cannot be used: nobody listens"


@dataclass
class Line:
    """The way to a registry, which can be cut."""

    registry: Registry
    cut: bool = True
    asked: int = 0

    def open(self) -> Registry:
        """Return the registry.

        Raises:
            MachineError: the line is cut.
        """
        self.asked += 1
        if self.cut:
            raise MachineError(WHAT, "postgresql://nowhere", "see that the server runs")
        return self.registry


@pytest.fixture
def line() -> Line:
    other = shown_run("panel", {}, ledger=MemoryLedger())
    register_bundles(other, {"kind": "panel", "weighted": True, "champion": "lightgbm"})
    return Line(other.registry)


def over(line: Line) -> Shown:
    shown = shown_run("panel", run_files("panel"))
    own = Unopened(open=line.open, clock=lambda: datetime(2026, 1, 2, tzinfo=UTC))
    return Shown(
        shown.name,
        shown.kind,
        shown._outputs,
        own,
        declared=shown.declared,
        bundle_of=shown.bundle_by,
    )


def test_the_registry_page_says_what_is_wrong_and_offers_no_change(line: Line) -> None:
    visit = visit_of(over(line))
    found = context(visit)
    sent = rendered(page_of("registry", "panel"), found, visit, keyed=False).decode()

    assert found.heading == "The registry cannot be read"
    assert found.troubles == {
        "registry": Trouble(
            what=WHAT, where="postgresql://nowhere", mend="see that the server runs"
        )
    }
    assert "The registry cannot be used: nobody listens." in sent
    assert "Read everything again" not in sent
    assert "<form" not in sent.partition("<main")[2]


def test_the_leaderboard_stands_and_asks_once(line: Line) -> None:
    page = looked(over(line))

    assert set(page.troubles) == {"versions"}
    assert page.about.standing == (
        "The registry cannot be read, so nobody can say whether this run is registered."
    )
    assert page.boards is not None
    assert page.steps is not None
    assert page.parts.spots is not None
    assert line.asked == 1
    assert html(over(line)).count("The registry cannot be used: nobody listens.") == 1


def test_both_pages_are_whole_as_soon_as_it_is_back(line: Line) -> None:
    shown = over(line)
    before = context(visit_of(shown)).versions
    line.cut = False
    after = context(visit_of(shown)).versions

    assert before is None
    assert after is not None
    assert [row.number for row in after.rows] == [1]
    assert looked(shown).troubles == {}


def test_an_order_over_a_lost_registry_is_refused_in_words(line: Line) -> None:
    visit = replace(visit_of(over(line)), query={"do": ("promote",), "version": ("1",)})

    assert context(visit).confirm is None
    assert context(visit).heading == "The registry cannot be read"
