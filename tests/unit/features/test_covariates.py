from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.panel import Panel
from foresell.features.covariates import RATIOS, cell_covariates, series_covariates
from foresell.features.declared import check_features, feature_contract, panel_kinds
from foresell.features.direct import direct_frame, feature_names
from foresell.features.pools import fit_recipe
from foresell.spec.features import FeatureSpec
from foresell.spec.project import ProjectSpec
from tests.unit.models.toys import HORIZON, panel, project

WHOLE = FeatureSpec(
    lags=(1,),
    promotions=("promo",),
    promotion_window=10,
    covariate_lags={"price": (1, 4)},
    covariate_windows={"price": (4,)},
    covariate_year=("price",),
    markdowns=("price",),
    price_ratios=("price", "promo"),
    price_window=4,
)
KNOWN = panel(120)
RECIPE = fit_recipe(KNOWN, project())
CODES = np.repeat([0, 1, 2, 3], 3)


def spec() -> ProjectSpec:
    return replace(project(), features=WHOLE)


def small(known: list[float], past: list[float], cutoff: int) -> Panel:
    """One series with a covariate of each kind; the target does not matter."""
    toy = KNOWN.select(np.array([0]))
    size = max(len(known), cutoff + 1 + HORIZON)
    plan, seen = np.full((1, size), np.nan), np.full((1, size), np.nan)
    plan[0, : len(known)], seen[0, : len(past)] = known, past
    return replace(
        toy, target=np.ones((1, size)), known={"promo": plan}, past={"price": seen}
    ).until(cutoff)


def test_a_frame_has_every_declared_covariate_within_its_bounds_and_in_order() -> None:
    frame = direct_frame(KNOWN, spec(), RECIPE, 99, HORIZON)
    declared = feature_contract(spec(), panel_kinds(KNOWN))
    assert list(declared.columns) == frame.columns
    check_features(frame, declared, "cutoff")
    assert {name for name in feature_names(frame) if name.startswith(("x_past_", "x_promo_"))} == {
        *(f"x_past_price{end}" for end in ("", "_lag_1", "_lag_4", "_mean_4", "_known", "_year")),
        *("x_past_price_to_recent", "x_past_price_to_group"),
        *("x_promo_promo_share", "x_promo_promo_to", "x_promo_promo_since"),
    }


@settings(deadline=None, max_examples=12)
@given(cutoff=st.integers(20, 118), value=st.sampled_from([0.0, -5.0, 1e12, float("nan"), 1e300]))
def test_nothing_after_the_origin_changes_a_byte_of_a_covariate(cutoff: int, value: float) -> None:
    late = np.arange(KNOWN.target.shape[1]) > cutoff
    beyond = np.arange(KNOWN.target.shape[1]) > cutoff + HORIZON
    dirty = replace(
        KNOWN,
        target=np.where(late, value, KNOWN.target),
        past={"price": np.where(late, value, KNOWN.past["price"])},
        known={"promo": np.where(beyond, value, KNOWN.known["promo"])},
    )
    clean, found = (direct_frame(one, spec(), RECIPE, cutoff, HORIZON) for one in (KNOWN, dirty))
    names = feature_names(clean)
    assert [found[name].to_numpy().tobytes() for name in names] == [
        clean[name].to_numpy().tobytes() for name in names
    ]


def test_an_unknown_markdown_stays_unknown_and_zero_stays_zero() -> None:
    only = FeatureSpec(markdowns=("price",))
    codes = np.array([0])
    before = series_covariates(small([0.0], [np.nan, np.nan, np.nan], 2), only, codes)
    zero = series_covariates(small([0.0], [np.nan, 5.0, 0.0], 2), only, codes)
    gap = series_covariates(small([0.0], [np.nan, 5.0, np.nan], 2), only, codes)
    assert np.isnan(before["past_price"][0])
    assert [one["past_price_known"][0] for one in (before, zero, gap)] == [0.0, 1.0, 0.0]
    assert [one["past_price"][0] for one in (zero, gap)] == [0.0, 5.0]


def test_periods_to_and_since_a_start_are_counted_in_the_plan_up_to_the_horizon() -> None:
    plan = [0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1]
    seen = small([float(value) for value in plan], [1.0] * 4, 3)
    made = cell_covariates(seen, WHOLE, np.array([0]), 6, (6, 52))
    assert made["promo_promo_since"].tolist() == [[3.0, 4.0, 0.0, 1.0, 2.0, 3.0]]
    # The start at period 12 lies beyond the horizon of 6: nobody who forecasts knows it.
    assert made["promo_promo_to"].tolist() == [[2.0, 1.0, 0.0, 10.0, 10.0, 10.0]]
    assert series_covariates(seen, WHOLE, np.array([0]))["promo_promo_share"].tolist() == [0.5]


def test_a_price_is_compared_with_its_own_mean_and_with_its_group() -> None:
    prices = np.array([[2.0, 4.0], [6.0, 6.0], [5.0, 0.0]])
    toy = KNOWN.select(np.arange(3))
    seen = replace(toy, target=np.ones((3, 3)), past={"price": prices}, known={}).until(1)
    only = FeatureSpec(price_ratios=("price",), price_window=2)
    made = series_covariates(seen, only, np.array([0, 0, 1]))
    assert made["past_price_to_recent"][:2].tolist() == pytest.approx([4 / 3, 1.0])
    assert made["past_price_to_group"][:2].tolist() == pytest.approx([0.8, 1.2])
    assert np.isnan(made["past_price_to_recent"][2])  # a price of nothing has no ratio


def test_the_value_a_year_before_the_target_is_always_known_at_the_origin() -> None:
    made = cell_covariates(KNOWN.until(99), WHOLE, CODES, HORIZON, (60, 52))
    year, price = made["past_price_year"], KNOWN.past["price"]
    assert year[:, :52].tolist() == price[:, 48:100].tolist()
    assert year[:, 52:].tolist() == price[:, 48:56].tolist()  # two years before


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=8),
    st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=8),
)
@settings(deadline=None, max_examples=30)
def test_a_ratio_is_within_its_bounds_or_unknown(known: list[float], past: list[float]) -> None:
    seen = small(known, past, 4)
    made = {
        **series_covariates(seen, WHOLE, np.array([0])),
        **cell_covariates(seen, WHOLE, np.array([0]), HORIZON, (3, 52)),
    }
    for name in made:
        if "_to_" in name or name.startswith("ratio_"):
            told = made[name][np.isfinite(made[name])]
            assert bool(((told >= RATIOS[0]) & (told <= RATIOS[1])).all())


def test_every_step_has_its_own_known_future_and_none_is_lost() -> None:
    """A bug of others: direct models that lose future covariates."""
    plan = KNOWN.known["promo"].copy()
    plan[:, 100 : 100 + HORIZON] = np.arange(HORIZON) / 10
    frame = direct_frame(replace(KNOWN, known={"promo": plan}), spec(), RECIPE, 99, HORIZON)
    known = frame["x_known_promo"].to_numpy().reshape(12, HORIZON)
    assert known == pytest.approx(np.tile(np.arange(HORIZON) / 10, (12, 1)), abs=1e-6)
    by_step = frame.group_by("step", maintain_order=True).agg(pl.col("x_planned").mean())
    assert by_step["x_planned"].is_sorted()
    assert by_step["x_planned"].n_unique() == HORIZON


def test_a_category_has_the_same_code_on_every_fold_and_in_the_final_fit() -> None:
    """A bug of others: categorical codes that differ between validation and final fit."""
    frames = [direct_frame(KNOWN, spec(), RECIPE, origin, 1) for origin in (60, 80, 119)]
    names = [name for name in feature_names(frames[0]) if name.startswith("x_code_")]
    assert names == ["x_code_shop", "x_code_item", "x_code_kind"]
    assert all(one.select(names).equals(frames[0].select(names)) for one in frames)
    fewer = KNOWN.select(np.flatnonzero(KNOWN.keys["shop"].to_numpy() != "s1"))
    alone = direct_frame(fewer, spec(), RECIPE, 119, 1)
    kept = frames[2].filter(pl.col("shop") != "s1")
    assert alone.select(names).equals(kept.select(names))


def test_a_column_that_is_not_declared_is_in_no_frame() -> None:
    """A bug of others: undeclared columns treated as static; without a role it is no column."""
    columns = {name: role for name, role in spec().columns.items() if name != "size"}
    fewer = replace(spec(), columns={**columns, "size": "excluded"})
    frame = direct_frame(replace(KNOWN, static=KNOWN.static.drop("size")), fewer, RECIPE, 99, 1)
    assert [name for name in frame.columns if "size" in name] == []
