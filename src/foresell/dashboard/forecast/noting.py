"""What has to be said beside a view: what its marks mean, what is left out, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from foresell.charts.pointed import FUTURE
from foresell.dashboard.forecast.asked import Asked
from foresell.dashboard.forecast.beside import Beside
from foresell.dashboard.forecast.blocks import Rows
from foresell.dashboard.forecast.drawing import Drawn
from foresell.dashboard.forecast.indexed import Index
from foresell.dashboard.forecast.listing import Listing
from foresell.dashboard.forecast.matching import selected
from foresell.dashboard.forecast.subjects import Subject, counted_cells
from foresell.dashboard.forecast.telling import noun_of
from foresell.report.wording import column
from foresell.spec.forecast import COMBINED, CONFORMAL, ENSEMBLE, RESIDUAL

_ALONE = "alone"  # a sum of a single row
_WAYS = {  # how the band of a sum came about, by its `interval_method`: see docs/hierarchy.md
    CONFORMAL: "the level's own, learnt from how its sums missed before",
    RESIDUAL: "the level's own, learnt from few misses: that of 95 % is that of 80 % made wider",
    ENSEMBLE: "a guess, a quarter of the sum wide, for no sum was held out",
    COMBINED: "put together from the level's own and those of its series, for some of these are "
    "not forecast then, or were not seen for a year",
    _ALONE: "that of the one series forecast then",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Looked:
    """What a visit looks at: series of a version, what stands beside them, and what is drawn.

    ``matched``: the series that the search and the filters leave; ``on_page``: those of the page of
    the list, in its order; ``made``: what is drawn, of how many it could be ``of``.
    """

    index: Index
    asked: Asked
    beside: Beside
    matched: Rows
    on_page: Rows
    listing: Listing
    made: Sequence[Drawn]
    of: int


def key_of(looked: Looked) -> Mapping[str, str]:
    """Return what the marks mean that are drawn somewhere, by mark."""
    if looked.asked.view == "one" or not looked.made:
        return {}
    lines = pl.concat([one.shown for one in looked.made])
    told = {"line": "actual"} if lines["y"].count() else {}
    if lines["prediction"].count():
        told["accent"] = "forecast"
    if lines["q0.1"].count():
        told["band"] = "bands of 80 % and, paler, 95 %"
    if looked.beside.baseline and lines["baseline"].count():
        told["base"] = f"baseline of the test: {looked.beside.baseline}"
    if lines.filter((pl.col("part") == FUTURE) & pl.col("y").is_not_null()).height:
        told["dot"] = "came true since"
    return told


def notes_of(looked: Looked) -> Sequence[str]:
    """Return what has to be said of what is drawn."""
    asked, made, index = looked.asked, looked.made, looked.index
    notes = []
    if len(made) < looked.of:
        what = "sums" if asked.view == "level" else "series"
        order = "the first by name" if asked.series else "those listed first below"
        order = "the largest" if asked.view == "level" else order
        notes.append(f"{len(made)} of {looked.of:,} {what} are drawn: {order}.")
    if asked.view in {"each", "level"}:
        notes.append("Each chart has a scale of its own.")
    if asked.view == "level" and not _whole(looked):
        notes.append("Each is the sum of all its series, also of those that are not chosen.")
    nodes = [one.subject.sums for one in made if one.subject.kind == "node"]
    if any(one.subject.kind == "sum" for one in made):
        notes.append(_no_band(index))
    if any(one is None for one in nodes):
        notes.append("The bands of this level are not at hand for this version: none is drawn.")
    if sums := [one for one in nodes if one is not None]:
        notes.append(_banded(sums))
    return [*notes, *_counted(index, [one.subject for one in made])]


def _whole(looked: Looked) -> bool:
    """Tell whether all series that are summed are among those that are chosen or left."""
    chosen = selected(looked.index, looked.asked, looked.matched)
    return all(np.isin(one.subject.rows, chosen).all() for one in looked.made)


def _banded(nodes: Sequence[pl.DataFrame]) -> str:
    """Return how the bands of the sums of ``nodes`` came about, the way of most of them first."""
    sums = pl.concat(nodes, how="diagonal_relaxed")
    alone = pl.when(pl.col("rows") == 1).then(pl.lit(_ALONE)).otherwise(pl.col("interval_method"))
    ways = (
        sums.select(way=alone).group_by("way").len("n").sort("n", "way", descending=[True, False])
    )
    (most, _), *others = ways.rows()
    told = [f"{'The' if len(nodes) == 1 else 'Each'} band is {_WAYS.get(most, most)}"]
    told += [
        f"of {n:,} of the {sums.height:,} sums it is {_WAYS.get(way, way)}" for way, n in others
    ]
    return f"{'; '.join(told)}. It is no sum of bands: these do not add up."


def _counted(index: Index, subjects: Sequence[Subject]) -> Sequence[str]:
    """Return which rows that were forecast of ``subjects`` a sum counts, where it is not all."""
    said = index.published.columns["prediction"]
    every = sum(int(np.isfinite(said[one.rows]).sum()) for one in subjects)
    counted = sum(int(counted_cells(index, one).sum()) for one in subjects)
    if not 0 < counted < every:
        return []
    return [
        f"A sum of forecasts counts the {counted:,} {'row' if counted == 1 else 'rows'} that the "
        f"source asked for, of {every:,} that were forecast."
    ]


def _no_band(index: Index) -> str:
    """Return why a plain sum has no band, and where there is one."""
    levels = index.spec.hierarchy.levels if index.spec.hierarchy is not None else ()
    told = [" and ".join(column(name) for name in columns) for columns in levels if columns]
    plain = (
        "A sum of some series has no honest band: how far they miss together does not follow from "
        "how far each does."
    )
    if not levels:
        return f"{plain} This project declares no levels, whose sums would have one."
    whole = [*(f"one whole {one}" for one in told), *(["all series"] if () in levels else [])]
    return f"{plain} Sums that have one: {' or '.join(whole)}."


def series_table(looked: Looked) -> pl.DataFrame:
    """Return all series that match with the numbers of the list, by key; null for none."""
    index, rows = looked.index, looked.matched
    m, noun = index.measured, noun_of(index)
    numbers = {
        f"mean_a_{noun}_last_year": m.size,
        "forecast": m.ahead,
        "against_the_year_before": m.change,
        "test_wape": m.error,
        "test_coverage_80": m.held,
        f"{noun}s_observed": m.seen,
    }
    table = index.described[rows].with_columns(
        pl.Series(name, values[rows]).fill_nan(None) for name, values in numbers.items()
    )
    return table.with_columns(pl.col(f"{noun}s_observed").cast(pl.Int64))
