from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from foresell.data.panel import Panel
from foresell.features.alignment import sources
from foresell.features.levels import low_rank
from foresell.features.pools import (
    category_codes,
    fit_recipe,
    group_codes,
    group_sum,
    pool_name,
    recipe_from_json,
)
from foresell.features.season import fit_season
from foresell.spec.calendar import Event, Frequency
from tests.unit.models.toys import panel, project, rows

START = date(2010, 2, 5)


def fridays(count: int) -> list[date]:
    return [START + timedelta(weeks=i) for i in range(count)]


def flat(*events: Event, sold: np.ndarray, frequency: Frequency = "W-FRI") -> Panel:
    """Four shops of one item that sell ``sold`` times their size."""
    spec = project(frequency)
    del events
    size = np.array([1.0, 2.0, 3.0, 4.0])
    target = np.full((4, len(sold) + spec.horizon), np.nan)
    target[:, : len(sold)] = size[:, None] * sold
    every = timedelta(days=1 if frequency == "D" else 7)
    return Panel(
        keys=pl.DataFrame({"shop": ["a", "b", "c", "d"], "item": [0, 0, 0, 0]}),
        static=pl.DataFrame({"kind": ["A", "A", "B", "B"], "size": [1, 1, 2, 2]}),
        dates=tuple(START + i * every for i in range(target.shape[1])),
        target=target,
        known={},
        past={},
        cutoff=len(sold) - 1,
    )


def test_the_sources_of_a_week_are_those_that_share_its_dates_a_year_before() -> None:
    spec = replace(project(), events=())
    where = sources(spec, fridays(110))
    # 2011-06-03 holds the dates of 6 days of the week of 2010-06-04 and 1 of 2010-05-28.
    place = fridays(110).index(date(2011, 6, 3))
    assert where.index[place].tolist() == [place - 52, place - 53]
    assert where.weight[place].tolist() == pytest.approx([6 / 7, 1 / 7], rel=1e-12)
    assert np.abs(where.weight.sum(axis=1) - 1).max() < 1e-12


def test_thanksgiving_and_the_weeks_beside_it_follow_their_own_last_occurrence() -> None:
    days = fridays(160)
    where = sources(project(), days)
    # Thanksgiving 2012 fell on 22 November, in 2011 on 24 November: 52 weeks apart by Fridays.
    now, then = days.index(date(2012, 11, 23)), days.index(date(2011, 11, 25))
    for offset in (-1, 0, 1):
        assert where.index[now + offset, 0] == then + offset
        assert where.weight[now + offset].tolist() == [1.0, 0.0]
        assert where.aligned[now + offset]
    assert not where.aligned[now + 2]


def test_a_daily_date_is_drawn_from_the_days_around_the_same_date() -> None:
    spec = replace(project("D"), events=(Event(name="christmas", day="12-25"),))
    days = [START + timedelta(days=i) for i in range(800)]
    where = sources(spec, days)
    plain, christmas = days.index(date(2011, 8, 9)), days.index(date(2011, 12, 25))
    middle = where.index[plain][np.argmax(where.weight[plain])]
    assert days[middle] == date(2010, 8, 9)
    assert days[where.index[christmas, 0]] == date(2010, 12, 25)
    assert where.weight[christmas, 0] == 1.0


def test_an_easter_peak_moves_with_easter_and_leaves_no_ghost_on_its_old_date() -> None:
    days = fridays(120)
    sold = np.full(len(days), 100.0)
    for peak in (date(2010, 4, 9), date(2011, 4, 29)):
        sold[days.index(peak)] = 200.0  # the weeks that hold Easter Sunday
    cutoff = days.index(date(2012, 3, 9))
    known = flat(sold=sold[: cutoff + 1])
    season = fit_season(known, project(), fit_recipe(known, project()), 8)
    ahead = [days[cutoff] + timedelta(weeks=i) for i in range(1, 9)]
    shape = season.base[0] / 100
    easter = ahead.index(date(2012, 4, 13))  # Sunday 8 April 2012
    assert shape[easter] == pytest.approx(2**0.8, rel=0.02)
    # What is left of last year's peak where it was: 2 / 2**0.8, in the part of a week's blend.
    assert np.delete(shape, easter) == pytest.approx(np.ones(7), abs=0.16)


def test_growth_is_the_log_of_this_year_against_last_year_shrunk() -> None:
    sold = np.where(np.arange(110) < 55, 100.0, 120.0)
    known = flat(sold=sold)
    season = fit_season(known, project(), fit_recipe(known, project()), 8)
    # 13 recent weeks, shrunk by two weeks of no growth; the sources are all from before week 55.
    full = np.log(1.2) * 13 / 15
    sources_before = np.arange(110 - 13, 110) - 52 < 55
    assert 0 < season.growth["series"][0] <= full + 1e-9
    assert season.growth["series"][0] == pytest.approx(full * sources_before.mean(), rel=0.35)


@pytest.mark.parametrize("factor", [0.125, 4.0, 1024.0])
def test_the_season_scales_with_the_unit_of_the_target(factor: float) -> None:
    known = panel(120)
    recipe = fit_recipe(known, project())
    plain = fit_season(known, project(), recipe, 8)
    other = fit_season(replace(known, target=known.target * factor), project(), recipe, 8)
    assert other.base == pytest.approx(plain.base * factor, rel=1e-9)
    assert other.pooled == pytest.approx(plain.pooled * factor, rel=1e-6)


def test_everything_is_finite_whatever_is_missing() -> None:
    known = panel(120)
    rng = np.random.default_rng(2)
    holes = np.where(rng.uniform(size=known.target.shape) < 0.4, np.nan, known.target)
    holes[3] = np.nan
    season = fit_season(replace(known, target=holes), project(), fit_recipe(known, project()), 8)
    for values in (season.base, season.pooled, season.level_shape, season.volatility):
        assert np.isfinite(values).all()
    assert (season.levels.scale > 0).all()


def test_low_rank_returns_a_matrix_that_is_of_that_rank_already() -> None:
    rng = np.random.default_rng(4)
    exact = rng.normal(size=(12, 2)) @ rng.normal(size=(2, 30))
    seen = np.ones(exact.shape, dtype=bool)
    assert low_rank(exact, seen, 2) == pytest.approx(exact, abs=1e-9)
    assert np.linalg.matrix_rank(low_rank(exact + rng.normal(size=exact.shape), seen, 2)) == 2


def test_the_recipe_names_the_key_that_explains_the_level_and_its_codes_never_move() -> None:
    known = panel(120)
    recipe = fit_recipe(known, project())
    assert [pool_name(columns) for columns in recipe.chain] in (
        ["item x kind", "item", "all"],
        ["shop x kind", "shop", "all"],
    )
    assert recipe_from_json(recipe.to_json()) == recipe
    fewer = known.select(np.array([4, 5, 11]))
    assert category_codes(fewer, recipe, "shop").tolist() == [1.0, 1.0, 3.0]
    stranger = replace(fewer, keys=fewer.keys.with_columns(shop=pl.lit("zz")))
    assert category_codes(stranger, recipe, "shop").tolist() == [-1.0, -1.0, -1.0]


def test_group_sums_equal_the_sums_of_each_groups_rows() -> None:
    known = panel(60)
    codes = group_codes(known, ["shop"])
    summed = group_sum(known.target, codes)
    for code in range(4):
        mine = np.nan_to_num(known.target[codes == code]).sum(axis=0)
        assert summed[code] == pytest.approx(mine, rel=1e-12)


def test_series_order_follows_the_keys_and_not_the_rows() -> None:
    shuffled = rows(60).sample(fraction=1.0, shuffle=True, seed=9)
    assert panel(60, frame=shuffled).target.tobytes() == panel(60).target.tobytes()
