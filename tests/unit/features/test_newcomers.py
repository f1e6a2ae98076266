from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.panel import Panel
from foresell.evaluate.intervals import conformal_quantiles
from foresell.features.newcomers import STRETCH, newcomer_levels, weighted_quantiles, widened
from foresell.features.pools import fit_recipe
from foresell.spec.forecast import QUANTILES
from tests.unit.models.toys import project

WEEKS = 80
ESTABLISHED, NEW, COLD = 8, 12, 3
RATIOS = tuple(0.01 * (i + 1) for i in range(NEW))

numbers = st.floats(-1e6, 1e6, allow_nan=False)
weights = st.floats(0.05, 1.0)


def opened(ratios: tuple[float, ...] = RATIOS, first: int = 20, seen: int = 5) -> Panel:
    """Shops of two items: some there from the start, some that came later, some not yet.

    The established sell 100 a week of either item; newcomer i sells ``ratios[i]`` of that, in
    ``seen`` weeks from week ``first`` on, and those not yet there come last.
    """
    count = ESTABLISHED + len(ratios) + COLD
    target = np.full((count, WEEKS + project().horizon), np.nan)
    target[:ESTABLISHED, :WEEKS] = 100.0
    for place, ratio in enumerate(ratios):
        target[ESTABLISHED + place, first : first + seen] = 100.0 * ratio
    start = date(2010, 2, 5)
    return Panel(
        keys=pl.DataFrame({
            "shop": [f"s{i:03d}" for i in range(count)],
            "item": [i % 2 for i in range(count)],
        }),
        static=pl.DataFrame({"kind": ["A"] * count, "size": [1] * count}),
        dates=tuple(start + timedelta(weeks=i) for i in range(target.shape[1])),
        target=target,
        known={},
        past={},
        cutoff=WEEKS - 1,
    )


def learnt(panel: Panel) -> np.ndarray:
    return newcomer_levels(panel, project(), fit_recipe(panel, project()))


def noisy(seed: int) -> Panel:
    """``opened`` with sales that differ by series and week."""
    panel = opened()
    rng = np.random.default_rng(seed)
    size = rng.lognormal(0.0, 1.0, (panel.n_series, 1))
    return replace(panel, target=panel.target * size * rng.uniform(0.5, 1.5, panel.target.shape))


def test_a_series_without_history_gets_what_earlier_newcomers_sold_and_others_nothing() -> None:
    found = learnt(opened())
    assert np.isnan(found[:-COLD]).all()
    # 12 newcomers: level q is the ceil(13 q)-th smallest above the middle, the floor below it; too
    # few for the outer two, which are stretched.
    outer = [6.5 * (place / 6.5) ** STRETCH for place in (1, 12)]
    places = [outer[0], 1, 2, 3, 5, 6.5, 8, 10, 11, 12, outer[1]]
    assert found[-COLD:] == pytest.approx(np.tile(np.array(places), (COLD, 1)), rel=1e-9)


@pytest.mark.parametrize(("count", "alike"), [(38, False), (39, True)])
def test_the_outer_two_are_the_extremes_only_of_39_newcomers_or_more(
    count: int, alike: bool
) -> None:
    ratios = tuple(0.01 * (i + 1) for i in range(count))
    low, high = learnt(opened(ratios))[-1, [0, -1]]
    assert low == pytest.approx(1.0)  # an extreme that lies further out than the stretch
    assert (high == pytest.approx(count)) == alike
    assert high > count - 1e-6


@settings(deadline=None, max_examples=30)
@given(values=st.lists(numbers, min_size=11, max_size=11))
def test_stretching_moves_the_outer_two_outwards_and_nothing_else(values: list[float]) -> None:
    rising = np.sort(np.array(values))
    found = widened(rising)
    assert found[1:-1].tolist() == rising[1:-1].tolist()
    assert found[0] <= rising[0]
    assert found[-1] >= rising[-1]


def test_a_newcomer_seen_for_long_counts_as_much_as_one_seen_once() -> None:
    once = opened(seen=1)
    longer = once.target.copy()
    longer[ESTABLISHED, 20:28] = once.target[ESTABLISHED, 20]
    assert learnt(replace(once, target=longer))[-1] == pytest.approx(learnt(once)[-1], rel=1e-9)


def test_only_the_first_horizon_of_a_newcomers_life_is_a_lesson() -> None:
    panel = opened()
    grown = panel.target.copy()
    grown[ESTABLISHED : ESTABLISHED + NEW, 20 + project().horizon : 40] = 90.0
    assert learnt(replace(panel, target=grown))[-1] == pytest.approx(learnt(panel)[-1], rel=1e-9)


@pytest.mark.parametrize(
    "panel",
    [opened(RATIOS[:8]), opened(first=0), opened(()), opened().until(15), opened().until(0)],
    ids=["eight newcomers", "all from the start", "no newcomer", "none came yet", "one week"],
)
def test_fewer_than_nine_newcomers_teach_nothing(panel: Panel) -> None:
    assert np.isnan(learnt(panel)).all()


def test_newcomers_without_any_established_series_teach_nothing() -> None:
    panel = opened()
    panel.target[:ESTABLISHED] = np.nan
    assert np.isnan(learnt(panel)).all()


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**20), power=st.integers(-20, 20))
def test_levels_scale_with_the_unit_of_the_target_to_the_byte(seed: int, power: int) -> None:
    panel = noisy(seed)
    other = replace(panel, target=panel.target * 2.0**power)
    assert (learnt(panel) * 2.0**power).tobytes() == learnt(other).tobytes()


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**20), poison=numbers, cutoff=st.integers(25, WEEKS - 1))
def test_what_happens_after_the_cutoff_changes_no_byte(
    seed: int, poison: float, cutoff: int
) -> None:
    panel = noisy(seed)
    spoilt = panel.target.copy()
    spoilt[:, cutoff + 1 :] = poison
    blind = panel.until(cutoff)
    assert learnt(blind).tobytes() == learnt(replace(blind, target=spoilt)).tobytes()


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**20))
def test_levels_follow_the_series_and_not_their_order(seed: int) -> None:
    panel = noisy(seed)
    order = np.random.default_rng(seed).permutation(panel.n_series)
    assert learnt(panel.select(order)) == pytest.approx(learnt(panel)[order], rel=1e-9, nan_ok=True)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**20), share=st.floats(0.0, 0.9))
def test_levels_are_finite_and_rising_whatever_is_missing(seed: int, share: float) -> None:
    panel = noisy(seed)
    holes = np.random.default_rng(seed).uniform(size=panel.target.shape) < share
    found = learnt(replace(panel, target=np.where(holes, np.nan, panel.target)))
    whole = found[np.isfinite(found).any(axis=1)]
    assert np.isfinite(whole).all()
    assert (np.diff(whole, axis=1) >= 0).all()


@settings(deadline=None)
@given(values=st.lists(numbers, min_size=1, max_size=40))
def test_with_equal_weights_they_are_the_conformal_quantiles(values: list[float]) -> None:
    sample = np.array(values)
    assert weighted_quantiles(sample, np.ones(len(sample)), len(sample)) == pytest.approx(
        conformal_quantiles(sample), rel=1e-12
    )


@settings(deadline=None)
@given(rows=st.lists(st.tuples(numbers, weights), min_size=1, max_size=40))
def test_no_more_weight_lies_beyond_a_quantile_than_promised(
    rows: list[tuple[float, float]],
) -> None:
    values, weight = np.array(rows).T
    found = weighted_quantiles(values, weight, len(rows))
    assert (np.diff(found) >= 0).all()
    for level in (0.025, 0.1, 0.2, 0.3, 0.4):
        place, other = QUANTILES.index(level), QUANTILES.index(round(1 - level, 3))
        reached = (len(rows) + 1) / len(rows) * (1 - level) <= 1
        outside = (weight[values < found[place]].sum(), weight[values > found[other]].sum())
        if reached:
            assert max(outside) / weight.sum() <= level + 1e-6
        else:
            assert max(outside) == 0
