"""The overview over real homes: each number is that of its artifact, and each fault is told."""

import json
from datetime import date
from pathlib import Path

from foresell.dashboard.overview.page import Overview
from foresell.monitor.alerts import Observed
from foresell.settings import read_settings
from foresell.spec.monitoring import Finding
from foresell.wiring.alerting import settle
from tests.dashboard_site import board_of, get, overview, site_of
from tests.overview_homes import (
    PANEL,
    TABLE,
    judged,
    leave_bundle,
    leave_checks,
    leave_panel,
    leave_table,
    looked,
    panel_bundle,
    put,
    watched,
)

ALARM = Finding(seen="shift", weight="alarm", about="price", says="price has moved")
_NBSP = "\u00a0"


def fire(home: Path, project: str) -> None:
    settle(
        Observed(project=project, subject="drift", version=1, findings=[ALARM]),
        read_settings(home),
    )


def test_a_card_tells_the_numbers_of_the_registry(tmp_path: Path) -> None:
    made = leave_panel(tmp_path)
    (card,) = looked(tmp_path, PANEL).cards
    scores, gate = made.metadata["scores"], made.metadata["gate"]
    assert isinstance(scores, dict)
    assert isinstance(gate, dict)
    wmae = next(one for one in gate["comparisons"] if one["metric"] == "wmae")
    added, wape, coverage, alerts = card.numbers
    assert (added.value, added.source) == (f"{100 * wmae['value_added']:.1f}{_NBSP}%", "registry")
    assert added.note == (
        f"WMAE {wmae['champion']:#.3g} against {wmae['baseline']:#.3g} of {wmae['best_baseline']}"
    )
    assert (wape.value, wape.label) == (f"{100 * scores['wape']:.1f}{_NBSP}%", "WAPE")
    assert coverage.value == f"{100 * scores['coverage_80']:.1f}{_NBSP}%"
    assert (alerts.value, alerts.label, alerts.note) == ("–", "alerts", "nobody has looked yet")
    assert card.says == (
        f"Version 1 answers from prod. Its WMAE is {added.value} below that of "
        f"{wmae['best_baseline']}, the best baseline."
    )


def test_a_card_tells_how_fresh_all_is(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    (card,) = looked(tmp_path, PANEL).cards
    facts = {fact.label: (fact.value, fact.source) for fact in card.facts}
    told = json.loads((tmp_path / PANEL / "run.json").read_bytes())
    stamp = told["run_id"]
    when = date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8]))
    assert facts["Data"] == (f"to 30{_NBSP}Jan{_NBSP}2026", "splits/split.json")
    assert facts["Forecast"] == (f"to 27{_NBSP}Feb{_NBSP}2026", "registry")  # four weeks on
    assert facts["Rows read"] == ("200", "checks/checks.json")
    assert facts["Version"] == ("1, prod", "registry")
    assert facts["Last run"] == (
        f"{when.day}{_NBSP}{when:%b}{_NBSP}{when.year}, {stamp[9:11]}:{stamp[11:13]} UTC",
        "run.json",
    )
    notes = {fact.label: fact.note for fact in card.facts}
    assert notes["Last run"] == f"25{_NBSP}s of work"
    assert notes["Rows read"] == "none in quarantine"


def test_a_forecast_reaches_as_far_as_the_version_that_answers_and_not_the_last_run(
    tmp_path: Path,
) -> None:
    leave_panel(tmp_path)
    leave_panel(tmp_path, bundle=panel_bundle(seed=2), to="staging")
    told = json.loads((tmp_path / PANEL / "bundle" / "metadata.json").read_bytes())
    put(tmp_path, PANEL, "bundle", "metadata.json", {**told, "horizon": 9})
    (card,) = looked(tmp_path, PANEL).cards
    facts = {fact.label: fact.value for fact in card.facts}
    assert facts["Forecast"] == f"to 27{_NBSP}Feb{_NBSP}2026"  # four weeks on, as version 1 says


def test_rows_were_loaded_when_they_were_though_the_run_failed_after_that(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    told = {"run_id": "20300102T030405Z-0a1b2c3d"}  # of a run that left no run.json
    put(tmp_path, PANEL, ".state", "ingest.json", told)
    (card,) = looked(tmp_path, PANEL).cards
    (data,) = [one for one in card.facts if one.label == "Data"]
    assert data.note == f"loaded 2{_NBSP}Jan{_NBSP}2030"
    for vouches_for_nothing in (b"", b"[]", {"seconds": 3}):
        put(tmp_path, PANEL, ".state", "ingest.json", vouches_for_nothing)
        (card,) = looked(tmp_path, PANEL).cards
        (data,) = [one for one in card.facts if one.label == "Data"]
        assert (data.note, dict(card.troubles)) == ("", {})


def test_of_a_sample_a_card_tells_how_many_rows_were_checked(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    leave_checks(tmp_path, PANEL, read=5000, quarantined=40, sampled=(1000, 30))
    page = looked(tmp_path, PANEL)
    (fact,) = [one for one in page.cards[0].facts if one.label == "Rows read"]
    assert (fact.value, fact.note) == ("5,000", "1,000 of them checked, 40 in quarantine")
    says = [item.concern.says for group in page.groups for item in group.items]
    assert (
        f"30 of 1,000{_NBSP}checked rows (3.00{_NBSP}%) broke the contract; "
        f"40 of 5,000{_NBSP}rows are in quarantine."
    ) in says


def test_what_needs_attention_leads_to_the_page_that_mends_it(tmp_path: Path) -> None:
    leave_panel(tmp_path, to="staging")
    leave_table(tmp_path)
    fire(tmp_path, TABLE)
    watched(tmp_path, PANEL, performance=judged("watch"))
    page = looked(tmp_path)
    told = [
        (group.heading, item.concern.project, item.way.href)
        for group in page.groups
        for item in group.items
        if "ran out" not in item.concern.says  # that depends on the day
    ]
    assert told[:4] == [
        ("Soon", TABLE, f"/ui/projects/{TABLE}/monitoring"),
        ("Soon", PANEL, f"/ui/projects/{PANEL}/monitoring"),
        ("Soon", PANEL, f"/ui/projects/{PANEL}/registry"),
        ("Soon", TABLE, f"/ui/projects/{TABLE}/data"),
    ]
    assert page.heading == "Nothing is urgent"
    assert page.standfirst == (
        f"2 of 2{_NBSP}projects have a version that answers, and 1 alert stands. "
        f"Something is to be done soon in 2{_NBSP}projects."
    )
    site = site_of(tmp_path, PANEL, TABLE)
    assert {get(site, href).status_code for *_, href in told} == {200}


def test_an_alert_that_stands_is_counted_in_its_card(tmp_path: Path) -> None:
    leave_table(tmp_path)
    fire(tmp_path, TABLE)
    (card,) = looked(tmp_path, TABLE).cards
    told = json.loads((tmp_path / TABLE / "monitor" / "alerts.json").read_bytes())
    firing = [one for one in told["subjects"].values() if one["alert"]["state"] == "firing"]
    alerts = card.numbers[-1]
    assert (alerts.value, alerts.label, alerts.tone) == (str(len(firing)), "alert stands", "bad")


def test_a_summary_of_another_version_is_told_as_such(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    watched(tmp_path, PANEL, performance=judged("retrain", version=7))
    page = looked(tmp_path, PANEL)
    (card,) = page.cards
    facts = {fact.label: fact.value for fact in card.facts}
    assert (facts["Performance"], facts["Drift"]) == ("of another version", "not known yet")
    says = [item.concern.says for group in page.groups for item in group.items]
    assert "What is known of performance is of version 7, and 1 is served." in says


def test_files_of_an_older_bundle_are_told_beside_the_version_that_answers(tmp_path: Path) -> None:
    first = panel_bundle()
    leave_panel(tmp_path, bundle=first)
    leave_bundle(tmp_path, PANEL, panel_bundle(seed=2), to="prod")
    leave_panel(tmp_path, bundle=first, to="")
    says = [item.concern.says for group in looked(tmp_path, PANEL).groups for item in group.items]
    assert "Reports and forecast of the last run are of version 1; version 2 answers." in says


def test_it_is_not_known_whether_alerts_stand_where_nobody_has_looked(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    page = looked(tmp_path, PANEL)
    assert page.heading == "Nothing is urgent"
    assert page.standfirst.startswith("A version answers, and whether alerts stand is not known.")


def test_the_page_is_made_anew_when_a_file_is_another_one(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    board = board_of(tmp_path, PANEL)
    before: Overview = overview(board)
    leave_checks(tmp_path, PANEL, quarantined=4)
    after: Overview = overview(board)
    rows = [
        next(f for f in page.cards[0].facts if f.label == "Rows read") for page in (before, after)
    ]
    assert [fact.note for fact in rows] == ["none in quarantine", "4 in quarantine"]
