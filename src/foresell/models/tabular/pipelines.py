"""One candidate as a scikit-learn Pipeline: columns of a derived frame, encoded, then a model.

Whatever is learnt of a column (a median, a mean and a width, the known categories) is learnt from
the rows the model is fitted on. A pipeline answers per factor of the row: see `relative`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from foresell.errors import CandidateError
from foresell.features.rows import RowColumn
from foresell.models.candidates import kind_of, refuse_unfinished
from foresell.models.parts import Settings, told
from foresell.models.tabular.estimators import READINGS, Reading, errors_of, estimator

Vector = NDArray[np.float64]
MOST_CATEGORIES = 64  # encoded columns of one column; the rarest share the last
COLUMNS, MODEL = "columns", "model"  # the steps of a pipeline
NUMBERS, CATEGORIES = "numbers", "categories"  # the transformers of its first step


def make_part(name: str, settings: Settings, columns: Sequence[RowColumn], seed: int) -> Pipeline:
    """Return the pipeline of a candidate, not fitted.

    ``settings``: of `foresell.models.tabular.estimators.settled`; ``columns``: of the derived
    frame. A library that is not installed is a CandidateError.
    """
    reading = READINGS[kind_of(name)]
    return Pipeline([
        (COLUMNS, _encoder(columns, reading)),
        (MODEL, estimator(name, settings, seed)),
    ])


def _encoder(columns: Sequence[RowColumn], reading: Reading) -> ColumnTransformer:
    """Return what turns a derived frame into the table of a model: numbers, then 0 and 1."""
    numbers = [column.name for column in columns if column.is_number]
    texts = [column.name for column in columns if not column.is_number]
    exact = reading == "standardised"
    categories = OneHotEncoder(
        handle_unknown="ignore",
        max_categories=MOST_CATEGORIES,
        sparse_output=False,
        dtype=np.float64 if exact else np.float32,
    )
    steps = [(NUMBERS, _numbers(reading), numbers), (CATEGORIES, categories, texts)]
    return ColumnTransformer(
        [step for step in steps if step[2]],
        sparse_threshold=0,
        verbose_feature_names_out=False,
    )


def _numbers(reading: Reading) -> Any:
    """Return what is done to the numbers of a derived frame."""
    if reading == "plain":
        return "passthrough"
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    if reading == "filled":
        return fill
    double = FunctionTransformer(np.asarray, kw_args={"dtype": np.float64})
    return Pipeline([("double", double), ("fill", fill), ("scale", StandardScaler())])


def fit_part(
    name: str, part: Pipeline, derived: pl.DataFrame, label: Vector, weight: Vector
) -> Pipeline:
    """Fit ``part`` on a derived frame (n rows), its ``label`` and ``weight`` (n,); return it.

    Raises:
        CandidateError: its library refuses the settings or the rows; its words are in it.
    """
    try:
        with _one_thread():
            part.fit(derived, label, **{f"{MODEL}__sample_weight": weight})
    except errors_of(name) as error:
        raise CandidateError(*told(kind_of(name), error)) from error
    return part


def part_says(name: str, part: Pipeline, derived: pl.DataFrame) -> Vector:
    """Return (n,) what a fitted part says of a derived frame, per factor of the row.

    Raises:
        CandidateError: it refuses the rows, or what it says is no finite number.
    """
    try:
        with _one_thread():
            said = np.asarray(part.predict(derived), dtype=np.float64)
    except errors_of(name) as error:
        raise CandidateError(*told(kind_of(name), error)) from error
    refuse_unfinished(name, said)
    return said


def _one_thread() -> threadpool_limits:
    """Hold what shares work out by itself (histograms of scikit-learn) to this thread meanwhile.

    Sums of one thread are the same on any machine, and on a busy one threads that wait for each
    other by spinning take several times longer than one alone.
    """
    return threadpool_limits(limits=1, user_api="openmp")
