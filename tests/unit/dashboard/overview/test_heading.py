"""What stands above all cards: how all projects stand, and no more than is known."""

from dataclasses import replace

from foresell.dashboard.overview.cards import heading, standfirst
from foresell.dashboard.overview.facts import Watch
from foresell.monitor.retraining import Evidence
from tests.overview_facts import FAILED, NBSP, healthy, state, version


def test_all_is_well_only_of_what_is_watched_has_passed_its_gate_and_needs_nothing() -> None:
    unwatched = Evidence(about="drift", state="missing", says="nothing is known yet")
    failed = version(1, FAILED)
    passed = version(2)
    assert heading([healthy()], (), ()) == "All is well"
    assert heading([healthy()], (), ("walmart",)) == "Nothing is urgent"
    for facts in (
        healthy(watch=Watch()),
        healthy(watch=Watch(performance=unwatched, drift=unwatched)),
        healthy(watch=Watch(drift=replace(unwatched, state="of another version"))),
        healthy(live=failed),
        healthy(state=state(failed, passed, prod=1), live=failed),
        healthy(live=None, alias=None),
    ):
        assert heading([healthy("retail"), facts], (), ()) == "Nothing is urgent"


def test_no_alerts_stand_only_where_somebody_has_looked() -> None:
    unseen = healthy("retail", watch=Watch())
    ends = {
        "A version answers, and no alerts stand.": [healthy()],
        "A version answers, and whether alerts stand is not known.": [unseen],
        "2 of 2\u00a0projects have a version that answers, "
        "and no alerts stand where somebody has looked.": [healthy(), unseen],
    }
    assert {standfirst(facts, (), ()): facts for facts in ends.values()} == ends


def test_which_version_answers_is_not_denied_where_the_registry_cannot_be_read() -> None:
    out = healthy("retail", state=None, live=None, alias=None)
    none = healthy("toy", live=None, alias=None)
    begins = {
        "Which version answers is not known, ": [out],
        "Which versions answer is not known, ": [out, out],
        f"1 of 3{NBSP}projects has a version that answers, of 1 it is not known, ": [
            healthy(),
            none,
            out,
        ],
        f"1 of 2{NBSP}projects has a version that answers, ": [healthy(), none],
    }
    for begin, facts in begins.items():
        assert standfirst(facts, (), ()).startswith(f"{begin}and ")
