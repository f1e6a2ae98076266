from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import altair as alt
import polars as pl
import pytest

from foresell.charts import calibration, errors_by, series
from foresell.charts.drawing import inline_svg, render_png, render_svg
from foresell.charts.gains import gains
from foresell.charts.theme import ACCENT, BASE, TOKENS, Spec, nothing
from foresell.errors import DataError

FIRST = date(2011, 7, 1)
WEEKS = [FIRST + timedelta(weeks=i) for i in range(30)]
HISTORY = pl.DataFrame({"date": WEEKS[:15], "y": [100.0 + i for i in range(15)]})
TEST = pl.DataFrame({
    "date": WEEKS[15:25],
    "y": [1000.5 + i for i in range(10)],
    "prediction": [1001.25 + i for i in range(10)],
    "q0.1": [990.0] * 10,
    "q0.9": [1020.0] * 10,
    "baseline": [1050.0] * 10,
})
FUTURE = TEST.drop("y", "baseline").head(5).with_columns(date=pl.Series(WEEKS[25:]))
EVENTS = pl.DataFrame({"date": [WEEKS[20], WEEKS[2]], "name": ["christmas", "labor_day"]})
TOTALS = pl.concat([HISTORY, TEST.select("date", "y", "prediction")], how="diagonal")
STEPS = pl.DataFrame({
    "candidate": ["ours"] * 3 + ["naive"] * 3 + ["other"],
    "step": [1, 2, 3, 1, 2, 3, 1],
    "wape": [0.08, 0.09, 0.1, 0.12, 0.13, 0.14, 0.2],
})
SEGMENTS = pl.DataFrame({
    "value": ["A", "A", "B", "B"],
    "candidate": ["ours", "naive"] * 2,
    "wape": [0.08, 0.1, 0.11, 0.1],
})
LEVELS = pl.DataFrame({
    "level": [0.1, 0.5, 0.9] * 2,
    "bucket": ["all"] * 3 + ["1–13"] * 3,
    "observed": [0.11, 0.5, 0.92, 0.1, 0.52, 0.88],
})
BUCKETS = pl.DataFrame({"bucket": ["1–13", "14–26"], "coverage": [0.82, 0.79]})
PARTS = pl.DataFrame({
    "value": ["A", "B", "C", "D"],
    "value_added": [0.2, -3.0, 0.4, None],
})
NONE = pl.DataFrame()

CHARTS: dict[str, Callable[[], Spec]] = {
    "total": lambda: series.total_over_time(TOTALS, baseline=""),
    "total narrow": lambda: series.total_over_time(TOTALS, EVENTS, width=400),
    "series": lambda: series.one_series(HISTORY, TEST, FUTURE, EVENTS),
    "series without history": lambda: series.one_series(NONE, TEST, NONE),
    "series never judged": lambda: series.one_series(HISTORY, NONE, FUTURE),
    "bias": lambda: series.bias_over_time(TOTALS),
    "steps": lambda: errors_by.error_by_step(STEPS, champion="ours", baseline="naive"),
    "segments": lambda: errors_by.dumbbells(SEGMENTS, champion="ours", baseline="naive", limit=0.2),
    "segments of a baseline": lambda: errors_by.dumbbells(
        SEGMENTS, champion="naive", baseline="absent", limit=0.2
    ),
    "segments beyond the scale": lambda: errors_by.dumbbells(
        SEGMENTS, champion="ours", baseline="naive", limit=0.1
    ),
    "errors": lambda: errors_by.spread_of_errors(pl.Series([-1.0, 0.0, None, 2.0])),
    "errors all zero": lambda: errors_by.spread_of_errors(pl.Series([0.0, 0.0])),
    "reliability": lambda: calibration.reliability(LEVELS),
    "coverage": lambda: calibration.coverage(BUCKETS),
    "gains": lambda: gains(PARTS),
    "gains of one part": lambda: gains(PARTS.head(1)),
    "nothing": lambda: nothing("no rows"),
}
EMPTY: dict[str, Callable[[], Spec]] = {
    "total": lambda: series.total_over_time(TOTALS.clear()),
    "series": lambda: series.one_series(HISTORY.clear(), NONE, NONE),
    "bias": lambda: series.bias_over_time(TOTALS.clear()),
    "steps": lambda: errors_by.error_by_step(STEPS.clear(), champion="ours"),
    "segments": lambda: errors_by.dumbbells(
        SEGMENTS.clear(), champion="ours", baseline="naive", limit=1
    ),
    "errors": lambda: errors_by.spread_of_errors(pl.Series([], dtype=pl.Float64)),
    "reliability": lambda: calibration.reliability(LEVELS.clear()),
    "coverage": lambda: calibration.coverage(BUCKETS.clear()),
    "gains": lambda: gains(PARTS.clear()),
}


def rows_of(spec: Spec) -> list[dict[str, Any]]:
    return [row for rows in spec["datasets"].values() for row in rows]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_valid_vega_lite(name: str) -> None:
    """Reading a specification back checks it against the schema of Vega-Lite."""
    spec = CHARTS[name]()

    chart = alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "$schema"})

    assert isinstance(chart, alt.LayerChart)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_the_same_bytes_twice_and_only_colours_the_page_can_turn(name: str) -> None:
    first, again = (inline_svg(CHARTS[name](), name="x", title="t", text="d") for _ in range(2))

    colors = {
        part.split('"')[0] for kind in ('fill="', 'stroke="') for part in first.split(kind)[1:]
    }
    assert first == again
    assert colors <= {*TOKENS.values(), "none", "transparent"}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_frame_gives_a_chart_that_says_so(name: str) -> None:
    texts = [row["text"] for row in rows_of(EMPTY[name]())]

    assert len(texts) == 1
    assert texts[0].startswith("No ")
    assert texts[0].split()[0] in render_svg(EMPTY[name]())


def test_every_known_truth_and_forecast_of_a_series_is_in_its_chart() -> None:
    spec = series.one_series(HISTORY, TEST, FUTURE, EVENTS)

    rows = rows_of(spec)
    truth = {row["date"]: row["y"] for row in rows if "y" in row}
    forecast = {row["date"]: row["prediction"] for row in rows if "prediction" in row}
    expected = pl.concat([HISTORY, TEST.select("date", "y")])
    ahead = pl.concat([part.select("date", "prediction") for part in (TEST, FUTURE)])
    assert truth == {day.isoformat(): y for day, y in expected.iter_rows()}
    assert forecast == {day.isoformat(): y for day, y in ahead.iter_rows()}


def test_a_missing_period_is_a_gap_in_the_line_and_not_a_zero() -> None:
    gap = HISTORY.with_columns(
        y=pl.when(pl.col("date") == WEEKS[7]).then(None).otherwise(pl.col("y"))
    )

    rows = rows_of(series.one_series(gap, TEST, FUTURE))

    assert [row["y"] for row in rows if row["date"] == WEEKS[7].isoformat()] == [None]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="no column 'wape'"):
        errors_by.error_by_step(STEPS.drop("wape"), champion="ours")


def test_the_shares_of_all_bars_of_the_errors_sum_to_one() -> None:
    rows = rows_of(errors_by.spread_of_errors(pl.Series([float(i**3) for i in range(-20, 21)])))

    assert sum(row.get("share", 0) for row in rows) == pytest.approx(1, abs=1e-9)


def test_identifiers_of_two_charts_in_one_page_never_meet() -> None:
    spec = CHARTS["series"]()

    one, two = (inline_svg(spec, name=name, title="t", text="d") for name in ("a", "b"))

    ids = [{part.split('"')[0] for part in svg.split(' id="')[1:]} for svg in (one, two)]
    assert ids[0]
    assert ids[0] & ids[1] == set()
    assert all(f'id="{used.split(")")[0]}"' in one for used in one.split("url(#")[1:])


def test_a_hostile_title_is_escaped() -> None:
    svg = inline_svg(nothing("<b>&"), name="x", title='"<script>"', text="<img>")

    assert "<script>" not in svg
    assert "<img>" not in svg
    assert "<b>" not in svg


def test_a_png_is_a_png_of_twice_the_size() -> None:
    png = render_png(nothing("no rows", width=100))

    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == 200


def test_a_share_beyond_the_scale_lies_at_its_edge_with_its_own_number() -> None:
    far = SEGMENTS.with_columns(
        wape=pl.when(pl.col("value") == "B").then(116.3).otherwise(pl.col("wape"))
    )

    rows = rows_of(errors_by.dumbbells(far, champion="ours", baseline="naive", limit=0.2))

    places = {row["champion"] for row in rows if row["value"] == "B" and "champion" in row}
    texts = [row["text"] for row in rows if row["value"] == "B" and "text" in row]
    assert places == {0.2}
    assert texts == ["11,630", "11,630"]


def test_the_event_of_the_largest_total_gets_its_name_first() -> None:
    near = pl.DataFrame({
        "date": WEEKS[17:20],
        "name": ["first long name", "second long name", "third long name"],
    })

    texts = [
        row["text"]
        for row in rows_of(series.total_over_time(TOTALS, near, width=400))
        if "long" in row.get("text", "")
    ]

    assert texts == ["third long name", "second long name"]


def test_a_daily_series_shows_eight_weeks_of_history_and_not_years() -> None:
    days = [FIRST + timedelta(days=i) for i in range(800)]
    history = pl.DataFrame({"date": days[:772], "y": [1.0] * 772})
    test = (
        TEST
        .head(1)
        .select(pl.all().repeat_by(28).explode())
        .with_columns(date=pl.Series(days[772:]))
    )

    truth = {row["date"] for row in rows_of(series.one_series(history, test, NONE)) if "y" in row}

    assert min(truth) == days[772 - 56].isoformat()


def test_value_added_is_drawn_largest_first_with_grey_losses_cut_at_a_whole() -> None:
    tables = gains(PARTS)["datasets"].values()
    (bars,) = [table for table in tables if "value_added" in table[0]]

    shown = [(bar["value"], bar["value_added"], bar["color"]) for bar in bars]
    assert shown == [("C", 0.4, ACCENT), ("A", 0.2, ACCENT), ("B", -1.0, BASE)]
