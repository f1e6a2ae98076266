"""Matrices of series by step as long frames: one row per series and date."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.spec.forecast import quantile_columns
from foresell.spec.project import ProjectSpec


def long_frame(
    panel: Panel, project: ProjectSpec, cutoff: int, columns: Mapping[str, Matrix]
) -> pl.DataFrame:
    """Return key columns, date, ``cutoff``, ``step`` and one column per matrix, series by series.

    ``columns``: matrices (n series, n steps) of the periods after ``cutoff``. The result has
    n series x n steps rows, in the order of the panel and then of time; ``step`` counts from 1.
    """
    n_steps = next(iter(columns.values())).shape[1]
    dates = list(panel.dates[cutoff + 1 : cutoff + 1 + n_steps])
    rows = np.repeat(np.arange(panel.n_series), n_steps)
    return panel.keys[rows].with_columns(
        pl.Series(project.time, dates * panel.n_series, dtype=pl.Date),
        pl.lit(panel.dates[cutoff]).alias("cutoff"),
        pl.Series("step", np.tile(np.arange(1, n_steps + 1, dtype=np.int32), panel.n_series)),
        *(pl.Series(name, matrix.ravel()) for name, matrix in columns.items()),
    )


def forecast_columns(point: Matrix, quantiles: NDArray[np.float64]) -> Mapping[str, Matrix]:
    """Return ``prediction`` and ``q0.025`` ... ``q0.975`` of (n, steps) and (n, steps, levels)."""
    levels = {name: quantiles[:, :, i] for i, name in enumerate(quantile_columns())}
    return {"prediction": point, **levels}
