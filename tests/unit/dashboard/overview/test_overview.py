"""The overview over real homes: each number is that of its artifact, and each fault is told."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from foresell.dashboard.overview.page import Overview
from foresell.monitor.alerts import Observed
from foresell.settings import read_settings
from foresell.spec.monitoring import Finding
from foresell.wiring.alerting import settle
from tests.dashboard_site import board_of, get, overview, site_of
from tests.overview_homes import (
    LAST,
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
    sums,
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


def test_the_picture_of_a_panel_is_the_sum_of_its_files(tmp_path: Path) -> None:
    made = leave_panel(tmp_path)
    (figure,) = looked(tmp_path, PANEL).figures.values()
    assert figure.rows is not None
    was = made.history.group_by("week").agg(pl.col("sales").sum()).sort("week")
    ahead = made.published.group_by("week").agg(pl.col("prediction").sum()).sort("week")
    assert figure.rows.drop_nulls("y").select("date", "y").rows() == was.rows()
    assert figure.rows.drop_nulls("prediction").select("date", "prediction").rows() == ahead.rows()
    assert "no honest band" in figure.note
    total = ahead["prediction"].sum()
    expected = (
        f"The 4{_NBSP}weeks to 27{_NBSP}Feb{_NBSP}2026 are forecast at {total:,.0f}{_NBSP}USD"
    )
    assert figure.title == expected


def test_the_total_of_a_hierarchy_has_bands_of_its_own(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    levels = sums()
    place = put(tmp_path, PANEL, "forecast", "hierarchy.parquet", b"")
    levels.write_parquet(place)
    (figure,) = looked(tmp_path, PANEL).figures.values()
    assert figure.rows is not None
    total = levels.filter(pl.col("level") == "total")
    drawn = figure.rows.drop_nulls("prediction")
    assert drawn.select("date", "prediction").rows() == total.select("week", "prediction").rows()
    for name, quantile in (
        ("lower_80", "q0.1"),
        ("upper_80", "q0.9"),
        ("lower_95", "q0.025"),
        ("upper_95", "q0.975"),
    ):
        assert drawn[name].to_list() == total[quantile].to_list()
    assert "bands of 80 and 95" in figure.note


def test_a_total_is_compared_with_a_year_before_where_the_series_are_the_same(
    tmp_path: Path,
) -> None:
    year = [LAST + timedelta(weeks=place - 51) for place in range(52)]
    history = pl.DataFrame({
        "shop": [shop for shop in range(3) for _ in year],
        "week": year * 3,
        "sales": [100.0] * 156,
        "festive": [False] * 156,
    })
    bundle = panel_bundle()
    leave_panel(tmp_path, bundle=replace(bundle, history=history))
    place = put(tmp_path, PANEL, "forecast", "hierarchy.parquet", b"")
    sums().write_parquet(place)
    # 1,260 are forecast; in the four weeks a year before three shops sold 100 each.
    assert _title(tmp_path).endswith(f", 5.0{_NBSP}% more than a year before")
    sums(rows=(1, 1, 1, 1)).write_parquet(place)
    assert _title(tmp_path).endswith(f"at 1,260{_NBSP}USD")


def _title(home: Path) -> str:
    (figure,) = looked(home, PANEL).figures.values()
    return figure.title


def test_a_refused_forecast_is_said_to_be_none(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    (tmp_path / PANEL / "forecast" / "forecast.parquet").unlink()
    assert _title(tmp_path).startswith("Nothing is forecast")


def test_a_table_without_dates_shows_how_predictions_met_the_truth(tmp_path: Path) -> None:
    leave_table(tmp_path)
    (card,) = looked(tmp_path, TABLE).cards
    assert card.figure is not None
    assert card.figure.title == (
        f"From low to high predictions, their mean is within 10.0{_NBSP}% of the truth"
    )
    assert {fact.label for fact in card.facts} >= {"Version", "Last run", "Rows read"}
    assert "Forecast" not in {fact.label for fact in card.facts}


def test_a_table_with_a_declared_segment_shows_its_months(tmp_path: Path) -> None:
    leave_table(tmp_path)
    months = [{"month": f"2025-{place:02}", "value": 10.0 * place} for place in range(1, 13)]
    edges = {"lower_80": 15.0, "upper_80": 25.0, "lower_95": 10.0, "upper_95": 30.0}
    ahead = [{"month": "2026-01", "step": 1, "prediction": 20.0, **edges}]
    told = {
        "target": "SALES",
        "told": "all rows",
        "unit": "USD",
        "series": {"months": months},
        "forecast": {"available": True, "months": ahead},
    }
    segments = [
        {"available": True, "name": "usa", "segment": {"COUNTRY": ["USA"]}},
        {"available": True, "name": "all", "segment": {}},
    ]
    put(tmp_path, TABLE, "segment_risk", "risk.json", {"segments": segments})
    put(tmp_path, TABLE, "segment_risk", "all.json", told)
    (card,) = looked(tmp_path, TABLE).cards
    assert card.figure is not None
    assert card.figure.rows is not None
    assert card.figure.rows["y"].drop_nulls().to_list() == [one["value"] for one in months]
    assert card.figure.rows.drop_nulls("prediction").drop("y").to_dicts() == [
        {"date": date(2026, 1, 1), "prediction": 20.0, **edges}
    ]
    # One month ahead, and 10 in January of the year before.
    assert card.figure.title == (
        f"Month of January 2026: 20{_NBSP}USD are forecast, 100.0{_NBSP}% more than a year before"
    )


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


def test_a_picture_of_a_version_that_does_not_answer_says_whose_it_is(tmp_path: Path) -> None:
    first = panel_bundle()
    leave_panel(tmp_path, bundle=first)
    assert "version" not in _title(tmp_path)
    leave_bundle(tmp_path, PANEL, panel_bundle(seed=2), to="prod")
    leave_panel(tmp_path, bundle=first, to="")
    (figure,) = looked(tmp_path, PANEL).figures.values()
    assert figure.title.endswith(" (of version 1)")
    assert figure.note.endswith(". Of the last run, version 1; version 2 answers.")
    assert figure.says.endswith("; of version 1")


def test_a_picture_says_whose_it_is_where_a_newer_version_waits_or_none_answers(
    tmp_path: Path,
) -> None:
    leave_panel(tmp_path / "waits")
    leave_panel(tmp_path / "waits", bundle=panel_bundle(seed=2), to="staging")
    assert _title(tmp_path / "waits").endswith(" (of version 2)")
    leave_panel(tmp_path / "none", to="")
    (figure,) = looked(tmp_path / "none", PANEL).figures.values()
    assert figure.title.endswith(" (of version 1)")
    assert figure.note.endswith(". Of the last run, version 1; no version answers.")


def test_it_is_not_known_whether_alerts_stand_where_nobody_has_looked(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    page = looked(tmp_path, PANEL)
    assert page.heading == "Nothing is urgent"
    assert page.standfirst.startswith("A version answers, and whether alerts stand is not known.")


def test_every_picture_can_be_had_as_a_spec_a_drawing_and_numbers(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    leave_table(tmp_path)
    site = site_of(tmp_path, PANEL, TABLE)
    for name in ("outlook-walmart", "outlook-sales-orders"):
        at = f"/ui/overview/figures/{name}"
        spec = get(site, f"{at}.json?width=340").json()
        assert spec["width"] < 340
        assert get(site, f"{at}.svg").text.startswith("<svg")
        assert get(site, f"{at}.csv").text.count("\n") > 2
    assert get(site, "/ui/overview/figures/outlook-nobody.json").status_code == 404


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
