import json
from collections.abc import Callable
from datetime import date, timedelta

import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.charts.explored import COLUMNS, explored, overlaid
from foresell.charts.theme import ACCENT, BASE, INK, Spec, text_width
from foresell.errors import DataError

PARTS = ["history"] * 6 + ["test"] * 3 + ["forecast"] * 4


def lines(height: float = 100.0) -> pl.DataFrame:
    days = [date(2026, 1, 2) + timedelta(weeks=at) for at in range(len(PARTS))]
    point = [None if part == "history" else height + at for at, part in enumerate(PARTS)]
    known = [None if part == "forecast" else height + at for at, part in enumerate(PARTS)]
    blind = [height - 3 if part == "test" else None for part in PARTS]
    frame = pl.DataFrame({
        "date": days,
        "part": PARTS,
        "y": known,
        "prediction": point,
        "baseline": blind,
    })
    edges = [("q0.025", -20.0), ("q0.1", -9.0), ("q0.9", 9.0), ("q0.975", 20.0)]
    return frame.with_columns((pl.col("prediction") + by).alias(name) for name, by in edges).select(
        COLUMNS
    )


EVENTS = pl.DataFrame({"date": [date(2026, 1, 9), date(2030, 1, 4)], "name": ["carnival", "later"]})


def drawings(width: int) -> list[Spec]:
    return [
        explored(lines(), EVENTS, baseline="naive", width=width),
        explored(lines(), small=True, width=width),
        overlaid([("one", lines()), ("an [odd] name.", lines(50.0))], width=width),
    ]


@pytest.mark.parametrize("width", [340, 1040])
def test_each_picture_is_valid_vega_lite_and_has_the_same_bytes_twice(width: int) -> None:
    for spec, again in zip(drawings(width), drawings(width), strict=True):
        alt.Chart.from_dict(spec).to_dict(validate=True)
        assert render_svg(spec) == render_svg(again)
        assert ACCENT in render_svg(spec)


def test_truth_forecast_baseline_and_the_event_that_is_drawn_are_in_the_picture() -> None:
    svg = render_svg(explored(lines(), EVENTS, baseline="naive"))
    assert all(color in svg for color in (INK, ACCENT, BASE))
    assert "carnival" in svg
    assert "later" not in svg
    assert "forecast from here" in svg
    assert "95 % band" in svg


def test_a_period_that_is_pointed_at_tells_what_is_known_of_its_part() -> None:
    spec = json.dumps(explored(lines(), baseline="naive"))
    assert '"80 % band"' in spec
    assert '"97.00 to 115"' in spec  # 106 of the first week of the test, 9 below and above
    told = [
        [one["title"] for one in layer["encoding"]["tooltip"]]
        for layer in explored(lines(), baseline="naive")["layer"]
        if "tooltip" in layer["encoding"]
    ]
    assert told == [
        ["date", "actual"],
        ["date", "actual", "forecast", "naive", "80 % band", "95 % band"],
        ["date", "forecast", "80 % band", "95 % band"],
    ]


def judged_weeks(test: int, ahead: int, history: int = 100) -> pl.DataFrame:
    parts = ["history"] * history + ["test"] * test + ["forecast"] * ahead
    days = [date(2024, 1, 5) + timedelta(weeks=at) for at in range(len(parts))]
    frame = pl.DataFrame({
        "date": days,
        "part": parts,
        "y": [float(at) for at in range(len(parts))],
    })
    none = pl.lit(None, pl.Float64)
    return frame.with_columns(
        pl.when(pl.col("part") != "history").then("y").alias("prediction"),
        *(none.alias(name) for name in COLUMNS[4:]),
    ).select(COLUMNS)


@pytest.mark.parametrize(
    "draw", [explored, lambda rows, width: overlaid([("one", rows)], width=width)]
)
@pytest.mark.parametrize("width", [500, 688, 760, 1040])
@pytest.mark.parametrize("test", [1, 4, 8, 26, 52])
@pytest.mark.parametrize("ahead", [1, 12, 39])
def test_what_is_said_where_a_part_begins_ends_before_the_next_one(
    draw: Callable[..., Spec], width: int, test: int, ahead: int
) -> None:
    rows = judged_weeks(test, ahead)
    spec = draw(rows, width=width)
    first, last = rows["date"][0], rows["date"][-1]
    told = {
        row["date"]: row["text"]
        for held in spec["datasets"].values()
        for row in held
        if row.keys() == {"date", "text"}
    }
    days = [rows.filter(part=part)["date"][0] for part in ("test", "forecast")]

    assert list(told) == [day.isoformat() for day in days]
    for day, after in zip(days, [days[1], last], strict=True):
        room = spec["width"] * (after - day).days / (last - first).days
        text = told[day.isoformat()]
        assert text == "" or 5 + text_width(text) < room
    if width == 1040 and test == 26 and ahead == 39:
        assert list(told.values()) == ["judged from here", "forecast from here"]


def test_what_came_true_since_is_told_and_dotted() -> None:
    late = lines().with_columns(
        pl.when(pl.col("date") == date(2026, 3, 6)).then(104.5).otherwise("y").alias("y")
    )
    spec = explored(late)
    assert "came true" in json.dumps(spec)
    dots = [one for one in spec["layer"] if one["mark"].get("type") == "point"]
    assert len(dots) == 1


def test_a_gap_is_drawn_as_a_gap() -> None:
    gap = lines().with_columns(
        pl.when(pl.col("date") == date(2026, 1, 16)).then(None).otherwise("y").alias("y")
    )
    whole, broken = render_svg(explored(lines())), render_svg(explored(gap))
    ink = f'stroke="{INK}"'
    assert ink in broken
    assert whole != broken


def test_nothing_known_is_told_in_words() -> None:
    none = lines().with_columns(pl.lit(None, pl.Float64).alias(name) for name in COLUMNS[2:])
    assert "Nothing is known" in render_svg(explored(none))
    assert "Nothing is known" in render_svg(overlaid([("one", none)]))
    assert "Nothing is known" in render_svg(explored(lines().head(0)))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="baseline"):
        explored(lines().drop("baseline"))
    with pytest.raises(DataError, match="part"):
        overlaid([("one", lines().drop("part"))])


@pytest.mark.parametrize("width", [320, 340, 500, 1040])
def test_what_stands_at_the_ends_of_lines_fits_beside_them(width: int) -> None:
    spec = explored(lines(), EVENTS, baseline="naive", width=width)
    texts = [
        str(row["text"]) for rows in spec["datasets"].values() for row in rows if "place" in row
    ]
    assert len(texts) == 3
    assert spec["padding"]["right"] >= max(7 + text_width(text) for text in texts)
