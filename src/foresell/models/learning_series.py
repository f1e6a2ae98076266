"""Which series are learnt from: all of them, as a rule; of very many, a draw that says as much.

What a candidate learns, how candidates are weighed and how wide their intervals are rests on some
hundred thousand rows at most, and thousands of series give these. More of them cost time and memory
by every origin and fold, and teach nothing. The answers, and the test, are of every series.
"""

from collections.abc import Callable
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Panel
from foresell.features.pools import Recipe
from foresell.features.season import lead_codes
from foresell.spec.project import ProjectSpec

CELLS = 4_000_000  # series x periods that are learnt from
HELD_OUT = 800_000  # rows of all folds
FEWEST = 1_000  # series that are learnt from in any case
GROUPS = 50  # that must fit for groups to be drawn whole


def most_series(panel: Panel, project: ProjectSpec) -> int:
    """Return how many series are learnt from at most: what `CELLS` and `HELD_OUT` allow."""
    held_out = project.horizon * max(len(project.split.validation), 1)
    return max(FEWEST, min(CELLS // len(panel.dates), HELD_OUT // held_out))


def learning_rows(
    panel: Panel, project: ProjectSpec, recipe: Recipe, few: int | None = None
) -> NDArray[np.intp]:
    """Return the positions, rising, of the series that are learnt from; at most `most_series`.

    ``few``: how many to draw where not all are learnt from, by default as many as may be.

    Drawn by the project's seed. The groups that share a season (the recipe's leading pool) are
    drawn whole, so that what a series has from its group is what it has among all series; where
    groups are so large that fewer than `GROUPS` of them would do, series are drawn one by one, and
    a group is known by its share of them.
    """
    if panel.n_series <= (most := most_series(panel, project)):
        return np.arange(panel.n_series)
    most = min(most, few or most)
    codes = lead_codes(panel, recipe)
    sizes = np.bincount(codes)
    draw = np.random.default_rng([project.seed, panel.n_series])
    if sizes.max() * GROUPS > most:
        return np.sort(draw.permutation(panel.n_series)[:most])
    order = draw.permutation(len(sizes))
    kept = order[np.cumsum(sizes[order]) <= most]
    return np.flatnonzero(np.isin(codes, kept))


def learning_frames(
    frames: Callable[[int], pl.DataFrame], rows: NDArray[np.intp], n_series: int
) -> Callable[[int], pl.DataFrame]:
    """Return the reader of direct frames of the series at ``rows``, of ``n_series``, by origin.

    A frame of all series is cut down to them, one of them alone is left as it is.
    """
    if len(rows) == n_series:
        return frames

    def read(origin: int) -> pl.DataFrame:
        frame = frames(origin)
        steps = cast("int", frame["step"].max())
        if frame.height != steps * n_series:
            return frame
        return frame[(rows[:, None] * steps + np.arange(steps)).ravel()]

    return read
