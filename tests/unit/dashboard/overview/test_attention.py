"""What needs attention follows from facts alone, the most urgent first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.dashboard.overview.attention import URGENCIES, Concern, concerns
from foresell.dashboard.overview.facts import Days, Facts, Rows, Run, Standing, Watch
from foresell.dashboard.page import Trouble
from foresell.monitor.retraining import Evidence
from foresell.spec.registry import State
from tests.overview_facts import FAILED, NBSP, NOW, checked, healthy, state, version


def said(facts: Facts) -> list[tuple[str, str, str]]:
    return [(one.urgency, one.says, one.page) for one in concerns([facts])]


def alert(subject: Any, severity: Any, says: str) -> Standing:
    return Standing(subject=subject, severity=severity, says=says, since=NOW - timedelta(days=2))


def test_an_alert_is_told_with_what_it_found_first() -> None:
    firing = replace(alert("drift", "warning", "the data has drifted"), first="CPI has moved.")
    ((_, says, _),) = said(healthy(watch=Watch(alerts=(firing,))))
    assert says == "The data has drifted, since 30\u00a0May\u00a02026: CPI has moved."


def verdict(word: str, **changed: Any) -> Watch:
    one = Evidence(
        about="performance", state="usable", says="x", verdict=word, reasons=("errors doubled.",)
    )
    return Watch(performance=replace(one, **changed))


def test_nothing_is_said_of_a_project_that_is_well() -> None:
    assert concerns([healthy()]) == ()


def test_nothing_is_said_of_a_project_that_was_never_run() -> None:
    idle = Facts(name="retail", kind="panel", now=NOW, state=State(project="retail"))
    assert idle.untouched
    assert concerns([idle]) == ()


def test_a_damaged_registry_is_urgent_and_a_damaged_file_less_so() -> None:
    damaged = Trouble(what="the history was changed", where="registry.db", mend="restore it")
    torn = Trouble(what="checks/checks.json is not as foresell writes it", where="w", mend="m")
    later = Trouble(what="there is no metadata.json yet", where="w", mend="m", next=True)
    facts = healthy(troubles={"rows": torn, "registry": damaged, "figure": later})
    assert said(facts) == [
        ("now", "The history was changed.", "registry"),
        ("soon", "checks/checks.json is not as foresell writes it.", "data"),
    ]


def test_a_critical_alert_is_urgent_and_a_warning_less_so() -> None:
    drift = alert("drift", "warning", "the data has drifted (3 alarms)")
    schema = alert("schema", "critical", "the columns have changed (1 alarm)")
    assert said(healthy(watch=Watch(alerts=(drift, schema)))) == [
        ("now", "The columns have changed (1 alarm), since 30\u00a0May\u00a02026.", "monitoring"),
        ("soon", "The data has drifted (3 alarms), since 30\u00a0May\u00a02026.", "monitoring"),
    ]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("steady", []),
        ("watch", [("soon", "The forecasts are to be watched: errors doubled.", "monitoring")]),
        ("retrain", [("now", "It is time to train again: errors doubled.", "monitoring")]),
    ],
)
def test_the_verdict_on_performance_is_told(word: str, expected: list[Any]) -> None:
    assert said(healthy(watch=verdict(word))) == expected


def test_a_verdict_is_not_told_beside_its_own_alert() -> None:
    firing = alert("performance", "critical", "forecasts are worse than in the backtest (1 alarm)")
    found = said(healthy(watch=replace(verdict("retrain"), alerts=(firing,))))
    assert [(urgency, page) for urgency, _, page in found] == [("now", "monitoring")]


def test_to_train_again_there_is_a_command() -> None:
    (one,) = concerns([healthy(watch=verdict("retrain"))])
    assert one.command == "foresell retrain walmart"


@pytest.mark.parametrize(
    ("stage", "page"), [("validate", "data"), ("ingest", "data"), ("train", "leaderboard")]
)
def test_a_failed_run_is_told_with_its_reason_and_where_to_look(stage: str, page: str) -> None:
    run = Run(run_id="r", ended="failed", stage=stage, says="2 % of the rows break a rule")
    expected = f"The last run failed in {stage}: 2 % of the rows break a rule."
    assert said(healthy(run=run)) == [("soon", expected, page)]


def test_a_failed_run_is_urgent_where_no_version_answers() -> None:
    run = Run(run_id="r", ended="failed", stage="train", says="no")
    facts = healthy(run=run, state=state(), live=None, alias=None, left=None)
    assert [urgency for urgency, *_ in said(facts)] == ["now"]


@pytest.mark.parametrize(("hours", "told"), [(0.5, False), (2.0, True)])
def test_a_run_without_an_end_is_told_of_once_it_was_silent_for_an_hour(
    hours: float, *, told: bool
) -> None:
    heard = NOW - timedelta(hours=hours)
    found = said(healthy(run=Run(run_id="r", ended="open", stage="train", heard=heard)))
    expected = "nothing was heard of it since 1\u00a0Jun\u00a02026, 10:00 UTC in train"
    assert found == (
        [("soon", f"The last run never finished: {expected}.", "leaderboard")] if told else []
    )


def test_a_version_that_failed_its_gate_is_told_with_the_sentence_that_failed() -> None:
    facts = healthy(state=state(version(), version(2, FAILED), prod=1))
    assert said(facts) == [
        ("soon", "Version 2 did not pass its gate: MAE 5 does not beat 4.", "leaderboard")
    ]


def test_a_failed_gate_is_urgent_where_nothing_answers() -> None:
    facts = healthy(state=state(version(1, FAILED)), live=None, alias=None)
    assert said(facts) == [
        ("now", "Version 1 did not pass its gate: MAE 5 does not beat 4.", "leaderboard")
    ]


def test_a_version_that_answers_against_its_gate_is_worth_knowing() -> None:
    facts = healthy(state=state(version(1, FAILED), prod=1), live=version(1, FAILED))
    assert [(urgency, page) for urgency, _, page in said(facts)] == [("later", "leaderboard")]


def test_no_version_answering_is_urgent() -> None:
    waiting = version(1, approval="PendingManualApproval")
    for one, why in (
        (version(), "is on neither staging nor prod"),
        (waiting, "waits for approval"),
    ):
        facts = healthy(state=state(one), live=None, alias=None)
        assert said(facts) == [("now", f"No version answers: version 1 {why}.", "registry")]


def test_a_bundle_that_is_no_version_is_urgent() -> None:
    facts = healthy(state=state(), live=None, alias=None)
    expected = "No version answers: the bundle of the last run is not registered."
    assert said(facts) == [("now", expected, "registry")]
    assert said(healthy(state=state(), live=None, alias=None, left=None)) == []


def test_a_version_that_answers_from_staging_is_told() -> None:
    facts = healthy(state=state(version(), staging=1), alias="staging")
    expected = "Version 1 answers from staging: nothing is on prod."
    assert said(facts) == [("soon", expected, "registry")]


def test_a_newer_version_on_staging_waits_for_a_decision() -> None:
    facts = healthy(state=state(version(), version(2), staging=2, prod=1), left="digest 2")
    expected = "Version 2 waits on staging, and version 1 on prod answers."
    assert said(facts) == [("soon", expected, "registry")]


def test_an_older_version_on_staging_waits_for_nothing() -> None:
    facts = healthy(
        state=state(version(), version(2), staging=1, prod=2), live=version(2), left="digest 2"
    )
    assert said(facts) == []


@pytest.mark.parametrize(
    ("reaches", "expected"),
    [
        (date(2026, 6, 1), []),
        (date(2026, 5, 31), ["soon"]),
        (date(2025, 6, 1), ["soon"]),
        (date(2025, 5, 31), ["later"]),
    ],
)
def test_a_forecast_that_ran_out_is_told_the_day_after_and_is_history_after_a_year(
    reaches: date, expected: list[str]
) -> None:
    facts = healthy(days=Days(observed=date(2025, 1, 1), reaches=reaches))
    assert [urgency for urgency, *_ in said(facts)] == expected


@pytest.mark.parametrize(
    ("quarantined", "expected"),
    [
        (1, [("later", "1 of 1,000\u00a0rows (0.10\u00a0%) is in quarantine.", "data")]),
        (6, [("soon", "6 of 1,000\u00a0rows (0.60\u00a0%) are in quarantine.", "data")]),
    ],
)
def test_rows_in_quarantine_are_urgent_from_half_of_what_is_allowed(
    quarantined: int, expected: list[Any]
) -> None:
    assert said(healthy(rows=checked(1000, quarantined))) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            checked(1_000_000, 31, (1000, 30), allowed=0.05),
            (
                "soon",
                f"30 of 1,000{NBSP}checked rows (3.00{NBSP}%) broke the contract; "
                f"31 of 1,000,000{NBSP}rows are in quarantine.",
            ),
        ),
        (
            checked(1_000_000, 1, (1000, 0)),
            (
                "later",
                f"None of 1,000{NBSP}checked rows broke the contract; "
                f"1 of 1,000,000{NBSP}rows is in quarantine.",
            ),
        ),
        (  # keys are compared on all rows: more may be in quarantine than were drawn
            checked(1000, 6, (100, 0)),
            (
                "soon",
                f"None of 100{NBSP}checked rows broke the contract; "
                f"6 of 1,000{NBSP}rows are in quarantine.",
            ),
        ),
    ],
)
def test_of_a_sample_the_share_is_of_the_rows_that_were_checked_and_says_so(
    rows: Rows, expected: tuple[str, str]
) -> None:
    ((urgency, says, _),) = said(healthy(rows=rows))
    assert (urgency, says) == expected


def test_a_few_rows_of_many_are_not_said_to_be_none_in_a_hundred() -> None:
    ((_, says, _),) = said(healthy(rows=checked(421_570, 3)))
    assert says == (f"3 of 421,570{NBSP}rows (less than 0.01{NBSP}%) are in quarantine.")


@pytest.mark.parametrize(
    ("left", "whose"),
    [("digest 1", "version 1"), ("another", "a bundle that is not registered")],
)
def test_files_of_another_version_are_worth_knowing(left: str, whose: str) -> None:
    facts = healthy(state=state(version(), version(2), prod=2), live=version(2), left=left)
    expected = f"Reports and forecast of the last run are of {whose}; version 2 answers."
    assert said(facts) == [("later", expected, "registry")]


@pytest.mark.parametrize("lacks", ["old", "unreadable", "of another version"])
def test_a_watch_that_says_nothing_of_today_is_worth_knowing(lacks: Any) -> None:
    drift = Evidence(about="drift", state=lacks, says="it is old: foresell monitor drift tells")
    (one,) = concerns([healthy(watch=Watch(drift=drift))])
    assert one == Concern(
        urgency="later",
        project="walmart",
        says="It is old.",
        page="monitoring",
        command="foresell monitor drift walmart",
        source="monitor/drift_summary.json",
    )


def test_what_nobody_ever_watched_needs_no_attention() -> None:
    missing = Evidence(about="drift", state="missing", says="nothing is known yet")
    assert concerns([healthy(watch=Watch(drift=missing))]) == ()


_SICK = (
    healthy(),
    healthy(watch=verdict("retrain")),
    healthy(rows=checked(10, 1)),
    healthy(days=Days(reaches=date(2020, 1, 1))),
    healthy(state=state(version(), staging=1), alias="staging"),
)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(_SICK), max_size=5))
def test_nothing_stands_above_what_is_more_urgent_and_nothing_is_lost(
    found: Sequence[Facts],
) -> None:
    projects = [replace(one, name=f"p{place}") for place, one in enumerate(found)]
    told = concerns(projects)
    order = [list(URGENCIES).index(one.urgency) for one in told]
    assert order == sorted(order)
    alone = [one for facts in projects for one in concerns([facts])]
    assert sorted(map(str, told)) == sorted(map(str, alone))
    turned = concerns(projects[::-1])
    assert sorted(map(str, turned)) == sorted(map(str, told))
