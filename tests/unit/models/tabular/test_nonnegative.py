"""A target never below 0: what is judged, written and answered is the same floored model."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from foresell.answer.predicting import answer_rows
from foresell.bundle.bundle import Bundle
from foresell.models.tabular.artifacts import artifact_files
from foresell.models.tabular.ensembles import ENSEMBLES
from foresell.models.tabular.learner import (
    TabularLearner,
    fit_tabular,
    predict_tabular,
    quantiles_tabular,
)
from foresell.models.tabular.lessons import ordered, windows_of
from foresell.spec.forecast import quantile_columns
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from tests.unit.models.tabular.row_toys import KINDS, QUICK, cut, lines

# Below 0 are many of the targets themselves, so that answers of every candidate are, too.
FRAME = lines().with_columns(paid=pl.col("paid") - 500)
TEXT = """
name: orders
title: Order lines
kind: tabular
tables: [{name: lines, file: lines.csv}]
columns: {order: group, units: feature, price: feature, town: feature, paid: target, day: time}
split: {test_share: 0.2, calibration_share: SHARE, folds: 3}
models:
  candidates: [linear, ridge, lightgbm]
  selection: both
  tuning: {trials: 1, spaces: {lightgbm: {leaves: [3, 4]}}}
nonnegative: true
"""
METHODS = {"conformal_intervals": 0.3, "ensemble_quantiles": 0.02}


def declared(method: str) -> str:
    return TEXT.replace("SHARE", str(METHODS[method]))


@cache
def fitted(method: str) -> tuple[ProjectSpec, TabularLearner, pl.DataFrame, pl.DataFrame]:
    spec = parse_project(declared(method), "project.yaml")
    known, split, rows = cut(FRAME, spec)
    learner = fit_tabular(known, split, spec, KINDS, QUICK, lambda _: None)
    assert learner.interval_method == method
    return spec, learner, known, rows


@pytest.mark.parametrize("method", METHODS)
def test_the_bundle_answers_test_rows_as_the_learner_that_was_judged_and_never_below_zero(
    method: str,
) -> None:
    spec, learner, known, rows = fitted(method)
    files = artifact_files(learner, known.select(spec.with_role("feature")), spec.seed)
    made = predict_tabular(learner, rows)
    quantiles = quantiles_tabular(learner, rows, made)
    assert {"lightgbm_tuned", *ENSEMBLES, "mean"} < set(made)
    for name, said in made.items():
        told = json.dumps({**json.loads(files["plain/learner.json"]), "chosen": name}).encode()
        bundle = Bundle(
            metadata={},
            project_text=declared(method),
            contract_text="",
            model={**files, "plain/learner.json": told},
            history=pl.DataFrame(),
            asked=pl.DataFrame(),
        )
        answered = answer_rows(bundle, rows)
        assert answered["prediction"].to_numpy() == pytest.approx(said, rel=1e-6, abs=1e-6), name
        around = answered.select(quantile_columns()).to_numpy()
        assert around == pytest.approx(quantiles[name], rel=1e-5, abs=1e-5), name
        assert min(said.min(), quantiles[name].min()) >= 0, name
        assert (said >= quantiles[name][:, 0]).all(), name
    assert 0 < (made["linear"] == 0).mean() < 1


def test_the_folds_judge_answers_as_they_are_given() -> None:
    spec, learner, known, _ = fitted("conformal_intervals")
    mine = cut(FRAME, spec)[1]
    rows, split = ordered(known, spec, mine)
    train = split.side("train")
    learnt = rows.take(train)
    lifted = 0
    for window in windows_of(learnt, split.take(train), spec, KINDS):
        told = learner.folds.filter(candidate="ridge", fold=window.number)["rmse"].item()
        said = window.judge("ridge", learner.settings["ridge"])
        lifted += int((said < 0).sum())
        misses = learnt.target[window.places] - np.maximum(said, 0)
        assert told == pytest.approx(float(np.sqrt((misses**2).mean())))
    assert lifted


def test_without_the_declaration_answers_are_as_the_models_say_them() -> None:
    spec, _, known, rows = fitted("conformal_intervals")
    free = replace(spec, nonnegative=False)
    learner = fit_tabular(known, cut(FRAME, spec)[1], free, KINDS, QUICK, lambda _: None)
    made = predict_tabular(learner, rows)
    assert made["linear"].min() < 0
    assert np.array_equal(
        np.maximum(made["linear"], 0),
        predict_tabular(fitted("conformal_intervals")[1], rows)["linear"],
    )
