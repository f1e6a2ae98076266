"""The pipelines that are written for people."""

from io import BytesIO

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from foresell.models.tabular.artifacts import dumped, whole_pipeline
from foresell.models.tabular.learner import predict_tabular
from tests.unit.models.tabular.plain_toys import fitted, rows_of
from tests.unit.models.tabular.test_graphs import NAMES


@pytest.mark.parametrize("relative", [True, False])
def test_a_whole_pipeline_says_of_raw_rows_what_the_learner_says(relative: bool) -> None:
    learner, _ = fitted(0, relative)
    rows, _ = rows_of(11, 60)
    expected = predict_tabular(learner, rows)
    for name in NAMES:
        said = whole_pipeline(learner, name).predict(rows)
        assert np.allclose(said, expected[name], rtol=1e-12, atol=0), name


def test_a_pipeline_that_was_written_and_loaded_predicts_the_same_bits() -> None:
    learner, frame = fitted()
    pipeline = whole_pipeline(learner, "greedy_ensemble")
    loaded: Pipeline = joblib.load(BytesIO(dumped(pipeline)))
    assert np.array_equal(loaded.predict(frame), pipeline.predict(frame))


def test_pipelines_that_are_written_together_share_what_they_have_in_common() -> None:
    learner, frame = fitted()
    pipelines = {name: whole_pipeline(learner, name) for name in NAMES}
    together = dumped(pipelines)
    alone = sum(len(dumped(pipeline)) for pipeline in pipelines.values())
    assert len(together) < alone / 4
    loaded = joblib.load(BytesIO(together))
    for name in NAMES:
        assert np.array_equal(loaded[name].predict(frame), pipelines[name].predict(frame)), name


def test_a_pipeline_can_be_taught_again_as_any_other_of_scikit_learn() -> None:
    learner, frame = fitted()
    _, target = rows_of(0)
    pipeline = whole_pipeline(learner, "greedy_ensemble")

    again = clone(pipeline).fit(frame, target)

    assert np.allclose(again.predict(frame), pipeline.predict(frame), rtol=1e-9)
    moved = clone(pipeline).fit(frame, 2 * target)
    assert np.allclose(moved.predict(frame), 2 * pipeline.predict(frame), rtol=0.02)
    assert pipeline.score(frame, target) == pytest.approx(again.score(frame, target))


def test_equal_pipelines_are_written_as_equal_bytes() -> None:
    first, second = fitted(), fitted.__wrapped__(0)
    for name in ("ridge", "random_forest", "hist_gradient_boosting", "xgboost", "lightgbm"):
        assert dumped(whole_pipeline(second[0], name)) == dumped(whole_pipeline(first[0], name))
