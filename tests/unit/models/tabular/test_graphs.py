"""Graphs of a whole tabular learner say what its scikit-learn pipelines say."""

from dataclasses import replace
from functools import lru_cache
from typing import Any, get_args

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.answer.row_columns import columns_of_frame, graph_inputs
from foresell.errors import DataError, UsageError
from foresell.features.rows import How
from foresell.models.onnx_running import graph_facts, open_graph, run_open
from foresell.models.tabular.answering import graph_answers
from foresell.models.tabular.artifacts import whole_pipeline
from foresell.models.tabular.graphs import answer_graph, learner_graphs, served_graph, size_graph
from foresell.models.tabular.plain import (
    SIZE,
    Encoding,
    Linear,
    PlainLearner,
    PlainPart,
    derived_frame,
    plain_answers,
    plain_learner,
)
from foresell.models.tabular.probes import MISSING, REAL, THRESHOLDS, UNSEEN, probe_rows
from foresell.spec.row_names import PLACE
from tests.unit.models.tabular.plain_toys import COLUMNS, TOWNS, fitted, rows_of

EXACT = ("linear", "ridge", "random_forest", "gradient_boosting", "hist_gradient_boosting")
NAMES = (*EXACT, "xgboost", "lightgbm", "catboost", "simple_ensemble", "greedy_ensemble")
IN_32_BITS = 2e-6  # XGBoost adds its leaves in 32 bits
ROUNDING = {"xgboost": IN_32_BITS, "simple_ensemble": IN_32_BITS, "catboost": 1e-9}


@lru_cache
def plain(relative: bool = True) -> PlainLearner:
    return plain_learner(fitted(0, relative)[0])


@lru_cache
def graph(name: str, relative: bool = True) -> bytes:
    return answer_graph(plain(relative), name)


def close(said: np.ndarray, expected: np.ndarray, name: str) -> bool:
    least = 0.01 * np.median(np.abs(expected))
    gap = np.abs(said - expected) / np.maximum(np.abs(expected), least)
    return bool(gap.max(initial=0.0) <= ROUNDING.get(name, 1e-12))


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_arrays_and_graph_say_what_the_pipeline_says_on_every_kind_of_row(
    name: str,
    relative: bool,
    seed: int,
) -> None:
    learner, _ = fitted(0, relative)
    rows, _ = rows_of(seed, 40)
    pipeline = whole_pipeline(learner, name)

    asked = probe_rows(plain(relative), name, rows, seed)

    assert set(asked) == {REAL, THRESHOLDS, UNSEEN, MISSING}
    for frame in asked.values():
        expected = pipeline.predict(frame)
        assert close(plain_answers(plain(relative), name, frame), expected, name)
        assert close(graph_answers(graph(name, relative), frame), expected, name)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_every_derived_number_is_the_same_to_the_bit_in_arrays_and_in_the_graph(seed: int) -> None:
    learner, _ = fitted(0)
    rows, _ = rows_of(seed, 30)
    for frame in probe_rows(plain(), "simple_ensemble", rows, seed).values():
        expected = learner.deriver.transform(frame)

        assert derived_frame(plain(), frame).equals(expected)
        for column in (column.name for column in COLUMNS if column.is_number):
            said = graph_answers(alone(column), frame)
            assert np.array_equal(said, expected[column].to_numpy(), equal_nan=True), column


@lru_cache
def alone(column: str) -> bytes:
    """A graph that answers with one derived column."""
    encoding = Encoding(
        numbers=(column,),
        fill=None,
        center=None,
        width=None,
        categories=(),
        names=(column,),
        of=(column,),
        exact=True,
    )
    part = PlainPart(encoding=encoding, core=Linear(weights=np.ones(1), intercept=0.0))
    return answer_graph(replace(plain(), parts={"one": part}, relative_to=()), "one")


def test_the_toy_derives_in_every_way_there_is() -> None:
    assert {column.how for column in COLUMNS} == set(get_args(How))
    assert COLUMNS[-3].name == PLACE


def test_a_ratio_to_zero_is_unknown_and_not_infinite() -> None:
    frame = rows_of(3, 4)[0].with_columns(pl.Series("size", [0.0, -0.0, None, 2.0]))
    said = graph_answers(alone("price / size"), frame)
    assert np.isnan(said).tolist() == [True, True, True, False]


def test_a_step_is_1_from_its_value_on_0_below_and_unknown_of_the_unknown() -> None:
    price = pl.Series("price", [np.nextafter(50.0, 0), 50.0, None, 99.0])
    said = graph_answers(alone("price from 50"), rows_of(3, 4)[0].with_columns(price))
    assert np.array_equal(said, [0, 1, np.nan, 1], equal_nan=True)


def test_a_column_that_is_derived_in_a_new_way_is_refused_and_not_answered_somehow() -> None:
    other: Any = "squared"
    learner = replace(
        plain(), columns=(replace(plain().columns[0], how=other), *plain().columns[1:])
    )
    with pytest.raises(DataError, match="'units' is derived as 'squared', for which there is no"):
        answer_graph(learner, "ridge")


def test_a_text_that_nobody_has_seen_is_none_of_the_known_ones_and_no_error() -> None:
    rows = rows_of(4, 3)[0]
    told = [plain().parts["ridge"].encoding.categories[0]]
    frame = rows.with_columns(town=pl.Series([TOWNS[0], "Atlantis", None]))

    assert set(told[0].values) == set(TOWNS)  # a missing text is a text of its own
    assert np.isfinite(graph_answers(graph("ridge"), frame)).all()
    weights = plain().parts["ridge"].core
    assert isinstance(weights, Linear)
    place = dict(zip(told[0].values, told[0].places, strict=True))
    changed = frame.with_columns(town=pl.Series([TOWNS[0], TOWNS[1], None]))
    added = (graph_answers(graph("ridge"), changed) - graph_answers(graph("ridge"), frame))[1]
    factor = frame["units"][1] * frame["price"][1]
    assert added == pytest.approx(weights.weights[place[TOWNS[1]]] * factor, rel=1e-9)


def test_a_model_of_texts_alone_has_a_graph_as_well() -> None:
    known = plain().parts["ridge"].encoding.categories[0]
    first = min(known.places)
    texts = Encoding(
        numbers=(),
        fill=None,
        center=None,
        width=None,
        categories=(replace(known, places=tuple(place - first for place in known.places)),),
        names=known.values,
        of=(known.column,) * len(known.values),
        exact=False,
    )
    core = Linear(weights=np.arange(1.0, 1 + len(known.values)), intercept=0.5)
    learner = replace(plain(), parts={"one": PlainPart(encoding=texts, core=core)}, relative_to=())
    rows = rows_of(7, 20)[0]
    said = graph_answers(answer_graph(learner, "one"), rows)
    assert np.array_equal(said, plain_answers(learner, "one", rows))
    assert len(np.unique(said)) == len(TOWNS)


def test_rare_texts_share_a_column() -> None:
    kinds = plain().parts["lightgbm"].encoding.categories[1]
    assert (len(kinds.values), len(set(kinds.places))) == (69, 64)


def test_the_size_of_a_miss_is_above_zero_in_the_unit_of_the_target() -> None:
    rows, _ = rows_of(5, 50)
    learner = plain()
    assert learner.size is not None
    said = graph_answers(size_graph(learner, learner.size), rows)
    assert (said > 0).all()
    assert np.allclose(said, plain_answers(learner, SIZE, rows), rtol=1e-12)
    doubled = (
        graph_answers(size_graph(replace(learner, relative_to=()), learner.size), rows)
        * rows.select(pl.col("units") * pl.col("price")).to_series().to_numpy()
    )
    assert np.allclose(said, doubled, rtol=1e-12)


@pytest.mark.parametrize("relative", [True, False])
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**31), rows=st.sampled_from([1, 2, 33]))
def test_one_graph_says_what_the_model_and_its_size_say_apart_to_the_last_bit(
    relative: bool, seed: int, rows: int
) -> None:
    learner = replace(plain(relative), chosen="greedy_ensemble")
    both = served_graph(learner)
    assert learner.size is not None
    assert both is not None
    for frame in probe_rows(learner, learner.chosen, rows_of(seed, rows)[0], seed).values():
        if frame.height:
            said = run_open(open_graph(both), graph_inputs(columns_of_frame(frame)))
            apart = (graph("greedy_ensemble", relative), size_graph(learner, learner.size))
            assert [one.tobytes() for one in said] == [
                graph_answers(one, frame).tobytes() for one in apart
            ]


def test_a_baseline_or_a_model_without_a_size_has_no_such_graph() -> None:
    assert served_graph(replace(plain(), size=None)) is None
    assert served_graph(replace(plain(), chosen="mean", baselines={"mean": 1.0})) is None


def test_a_graph_names_the_raw_columns_it_takes_and_the_weights_of_its_parts() -> None:
    facts = graph_facts(graph("greedy_ensemble"))
    assert facts == {
        "columns": [
            "units",
            "price",
            "size",
            "new",
            "day",
            "year",
            "month",
            "lat",
            "lon",
            "town",
            "kind",
        ],
        "texts": ["town", "kind"],
        "model": "greedy_ensemble",
        "weights": {"ridge": 0.3, "catboost": 0.7},
    }


def test_equal_learners_give_equal_bytes_and_each_name_a_graph() -> None:
    again, _ = fitted.__wrapped__(0)
    graphs = learner_graphs(plain())
    assert learner_graphs(plain_learner(again)) == graphs
    assert set(graphs) == {*NAMES, SIZE}


def test_no_row_is_answered_with_nothing() -> None:
    assert graph_answers(graph("ridge"), rows_of(0, 3)[0].clear()).tolist() == []


def test_a_row_whose_factor_is_unknown_has_no_answer() -> None:
    frame = rows_of(6, 2)[0].with_columns(units=pl.Series([None, 3]))
    assert np.isnan(graph_answers(graph("linear"), frame)).tolist() == [True, False]
    assert np.isnan(plain_answers(plain(), "linear", frame)).tolist() == [True, False]


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'xgboost'"):
        answer_graph(plain(), "xgbost")
