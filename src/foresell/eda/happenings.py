"""Events of a panel: the periods they fall in, and what they do to the level of all series."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.eda.chance import adjusted, spread_of, tail
from foresell.eda.grid import Numbers
from foresell.spec.calendar import step
from foresell.spec.occurrences import occurrences
from foresell.spec.project import ProjectSpec

_AROUND = (-1, 0, 1)
_FEAST = timedelta(days=7)  # days of one event so near to each other are one occurrence
_NEAR, _FAR = 2, 5  # quiet weeks are looked for so many weeks before and after an event
_LEAST = 2
_YEAR = 52  # weeks
_SCHEMA = {
    "event": pl.String,
    "date": pl.Date,
    "offset": pl.Int64,
    "n": pl.Int64,
    "quiet": pl.Int64,
    "ratio": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "chance": pl.Float64,
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
    period is quiet that neither holds an event or a holiday nor lies beside one. The interval is as
    wide as 19 of 20 quiet periods are off those near them: what does nothing is outside of it once
    in twenty times at most. The years of an event are one season, so their mean is held against
    single quiet periods. ``chance``: how likely a mean is as far off by chance in any of the rows
    that pool one, quiet periods being normal with the spread they have. Fewer than 19 quiet
    periods have neither. What has fewer than two quiet periods near it is left out.
    """
    days = totals["date"].to_list()
    dates = {day: at for at, day in enumerate(days)}
    weight = project.holiday_weight
    happened = {name: [dates[day] for day in days if day in dates] for name, days in begins.items()}
    if weight is not None:
        happened[weight.column] = totals["holiday"].fill_null(value=False).arg_true().to_list()
    levels = _quieten(totals, project)
    quiet = _quiet_ratios(levels)
    found = [
        row
        for name, places in happened.items()
        for offset in _AROUND
        for row in _effects(levels, name, places, offset, quiet.spread)
    ]
    chances = adjusted([quiet.chance(row[5]) if row[1] is None else None for row in found])
    return pl.DataFrame(
        [
            (name, None if at is None else days[at], *rest, chance)
            for (name, at, *rest), chance in zip(found, chances, strict=True)
        ],
        orient="row",
        schema=_SCHEMA,
    )


@dataclass(frozen=True, kw_only=True)
class _Quiet:
    """How far quiet periods are off those near them: 19 of 20, and their standard deviation.

    ``seasons``: places of the season among them. None of too few.
    """

    spread: float | None
    deviation: float
    seasons: int

    def chance(self, ratio: float) -> float | None:
        """Return how likely a period like these is as far off as ``ratio``."""
        if self.spread is None:
            return None
        if self.deviation == 0:
            return float(ratio == 1)
        return tail((ratio - 1) / self.deviation, self.seasons - 1)


def _quiet_ratios(levels: _Levels) -> _Quiet:
    """Return how far every quiet period is off the others near it.

    The same week of two years counts once in the degrees of freedom.
    """
    told = [
        (ratio, int(at) % (_YEAR * levels.week))
        for at in np.flatnonzero(levels.quiet)
        if (ratio := levels.against(int(at))[0]) is not None
    ]
    off = np.array([ratio - 1 for ratio, _ in told])
    return _Quiet(
        spread=spread_of(np.abs(off)),
        deviation=float(np.sqrt((off * off).mean())) if len(off) else 0.0,
        seasons=len({place for _, place in told}),
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
    levels: _Levels, name: str, places: Sequence[int], offset: int, spread: float | None
) -> Iterator[tuple[str, int | None, int, int, int, float, float | None, float | None]]:
    """Yield an event's pooled effect at one offset, then that of each occurrence."""
    told = [(at, *levels.against(at + offset)) for at in places]
    ratios = [ratio for _, ratio, _ in told if ratio is not None]
    if not ratios:
        return
    mean = float(np.mean(ratios))
    quiet = sum(count for _, ratio, count in told if ratio is not None)
    yield name, None, offset, len(ratios), quiet, mean, *_interval(mean, spread)
    for at, ratio, count in told:
        if ratio is not None:
            yield name, at, offset, 1, count, ratio, *_interval(ratio, spread)


def _interval(ratio: float, half: float | None) -> tuple[float | None, float | None]:
    """Return both ends; the lower one is below 0 only where the ratio is."""
    if half is None:
        return None, None
    return (ratio - half if ratio < 0 else max(ratio - half, 0.0)), ratio + half
