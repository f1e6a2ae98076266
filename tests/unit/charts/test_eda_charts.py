"""The charts of a report of data: valid, of our colours, and true to their rows."""

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import altair as alt
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.charts import eda_bars, eda_effects, eda_time
from foresell.charts.drawing import inline_svg
from foresell.charts.eda_pictures import png_of
from foresell.charts.theme import ACCENT, TOKENS, Spec
from foresell.errors import DataError

DAYS = [date(2021, 1, 1) + timedelta(weeks=i) for i in range(60)]
TOTALS = pl.DataFrame({"date": DAYS, "y": [100.0 + i % 7 for i in range(59)] + [None]})
EVENTS = pl.DataFrame({"date": [DAYS[3], DAYS[55]], "name": ["Easter", "Christmas"]})
PARTS = pl.concat([TOTALS.select("date", "y", value=pl.lit(name)) for name in "ABC"])
BARS = pl.DataFrame({
    "label": ["one", "two", "three"],
    "value": [3.0, -1.0, None],
    "text": ["3", "\u22121", "?"],
})
PLACES = pl.DataFrame({"label": ["Jan", "Feb", "Mar"], "value": [0.1, -0.05, 0.0]})
BINS = pl.DataFrame({
    "low": [None, 0.0, 10.0, 20.0, 30.0],
    "high": [0.0, 10.0, 20.0, 30.0, None],
    "share": [0.05, 0.4, 0.3, 0.2, 0.05],
})
MONTHS = pl.DataFrame({"month": [date(2021, 1, 1), date(2021, 2, 1)], "y": [5.0, 6.0]})
GAPS = pl.DataFrame({
    "period": [*DAYS[:3], *DAYS[:3]],
    "column": ["a"] * 3 + ["b"] * 3,
    "share": [0.0, 0.98, 1.0, 0.02, 0.0, 0.5],
})
RATIOS = pl.DataFrame({
    "label": ["Easter", "Christmas"],
    "ratio": [1.2, 0.9],
    "low": [1.1, None],
    "high": [1.3, None],
    "text": ["+20 %", "\u221210 %"],
})
AROUND = pl.DataFrame({
    "offset": [-1, 0, 1],
    "ratio": [1.0, 1.5, 0.8],
    "low": [0.9, 1.2, None],
    "high": [1.1, 1.8, None],
})
GROUPS = pl.DataFrame({
    "low": [0.0, 1.0, 5.0],
    "high": [1.0, 5.0, 9000.0],
    "median": [1.0, 2.0, 3.0],
    "p25": [0.5, 1.0, 2.0],
    "p75": [2.0, 3.0, 4.0],
})
PAIRS = pl.DataFrame({"a": ["x", "x", "y"], "b": ["y", "z", "z"], "value": [0.9, -0.4, None]})

CHARTS: dict[str, Callable[[], Spec]] = {
    "periods": lambda: eda_time.periods(TOTALS, EVENTS),
    "periods narrow": lambda: eda_time.periods(TOTALS, width=400),
    "one period": lambda: eda_time.periods(TOTALS.head(1)),
    "parted": lambda: eda_time.parted(PARTS),
    "months": lambda: eda_time.months(MONTHS),
    "missing": lambda: eda_time.missing(GAPS),
    "bars": lambda: eda_bars.bars(BARS),
    "upright": lambda: eda_bars.upright(PLACES, shares=True),
    "histogram": lambda: eda_bars.histogram(BINS, marks=(10.0, 99.0)),
    "histogram of one value": lambda: eda_bars.histogram(
        pl.DataFrame({"low": [7.0], "high": [7.0], "share": [1.0]})
    ),
    "ratios": lambda: eda_effects.ratios(RATIOS),
    "around": lambda: eda_effects.around(AROUND),
    "groups": lambda: eda_effects.groups_along(GROUPS),
    "correlations": lambda: eda_effects.correlations(PAIRS, names=["x", "y", "z"]),
}
EMPTY: dict[str, Callable[[], Spec]] = {
    "periods": lambda: eda_time.periods(TOTALS.clear()),
    "parted": lambda: eda_time.parted(PARTS.clear()),
    "months": lambda: eda_time.months(MONTHS.clear()),
    "missing": lambda: eda_time.missing(GAPS.clear()),
    "bars": lambda: eda_bars.bars(BARS.clear()),
    "upright": lambda: eda_bars.upright(PLACES.clear()),
    "histogram": lambda: eda_bars.histogram(BINS.clear()),
    "ratios": lambda: eda_effects.ratios(RATIOS.clear()),
    "around": lambda: eda_effects.around(AROUND.clear()),
    "groups": lambda: eda_effects.groups_along(GROUPS.clear()),
    "correlations": lambda: eda_effects.correlations(PAIRS.clear(), names=["x"]),
}


def rows_of(spec: Spec) -> list[dict[str, Any]]:
    return [row for rows in spec["datasets"].values() for row in rows]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_valid_has_the_same_bytes_twice_and_only_colours_the_page_can_turn(
    name: str,
) -> None:
    spec = CHARTS[name]()
    alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "$schema"})

    first, again = (
        inline_svg(one, name="x", title="t", text="d") for one in (spec, CHARTS[name]())
    )

    marks = [part.split('"')[0] for part in first.replace('stroke="', 'fill="').split('fill="')[1:]]
    assert first == again
    assert {*marks} <= {*TOKENS.values(), "none", "transparent"}


@pytest.mark.parametrize("name", EMPTY)
def test_no_rows_give_a_chart_that_says_so(name: str) -> None:
    (row,) = rows_of(EMPTY[name]())

    assert row["text"].startswith(("No ", "Nothing "))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="no column 'share'"):
        eda_bars.histogram(BINS.drop("share"))


def test_every_total_is_drawn_and_an_unknown_one_is_a_gap() -> None:
    drawn = {row["date"]: row["y"] for row in rows_of(eda_time.periods(TOTALS)) if "y" in row}

    assert drawn == {day.isoformat(): y for day, y in TOTALS.iter_rows()}


def test_times_without_values_are_marked_until_the_next_period_and_never_where_all_are_there() -> (
    None
):
    marks = [row for row in rows_of(eda_time.missing(GAPS)) if "until" in row]

    assert [(row["label"], row["date"], row["until"], row["share"]) for row in marks] == [
        ("a", "2021-01-08", "2021-01-22", 1.0),
        ("b", "2021-01-01", "2021-01-08", 0.1),
        ("b", "2021-01-15", "2021-01-22", 0.5),
    ]


@settings(max_examples=40, deadline=None)
@given(
    edges=st.lists(st.integers(-1000, 1000), min_size=2, max_size=12, unique=True).map(sorted),
    open_low=st.booleans(),
    open_high=st.booleans(),
)
def test_no_two_bars_of_a_histogram_share_a_place_and_every_share_is_drawn(
    edges: list[int], open_low: bool, open_high: bool
) -> None:
    low = [float(edge) for edge in edges[:-1]]
    high = [float(edge) for edge in edges[1:]]
    if open_low:
        low, high = [None, *low], [low[0], *high]  # type: ignore[list-item]
    if open_high:
        low, high = [*low, high[-1]], [*high, None]  # type: ignore[list-item]
    bins = pl.DataFrame(
        {"low": low, "high": high, "share": [1 / len(low)] * len(low)},
        schema={"low": pl.Float64, "high": pl.Float64, "share": pl.Float64},
    )

    bars = [row for row in rows_of(eda_bars.histogram(bins)) if "left" in row]

    assert len(bars) == bins.height
    assert all(one["right"] <= other["left"] for one, other in itertools.pairwise(bars))
    assert sum(bar["share"] for bar in bars) == pytest.approx(1, abs=1e-9)


def test_labels_that_become_alike_when_cut_are_told_apart() -> None:
    long = pl.DataFrame({
        "label": ["a very long name of a store, one", "a very long name of a store"]
    })

    shown = long.select(label=eda_bars.shortened("label"))["label"].to_list()

    assert shown == ["a very long name of a sto…", "a very long name of a sto… (2)"]


def test_a_picture_is_a_png_of_one_and_a_half_times_the_size() -> None:
    png = png_of('<svg xmlns="http://www.w3.org/2000/svg" width="50" height="20"></svg>')

    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == 75


def test_the_dot_of_a_period_is_filled_where_its_interval_leaves_out_quiet_ones() -> None:
    spec = eda_effects.around(AROUND)

    filled = [
        [row["fill"] == ACCENT for row in spec["datasets"][layer["data"]["name"]]]
        for layer in spec["layer"]
        if "fill" in str(layer["encoding"])
    ]
    assert filled == [[False, True, False]]
