from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.panel import Panel
from foresell.features import neighbours as neighbouring
from foresell.features.levels import fit_levels
from foresell.features.neighbours import Neighbours, _telling, neighbours
from foresell.features.newcomers import newcomer_levels
from foresell.features.pools import fit_recipe
from foresell.spec.forecast import QUANTILES
from tests.unit.models.toys import HORIZON, project

WEEKS, SHOPS, ITEMS = 60, 12, 3
MIDDLE = QUANTILES.index(0.5)


def chain(seed: int = 1, *, noise: float = 0.0, hidden: tuple[int, ...] = ()) -> Panel:
    """Shops by items; a shop sells by its size, an item by its rank; ``hidden`` shops sold nothing.

    Shop i has size 1000 * 1.2**i; item j sells 10**j times the square root of that.
    """
    rng = np.random.default_rng(seed)
    start = date(2010, 2, 5)
    size = 1000 * 1.2 ** np.arange(SHOPS)
    level = np.sqrt(size)[:, None] * 10.0 ** np.arange(ITEMS)
    target = level.reshape(-1, 1) * np.exp(noise * rng.normal(size=(SHOPS * ITEMS, 1)))
    target = np.repeat(target, WEEKS + HORIZON, axis=1)
    target[:, WEEKS:] = np.nan
    shop = np.repeat(np.arange(SHOPS), ITEMS)
    target[np.isin(shop, hidden)] = np.nan
    return Panel(
        keys=pl.DataFrame({
            "shop": [f"s{i:02d}" for i in shop],
            "item": np.tile(np.arange(ITEMS), SHOPS),
        }),
        static=pl.DataFrame({"kind": ["A"] * (SHOPS * ITEMS), "size": np.repeat(size, ITEMS)}),
        dates=tuple(start + timedelta(weeks=i) for i in range(WEEKS + HORIZON)),
        target=target,
        known={},
        past={},
        cutoff=WEEKS - 1,
    )


def found(panel: Panel) -> Neighbours:
    recipe = fit_recipe(panel, project())
    return neighbours(panel, project(), recipe, fit_levels(panel, project(), recipe))


def answers(panel: Panel) -> np.ndarray:
    return newcomer_levels(panel, project(), fit_recipe(panel, project()))


def true_levels() -> np.ndarray:
    return chain().target[:, 0]


def test_a_new_shop_sells_by_its_size_and_not_as_the_mean_shop() -> None:
    hidden = chain(hidden=(10,))
    level = answers(hidden)[30:33, MIDDLE]
    assert level == pytest.approx(true_levels()[30:33], rel=0.12)
    mean_shop = np.sqrt(1000 * 1.2 ** ((SHOPS - 1) / 2)) * 10.0 ** np.arange(ITEMS)
    assert (level > 1.3 * mean_shop).all()


def test_the_band_of_a_new_shop_is_as_wide_as_the_others_differ_from_their_neighbours() -> None:
    narrow, wide = (answers(chain(noise=noise, hidden=(5,)))[15:18] for noise in (0.0, 0.5))
    low, high = QUANTILES.index(0.1), QUANTILES.index(0.9)
    spread = [np.log(band[:, high] / band[:, low]).mean() for band in (narrow, wide)]
    assert spread[0] < 0.25
    assert spread[1] > 0.8


def test_series_with_a_past_get_nothing_from_their_neighbours() -> None:
    level = answers(chain(hidden=(3,)))
    shop = np.repeat(np.arange(SHOPS), ITEMS)
    assert np.isnan(level[shop != 3]).all()
    assert np.isfinite(level[shop == 3]).all()
    assert (np.diff(level[shop == 3], axis=1) >= 0).all()


def test_a_new_item_of_a_known_shop_follows_the_shop() -> None:
    panel = chain()
    target = panel.target.copy()
    target[[2, 5, 35]] = np.nan  # the third item, never sold in the two smallest and the largest
    small, less_small, large = found(replace(panel, target=target)).level[[2, 5, 35]]
    assert small < less_small < large
    assert [small, large] == pytest.approx([true_levels()[2], true_levels()[35]], rel=0.35)


def test_an_item_that_nobody_sold_is_answered_from_all_with_a_wide_band() -> None:
    panel = chain()
    target = panel.target.copy()
    target[2::3] = np.nan
    level = answers(replace(panel, target=target))[2::3]
    assert np.isfinite(level).all()
    assert (level[:, -1] / level[:, 0] > 5).all()


def test_fewer_than_nine_established_series_say_nothing() -> None:
    few = chain(hidden=tuple(range(2, SHOPS)))
    assert np.isnan(answers(few)).all()


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**20), power=st.floats(1e-3, 1e6))
def test_levels_scale_with_the_unit_of_the_target(seed: int, power: float) -> None:
    panel = chain(seed, noise=0.5, hidden=(4, 9))
    other = replace(panel, target=panel.target * power)
    assert answers(other) == pytest.approx(answers(panel) * power, rel=1e-6, nan_ok=True)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**20))
def test_levels_follow_the_series_and_not_their_order(seed: int) -> None:
    panel = chain(seed, noise=0.5, hidden=(4, 9))
    order = np.random.default_rng(seed).permutation(panel.n_series)
    shuffled = panel.select(order)
    assert answers(shuffled) == pytest.approx(answers(panel)[order], rel=1e-9, nan_ok=True)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**20), missing=st.floats(0.0, 0.95))
def test_levels_are_finite_and_rising_whatever_is_missing(seed: int, missing: float) -> None:
    panel = chain(seed, noise=1.0, hidden=(4,))
    rng = np.random.default_rng(seed)
    holes = rng.uniform(size=panel.target.shape) < missing
    blank = pl.Series(rng.uniform(size=panel.n_series) < 0.3)
    static = panel.static.with_columns(size=pl.when(blank).then(None).otherwise(pl.col("size")))
    level = answers(replace(panel, target=np.where(holes, np.nan, panel.target), static=static))
    some = level[np.isfinite(level).any(axis=1)]
    assert np.isfinite(some).all()
    assert (np.diff(some, axis=1) >= 0).all()


def test_a_shop_of_unknown_size_is_taken_for_one_of_middling_size() -> None:
    panel = chain(hidden=(11,))
    blank = panel.static.with_columns(
        size=pl
        .when(pl.Series(np.repeat(np.arange(SHOPS) == 11, ITEMS)))
        .then(None)
        .otherwise(pl.col("size"))
    )
    level = answers(replace(panel, static=blank))[33:, MIDDLE]
    middling = true_levels().reshape(SHOPS, ITEMS)[4:8].mean(axis=0)
    assert level == pytest.approx(middling, rel=0.25)


def test_what_happens_after_the_cutoff_changes_no_byte() -> None:
    panel = chain(noise=0.5, hidden=(4,)).until(40)
    spoilt = panel.target.copy()
    spoilt[:, 41:] = 1e9
    assert answers(replace(panel, target=spoilt)).tobytes() == answers(panel).tobytes()


def test_a_text_of_its_own_for_every_series_costs_no_memory_and_likens_none() -> None:
    panel = chain(noise=0.5, hidden=(4,))
    with_ids = panel.static.with_columns(
        code=pl.Series([f"c{place}" for place in range(panel.n_series)])
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(neighbouring, "MANY", 20)
        found = answers(replace(panel, static=with_ids))
        assert found == pytest.approx(answers(panel), nan_ok=True)
        assert [len(np.unique(one)) for one in _telling([np.arange(30), np.arange(30) % 3])] == [3]


def test_a_series_that_is_asked_for_has_no_say_in_how_the_others_are_compared() -> None:
    panel = chain(noise=0.5, hidden=(4,))
    shop = np.repeat(np.arange(SHOPS), ITEMS)
    size = panel.static["size"].to_numpy().copy()
    size[shop == 4] = 0.0
    before, after = (
        found(replace(panel, static=panel.static.with_columns(size=pl.Series(values))))
        for values in (panel.static["size"].to_numpy(), size)
    )
    rich = shop != 4
    assert after.left_out[rich] == pytest.approx(before.left_out[rich])
    assert np.isfinite(after.level[~rich]).all()
