"""The picture of each card: its numbers are those of the files it is drawn from."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from foresell.spec.monitoring import Finding
from tests.dashboard_site import get, site_of
from tests.overview_homes import (
    LAST,
    PANEL,
    TABLE,
    leave_bundle,
    leave_panel,
    leave_table,
    looked,
    panel_bundle,
    put,
    sums,
)

ALARM = Finding(seen="shift", weight="alarm", about="price", says="price has moved")
_NBSP = "\u00a0"


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


def test_a_refused_forecast_is_said_to_be_refused_and_one_that_was_not_made_is_not(
    tmp_path: Path,
) -> None:
    leave_panel(tmp_path)
    place = tmp_path / PANEL / "forecast" / "forecast.parquet"
    place.rename(place.with_name("refused.parquet"))
    assert _title(tmp_path) == ("Nothing is forecast: the model of the last run may not answer")
    place.with_name("refused.parquet").unlink()
    assert _title(tmp_path) == "Nothing is forecast yet"


def test_a_picture_tells_how_many_series_are_added_up_on_both_sides(tmp_path: Path) -> None:
    made = leave_panel(tmp_path)
    counted = made.published["shop"].n_unique()
    told = json.loads((tmp_path / PANEL / "bundle" / "metadata.json").read_bytes())
    for observed, said in (
        (counted, f"{counted}{_NBSP}series together; "),
        (counted + 2, f"{counted + 2}{_NBSP}series observed and {counted} forecast, together; "),
    ):
        put(tmp_path, PANEL, "bundle", "metadata.json", {**told, "series": observed})
        (figure,) = looked(tmp_path, PANEL).figures.values()
        assert figure.note.startswith(f"{told['target']} by week, {said}")


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
    assert card.figure.says == (
        "Line of SALES by month, all rows; observed from January 2025 to December 2025, at the end "
        f"120{_NBSP}USD; forecast of January 2026, 20{_NBSP}USD"
    )
    short = {**told, "forecast": {"available": False, "reason": "12 months are too few"}}
    put(tmp_path, TABLE, "segment_risk", "all.json", short)
    (card,) = looked(tmp_path, TABLE).cards
    assert card.figure is not None
    assert card.figure.title == "Nothing is forecast: 12 months are too few"


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
