"""What needs attention follows from facts alone, the most urgent first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.dashboard.overview.attention import URGENCIES, Concern, concerns
from foresell.dashboard.overview.cards import heading, standfirst
from foresell.dashboard.overview.facts import Days, Facts, Rows, Run, Standing, Watch
from foresell.dashboard.page import Trouble
from foresell.monitor.retraining import Evidence
from foresell.spec.registry import Approval, State, Version

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PASSED = {"passed": True, "sentences": [], "comparisons": []}
FAILED = {
    "passed": False,
    "sentences": ["RMSE 9 beats 10", "MAE 5 does not beat 4"],
    "comparisons": [{"passed": True}, {"passed": False}],
}


def version(number: int = 1, gate: Any = PASSED, approval: Approval = "Approved") -> Version:
    return Version(
        project="walmart",
        version=number,
        digest=f"digest {number}",
        registered_at="2026-05-01T00:00:00.000000+00:00",
        who="ana",
        run_id="",
        approval=approval,
        record={"gate": gate},
    )


def state(*versions: Version, staging: int | None = None, prod: int | None = None) -> State:
    stacks = {"staging": (staging,) if staging else (), "prod": (prod,) if prod else ()}
    return State(project="walmart", versions=versions, stacks=stacks)  # type: ignore[arg-type]


def healthy(name: str = "walmart", **changed: Any) -> Facts:
    """A project of which nothing is to be said: version 1 on prod, watched, forecast ahead."""
    steady = Evidence(about="performance", state="usable", says="steady", verdict="steady")
    whole = Facts(
        name=name,
        kind="panel",
        now=NOW,
        state=state(version(), prod=1),
        live=version(),
        alias="prod",
        run=Run(run_id="r", ended="finished", began=NOW),
        watch=Watch(checked=NOW, performance=steady, drift=replace(steady, about="drift")),
        rows=Rows(read=1000, quarantined=0, allowed=0.01),
        days=Days(observed=date(2026, 5, 30), reaches=date(2026, 6, 27)),
        left="digest 1",
    )
    return replace(whole, **changed)


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
    rows = Rows(read=1000, quarantined=quarantined, allowed=0.01)
    assert said(healthy(rows=rows)) == expected


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


_SICK = (
    healthy(),
    healthy(watch=verdict("retrain")),
    healthy(rows=Rows(read=10, quarantined=1, allowed=0.01)),
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
