"""The proof of a bundle's graphs: what it holds, and that it finds those a little wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import polars as pl
import pytest

from foresell.errors import DataError, GateError
from foresell.features.rows import RowColumn
from foresell.models.forests import Forest
from foresell.models.tabular.artifacts import artifact_files, whole_pipeline
from foresell.models.tabular.deriving import Deriver
from foresell.models.tabular.estimators import settled
from foresell.models.tabular.graphs import answer_graph
from foresell.models.tabular.parity import (
    KEPT,
    ROWS,
    TOLERANCE,
    Proved,
    parity_files,
)
from foresell.models.tabular.pipelines import fit_part, make_part
from foresell.models.tabular.plain import SIZE, Linear, PlainLearner, PlainPart, plain_learner
from foresell.models.tabular.probes import MISSING, REAL, THRESHOLDS, UNSEEN
from foresell.models.tabular.proved import PARITY, check_parity
from tests.unit.models.tabular.plain_toys import fitted
from tests.unit.models.tabular.test_graphs import NAMES


@lru_cache
def files() -> dict[str, bytes]:
    learner, frame = fitted()
    return artifact_files(learner, frame, seed=1)


@lru_cache
def plain() -> PlainLearner:
    return plain_learner(fitted()[0])


def test_every_model_has_a_graph_and_a_proof_and_pipelines_lie_there_for_people() -> None:
    proof = json.loads(files()[PARITY])["models"]
    graphs = {name for name in files() if name.startswith("onnx/") and name.endswith(".onnx")}
    pipelines = {name for name in files() if name.startswith("joblib/")}

    assert set(proof) == {*NAMES, SIZE}
    assert graphs == {f"onnx/{name}.onnx" for name in proof}
    assert pipelines == {"joblib/greedy_ensemble.joblib", "joblib/pipelines.joblib"}


def test_the_proof_rests_on_each_kind_of_row_and_some_of_each_travel() -> None:
    for name, one in json.loads(files()[PARITY])["models"].items():
        assert one["rows"].keys() == {REAL, THRESHOLDS, UNSEEN, MISSING}, name
        assert one["rows"][REAL] == one["rows"][UNSEEN] == one["rows"][MISSING] == ROWS
        assert one["rows"][THRESHOLDS] > 0.6 * ROWS
        assert max(one["max_rel"].values()) <= TOLERANCE
        assert one["none"] == {}
        assert len(one["expected"]) == 4 * KEPT
        assert {len(values) for values in one["inputs"].values()} == {4 * KEPT}


def test_a_kind_of_row_that_cannot_be_made_is_told_with_its_reason() -> None:
    frame = pl.DataFrame({"a": np.arange(40.0), "b": np.arange(40.0) % 7})
    columns = tuple(RowColumn(name=name, of=(name,), how="number") for name in frame.columns)
    target = 3 * frame["a"].to_numpy() + frame["b"].to_numpy()
    deriver = Deriver(columns)
    derived = deriver.fit_transform(frame, target)
    part = make_part("linear", settled("linear", {}, frame.height), columns, 0)
    fit_part("linear", part, derived, target, np.ones(frame.height))
    lone = replace(
        fitted()[0],
        deriver=deriver,
        parts={"linear": part},
        ensembles={},
        size=None,
        chosen="linear",
    )

    proof = json.loads(artifact_files(lone, frame, seed=1)[PARITY])["models"]["linear"]

    assert proof["rows"] == {REAL: 40, MISSING: 40, UNSEEN: 0, THRESHOLDS: 0}
    assert proof["none"] == {
        UNSEEN: "no column holds text",
        THRESHOLDS: "nothing is split at a threshold",
    }
    assert proof["max_rel"].keys() == {REAL, MISSING}


def test_rows_of_which_none_is_answered_prove_nothing() -> None:
    learner, frame = fitted()
    name = "linear"
    model = Proved(graph=answer_graph(plain(), name), says=whole_pipeline(learner, name).predict)
    with pytest.raises(GateError) as caught:
        parity_files(plain(), {name: model}, frame.with_columns(units=pl.lit(0)), 1)
    assert caught.value.what == (
        "nothing proves the ONNX graph of linear: the pipeline answers none of those made"
    )


def test_the_kept_rows_of_each_model_say_the_same_again() -> None:
    assert 0 <= check_parity(files(), *NAMES, SIZE) <= TOLERANCE
    assert check_parity(files()) == check_parity(files(), "greedy_ensemble")  # the chosen one


def test_the_order_of_the_rows_changes_no_byte_of_the_proof() -> None:
    learner, frame = fitted()
    name = "gradient_boosting"
    says = whole_pipeline(learner, name).predict
    model = {name: Proved(graph=answer_graph(plain(), name), says=says)}

    made = parity_files(plain(), model, frame, 1)

    assert parity_files(plain(), model, frame.sample(fraction=1, shuffle=True, seed=3), 1) == made


def with_forest(name: str, change: Callable[[Forest], Forest]) -> PlainPart:
    part = plain().parts[name]
    assert isinstance(part.core, Forest)
    return replace(part, core=change(part.core))


def in_32_bits(forest: Forest) -> Forest:
    return replace(forest, threshold=forest.threshold.astype(np.float32).astype(np.float64))


def below(forest: Forest) -> Forest:
    return replace(forest, threshold=np.nextafter(forest.threshold, -np.inf))


def other_way(forest: Forest) -> Forest:
    return replace(forest, nan_left=~forest.nan_left)


def heavier(forest: Forest) -> Forest:
    return replace(forest, leaf=forest.leaf * (1 + 1e-3))


def first_for_new(part: PlainPart) -> PlainPart:
    """Answer a new text as the last known one."""
    known = [
        replace(one, values=("a text that no row has", *one.values[1:]))
        for one in part.encoding.categories
    ]
    return replace(part, encoding=replace(part.encoding, categories=tuple(known)))


def other_order(part: PlainPart) -> PlainPart:
    """Take each text for the one before it."""
    known = [
        replace(one, places=(*one.places[1:], one.places[0])) for one in part.encoding.categories
    ]
    return replace(part, encoding=replace(part.encoding, categories=tuple(known)))


def not_filled(part: PlainPart) -> PlainPart:
    fill = part.encoding.fill
    assert fill is not None
    return replace(part, encoding=replace(part.encoding, fill=fill + 0.5))


def tilted(part: PlainPart) -> PlainPart:
    assert isinstance(part.core, Linear)
    return replace(part, core=replace(part.core, weights=part.core.weights * (1 + 1e-3)))


WRONG: dict[str, tuple[str, Callable[[Forest], Forest], str]] = {
    "thresholds of 32 bits": ("gradient_boosting", in_32_bits, THRESHOLDS),
    "less, not at most": ("random_forest", below, ""),
    "less, in bins": ("hist_gradient_boosting", below, ""),
    "NaN the other way": ("xgboost", other_way, ""),
    "leaves too large": ("catboost", heavier, REAL),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_graph_of_trees_that_are_a_little_wrong_fails_and_is_named(wrong: str) -> None:
    name, change, kind = WRONG[wrong]
    failed = failure(name, with_forest(name, change))
    assert failed.what.startswith(f"the ONNX graph of {name} misses {name} by ")
    assert failed.what.endswith(f"of its answer on {kind} rows" if kind else "rows")


@pytest.mark.parametrize(
    ("name", "change", "kinds"),
    [
        ("ridge", first_for_new, (REAL, UNSEEN)),
        ("lightgbm", other_order, (REAL,)),
        ("random_forest", not_filled, (REAL, MISSING)),
        ("linear", tilted, (REAL,)),
    ],
)
def test_a_graph_that_encodes_a_little_wrong_fails_and_is_named(
    name: str, change: Callable[[PlainPart], PlainPart], kinds: tuple[str, ...]
) -> None:
    failed = failure(name, change(plain().parts[name]))
    assert failed.what.startswith(f"the ONNX graph of {name} misses {name} by ")
    assert failed.what.endswith(tuple(f"of its answer on {kind} rows" for kind in kinds))


def failure(name: str, part: PlainPart) -> GateError:
    """What is said of a graph that was made of ``part`` in place of the right one."""
    learner, frame = fitted()
    other = replace(plain(), parts={**plain().parts, name: part})
    model = Proved(graph=answer_graph(other, name), says=whole_pipeline(learner, name).predict)
    with pytest.raises(GateError) as caught:
        parity_files(plain(), {name: model}, frame, 1)
    return caught.value


def test_a_bundle_whose_graph_is_another_one_is_found_out_when_it_is_opened() -> None:
    swapped = {**files(), "onnx/greedy_ensemble.onnx": files()["onnx/linear.onnx"]}
    with pytest.raises(GateError, match="the ONNX graph of greedy_ensemble misses what was proved"):
        check_parity(swapped)
    assert check_parity(swapped, "linear", SIZE) <= TOLERANCE


@pytest.mark.parametrize("name", [PARITY, "onnx/greedy_ensemble.onnx"])
def test_a_bundle_without_its_proof_or_its_graph_is_refused(name: str) -> None:
    left = {key: content for key, content in files().items() if key != name}
    with pytest.raises(DataError, match=f"{name} is missing"):
        check_parity(left)


def test_a_baseline_has_no_graph_and_nothing_to_prove() -> None:
    assert check_parity(files(), "mean") == 0.0
