from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.intervals_truth import (
    ALLOWED,
    cells,
    farthest,
    fold_rows_of,
    fresh,
    single_rows,
    world_of,
)
from foresell.data.panel import Panel, build_panel
from foresell.evaluate.intervals import DEFAULT_SIZE
from foresell.features.direct import direct_frame
from foresell.features.pools import fit_recipe
from foresell.models.calibrating import (
    _crossings,
    fit_shape,
    fit_uncertainty,
    named_method,
    series_methods,
)
from foresell.models.learner import Learner, PanelForecast, fit_learner, forecast
from foresell.models.learner_files import read_learner, write_learner
from foresell.models.shape import REACH, grow_shape, read_shape
from foresell.models.stacking import FoldRows
from foresell.spec.forecast import CONFORMAL, ENSEMBLE, QUANTILES, RESIDUAL
from foresell.spec.project import ProjectSpec
from tests.unit.models.toys import HORIZON, QUICK, panel, project, rows

MEDIAN = QUANTILES.index(0.5)


def answered(known: Panel, spec: ProjectSpec) -> tuple[Learner, PanelForecast]:
    recipe = fit_recipe(known, spec)

    def frames(origin: int) -> pl.DataFrame:
        return direct_frame(known, spec, recipe, origin, spec.horizon)

    learner = fit_learner(known, spec, QUICK, frames, lambda _: None)
    return learner, forecast(learner, known, spec, HORIZON)


def lone(weeks: int) -> Panel:
    """One series of so many weeks."""
    frame = rows(weeks).filter((pl.col("item") == 0) & (pl.col("shop") == "s0"))
    return panel(weeks, frame=frame)


def held_out(count: int, seed: int, cutoffs: tuple[int, ...] = (60, 70)) -> FoldRows:
    """Rows of 20 series, 16 steps after each cutoff, whose misses are skewed and grow with x."""
    rng = np.random.default_rng(seed)
    cutoff, step = rng.choice(np.array(cutoffs), count), rng.integers(1, 17, count)
    series, x = rng.integers(0, 20, count), rng.uniform(-1, 1, count)
    size = 3.0 * np.exp(x)
    wrong = np.where(rng.uniform(size=count) < 0.5, -1.0, 3.0) * rng.exponential(1, count) * size
    return FoldRows(
        cutoff=cutoff,
        members={"zero": np.zeros(count)},
        actual=wrong,
        scale=np.full(count, 8.0),
        bucket=(step > 8).astype(np.int64),
        holiday=np.zeros(count, dtype=np.int64),
        half=series % 2,
        period=cutoff + step,
        design=np.column_stack([np.ones(count), x]),
        table=np.column_stack([series, step]).astype(np.float32),
        planned=np.ones(count),
    )


def test_every_cell_is_within_two_points_of_its_level_on_the_generators_own_noise() -> None:
    world, rng = world_of(40, 3), np.random.default_rng(11)
    past, new = single_rows(world, 160_000, rng), single_rows(world, 160_000, rng)
    found = cells(
        fold_rows_of(past, fresh(world, past, rng)),
        fold_rows_of(new, fresh(world, new, rng)),
        shaped=False,
    )
    assert len(found) == 18
    assert farthest(found) <= ALLOWED


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 999),
    count=st.integers(1, 120),
    cutoffs=st.sampled_from([(60,), (60, 70), (60, 76), (60, 62, 64, 66, 68, 90)]),
)
def test_no_row_is_measured_by_what_its_own_fold_or_its_own_target_taught(
    seed: int, count: int, cutoffs: tuple[int, ...]
) -> None:
    held = held_out(count, seed, cutoffs)
    times = np.zeros(count, dtype=np.int64)
    for out, there in _crossings(held):
        times += out
        assert not (out & there).any()
        first = {*zip(held.table[out, 0], held.period[out], strict=True)}
        second = {*zip(held.table[there, 0], held.period[there], strict=True)}
        assert not first & second
    assert times.tolist() == [1] * count


def test_where_only_the_same_targets_could_teach_the_usual_size_stands_in() -> None:
    held = held_out(200, 4, (60, 60 + 1))
    both = np.intersect1d(*(held.period[(held.cutoff == c) & (held.half == 0)] for c in (60, 61)))
    same = held.taken(np.isin(held.period, both) & (held.half == 0))
    assert [int(there.sum()) for _, there in _crossings(same)] == [0, 0]
    found = fit_uncertainty(same, np.zeros(len(same.actual)), 2).calibration
    size = same.scale * DEFAULT_SIZE
    told = fit_uncertainty(
        same, np.zeros(len(same.actual)), 2, np.full((len(size), 2), DEFAULT_SIZE)
    ).calibration
    assert found.to_json() == told.to_json()


def test_the_shape_knows_which_side_misses_reach_further_and_where_they_are_larger() -> None:
    held = held_out(6000, 5)
    shape, reach = fit_shape(held, np.zeros(6000), 1)
    assert shape is not None
    assert reach is not None
    below, above = reach.T
    assert np.median(above / below) == pytest.approx(3.0, rel=0.25)
    calm, wild = held.design[:, 1] < -0.7, held.design[:, 1] > 0.7
    assert above[wild].mean() / above[calm].mean() == pytest.approx(np.exp(1.7), rel=0.3)


def test_a_shape_read_from_its_files_reaches_as_far_and_equal_rows_give_equal_bytes() -> None:
    held = held_out(1500, 6)
    one, two = (grow_shape(held.design, held.table, held.actual, held.scale, 7) for _ in range(2))
    again = read_shape(one.files())
    assert again is not None
    assert one.files() == two.files() == again.files()
    assert (
        again.sides(held.design, held.table).tolist() == one.sides(held.design, held.table).tolist()
    )
    assert read_shape({}) is None


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 99), power=st.integers(-6, 6))
def test_the_reach_is_above_zero_and_does_not_depend_on_the_unit(seed: int, power: int) -> None:
    held, factor = held_out(400, seed), 2.0**power
    plain = grow_shape(held.design, held.table, held.actual, held.scale, 1)
    other = grow_shape(held.design, held.table, held.actual * factor, held.scale * factor, 1)
    reach = plain.sides(held.design, held.table)
    assert (reach > 0).all()
    assert np.isfinite(reach).all()
    assert REACH < 1
    assert other.sides(held.design, held.table).tolist() == reach.tolist()


def test_too_few_rows_have_no_shape_and_a_linear_spread() -> None:
    held = held_out(500, 8)
    assert fit_shape(held, np.zeros(500), 1) == (None, None)
    assert fit_uncertainty(held, np.zeros(500), 2).spread is not None


@pytest.mark.parametrize(
    ("misses", "wanted"), [(0, ENSEMBLE), (9, ENSEMBLE), (10, RESIDUAL), (38, RESIDUAL), (39, None)]
)
def test_a_band_has_the_name_that_its_misses_allow(misses: int, wanted: str | None) -> None:
    for method in (CONFORMAL, RESIDUAL):
        assert named_method(method, misses) == (wanted or method)


@pytest.mark.parametrize(
    ("weeks", "method"), [(1, ENSEMBLE), (3, ENSEMBLE), (30, RESIDUAL), (120, RESIDUAL)]
)
def test_one_short_series_is_answered_under_the_name_of_what_was_possible(
    weeks: int, method: str
) -> None:
    learner, answer = answered(lone(weeks), project())
    assert answer.interval_method == method
    assert set(series_methods(answer)) == {method}
    assert np.isfinite(answer.quantiles).all()
    assert (np.diff(answer.quantiles, axis=2) >= 0).all()
    assert (answer.quantiles[..., 0] < answer.quantiles[..., -1]).all()
    assert write_learner(read_learner(write_learner(learner))) == write_learner(learner)


def test_a_panel_with_its_folds_has_conformal_intervals() -> None:
    _, answer = answered(panel(120), project())
    assert set(series_methods(answer)) == {CONFORMAL}


def test_ensemble_quantiles_are_normal_and_as_wide_as_members_disagree() -> None:
    _, answer = answered(lone(3), replace(project(), nonnegative=False))
    bands, point = answer.quantiles[0], answer.point[0]
    assert bands[:, MEDIAN].tolist() == point.tolist()
    outer = (bands[:, -1] - bands[:, 0]) / (bands[:, QUANTILES.index(0.9)] - bands[:, 1])
    assert outer == pytest.approx(np.full(HORIZON, 1.95996 / 1.28155), rel=1e-4)
    least = 2 * 1.95996 * 0.25 * answer.scale
    assert (bands[:, -1] - bands[:, 0] >= least - 1e-9).all()


def test_what_newcomers_sold_stands_under_a_name_of_its_own() -> None:
    _, answer = answered(panel(120), project())
    learnt = answer.newcomers.copy()
    learnt[2] = 1.0
    names = series_methods(replace(answer, newcomers=learnt))
    assert names[2] == RESIDUAL
    assert {*names[:2], *names[3:]} == {CONFORMAL}


def test_a_series_in_another_unit_has_the_same_bands_in_that_unit() -> None:
    spec = project()
    plain = rows(120)
    thousands = plain.with_columns(pl.col("sold") * 1024.0)
    _, one = answered(panel(120), spec)
    _, other = answered(_built(thousands, spec), spec)
    assert other.quantiles == pytest.approx(one.quantiles * 1024.0, rel=0.05)


def _built(frame: pl.DataFrame, spec: ProjectSpec) -> Panel:
    """The panel of ``frame``."""
    observed = frame.filter(pl.col("sold").is_not_null())
    return build_panel(observed, spec, frame.drop("sold", "price"))
