from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from foresell.errors import SpecError
from foresell.features.direct import direct_frame, feature_names
from foresell.features.pools import fit_recipe
from foresell.features.threads import one_thread
from tests.unit.models.toys import HORIZON, panel, project

KNOWN = panel(120)
RECIPE = fit_recipe(KNOWN, project())


def bytes_of(frame: pl.DataFrame) -> list[bytes]:
    return [frame[name].to_numpy().tobytes() for name in ("scale", "base", *feature_names(frame))]


@settings(deadline=None, max_examples=15)
@given(
    cutoff=st.integers(20, 118),
    value=st.sampled_from([0.0, -5.0, 1e12, float("nan")]),
)
def test_nothing_after_the_cutoff_changes_a_byte_of_the_frame(cutoff: int, value: float) -> None:
    late = np.arange(KNOWN.target.shape[1]) > cutoff
    poisoned = replace(
        KNOWN,
        target=np.where(late, value, KNOWN.target),
        past={name: np.where(late, value, values) for name, values in KNOWN.past.items()},
    )
    clean = direct_frame(KNOWN, project(), RECIPE, cutoff, HORIZON)
    assert bytes_of(clean) == bytes_of(direct_frame(poisoned, project(), RECIPE, cutoff, HORIZON))


def test_rows_are_series_by_step_with_the_date_that_is_forecast() -> None:
    frame = direct_frame(KNOWN, project(), RECIPE, 99, 3)
    assert frame.height == 36
    assert frame["step"].to_list() == [1, 2, 3] * 12
    assert frame["day"].to_list() == list(KNOWN.dates[100:103]) * 12
    assert frame.select("shop", "item").rows() == [
        key for key in KNOWN.keys.iter_rows() for _ in range(3)
    ]
    assert {str(frame[name].dtype) for name in feature_names(frame)} == {"Float32"}


def test_lags_and_covariates_are_those_of_the_declared_dates() -> None:
    frame = direct_frame(KNOWN, project(), RECIPE, 99, HORIZON)
    scale = frame["scale"].to_numpy().reshape(12, HORIZON)
    lag = frame["x_lag_4"].to_numpy().reshape(12, HORIZON)
    assert lag == pytest.approx(KNOWN.target[:, [96]] / scale, rel=1e-6)
    promo = frame["x_known_promo"].to_numpy().reshape(12, HORIZON)
    assert promo.tolist() == KNOWN.known["promo"][:, 100 : 100 + HORIZON].tolist()
    price = frame["x_past_price"].to_numpy().reshape(12, HORIZON)
    assert price == pytest.approx(np.repeat(KNOWN.past["price"][:, [99]], HORIZON, 1), rel=1e-6)
    season = frame["x_season"].to_numpy().reshape(12, HORIZON)
    assert season == pytest.approx(KNOWN.target[:, 48 : 48 + HORIZON] / scale, rel=1e-6)


def test_a_missing_covariate_is_not_zero() -> None:
    holes = replace(KNOWN, past={"price": np.full_like(KNOWN.target, np.nan)})
    frame = direct_frame(holes, project(), RECIPE, 99, 2)
    assert frame["x_past_price"].is_nan().all()


def test_a_series_features_do_not_depend_on_how_many_steps_are_asked_for() -> None:
    short = direct_frame(KNOWN, project(), RECIPE, 99, 2)
    long = direct_frame(KNOWN, project(), RECIPE, 99, HORIZON).filter(pl.col("step") <= 2)
    assert bytes_of(short) == bytes_of(long)


def test_steps_past_the_calendar_are_answered_with_unknown_covariates() -> None:
    frame = direct_frame(KNOWN, project(), RECIPE, 119, HORIZON + 3)
    last = frame.filter(pl.col("step") > HORIZON)
    assert last["x_known_promo"].is_nan().all()
    assert last["base"].is_finite().all()


@pytest.mark.parametrize("name", ["step", "scale", "base", "level_used", "x_step"])
def test_a_key_with_the_name_of_a_column_of_the_frame_is_refused(name: str) -> None:
    columns = {name if role == "time" else other: role for other, role in project().columns.items()}
    with pytest.raises(SpecError, match=name):
        direct_frame(KNOWN, replace(project(), columns=columns), RECIPE, 99, 2)


def test_each_keys_growth_has_a_name_that_no_growth_of_the_series_has() -> None:
    names = feature_names(direct_frame(KNOWN, project(), RECIPE, 99, 2))
    growths = [name for name in names if name.startswith("x_growth_")]
    assert growths == [f"x_growth_{n}" for n in ("series", "series_short", "key_shop", "key_item")]


def test_a_frame_leaves_the_number_of_threads_as_it_found_it() -> None:
    def threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = threads()
    with one_thread():
        assert set(threads()) <= {1}
    direct_frame(KNOWN, project(), RECIPE, 99, 2)
    assert threads() == before
