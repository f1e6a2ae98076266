from collections.abc import Callable
from datetime import date, timedelta

import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.charts.performance import bias_over_time
from foresell.charts.pointing import pointed
from foresell.charts.theme import ACCENT, BASE, FAINT, PAPER, Spec
from foresell.charts.watched import move_over_looks, moves_by_look, moves_now
from foresell.errors import DataError


def weeks(count: int) -> pl.DataFrame:
    shares = [0.1 + 0.01 * place for place in range(count)]
    return pl.DataFrame({
        "date": [date(2026, 1, 2) + timedelta(weeks=place) for place in range(count)],
        "bias_share": shares,
        "wape": shares,
    })


def looks(count: int) -> pl.DataFrame:
    return pl.DataFrame({
        "place": range(count),
        "label": [f"{place + 1} May" for place in range(count)],
        "version": [1 if place < count / 2 else 2 for place in range(count)],
    })


def cells(count: int) -> pl.DataFrame:
    states = {"price": "moved", "CPI": "expected", "Size": "far", "colour": "quiet"}
    return pl.DataFrame([
        {
            "column": column,
            "place": place,
            "effect": None if place == 1 and column == "colour" else 0.4 + place,
            "state": state,
            "at": f"{place + 1} May",
            "says": "drift",
        }
        for column, state in states.items()
        for place in range(count)
    ])


DRAWN: list[Callable[[int], Spec]] = [
    lambda count: moves_by_look(cells(count), looks(count)),
    lambda count: moves_now(cells(count).filter(place=0)),
    lambda count: move_over_looks(cells(count).filter(column="price"), looks(count)),
    lambda count: pointed(bias_over_time(weeks(count)), weeks(count), "date", {"wape": "error"}),
]


@pytest.mark.parametrize("draw", DRAWN)
def test_each_picture_is_valid_vega_lite_and_has_the_same_bytes_twice(
    draw: Callable[[int], Spec],
) -> None:
    spec = draw(6)

    alt.Chart.from_dict(spec).to_dict(validate=True)
    assert spec == draw(6)
    assert render_svg(spec) == render_svg(draw(6))


def test_a_dot_tells_by_its_colour_whether_a_column_moved() -> None:
    svg = render_svg(moves_by_look(cells(3), looks(3)))

    for look in (f'fill="{ACCENT}"', f'fill="{FAINT}" stroke="{BASE}"', f'fill="{PAPER}"'):
        assert look in svg
    for word in ("price", "CPI", "Size", "colour", "3 May", "version 2"):
        assert word in svg


def test_of_many_looks_only_so_many_days_are_written_as_have_room() -> None:
    svg = render_svg(moves_by_look(cells(40), looks(40), width=520))

    assert 3 <= svg.count(" May<") <= 8
    assert "40 May" in svg


def test_no_look_and_a_single_one_of_a_column_are_told_in_words() -> None:
    assert "Nobody has looked" in render_svg(moves_by_look(cells(1).clear(), looks(1).clear()))
    assert "Fewer than two looks" in render_svg(
        move_over_looks(cells(1).filter(column="price"), looks(1))
    )


@pytest.mark.parametrize("name", ["column", "effect", "state"])
def test_a_missing_column_is_named(name: str) -> None:
    with pytest.raises(DataError, match=name):
        moves_by_look(cells(2).drop(name), looks(2))


def test_what_is_pointed_at_has_its_numbers_and_is_not_seen_till_then() -> None:
    spec = pointed(
        bias_over_time(weeks(4)), weeks(4), "date", {"wape": "error"}, formats={"wape": ".1%"}
    )

    layer = spec["layer"][-1]
    assert [one["wape"] for one in layer["data"]["values"]] == weeks(4)["wape"].to_list()
    assert layer["encoding"]["tooltip"] == [
        {"field": "wape", "type": "quantitative", "title": "error", "format": ".1%"}
    ]
    assert layer["encoding"]["opacity"]["value"] == 0
    assert len(spec["layer"]) == len(bias_over_time(weeks(4))["layer"]) + 1
