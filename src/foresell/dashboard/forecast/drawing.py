"""The charts of the explorer, and the very numbers that they draw, as files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO

import numpy as np
import polars as pl

from foresell.charts.explored import explored, overlaid
from foresell.dashboard.forecast.asked import Asked
from foresell.dashboard.forecast.beside import Beside
from foresell.dashboard.forecast.indexed import Index
from foresell.dashboard.forecast.subjects import Subject, lines_of, usual_span
from foresell.dashboard.forecast.telling import (
    Numbers,
    noun_of,
    numbers_of,
    says_of,
    short_note,
    title_of,
)
from foresell.dashboard.page import Figure, Spec
from foresell.features.calendar import event_grids, period_dates
from foresell.report.wording import count
from foresell.report.wording import name as words

_LARGE, _SMALL = (1040, 420), (340, 196)


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """A subject with its lines: ``whole`` of all periods, ``shown`` of the window."""

    subject: Subject
    whole: pl.DataFrame
    shown: pl.DataFrame
    numbers: Numbers


def window(index: Index, asked: Asked) -> tuple[int, int]:
    """Return the periods that are shown: those asked for, within those there are."""
    first, after = usual_span(index)
    if asked.first is not None:
        first = -(-(asked.first.toordinal() - index.grid.first.toordinal()) // index.grid.every)
    if asked.last is not None:
        after = index.grid.period(asked.last) + 1
    first, after = max(0, first), min(after, index.end)
    return first, max(first, after)


def drawn(
    index: Index, beside: Beside, subjects: Sequence[Subject], span: tuple[int, int]
) -> list[Drawn]:
    """Return the lines and the numbers of each subject."""
    made = []
    for subject in subjects:
        whole = lines_of(index, beside, subject, (0, index.end))
        shown = whole.slice(span[0], span[1] - span[0])
        numbers = numbers_of(index, beside, subject, whole)
        made.append(Drawn(subject=subject, whole=whole, shown=shown, numbers=numbers))
    return made


def events_of(index: Index) -> pl.DataFrame:
    """Return ``date``, ``name``: the periods that the declared events fall in, in order.

    A SpecError where an event is no longer known.
    """
    dates = period_dates([index.grid.first], index.spec.frequency, index.end)
    marks = [
        {"date": dates[place], "name": words(grid.name)}
        for grid in event_grids(index.spec, dates[0], len(dates))
        for place in np.flatnonzero(grid.inside)
    ]
    return pl.DataFrame(marks, schema={"date": pl.Date, "name": pl.String}).sort("date", "name")


def figures_of(
    index: Index,
    beside: Beside,
    made: Sequence[Drawn],
    asked: Asked,
    events: pl.DataFrame | None,
) -> Mapping[str, Figure]:
    """Return the charts of a view by name, in order."""
    if asked.view == "sum":
        return {"forecast": _one(index, beside, made[0], events)} if made else {}
    if asked.view == "one":
        return {"together": _together(index, made)} if made else {}
    return {
        f"small-{at}": _small(index, beside, one, events, f"small-{at}")
        for at, one in enumerate(made, start=1)
    }


def _one(index: Index, beside: Beside, made: Drawn, events: pl.DataFrame | None) -> Figure:
    """Return the large chart of one subject."""
    return Figure(
        name="forecast",
        title=title_of(index, made.numbers),
        note=f"Point at a {noun_of(index)} to read its numbers.",
        says=says_of(index, made.subject, made.shown, made.numbers),
        draw=lambda width: explored(made.shown, events, baseline=beside.baseline, width=width),
        size=_LARGE,
    )


def _small(
    index: Index, beside: Beside, made: Drawn, events: pl.DataFrame | None, name: str
) -> Figure:
    """Return one chart of several side by side."""
    return Figure(
        name=name,
        title=made.subject.label,
        note=short_note(made.numbers),
        says=says_of(index, made.subject, made.shown, made.numbers),
        draw=partial(_draw_small, made.shown, events, beside.baseline),
        size=_SMALL,
    )


def _draw_small(
    lines: pl.DataFrame, events: pl.DataFrame | None, baseline: str, width: int
) -> Spec:
    """Return the spec of a small chart."""
    return explored(lines, events, baseline=baseline, width=width, small=True)


def _together(index: Index, made: Sequence[Drawn]) -> Figure:
    """Return all subjects in one chart."""
    lines = [(one.subject.label, one.shown) for one in made]
    return Figure(
        name="together",
        title=f"{count(len(made), 'series')} on one scale: solid what was, broken the forecast.",
        note=f"Point at a {noun_of(index)} to read all. Bands are left out: they hide each other.",
        says=" ".join(says_of(index, one.subject, one.shown, one.numbers) for one in made),
        draw=lambda width: overlaid(lines, width=width),
        size=_LARGE,
    )


def table_of(beside: Beside, made: Sequence[Drawn], version: int) -> pl.DataFrame:
    """Return exactly what is drawn, a row per subject and period.

    ``version``, what tells subjects apart, ``date``, ``part``, ``actual``, ``prediction``, edges of
    the bands, ``baseline_NAME``; null where nothing is known.
    """
    frames = [
        one.shown.rename({"y": "actual"}).select(
            pl.lit(version).alias("version"),
            *(pl.lit(value).alias(column) for column, value in one.subject.named.items()),
            *(pl.col(column) for column in one.shown.rename({"y": "actual"}).columns),
        )
        for one in made
    ]
    if not frames:
        return pl.DataFrame()
    whole = pl.concat(frames, how="diagonal_relaxed")
    if not beside.baseline:
        return whole.drop("baseline")
    return whole.rename({"baseline": f"baseline_{beside.baseline}"})


def parquet(frame: pl.DataFrame) -> bytes:
    """Return a table as Parquet."""
    held = BytesIO()
    frame.write_parquet(held)
    return held.getvalue()
