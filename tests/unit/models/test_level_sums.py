from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.evaluate.intervals import Spread
from foresell.models.level_bands import LevelBand
from foresell.models.level_sums import Known, level_sums
from foresell.spec.forecast import COMBINED, CONFORMAL, QUANTILES, RESIDUAL, quantile_columns

DAY = date(2020, 1, 3)
TENTH = float(np.log(0.1))
SIDES = (np.array(QUANTILES) - 0.5) * 2  # a band of 95 of 100 to either side


def band(method: str = CONFORMAL) -> LevelBand:
    """Return a band of a tenth of the sum, times `SIDES`, whatever its share and step."""
    spread = Spread(weights=(TENTH, 0.0, 0.0), low=-6.0, high=3.0)
    return LevelBand(spread=spread, table=SIDES[None, :], methods=(method,))


def rows(points: list[float], half: float = 0.5, usual: list[float] | None = None) -> pl.DataFrame:
    """Return rows of one shop and day whose bands are ``half`` of the point, times `SIDES`."""
    point = np.array(points)
    return pl.DataFrame({
        "shop": ["a"] * len(points),
        "day": [DAY] * len(points),
        "__step": [1] * len(points),
        "__usual": points if usual is None else usual,
        "prediction": points,
        "interval_method": ["of the row"] * len(points),
        **{
            name: point * (1 + half * side)
            for name, side in zip(quantile_columns(), SIDES, strict=True)
        },
    })


def known(usual: list[float], method: str = CONFORMAL) -> Known:
    series = pl.DataFrame({"shop": ["a"] * len(usual), "__usual": usual})
    return Known(time="day", buckets=(8,), method=method, series=series)


def half_width(sums: pl.DataFrame) -> float:
    """Return how far the outermost quantiles lie apart, as a share of `SIDES` and the sum."""
    width = (sums["q0.975"][0] - sums["q0.025"][0]) / (SIDES[-1] - SIDES[0])
    return float(width / sums["prediction"][0])


def test_a_whole_node_has_the_band_and_the_method_of_its_level() -> None:
    sums = level_sums(rows([60.0, 40.0]), ["shop"], band(), known([60.0, 40.0]))

    assert sums.columns == [
        *("shop", "day", "prediction", *quantile_columns(), "interval_method", "rows")
    ]
    assert sums.select("shop", "prediction", "interval_method", "rows").row(0) == (
        *("a", 100.0, CONFORMAL, 2),
    )
    assert sums.select(quantile_columns()).row(0) == pytest.approx(100 + 10 * SIDES)


def test_a_sum_of_one_row_has_the_quantiles_of_that_row() -> None:
    one = rows([60.0])
    sums = level_sums(one, ["shop"], band(), known([60.0, 40.0]))

    assert sums.select(quantile_columns()).equals(one.select(quantile_columns()))
    assert sums["interval_method"].to_list() == ["of the row"]


@settings(deadline=None, max_examples=50)
@given(
    points=st.lists(st.floats(1.0, 1000.0), min_size=2, max_size=6),
    left_out=st.lists(st.floats(0.0, 1000.0), max_size=6),
    half=st.floats(0.0, 0.9),
)
def test_a_part_of_a_node_is_as_unsure_as_what_is_left_to_itself_makes_it(
    points: list[float], left_out: list[float], half: float
) -> None:
    sums = level_sums(rows(points, half), [], band(), known([*points, *left_out]))

    there = sum(points) / (sum(points) + sum(left_out))
    own = half * np.sqrt((np.array(points) ** 2).sum()) / sum(points)
    expected = np.sqrt(0.1**2 + (1 - there) * own**2)
    clipped = expected * SIDES[-1] > 1  # nothing may be below zero
    if not clipped:
        assert half_width(sums) == pytest.approx(expected, rel=1e-6)
    assert half_width(sums) >= 0.099 or clipped
    found = sums.select(quantile_columns()).to_numpy()
    assert (np.diff(found, axis=1) >= 0).all()


def test_series_without_a_past_are_feared_to_miss_together() -> None:
    strangers = level_sums(rows([60.0, 40.0], usual=[0.0, 0.0]), ["shop"], band(), known([9.0]))
    assert half_width(strangers) == pytest.approx(0.5)

    mixed = level_sums(
        rows([60.0, 20.0, 20.0], usual=[60.0, 0.0, 0.0]), ["shop"], band(), known([60.0])
    )
    assert half_width(mixed) == pytest.approx(np.hypot(0.6 * 0.1, 0.4 * 0.5))
    assert mixed["interval_method"].to_list() == [COMBINED]


@pytest.mark.parametrize(
    ("usual", "learner", "own", "method"),
    [
        ([60.0, 40.0, 5.0], CONFORMAL, CONFORMAL, CONFORMAL),
        ([60.0, 40.0, 6.0], CONFORMAL, CONFORMAL, COMBINED),
        ([60.0, 40.0], CONFORMAL, RESIDUAL, RESIDUAL),
        ([60.0, 40.0], RESIDUAL, CONFORMAL, RESIDUAL),
    ],
)
def test_the_method_is_the_levels_where_it_speaks_for_nearly_all_of_the_sum(
    usual: list[float], learner: str, own: str, method: str
) -> None:
    sums = level_sums(rows([60.0, 40.0]), ["shop"], band(own), known(usual, learner))
    assert sums["interval_method"].to_list() == [method]


def test_how_much_a_node_is_of_everything_does_not_depend_on_what_is_asked_for() -> None:
    by_share = LevelBand(
        spread=Spread(weights=(TENTH, -0.5, 0.0), low=-9.0, high=9.0),
        table=SIDES[None, :],
        methods=(CONFORMAL,),
    )
    both = pl.concat([rows([60.0, 40.0]), rows([200.0, 100.0]).with_columns(shop=pl.lit("b"))])
    sizes = pl.DataFrame({"shop": ["a", "a", "b", "b"], "__usual": [60.0, 40.0, 200.0, 100.0]})
    all_known = Known(time="day", buckets=(8,), method=CONFORMAL, series=sizes)
    together = level_sums(both, ["shop"], by_share, all_known)
    alone = level_sums(rows([60.0, 40.0]), ["shop"], by_share, all_known)

    assert half_width(alone) == pytest.approx(0.1 * 0.25**-0.5)
    assert together.row(0) == pytest.approx(alone.row(0))


@settings(deadline=None, max_examples=20)
@given(order=st.permutations(range(5)))
def test_the_order_of_the_rows_changes_no_sum(order: list[int]) -> None:
    several = rows([1.0, 2.0, 4.0, 8.0, 16.0])
    sizes = known([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    one, other = (
        level_sums(frame, ["shop"], band(), sizes).select("prediction", *quantile_columns())
        for frame in (several, several[order])
    )
    assert one.row(0) == pytest.approx(other.row(0), rel=1e-12)
