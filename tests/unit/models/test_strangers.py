from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.features.pools import pool_name
from foresell.models.coherence import RECONCILED, Reconciling
from foresell.models.learner import forecast
from foresell.models.learner_files import write_learner
from foresell.spec.hierarchy import Hierarchy
from tests.unit.models.test_learner import fitted, weekly
from tests.unit.models.toys import HORIZON, panel, project, rows


def with_strangers(count: int) -> pl.DataFrame:
    """`rows`, and ``count`` items of shop s1 and shops of item 1 that come after the cutoff."""
    whole = rows(120)
    twin = whole.filter((pl.col("shop") == "s1") & (pl.col("item") == 1))
    none = pl.lit(None, dtype=pl.Float64)
    strangers = [
        change
        for place in range(count)
        for change in (
            twin.with_columns(sold=none, item=pl.lit(-1 - place, twin["item"].dtype)),
            twin.with_columns(sold=none, shop=pl.lit(f"s1{place}")),
        )
    ]
    return pl.concat([whole, *strangers])


@pytest.mark.parametrize("count", [1, 9])
def test_series_without_history_change_no_byte_of_the_others_points_and_quantiles(
    count: int,
) -> None:
    known, learner = weekly()
    more = panel(120, frame=with_strangers(count))
    old = np.flatnonzero(np.isfinite(more.target).any(axis=1))
    assert more.n_series == known.n_series + 2 * count
    assert more.select(old).keys.equals(known.keys)
    other = fitted(more)
    assert write_learner(other) == write_learner(learner)
    answer = forecast(learner, known, project(), HORIZON)
    again = forecast(other, more, project(), HORIZON)
    for name in answer.members:
        assert again.members[name][old].tobytes() == answer.members[name].tobytes()
    assert again.point[old].tobytes() == answer.point.tobytes()
    assert again.quantiles[old].tobytes() == answer.quantiles.tobytes()


def odd(values: dict[str, float | None]) -> pl.DataFrame:
    """`rows` and a series of item 7 in each named shop; it sells the value, or 50 in one week."""
    whole = rows(120)
    twin = whole.filter((pl.col("shop") == "s1") & (pl.col("item") == 1))
    observed = pl.col("sold").is_not_null()
    last = pl.col("day") == pl.col("day").filter(observed).max()
    strange = [
        twin.with_columns(
            sold=pl.when(last).then(50.0) if value is None else pl.when(observed).then(value),
            shop=pl.lit(shop),
            item=pl.lit(7, twin["item"].dtype),
        )
        for shop, value in values.items()
    ]
    return pl.concat([whole, *strange])


@pytest.mark.parametrize("declared", [None, Hierarchy(levels=(("shop",), ("item",), ()))])
def test_series_of_one_week_of_zeros_and_of_returns_are_answered_with_finite_numbers(
    declared: Hierarchy | None,
) -> None:
    spec = replace(project(), nonnegative=False, hierarchy=declared)
    strange = panel(120, frame=odd({"s0": None, "s1": 0.0, "s2": -40.0}))
    _, learner = weekly()
    if declared is not None:
        told = Reconciling(source="ensemble_mean", trust=(0.5, 0.5, 0.5))
        known = {**learner.uncertainty, RECONCILED: learner.uncertainty["ensemble_mean"]}
        learner = replace(learner, reconciling=told, chosen=RECONCILED, uncertainty=known)
    answer = forecast(learner, strange, spec, HORIZON)
    assert np.isfinite(answer.point).all()
    assert np.isfinite(answer.quantiles).all()
    assert (np.diff(answer.quantiles, axis=2) >= 0).all()
    place = {key: i for i, key in enumerate(strange.keys.rows())}
    one, zeros, returns = (place[shop, 7] for shop in ("s0", "s1", "s2"))
    assert answer.level_used[one] != "series"
    assert np.abs(answer.point[zeros]).max() < 15  # the others of its shop sell 200 to 600
    assert (answer.point[returns] < 0).all()
    assert answer.point.shape == (15, HORIZON)


def test_a_new_shop_a_new_item_and_a_new_pair_name_the_level_they_are_answered_from() -> None:
    _, learner = weekly()
    more = panel(120, frame=with_strangers(1))
    answer = forecast(learner, more, project(), HORIZON)
    new = ~np.isfinite(more.target).any(axis=1)
    assert new.sum() == 2
    assert np.isfinite(answer.point[new]).all()
    assert np.isfinite(answer.quantiles[new]).all()
    pools = {pool_name(columns) for columns in learner.recipe.chain}
    assert {answer.level_used[place] for place in np.flatnonzero(new)} <= pools


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**20), share=st.floats(0.0, 0.98))
def test_every_series_is_answered_whatever_was_not_observed(seed: int, share: float) -> None:
    _, learner = weekly()
    known = panel(120)
    holes = np.random.default_rng(seed).uniform(size=known.target.shape) < share
    torn = replace(known, target=np.where(holes, np.nan, known.target))
    answer = forecast(learner, torn, project(), HORIZON)
    assert answer.point.shape == (12, HORIZON)
    assert np.isfinite(answer.point).all()
    assert np.isfinite(answer.quantiles).all()
    assert (np.diff(answer.quantiles, axis=2) >= 0).all()
    assert all(answer.level_used)
