"""Events of a panel: the periods they fall in, and what they do to the level of all series."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtrit

from foresell.eda.grid import Numbers
from foresell.spec.calendar import step
from foresell.spec.occurrences import occurrences
from foresell.spec.project import ProjectSpec

_AROUND = (-1, 0, 1)
_FEAST = timedelta(days=7)  # days of one event so near to each other are one occurrence
_NEAR, _FAR = 2, 5  # quiet weeks are looked for so many weeks before and after an event
_LEAST = 2
_NORMAL = 1.4826  # a normal standard deviation for each median distance
_SCHEMA = {
    "event": pl.String,
    "date": pl.Date,
    "offset": pl.Int64,
    "n": pl.Int64,
    "quiet": pl.Int64,
    "ratio": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def event_periods(
    project: ProjectSpec, first: date, last: date
) -> tuple[dict[date, list[str]], dict[str, list[date]]]:
    """Return the events by the period that holds a day of them, and by event where each begins.

    ``first`` and ``last``: periods; a week is named by its last day. Events without a day between
    them are in neither.
    """
    every = step(project.frequency)
    inside: dict[date, list[str]] = {}
    begins: dict[str, list[date]] = {}
    for event in project.events:
        previous = date.min
        for day in occurrences(event, first - every + timedelta(days=1), last):
            period = first - ((first - day) // every) * every
            names = inside.setdefault(period, [])
            names += [event.name] if event.name not in names else []
            if day - previous > _FEAST:
                begins.setdefault(event.name, []).append(period)
            previous = day
    return inside, begins


@dataclass(frozen=True, kw_only=True)
class _Levels:
    """The level of every period, (n periods,), which ones are quiet, and a week in periods."""

    level: Numbers
    quiet: NDArray[np.bool_]
    week: int

    def against(self, at: int) -> tuple[float | None, int]:
        """Return the level of a period over that of quiet ones near it, and how many these are.

        Quiet periods 2 to 5 weeks before and after, of the same weekday; the mean of both sides
        where both have one, so that a rising season is on neither side. None of fewer than two.
        """
        if not 0 <= at < len(self.level) or not np.isfinite(self.level[at]):
            return None, 0
        sides, count = [], 0
        for sign in (-1, 1):
            places = at + sign * self.week * np.arange(_NEAR, _FAR + 1)
            places = places[(places >= 0) & (places < len(self.level))]
            own = self.level[places[self.quiet[places]]]
            count += len(own)
            sides += [float(own.mean())] if len(own) else []
        beside = float(np.mean(sides)) if count >= _LEAST else 0.0
        return (float(self.level[at]) / beside if beside > 0 else None), count


def event_effects(
    totals: pl.DataFrame, begins: Mapping[str, Sequence[date]], project: ProjectSpec
) -> pl.DataFrame:
    """Return the table ``event_effects`` from the table ``totals``.

    ``begins``: the periods in which each event begins. The declared holiday is one more event. A
    period is quiet that neither holds an event or a holiday nor lies beside one. The interval comes
    from how far quiet periods usually (half of them) are off those near them, as normal ones would
    be: the few that are loud and not declared, such as the weeks before Christmas, do not widen it.
    Pooled it is narrower by the root of their number, and as wide as the occurrences differ at
    least. What has fewer than two quiet periods near it is left out.
    """
    dates = {day: at for at, day in enumerate(totals["date"].to_list())}
    weight = project.holiday_weight
    happened = {name: [dates[day] for day in days if day in dates] for name, days in begins.items()}
    if weight is not None:
        happened[weight.column] = totals["holiday"].fill_null(value=False).arg_true().to_list()
    levels = _quieten(totals, project)
    usual = [ratio for at in np.flatnonzero(levels.quiet) if (ratio := levels.against(int(at))[0])]
    spread = (
        _NORMAL * float(np.median(np.abs(np.array(usual) - 1))) if len(usual) > _LEAST else None
    )
    wide = float(stdtrit(max(len(usual) - 1, 1), 0.975))
    found = [
        row
        for name, places in happened.items()
        for offset in _AROUND
        for row in _effects(
            levels, name, places, offset, None if spread is None else (spread, wide)
        )
    ]
    days = totals["date"].to_list()
    return pl.DataFrame(
        [(name, None if at is None else days[at], *rest) for name, at, *rest in found],
        orient="row",
        schema=_SCHEMA,
    )


def _quieten(totals: pl.DataFrame, project: ProjectSpec) -> _Levels:
    """Return the levels of all periods and which are quiet."""
    loud = (totals["events"] != "") | totals["holiday"].fill_null(value=False)
    marked = loud.to_numpy()
    beside = marked | np.append(marked[1:], [False]) | np.insert(marked[:-1], 0, False)
    level = totals["level"].fill_null(np.nan).to_numpy()
    return _Levels(
        level=level,
        quiet=~beside & np.isfinite(level),
        week=7 if project.frequency == "D" else 1,
    )


def _effects(
    levels: _Levels,
    name: str,
    places: Sequence[int],
    offset: int,
    usual: tuple[float, float] | None,
) -> Iterator[tuple[str, int | None, int, int, int, float | None, float | None, float | None]]:
    """Yield an event's pooled effect at one offset, then that of each occurrence."""
    told = [(at, *levels.against(at + offset)) for at in places]
    ratios = np.array([ratio for _, ratio, _ in told if ratio is not None])
    if not len(ratios):
        return
    mean = float(ratios.mean())
    own = float(ratios.std(ddof=1)) if len(ratios) > 1 else 0.0
    quiet = sum(count for _, ratio, count in told if ratio is not None)
    if usual is None:
        yield name, None, offset, len(ratios), quiet, mean, None, None
    else:
        half = usual[1] * max(usual[0], own) / float(np.sqrt(len(ratios)))
        yield name, None, offset, len(ratios), quiet, mean, *_interval(mean, half)
    for at, ratio, count in told:
        if ratio is not None:
            ends = (None, None) if usual is None else _interval(ratio, usual[0] * usual[1])
            yield name, at, offset, 1, count, ratio, *ends


def _interval(ratio: float, half: float) -> tuple[float, float]:
    """Return both ends; the lower one is below 0 only where the ratio is."""
    return (ratio - half if ratio < 0 else max(ratio - half, 0.0)), ratio + half
