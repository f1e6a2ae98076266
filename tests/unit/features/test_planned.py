from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.panel import Matrix, Panel
from foresell.features.direct import direct_frame
from foresell.features.planned import MOST, _depths, planned_effects, without_effects
from foresell.features.pools import fit_recipe
from foresell.spec.project import ProjectSpec, Role
from tests.unit.models.toys import HORIZON, panel, project

START = date(2020, 1, 1)
ONE_GROUP = np.zeros(12, dtype=np.int64)
DAYS = 400


def declared(**roles: Role) -> ProjectSpec:
    """The daily toy project with these covariates instead of its own."""
    kept = {name: role for name, role in project("D").columns.items() if role != "known_future"}
    return replace(project("D"), columns={**kept, **roles}, holiday_weight=None)


def shops(known: dict[str, Matrix], factor: Matrix, noise: float = 0.1, seed: int = 5) -> Panel:
    """Twelve series of `DAYS` days and 28 more of plan: level x weekday x luck of the day."""
    rng = np.random.default_rng(seed)
    place = np.arange(DAYS + 28)
    level = 20.0 * np.arange(1, 13)[:, None]
    luck = np.exp(0.2 * rng.standard_normal(len(place)))
    own = np.exp(noise * rng.standard_normal((12, len(place))))
    target = level * (1 + 0.3 * (place % 7 > 4)) * luck * own * factor
    target[:, DAYS:] = np.nan
    return Panel(
        keys=pl.DataFrame({"shop": [f"s{i}" for i in range(12)], "item": [0] * 12}),
        static=pl.DataFrame({"kind": ["A"] * 12, "size": [1] * 12}),
        dates=tuple(START + timedelta(days=i) for i in range(len(place))),
        target=target,
        known=known,
        past={},
        cutoff=DAYS - 1,
    )


def promotions(share: float = 0.15, seed: int = 1) -> Matrix:
    draw = np.random.default_rng(seed).uniform(size=(12, DAYS + 28))
    return (draw < share).astype(np.float64)


@settings(deadline=None, max_examples=8)
@given(lift=st.floats(-0.4, 1.5), seed=st.integers(0, 99))
def test_the_effect_of_a_promotion_is_found_through_season_luck_and_level(
    lift: float, seed: int
) -> None:
    promo = promotions(seed=seed)
    known = shops({"promo": promo}, 1 + lift * promo, seed=seed)

    factor = planned_effects(known, declared(promo="known_future"), ONE_GROUP, DAYS + 28)

    on = promo > 0
    assert factor[on].mean() - 1 == pytest.approx(lift, abs=0.05 * (1 + abs(lift)))
    assert set(factor[~on].tolist()) == {1.0}


def test_what_all_series_share_is_left_to_the_calendar() -> None:
    holiday = np.tile(promotions()[:1], (12, 1))
    known = shops({"promo": holiday}, 1 + 0.8 * holiday)
    factor = planned_effects(known, declared(promo="known_future"), ONE_GROUP, DAYS + 28)
    assert set(factor.ravel().tolist()) == {1.0}


def test_a_covariate_that_moves_nothing_gets_next_to_no_effect() -> None:
    known = shops({"promo": promotions()}, np.ones((12, DAYS + 28)))
    factor = planned_effects(known, declared(promo="known_future"), ONE_GROUP, DAYS + 28)
    assert float(np.abs(factor - 1).max()) < 0.03


def test_two_groups_have_effects_of_their_own() -> None:
    codes = np.repeat([0, 1], 6)
    promo, lift = promotions(), np.where(codes == 0, 0.2, 1.0)[:, None]
    known = shops({"promo": promo}, 1 + lift * promo)
    factor = planned_effects(known, declared(promo="known_future"), codes, DAYS + 28)
    found = [factor[(codes[:, None] == code) & (promo > 0)].mean() - 1 for code in (0, 1)]
    assert found == pytest.approx([0.2, 1.0], abs=0.08)


def test_a_price_known_in_advance_counts_against_the_usual_one() -> None:
    cut = promotions()
    price = np.arange(1.0, 13.0)[:, None] * np.where(cut > 0, 0.7, 1.0)
    known = shops({"promo": price}, 1 + 0.6 * cut)
    factor = planned_effects(known, declared(promo="known_future"), ONE_GROUP, DAYS + 28)
    assert factor[cut > 0].mean() == pytest.approx(1.6, abs=0.08)
    assert set(factor[cut == 0].tolist()) == {1.0}


def test_a_value_at_which_nothing_was_ever_sold_stops_sales_and_is_no_zero_of_the_history() -> None:
    open_ = 1 - promotions(0.05)
    known = shops({"promo": open_}, open_)
    factor = planned_effects(known, declared(promo="known_future"), ONE_GROUP, DAYS + 28)
    assert (factor == 0).tolist() == (open_ == 0).tolist()
    clean = without_effects(known.target, factor)
    assert bool((np.isnan(clean) == (np.isnan(known.target) | (open_ == 0))).all())


def test_an_unknown_plan_is_the_usual_one() -> None:
    promo = promotions()
    promo[3, DAYS + 5] = np.nan
    known = shops({"promo": promo}, 1 + 0.5 * np.nan_to_num(promo))
    factor = planned_effects(known, declared(promo="known_future"), ONE_GROUP, DAYS + 28)
    assert factor[3, DAYS + 5] == 1.0


def test_a_series_without_a_past_changes_no_byte_for_the_others_and_follows_its_group() -> None:
    promo = promotions()
    known = shops({"promo": promo}, 1 + 0.5 * promo)
    spec = declared(promo="known_future")
    target, plan = known.target.copy(), promo.copy()
    target[4], plan[4, :DAYS], plan[4, DAYS:] = np.nan, np.nan, 1.0
    others = np.flatnonzero(np.arange(12) != 4)

    with_it = planned_effects(
        replace(known, target=target, known={"promo": plan}), spec, ONE_GROUP, DAYS + 28
    )
    without = planned_effects(known.select(others), spec, ONE_GROUP[others], DAYS + 28)

    assert with_it[others].tobytes() == without.tobytes()
    assert with_it[4, DAYS] == pytest.approx(1.5, abs=0.06)


@settings(deadline=None, max_examples=25)
@given(
    days=st.integers(1, 60),
    high=st.sampled_from([0.0, 1.0, 1e12]),
    seed=st.integers(0, 99),
    unknown=st.floats(0, 1),
)
def test_an_effect_is_finite_and_bounded_whatever_the_history(
    days: int, high: float, seed: int, unknown: float
) -> None:
    rng = np.random.default_rng(seed)
    known = shops({"promo": promotions(seed=seed)}, np.ones((12, DAYS + 28))).until(days)
    target = np.where(rng.uniform(size=known.target.shape) < unknown, np.nan, known.target * high)
    odd = replace(known, target=target)
    factor = planned_effects(odd, declared(promo="known_future"), ONE_GROUP, DAYS + 28)
    assert bool(np.isfinite(factor).all())
    assert bool(((factor >= 0) & (factor <= MOST)).all())


def test_the_base_of_a_promotion_last_year_does_not_come_back_and_a_planned_one_does() -> None:
    known = panel(500, "D")
    spec, recipe = project("D"), fit_recipe(known, project("D"))
    plan = known.known["promo"].copy()

    def base(planned: float) -> Matrix:
        plan[:, 500:] = planned
        frame = direct_frame(replace(known, known={"promo": plan}), spec, recipe, 499, HORIZON)
        values: Matrix = frame["base"].to_numpy().reshape(12, HORIZON)
        return values

    assert (base(1.0) / base(0.0)).ravel() == pytest.approx(np.full(12 * HORIZON, 1.3), abs=0.03)


def test_a_cut_of_next_to_no_share_of_a_price_counts_as_deep_without_a_word() -> None:
    told = declared(cut="known_future", share="known_future")
    told = replace(told, features=replace(told.features, promotion_depths={"cut": "share"}))
    cut, share = promotions(), np.full((12, DAYS + 28), 5e-324)

    (depth,) = _depths(shops({"cut": cut, "share": share}, 1 + cut), told)

    assert np.array_equal(depth, cut)
