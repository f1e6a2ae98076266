"""The months of a segment on a completed calendar, and which of them cannot be used.

- Order data (a tabular project): a month without rows sold nothing, which is a zero and told.
- Daily and weekly panels: what has no rows is unknown. A weekly value is spread evenly over the
  seven days that end on its date, for a month holds four weeks or five by where their dates fall,
  and that is no swing of sales.
- Months that the data does not cover whole, at its two ends, are left out.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from foresell.risks.segment import Gathered
from foresell.spec.project import ProjectSpec

_QUIET = 7  # days at an edge of order data without any order that do not make a month partial
_LEADING = 12  # months before a segment's first row, from which on they are no zeros of its own
_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Month:
    """One month of a segment.

    ``value``: the target's sum, in its unit. ``dated``: the sum of the rows whose date lies in the
    month, which is ``value`` but for weekly data. ``rows``: so many of them. ``covered``: days of
    the month that the data is known to speak of, of ``days``. ``reason``: why it is left out, "" if
    it is not.
    """

    start: date
    value: float
    dated: float
    rows: int
    covered: int
    days: int
    reason: str = ""

    @property
    def label(self) -> str:
        """The month as text, such as 2004-11."""
        return f"{self.start:%Y-%m}"


@dataclass(frozen=True, kw_only=True)
class Series:
    """The months of a segment, ascending and without gaps; and those that were left out.

    ``counted``: what a month without rows is, and how a week is shared among months, in words.
    """

    months: tuple[Month, ...]
    left_out: tuple[Month, ...]
    counted: str

    @property
    def values(self) -> tuple[float, ...]:
        """The sums, one a month."""
        return tuple(month.value for month in self.months)

    @property
    def labels(self) -> tuple[str, ...]:
        """The months as text."""
        return tuple(month.label for month in self.months)


def month_start(day: date) -> date:
    """Return the first day of the month of ``day``."""
    return day.replace(day=1)


def add_months(start: date, count: int) -> date:
    """Return the first day of the month ``count`` months after ``start``.

    >>> add_months(date(2004, 11, 1), 3)
    datetime.date(2005, 2, 1)
    """
    place = start.year * 12 + start.month - 1 + count
    return date(place // 12, place % 12 + 1, 1)


def monthly(gathered: Gathered, project: ProjectSpec) -> Series:
    """Return the months of a segment; empty where it has no rows with a date and a target."""
    weekly = project.kind == "panel" and project.frequency != "D"
    if gathered.by_date.is_empty() or gathered.first is None or gathered.last is None:
        return Series(months=(), left_out=(), counted=_counted(project))
    whole = (gathered.first - timedelta(days=_WEEK - 1 if weekly else 0), gathered.last)
    days = dict(gathered.by_date.select("date", "value").iter_rows())
    rows = dict(gathered.by_date.select("date", "rows").iter_rows())
    shares = [share for day, value in days.items() for share in _shares(day, value, weekly)]
    months = [
        _month(start, shares, days, rows)
        for start in _starts(*(whole if project.kind == "tabular" else _span(shares)))
    ]
    cut = _cut_orders(months, whole) if project.kind == "tabular" else _cut_panel(months, whole)
    return Series(
        months=tuple(month for month in cut if not month.reason),
        left_out=tuple(month for month in cut if month.reason),
        counted=_counted(project),
    )


def _counted(project: ProjectSpec) -> str:
    """Return in words how rows become months."""
    if project.kind == "tabular":
        return "a month without rows sold nothing: 0"
    if project.frequency == "D":
        return "a month is the sum of its days; what has no rows is unknown, not 0"
    return (
        "a weekly value is spread evenly over the seven days that end on its date; "
        "what has no rows is unknown, not 0"
    )


def _shares(day: date, value: float, weekly: bool) -> Iterator[tuple[date, float, int]]:  # noqa: FBT001 - private
    """Yield month, value and days of what was sold in the period that ends on ``day``."""
    if not weekly:
        yield month_start(day), value, 1
        return
    within = min(day.day, _WEEK)
    yield month_start(day), value * within / _WEEK, within
    if within < _WEEK:
        yield add_months(month_start(day), -1), value * (_WEEK - within) / _WEEK, _WEEK - within


def _span(shares: Sequence[tuple[date, float, int]]) -> tuple[date, date]:
    """Return the first and the last month that has a share."""
    starts = [start for start, *_ in shares]
    return min(starts), max(starts)


def _starts(first: date, last: date) -> Iterator[date]:
    """Yield every month from that of ``first`` to that of ``last``."""
    start = month_start(first)
    while start <= last:
        yield start
        start = add_months(start, 1)


def _month(
    start: date,
    shares: Sequence[tuple[date, float, int]],
    days: Mapping[date, float],
    rows: Mapping[date, int],
) -> Month:
    """Return one month with what was sold in it."""
    own = [day for day in days if month_start(day) == start]
    return Month(
        start=start,
        value=math.fsum(value for month, value, _ in shares if month == start),
        dated=math.fsum(days[day] for day in own),
        rows=sum(rows[day] for day in own),
        covered=sum(count for month, _, count in shares if month == start),
        days=(add_months(start, 1) - start).days,
    )


def _cut_orders(months: Sequence[Month], whole: tuple[date, date]) -> list[Month]:
    """Mark the partial months at the ends of the data, and those before a segment begins."""
    first, last = whole
    cut = [replace(month, covered=month.days) for month in months]
    if (missing := first.day - 1) > _QUIET:
        cut[0] = replace(
            cut[0],
            covered=cut[0].days - missing,
            reason=f"the data begins on {first}, {missing} days into the month",
        )
    if (missing := (add_months(cut[-1].start, 1) - last).days - 1) > _QUIET:
        cut[-1] = replace(
            cut[-1],
            covered=cut[-1].days - missing,
            reason=f"the data ends on {last}, {missing} days before the month does",
        )
    begun = next(place for place, month in enumerate(cut) if month.rows)
    if begun >= _LEADING:
        reason = f"before the segment's first row, in {cut[begun].label}"
        cut[:begun] = [replace(month, reason=month.reason or reason) for month in cut[:begun]]
    return cut


def _cut_panel(months: Sequence[Month], whole: tuple[date, date]) -> list[Month]:
    """Mark the partial months at the ends, and all before a month without any row."""
    cut = list(months)
    for place in (0, -1):
        month = cut[place]
        if month.covered < month.days:
            whose = "data" if _reaches(month, whole, first=place == 0) else "segment"
            verb = "begins" if place == 0 else "ends"
            reason = f"the {whose} {verb} in it: {month.covered} of {month.days} days"
            cut[place] = replace(month, reason=month.reason or reason)
    empty = [place for place, month in enumerate(cut) if not month.covered]
    if empty:
        reason = f"{cut[empty[-1]].label} has no row, and what was sold before lies apart"
        cut[: empty[-1] + 1] = [
            replace(month, reason=month.reason or reason) for month in cut[: empty[-1] + 1]
        ]
    return cut


def _reaches(month: Month, whole: tuple[date, date], *, first: bool) -> bool:
    """Tell whether the whole project's data begins or ends in ``month``."""
    return month_start(whole[0] if first else whole[1]) == month.start
