"""What a tabular bundle holds of its learner: ONNX graphs, plain files, and joblib for people.

``joblib/NAME.joblib`` is the delivered model as a whole scikit-learn Pipeline, from raw rows to the
target; ``joblib/pipelines.joblib`` holds those of every candidate and ensemble by name, what they
share written once. foresell writes them for people who want to go on in their own notebook and
never reads them: a pickle runs code when it is loaded. They are what each graph is proved against.
"""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Self

import joblib
import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from foresell.models.boosted import LIBRARIES
from foresell.models.onnx_running import open_graph
from foresell.models.parts import resolve
from foresell.models.tabular.contributions import with_means
from foresell.models.tabular.deriving import FACTOR, Deriver
from foresell.models.tabular.graphs import learner_graphs, served_graph
from foresell.models.tabular.parity import Proved, parity_files
from foresell.models.tabular.plain import (
    SIZE,
    PlainPart,
    encode,
    part_answers,
    plain_learner,
)
from foresell.models.tabular.plain_files import write_plain
from foresell.models.tabular.proved import SERVED, check_open_graphs
from foresell.models.tabular.ranges import ranges_file
from foresell.models.tabular.relative import labels
from foresell.models.tabular.uncertainty import sizes_of
from foresell.models.trees.growing import Trees

if TYPE_CHECKING:
    from foresell.models.tabular.learner import TabularLearner

FOLDER = "joblib/"
PIPELINES = f"{FOLDER}pipelines.joblib"
_COMPRESSED = ("zlib", 3)

Vector = NDArray[np.float64]


class Answer(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """The last step of a whole pipeline: parts on a derived frame, weighed, times the factor.

    ``parts``: fitted pipelines by name; ``weights``: of each part in the answer.
    """

    def __init__(self, parts: Mapping[str, Pipeline], weights: Mapping[str, float]) -> None:
        """Keep the fitted parts."""
        self.parts = parts
        self.weights = weights

    def fit(self, X: pl.DataFrame, y: Vector) -> Self:  # noqa: N803 - as scikit-learn names it
        """Fit every part again on a derived frame (n rows) and its targets ``y`` (n,)."""
        label = labels(y, _factor(X))
        for part in self.parts.values():
            part.fit(X, label)
        return self

    def predict(self, X: pl.DataFrame) -> Vector:  # noqa: N803 - as scikit-learn names it
        """Return (n,) answers to a derived frame, in the unit of the target."""
        total = np.zeros(X.height)
        for name, weight in self.weights.items():
            total += weight * np.asarray(self.parts[name].predict(X), dtype=np.float64)
        return np.asarray(total * _factor(X))

    def __sklearn_is_fitted__(self) -> bool:
        """Return that the parts came fitted."""
        return True


def whole_pipeline(learner: "TabularLearner", name: str) -> Pipeline:
    """Return a fitted Pipeline from raw rows to the answers of a candidate or an ensemble.

    It takes a polars frame with the columns whose role is ``feature``.
    """
    weights = learner.ensembles.get(name, {name: 1.0})
    used = {part: float(weight) for part, weight in weights.items() if weight}
    answer = Answer({part: learner.parts[part] for part in used}, used)
    return Pipeline([("derive", learner.deriver), ("answer", answer)])


def artifact_files(learner: "TabularLearner", frame: pl.DataFrame, seed: int) -> dict[str, bytes]:
    """Return the files of a bundle's model: ``onnx/``, ``plain/``, ``served/`` and ``joblib/``.

    ``frame``: the raw rows that the learner was fitted on; those of the proof are drawn from it by
    ``seed``. A graph that says something else than its pipeline is a GateError, a part that cannot
    be exported a DataError; both name it.
    """
    plain = with_means(plain_learner(learner), frame)
    graphs = learner_graphs(plain)
    pipelines = {
        name: whole_pipeline(learner, name) for name in [*learner.parts, *learner.ensembles]
    }
    says = {name: pipeline.predict for name, pipeline in pipelines.items()}
    if plain.size is not None:
        says[SIZE] = _size_said(learner.deriver, plain.size)
    models = {name: Proved(graph=graphs[name], says=said) for name, said in says.items()}
    files = {
        **write_plain(plain),
        **ranges_file(frame),
        PIPELINES: dumped(pipelines),
        f"{FOLDER}{learner.chosen}.joblib": dumped(pipelines[learner.chosen]),
    }
    with threadpool_limits(limits=1):  # threads that wait for each other cost more than they give
        files |= parity_files(plain, models, frame, seed)
    if (served := served_graph(plain)) is not None:
        check_open_graphs(files, {(learner.chosen, SIZE): open_graph(served)})
        files[SERVED] = served
    return files


def _size_said(deriver: Deriver, size: PlainPart) -> Callable[[pl.DataFrame], Vector]:
    """Return what answers the size of a miss of raw rows, by the library that grew its trees."""

    def says(frame: pl.DataFrame) -> Vector:
        derived = deriver.transform(frame)
        if size.library is None or size.native is None:
            logs = part_answers(size, derived)
        else:
            read: Callable[[bytes], Trees] = resolve(f"{LIBRARIES[size.library]}:read")
            logs = read(size.native).predict(encode(size.encoding, derived))
        return sizes_of(logs, _factor(derived))

    return says


def dumped(fitted: Pipeline | Mapping[str, Pipeline]) -> bytes:
    """Return pipelines as joblib writes them; equal ones as equal bytes."""
    kept = BytesIO()
    joblib.dump(fitted, kept, compress=_COMPRESSED)
    return kept.getvalue()


def _factor(derived: pl.DataFrame) -> Vector:
    """Return (n,) the factor of each row; ones where the target is relative to nothing."""
    if FACTOR not in derived.columns:
        return np.ones(derived.height)
    return derived[FACTOR].to_numpy()
