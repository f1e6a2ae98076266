from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.panel import Panel
from foresell.features.hierarchy import Level, hierarchy_levels, level_panel, own_forecast, presence
from foresell.features.pools import group_sum
from tests.unit.models.toys import HORIZON, panel, project

LEVELS = (("shop",), ("item",), ("kind", "item"), ())


def levels_of(known: Panel) -> tuple[Level, ...]:
    return hierarchy_levels(known, LEVELS)


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
    for level in levels_of(known):
        own = own_forecast(known, project(), level, HORIZON)
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
    for level in levels_of(known):
        assert (
            own_forecast(blind, project(), level, 5).tobytes()
            == own_forecast(poisoned, project(), level, 5).tobytes()
        )
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
