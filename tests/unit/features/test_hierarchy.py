from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.panel import Matrix, Panel
from foresell.features.hierarchy import (
    Level,
    hierarchy_levels,
    level_panel,
    own_forecasts,
    presence,
)
from foresell.features.pools import group_sum
from tests.unit.models.toys import HORIZON, panel, project

LEVELS = (("shop",), ("item",), ("kind", "item"), ())


def levels_of(known: Panel) -> tuple[Level, ...]:
    return hierarchy_levels(known, LEVELS)


def unmoved(known: Panel, steps: int = HORIZON) -> Matrix:
    """A plan that moves nothing."""
    return np.ones((known.n_series, known.cutoff + 1 + steps))


def test_levels_have_a_node_for_each_value_and_the_total_has_one() -> None:
    shops, items, kinds, total = levels_of(panel(60))
    assert [level.size for level in (shops, items, kinds, total)] == [4, 3, 6, 1]
    assert shops.nodes["shop"].to_list() == ["s0", "s1", "s2", "s3"]
    assert kinds.nodes.rows() == [(kind, item) for kind in "AB" for item in range(3)]
    assert (kinds.name, total.name) == ("kind x item", "total")
    assert total.codes.tolist() == [0] * 12


def test_a_missing_week_adds_nothing_and_a_week_of_nothing_is_missing_not_zero() -> None:
    known = panel(60)
    target = known.target.copy()
    target[0, 10] = np.nan  # one item of the first shop
    target[:3, 20] = np.nan  # all of them
    shops = levels_of(known)[0]
    summed, _ = level_panel(replace(known, target=target), project(), shops)
    assert summed.target[0, 10] == pytest.approx(known.target[1:3, 10].sum(), rel=1e-12)
    assert np.isnan(summed.target[0, 20])
    assert summed.target[1, 20] == pytest.approx(known.target[3:6, 20].sum(), rel=1e-12)


def test_every_level_sums_to_the_same_total() -> None:
    known = panel(60)
    whole = [level_panel(known, project(), level)[0].target[:, :60] for level in levels_of(known)]
    for target in whole[:-1]:
        assert target.sum(axis=0) == pytest.approx(whole[-1][0], rel=1e-9)


def test_a_sum_forecast_from_its_own_past_is_near_the_sum_of_what_then_was_sold() -> None:
    later = panel(120)
    known = later.until(120 - 1 - HORIZON)
    levels, bottom = levels_of(known), np.ones((12, HORIZON))
    made = own_forecasts(known, project(), levels, unmoved(known), bottom)
    for level, own in zip(levels, made, strict=True):
        sold = group_sum(later.target[:, 120 - HORIZON : 120], level.codes)
        assert own.shape == sold.shape
        assert np.abs(own - sold).sum() / sold.sum() < 0.12


@settings(deadline=None, max_examples=10)
@given(poison=st.floats(-1e6, 1e6), cutoff=st.integers(20, 110))
def test_what_happens_after_the_cutoff_changes_no_byte_of_a_level(
    poison: float, cutoff: int
) -> None:
    known = panel(120)
    spoilt = known.target.copy()
    spoilt[:, cutoff + 1 :] = poison
    blind, poisoned = known.until(cutoff), replace(known, target=spoilt, cutoff=cutoff)
    plan, bottom = unmoved(blind, 5), np.ones((12, 5))
    plan[::2, ::3] = 1.5
    one, other = (
        own_forecasts(each, project(), levels_of(known), plan, bottom) for each in (blind, poisoned)
    )
    assert [own.tobytes() for own in one] == [own.tobytes() for own in other]
    assert presence(blind, project(), 5).tobytes() == presence(poisoned, project(), 5).tobytes()


def test_presence_is_half_of_late_and_half_of_the_year_before() -> None:
    known = panel(120)
    target = known.target.copy()
    target[1, 107:120] = np.nan  # gone in the last 13 weeks
    target[2, 68] = np.nan  # 52 weeks before the first step
    target[3] = np.nan  # never there
    share = presence(replace(known, target=target), project(), HORIZON)
    assert (share[0] == 1).all()
    assert (share[1] == 0.5).all()
    assert share[2].tolist() == [0.5, *[1.0] * (HORIZON - 1)]
    assert (share[3] == 0).all()


def test_without_a_year_of_history_presence_is_the_late_share_alone() -> None:
    known = panel(30)
    target = known.target.copy()
    target[0, 17:25] = np.nan
    share = presence(replace(known, target=target), project(), HORIZON)
    assert share[0] == pytest.approx(np.full(HORIZON, 5 / 13))
    assert (share[1:] == 1).all()


@settings(deadline=None, max_examples=6)
@given(lift=st.floats(0.2, 3.0), seed=st.integers(0, 99))
def test_a_plan_of_the_past_leaves_the_sums_as_they_are_and_one_ahead_moves_them_as_their_series(
    lift: float, seed: int
) -> None:
    known, rng = panel(120), np.random.default_rng(seed)
    plan = np.where(rng.uniform(size=(12, 120 + HORIZON)) < 0.2, lift, 1.0)
    moved = known.target.copy()
    moved[:, :120] *= plan[:, :120]
    bottom = 100 * rng.uniform(1, 3, (12, HORIZON))
    levels = levels_of(known)
    usual = own_forecasts(known, project(), levels, unmoved(known), bottom)

    planned = bottom * plan[:, 120:]
    made = own_forecasts(replace(known, target=moved), project(), levels, plan, planned)

    for level, own, before in zip(levels, made, usual, strict=True):
        factor = group_sum(planned, level.codes) / group_sum(bottom, level.codes)
        assert own == pytest.approx(before * factor, rel=1e-9)


def test_a_closed_day_of_a_series_is_no_dip_of_the_sum_and_all_closed_sell_nothing() -> None:
    known = panel(120)
    plan, target = unmoved(known), known.target.copy()
    plan[0, 70:75] = plan[0, 121] = 0.0  # the first item of the first shop
    plan[3:6, 122] = 0.0  # all of the second one
    target[0, 70:75] = 0.0
    bottom = np.full((12, HORIZON), 100.0) * plan[:, 120:]
    usual = own_forecasts(known, project(), levels_of(known), unmoved(known), bottom)[0]

    shut = replace(known, target=target)
    shops = own_forecasts(shut, project(), levels_of(known), plan, bottom)[0]

    share = shops / usual
    assert share[0, 1] == pytest.approx(5 / 6, abs=0.15)  # a third of them at most is of one item
    assert shops[1, 2] == 0
    assert np.delete(share[1], 2) == pytest.approx(np.ones(HORIZON - 1), abs=0.02)
    assert np.delete(share[0], 1) == pytest.approx(np.ones(HORIZON - 1), abs=0.1)  # not 5 / 6
