from dataclasses import replace
from functools import lru_cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from foresell.data.panel import Panel
from foresell.errors import DataError
from foresell.features.direct import direct_frame
from foresell.features.levels import Vector
from foresell.models.baselines import BASELINES
from foresell.models.contributing import AVERAGE
from foresell.models.explaining import TOLERANCE, Asked, explain
from foresell.models.importance import importance, total_parts
from foresell.models.learner import Learner, fit_learner, forecast
from foresell.models.members import Fitted
from foresell.models.splitting import PARTS, Ground
from foresell.spec.hierarchy import Hierarchy
from foresell.spec.modelling import Modelling
from foresell.spec.project import ProjectSpec
from tests.unit.models.test_learner import frames_of
from tests.unit.models.toys import HORIZON, QUICK, panel, project, rows

ALL = np.arange(12, dtype=np.intp)


LEARNT = ("lad", "ridge", "lightgbm", "xgboost", "catboost")


def fitted(known: Panel) -> Learner:
    """Return a learner with every candidate that learns, whatever a project has by default."""
    return learner_of(known, replace(project(), models=Modelling(candidates=LEARNT)))


def learner_of(known: Panel, spec: ProjectSpec) -> Learner:
    return fit_learner(known, spec, QUICK, frames_of(known), lambda _: None)


@lru_cache(maxsize=1)
def every_candidate() -> tuple[Panel, Learner]:
    known = panel(120)
    return known, fitted(known)


def parts_of(learner: Learner, known: Panel, candidate: str) -> pl.DataFrame:
    asked = Asked(steps=HORIZON, series=np.arange(known.n_series), candidate=candidate)
    return explain(learner, known, project(), asked)


def summed(found: pl.DataFrame) -> NDArray[np.float64]:
    keys = ["shop", "item", "day"]
    total = found.group_by(keys, maintain_order=True).agg(pl.col("value").sum())
    return total["value"].to_numpy().reshape(-1, HORIZON)


def part(found: pl.DataFrame, name: str) -> NDArray[np.float64]:
    return found.filter(pl.col("part") == name)["value"].to_numpy()


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.sampled_from([1e-4, 1.0, 1e6]))
def test_the_parts_of_every_candidate_sum_to_its_forecast_on_any_panel_in_any_unit(
    seed: int, factor: float
) -> None:
    frame = rows(120, seed=seed).with_columns(pl.col("sold") * factor)
    known = panel(120, frame=frame)
    learner = fitted(known)
    answer = forecast(learner, known, project(), HORIZON)

    for name, expected in answer.members.items():
        gap = np.abs(summed(parts_of(learner, known, name)) - expected)
        assert (gap <= TOLERANCE * np.maximum(1.0, np.abs(expected))).all(), name


def test_each_row_has_its_parts_in_order_and_is_of_the_candidate_that_was_asked_for() -> None:
    known, learner = every_candidate()
    found = parts_of(learner, known, "lightgbm")

    names = found["part"].unique(maintain_order=True).to_list()
    assert names == [name for name in PARTS if name in names]
    assert {"base", "events", "growth", "known", "residual", "floor"} == set(names)
    assert set(found["candidate"]) == {"lightgbm"}
    assert found.columns == [
        "shop", "item", "day", "step", "candidate", "part", "column", "value",
    ]  # fmt: skip
    told = found.filter(pl.col("part") == "residual")["column"]
    assert {"sold", "day", "easter", "promo", "shop", "step", AVERAGE} <= set(told.to_list())


def test_the_default_is_the_forecast_that_is_answered() -> None:
    known, learner = every_candidate()
    asked = Asked(steps=HORIZON, series=ALL[:2])

    found = explain(learner, known, project(), asked)

    expected = forecast(learner, known, project(), HORIZON).point[:2]
    assert np.allclose(summed(found), expected, rtol=1e-9, atol=1e-9)


def test_a_baseline_is_all_base() -> None:
    known, learner = every_candidate()
    found = parts_of(learner, known, "seasonal_naive")

    assert set(found["part"]) == {"base", "floor"}
    assert not part(found, "floor").any()


def test_events_move_what_the_base_said_only_where_there_are_events() -> None:
    known, learner = every_candidate()
    quiet = replace(project(), events=())
    learner = replace(learner, fitted=Fitted())  # what was learnt reads columns of events
    found = parts_of(learner, known, "seasonal_base")
    asked = Asked(steps=HORIZON, series=ALL, candidate="seasonal_base")
    without = explain(learner, known, quiet, asked)

    assert part(found, "events").any()
    assert not part(without, "events").any()
    assert np.allclose(part(without, "base"), part(found, "base"), rtol=1e-6, atol=0)


def test_growth_is_the_seasonal_base_times_its_growth_less_itself() -> None:
    known, learner = every_candidate()
    found = parts_of(learner, known, "seasonal_base")
    frame = direct_frame(known, project(), learner.recipe, known.cutoff, HORIZON)

    base = frame["base"].to_numpy() / frame["x_planned"].to_numpy()
    assert np.allclose(part(found, "base") + part(found, "events"), base, rtol=1e-6, atol=0)
    ratio = 1 + part(found, "growth") / base
    for shop in range(12):  # growth is a series' own, the same at every step
        assert np.ptp(ratio[shop * HORIZON : (shop + 1) * HORIZON]) < 1e-9


def test_a_closed_day_is_taken_back_by_what_is_known_and_by_that_column() -> None:
    known, learner = every_candidate()
    plan, target = known.known["promo"].copy(), known.target.copy()
    plan[0, 60:84], plan[0, known.cutoff + 2] = -1.0, -1.0
    target[0, 60:84] = 0.0
    shut = replace(known, known={"promo": plan}, target=target)
    answer = forecast(learner, shut, project(), HORIZON)

    for name, expected in answer.members.items():
        found = parts_of(learner, shut, name)
        assert summed(found) == pytest.approx(expected, rel=1e-6, abs=1e-6)
        if name not in BASELINES:
            mine = found.filter((pl.col("shop") == "s0") & (pl.col("item") == 0), step=2)
            told = dict(mine.group_by("part").agg(pl.col("value").sum()).iter_rows())
            rest = sum(value for part, value in told.items() if part != "known")
            assert told["known"] == pytest.approx(-rest)
            assert (rest > 10, expected[0, 1]) == (True, 0.0)
            columns = mine.filter(part="known")["column"].unique().to_list()
            assert columns == ["promo"]


def test_a_promotion_moves_the_part_known_of_its_own_date_alone() -> None:
    known, learner = every_candidate()
    asked = Asked(steps=HORIZON, series=ALL[:1], candidate="lad")
    at = known.cutoff + 3
    told = []
    for promoted in (0.0, 1.0):
        plan = known.known["promo"].copy()
        plan[:, at] = promoted
        changed = replace(known, known={"promo": plan})
        told.append(part(explain(learner, changed, project(), asked), "known"))

    moved = told[1] - told[0]
    assert moved[2] > 10
    assert not np.delete(moved, 2).any()


def test_a_series_without_history_has_the_base_of_its_pool_and_what_newcomers_sell() -> None:
    twin = rows(120).filter((pl.col("shop") == "s1") & (pl.col("item") == 1))
    start = pl.col("day") > pl.col("day").min() + pl.duration(weeks=70)
    young = [
        twin.with_columns(
            item=pl.lit(10 + i, twin["item"].dtype),
            sold=pl.when(start).then(pl.col("sold") * (0.5 + i / 20)),
        )
        for i in range(10)
    ]
    stranger = twin.with_columns(item=pl.lit(99, twin["item"].dtype), sold=pl.lit(None, pl.Float64))
    known = panel(120, frame=pl.concat([rows(120), *young, stranger]))
    learner = fitted(known)
    place = np.flatnonzero(~np.isfinite(known.target).any(axis=1))
    assert len(place) == 1
    answer = forecast(learner, known, project(), HORIZON)
    assert np.isfinite(answer.newcomers[place]).all()

    found = explain(
        learner, known, project(), Asked(steps=HORIZON, series=place, candidate="lightgbm")
    )

    assert (part(found, "base") > 0).all()
    assert part(found, "newcomer").any()
    for name in ("events", "growth", "residual", "floor"):
        assert not part(found, name).any()
    assert np.allclose(summed(found), answer.members["lightgbm"][place], rtol=1e-9, atol=0)


def test_what_the_sums_of_a_hierarchy_move_is_a_part_of_the_reconciled_forecast_alone() -> None:
    known = panel(120)
    levels = Hierarchy(levels=(("shop",), ()))
    spec = replace(project(), hierarchy=levels, models=Modelling(candidates=("lad",)))
    learner = learner_of(known, spec)
    assert learner.reconciling is not None
    answer = forecast(learner, known, spec, HORIZON)

    found = explain(learner, known, spec, Asked(steps=HORIZON, series=ALL, candidate="reconciled"))
    source = explain(
        learner, known, spec, Asked(steps=HORIZON, series=ALL, candidate=learner.reconciling.source)
    )

    assert np.allclose(summed(found), answer.members["reconciled"], rtol=1e-9, atol=1e-9)
    assert part(found, "reconciliation").any()
    assert not len(part(source, "reconciliation"))
    assert (
        found
        .filter(pl.col("part") != "reconciliation")
        .drop("candidate")
        .equals(source.drop("candidate"))
    )


def test_nothing_after_the_cutoff_is_told_of() -> None:
    known, learner = every_candidate()
    poisoned = known.target.copy()
    earlier = known.until(known.cutoff - 10)
    poisoned[:, earlier.cutoff + 1 :] = 1e6
    other = replace(earlier, target=poisoned)

    assert parts_of(learner, earlier, "ensemble_greedy").equals(
        parts_of(learner, other, "ensemble_greedy")
    )


def test_a_learner_whose_parts_say_something_else_the_next_time_is_refused() -> None:
    known, learner = every_candidate()

    class Fickle:
        def __init__(self) -> None:
            self.said = 0.0

        def forecast(self, frame: pl.DataFrame) -> Vector:
            self.said += 1.0
            return np.full(frame.height, self.said)

        def files(self) -> dict[str, bytes]:
            return {"said": str(self.said).encode()}

    fitted_parts = {**learner.fitted.parts, "lad": Fickle()}
    other = replace(learner, fitted=replace(learner.fitted, parts=fitted_parts))
    with pytest.raises(DataError, match="the parts of 'lad' miss its forecast by"):
        parts_of(other, known, "lad")


def test_importance_has_the_mean_size_of_what_explanations_say() -> None:
    known, learner = every_candidate()
    frame = direct_frame(known, project(), learner.recipe, known.cutoff, HORIZON)
    made = forecast(learner, known, project(), HORIZON, frame)

    table = importance(learner, Ground(known, project(), learner.recipe, HORIZON), made, frame)

    found = parts_of(learner, known, "lightgbm")
    one = table.filter((pl.col("candidate") == "lightgbm") & (pl.col("name") == "growth"))
    assert one["mean_abs"].to_list() == pytest.approx([np.abs(part(found, "growth")).mean()])
    own = found.filter((pl.col("part") == "residual") & (pl.col("column") == "sold"))
    told = table.filter(
        (pl.col("candidate") == "lightgbm")
        & (pl.col("kind") == "column")
        & (pl.col("name") == "sold")
    )
    assert told["mean_abs"].to_list() == pytest.approx([float(str(own["value"].abs().mean()))])
    linear = {"lad", "ridge", "xgboost", "catboost", "ensemble_greedy", "ensemble_mean"}
    columns = table.filter(pl.col("kind") == "column")
    assert linear <= set(columns["candidate"])
    shares = table.group_by("candidate", "kind").agg(pl.col("share").sum())["share"]
    assert shares.to_list() == pytest.approx([1.0] * len(shares))


def test_the_parts_of_the_total_are_the_sums_of_the_parts_of_every_series() -> None:
    known, learner = every_candidate()
    frame = direct_frame(known, project(), learner.recipe, known.cutoff, HORIZON)
    made = forecast(learner, known, project(), HORIZON, frame)

    total = total_parts(learner, Ground(known, project(), learner.recipe, HORIZON), made, frame)

    own = parts_of(learner, known, learner.chosen)
    expected = own.group_by(pl.col("day").alias("date"), "part").agg(pl.col("value").sum())
    both = total.join(expected, on=["date", "part"], how="full", suffix="_own")
    assert both.null_count().to_numpy().sum() == 0
    assert np.allclose(both["value"], both["value_own"], rtol=1e-9, atol=1e-9)
    summed_up = total.group_by("date", maintain_order=True).agg(pl.col("value").sum())["value"]
    assert np.allclose(summed_up, made.point.sum(axis=0), rtol=1e-9)
