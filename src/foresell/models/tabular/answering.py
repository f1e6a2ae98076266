"""Raw rows into the inputs of a tabular graph, and its answers: ONNX Runtime and nothing else."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.models.onnx_running import graph_facts, run_columns

Vector = NDArray[np.float64]


def raw_column(values: pl.Series) -> NDArray[Any]:
    """Return (rows,) a raw column as the graphs take it.

    Numbers become float64, NaN where unknown, booleans 0 and 1; a text stays one, "" where it is
    null.
    """
    if values.dtype == pl.String:
        return values.fill_null("").to_numpy().astype(object)
    found: NDArray[Any] = values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return found


def graph_answers(graph: bytes, frame: pl.DataFrame) -> Vector:
    """Return (n rows,) the answers of a tabular graph for raw rows, in the unit of the target."""
    columns = {name: raw_column(frame[name]) for name in graph_facts(graph)["columns"]}
    return run_columns(graph, columns)
