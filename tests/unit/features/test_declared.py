from dataclasses import replace

import polars as pl
import pytest

from foresell.contracts.contract import Contract
from foresell.errors import GateError
from foresell.features.declared import check_features, feature_contract, panel_kinds
from foresell.features.direct import direct_frame, feature_names
from foresell.features.pools import fit_recipe
from foresell.spec.calendar import Frequency
from tests.unit.models.toys import HORIZON, panel, project


def made(frequency: Frequency) -> tuple[pl.DataFrame, Contract]:
    known, spec = panel(120, frequency), project(frequency)
    frame = direct_frame(known, spec, fit_recipe(known, spec), 99, HORIZON)
    return frame, feature_contract(spec, panel_kinds(known))


WEEKLY, DECLARED = made("W-FRI")


@pytest.mark.parametrize("frequency", ["W-FRI", "D"])
def test_a_frame_has_exactly_the_declared_features_in_their_order(frequency: Frequency) -> None:
    frame, declared = made(frequency)
    assert list(declared.columns) == frame.columns
    assert {name for name in declared.columns if name.startswith("x_")} == {*feature_names(frame)}


@pytest.mark.parametrize("frequency", ["W-FRI", "D"])
def test_a_frame_respects_the_bounds_it_declares(frequency: Frequency) -> None:
    frame, declared = made(frequency)
    check_features(frame, declared, "cutoff=2012-01-06")


def test_a_declared_feature_that_is_missing_is_named() -> None:
    with pytest.raises(GateError) as caught:
        check_features(WEEKLY.drop("x_lag_4", "x_year_sin"), DECLARED, "cutoff=2012-01-06")
    assert caught.value.args[:2] == (
        "declared features are missing: x_lag_4, x_year_sin",
        "cutoff=2012-01-06",
    )


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("x_year_sin", 1.5, "x_year_sin must be at most 1"),
        ("scale", 0.0, "scale must be above 0"),
        ("x_step", HORIZON + 1.0, f"x_step must be at most {HORIZON}"),
        ("x_code_shop", -2.0, "x_code_shop must be at least -1"),
        ("x_growth_series", 0.8, "x_growth_series must be at most 0.7"),
        ("base", float("nan"), "base must have a value"),
        ("x_event_easter_to", 29.0, "x_event_easter_to must be at most 28"),
    ],
)
def test_one_value_outside_its_bounds_is_found(column: str, value: float, said: str) -> None:
    row = pl.int_range(pl.len()) == 7
    wrong = WEEKLY.with_columns(
        pl
        .when(row)
        .then(pl.lit(value, WEEKLY[column].dtype))
        .otherwise(pl.col(column))
        .alias(column)
    )
    with pytest.raises(GateError) as caught:
        check_features(wrong, DECLARED, "cutoff=2012-01-06")
    assert caught.value.what == f"features leave their bounds: {said}"


def test_what_a_past_may_not_tell_may_be_unknown() -> None:
    unknown = WEEKLY.with_columns(pl.lit(float("nan"), pl.Float32).alias("x_lag_52"))
    check_features(unknown, DECLARED, "cutoff=2012-01-06")


def test_more_events_and_lags_declare_more_features() -> None:
    fewer = replace(project(), events=(), features=replace(project().features, lags=(1,)))
    kinds = panel_kinds(panel(120))
    less, more = feature_contract(fewer, kinds), feature_contract(project(), kinds)
    assert set(more.columns) - set(less.columns) == {
        "x_lag_4",
        "x_lag_52",
        *(
            f"x_event_{event}{end}"
            for event in ("easter", "thanksgiving", "christmas")
            for end in ("", "_to", "_since")
        ),
    }
