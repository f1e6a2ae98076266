"""When a served version is to be trained again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.monitor.retraining import (
    OLD_DAYS,
    Evidence,
    Weighed,
    of_drift,
    of_performance,
    weigh,
)

MAKES = "foresell monitor x"
ALARM = {"seen": "shift", "weight": "alarm", "about": "price", "says": "price moved"}
NOTE = {**ALARM, "weight": "note"}
FAULT = {"seen": "frozen", "weight": "alarm", "about": "CPI", "says": "CPI stands still"}


def performance(verdict: str | None, days: float = 0.0) -> Evidence:
    told = None if verdict is None else {"version": 3, "verdict": verdict, "reasons": [verdict]}
    return of_performance(told, 3, days, MAKES)


def drift(*findings: dict[str, str], days: float = 0.0) -> Evidence:
    return of_drift({"version": 3, "findings": list(findings)}, 3, days, MAKES)


@pytest.mark.parametrize(
    ("verdict", "moved", "needed"),
    [
        ("retrain", True, True),
        ("retrain", False, True),
        ("watch", True, True),
        (None, True, True),
        ("steady", True, False),
        ("watch", False, False),
        ("steady", False, False),
        (None, False, False),
    ],
)
def test_the_decision_follows_the_table_of_the_documentation(
    verdict: str | None, moved: bool, needed: bool
) -> None:
    found = weigh(performance(verdict), drift(*([ALARM] if moved else [NOTE])))
    assert found.needed is needed
    assert all(found.reasons)


def test_the_reasons_of_a_needed_training_are_those_of_the_watch() -> None:
    assert weigh(performance("retrain"), drift(ALARM)).reasons == ("retrain",)
    assert weigh(performance("watch"), drift(ALARM)).reasons == ("watch", "price moved")
    assert weigh(performance(None), drift(ALARM)).reasons == (
        "price moved",
        "nothing is known of performance yet: foresell monitor x tells",
    )


def test_faults_of_the_data_are_told_and_no_reason_to_learn_them() -> None:
    found = drift(FAULT, NOTE)
    assert weigh(performance(None), found).needed is False
    assert found.says == (
        "drift raised 0 alarms that training again can answer, and 1 alarm about faults of the data"
    )


@given(days=st.floats(0, 1000))
def test_age_takes_the_weight_of_what_was_well_and_never_of_a_retrain(days: float) -> None:
    assert weigh(performance("retrain", days), drift()).needed is True
    steady = weigh(performance("steady", days), drift(ALARM))
    assert steady.needed is (days > OLD_DAYS)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (None, "missing"),
        ({"available": False, "reason": "nothing is known"}, "missing"),
        ({}, "unreadable"),
        ({"version": 3}, "unreadable"),
        ({"version": 3, "verdict": "maybe", "findings": "none"}, "unreadable"),
        ({"version": 3, "findings": [1]}, "unreadable"),
        ({"version": 2, "verdict": "retrain", "findings": [ALARM]}, "of another version"),
        ({"verdict": "retrain", "findings": [ALARM]}, "of another version"),
    ],
)
def test_a_summary_that_is_none_of_the_served_version_counts_for_nothing(
    told: dict[str, object] | None, state: str
) -> None:
    both = of_performance(told, 3, 0.0, MAKES), of_drift(told, 3, 0.0, MAKES)
    assert [(one.state, one.verdict, one.reasons) for one in both] == [(state, "", ())] * 2
    assert weigh(*both).needed is False


@pytest.mark.parametrize("verdict", ["unknown", "steady"])
def test_a_version_of_which_nothing_was_judged_is_not_taken_for_one_that_copes(
    verdict: str,
) -> None:
    reasons = ["no whole week has been judged yet"]
    told = {"version": 3, "verdict": verdict, "reasons": reasons, "periods": 0, "recent": None}
    found = of_performance(told, 3, 0.0, MAKES)
    assert (found.state, found.verdict) == ("missing", "")
    assert weigh(found, drift(ALARM)) == Weighed(
        needed=True,
        reasons=("price moved", "no whole week has been judged yet: foresell monitor x tells"),
    )


@given(days=st.floats(0, 1000))
def test_data_that_moved_long_ago_is_looked_at_again_before_anything_is_trained(
    days: float,
) -> None:
    found = weigh(performance(None), drift(ALARM, days=days))
    assert found.needed is (days <= OLD_DAYS)
    if days > OLD_DAYS:
        assert f"{days:.0f} days ago: foresell monitor x tells it of today" in found.reasons[1]
