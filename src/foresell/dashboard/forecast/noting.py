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
from foresell.dashboard.forecast.subjects import Subject, counted_cells
from foresell.dashboard.forecast.telling import noun_of
from foresell.report.wording import column


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
        order = "the largest" if asked.view == "level" else "those listed first below"
        notes.append(f"{len(made)} of {looked.of:,} {what} are drawn: {order}.")
    if asked.view in {"each", "level"}:
        notes.append("Each chart has a scale of its own.")
    nodes = [one.subject.sums is not None for one in made if one.subject.kind == "node"]
    if any(one.subject.kind == "sum" for one in made):
        notes.append(_no_band(index))
    if not all(nodes):
        notes.append("The bands of this level are not at hand for this version: none is drawn.")
    if any(nodes):
        notes.append("The band is the level's own, learnt from how its sums missed before.")
    return [*notes, *_counted(index, [one.subject for one in made])]


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
    return index.described[rows].with_columns(
        pl.Series(name, values[rows]).fill_nan(None) for name, values in numbers.items()
    )
