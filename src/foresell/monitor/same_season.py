"""The part of the training rows that current rows are compared with: same season, same series."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from foresell.errors import counted

PERIOD = "__period"  # what a row's period is called: rows of one are not independent
_MARGIN = 14  # days before and after: a feast that moves is in it, and so are enough rows
_WIDER = 28  # days, where there are too few rows or weeks
_LEAST_WEEKS = 3  # of a season: of fewer nobody can tell how weeks differ
_YEAR = 365
_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Both sides, cut to what can be compared.

    ``reference`` and ``current`` (rows,): with the column `PERIOD` where they have a time.
    ``season``: whether the reference is of the same days of the year. ``says``: one sentence on
    what the reference is. ``first`` and ``last`` of each side: days, None without a time.
    ``new_series``: those that the reference never held, with ``new_rows`` current rows, which are
    left out.
    """

    reference: pl.DataFrame
    current: pl.DataFrame
    season: bool
    says: str
    new_series: int = 0
    new_rows: int = 0

    def span(self, time: str | None, *, of_current: bool) -> tuple[date | None, date | None]:
        """Return the first and the last day of one side."""
        rows = self.current if of_current else self.reference
        if time is None or time not in rows.columns or rows.is_empty():
            return None, None
        days = rows[time].drop_nulls()
        return (days.min(), days.max()) if days.len() else (None, None)  # type: ignore[return-value]


def compared(
    reference: pl.DataFrame,
    current: pl.DataFrame,
    *,
    time: str | None,
    keys: Sequence[str],
    least: int,
    daily: bool = False,
) -> Compared:
    """Return the rows of ``reference`` that ``current`` is to be compared with.

    ``time``: the column with the days, None where rows have none; then all of ``reference`` is
    taken. So it is where only ``current`` has none: its rows then are of the weeks in its column
    `PERIOD`, else of one week together. Otherwise: rows of the same series (``keys``), on days of
    any year within two weeks of those of ``current``, none of its own days, and where rows are
    ``daily`` on its weekdays. Fewer than ``least`` rows, or rows of fewer than three weeks, tell
    too little: then days within four weeks are taken, then all weekdays, then all other days, and
    it is said.

    >>> days = pl.date_range(date(2023, 1, 1), date(2024, 12, 31), eager=True).alias("day")
    >>> rows = days.to_frame().with_columns(units=pl.int_range(pl.len()))
    >>> now = rows.filter(pl.col("day") >= date(2024, 12, 22))
    >>> found = compared(rows, now, time="day", keys=(), least=5)
    >>> found.says
    'training rows of the same season: 2023-01-01 to 2024-12-21, days within 14 of 22 Dec to 31 Dec'
    """
    known, fresh = _known_series(reference, current, keys)
    series = _series_of(reference, known, keys)
    told = {"new_series": _count(fresh, keys), "new_rows": fresh.height}
    if time is None:
        says = "all training rows"
        return Compared(reference=series, current=known, season=False, says=says, **told)
    if time not in current.columns or not current[time].count():
        return _undated(series, known, time, told)
    dated = known.filter(pl.col(time).is_not_null())
    first, last = _ends(dated if dated.height else current, time)
    other = series.filter(~pl.col(time).is_between(first, last))
    season, chosen, says = _seasonal(other, dated, time, least, daily=daily)
    if not season:
        chosen, says = _unseasonal(series, other, chosen.height, least)
    return Compared(
        reference=_with_period(chosen, time),
        current=_with_period(dated, time),
        season=season,
        says=says,
        **told,
    )


def _undated(
    series: pl.DataFrame, current: pl.DataFrame, time: str, told: dict[str, int]
) -> Compared:
    """Return both sides where only the reference has a time, each row with its week."""
    before = _with_period(series, time)
    if PERIOD in current.columns:
        says = "the current rows have no time, and count as of the weeks in which they were asked"
    else:
        says = "the current rows have no time, and count as of one week"
        later = before.select(pl.col(PERIOD).max().dt.offset_by("1w")).row(0)[0]
        current = current.with_columns(pl.lit(later, before.schema[PERIOD]).alias(PERIOD))
    return Compared(
        reference=before,
        current=current,
        season=False,
        says=f"all training rows: {says}",
        **told,
    )


def in_season(rows: pl.DataFrame, current: pl.DataFrame, time: str) -> pl.DataFrame:
    """Return those of ``rows`` on the days of the year of ``current``, of any year, two weeks more.

    Its own days are among them: what was said of them is not what came true.
    """
    return rows.filter(_near(time, *_ends(current, time)))


def _known_series(
    reference: pl.DataFrame, current: pl.DataFrame, keys: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of series that the reference holds, and those of others."""
    if not keys or not set(keys) <= set(current.columns):
        return current, current.clear()
    held = reference.select(keys).unique()
    return (
        current.join(held, on=list(keys), how="semi", maintain_order="left"),
        current.join(held, on=list(keys), how="anti", maintain_order="left"),
    )


def _series_of(reference: pl.DataFrame, current: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Return the rows of the reference whose series the current rows hold."""
    if not keys or not set(keys) <= set(current.columns):
        return reference
    there = current.select(keys).unique()
    return reference.join(there, on=list(keys), how="semi", maintain_order="left")


def _count(rows: pl.DataFrame, keys: Sequence[str]) -> int:
    """Return how many series there are."""
    return rows.select(keys).n_unique() if rows.height and keys else 0


def _ends(rows: pl.DataFrame, time: str) -> tuple[date, date]:
    """Return the first and the last day."""
    first, last = rows.select(pl.col(time).min().alias("a"), pl.col(time).max().alias("b")).row(0)
    return first, last


def _near(time: str, first: date, last: date, margin: int = _MARGIN) -> pl.Expr:
    """Return whether a day is, in its own year, within some days of a window of days."""
    span = (last - first).days + 2 * margin
    if span >= _YEAR:
        return pl.col(time).is_not_null()
    start = first.timetuple().tm_yday - margin
    return (pl.col(time).dt.ordinal_day() - start) % _YEAR <= span


def _seasonal(
    rows: pl.DataFrame, current: pl.DataFrame, time: str, least: int, *, daily: bool
) -> tuple[bool, pl.DataFrame, str]:
    """Return whether there are enough rows of the same season, these, and the sentence on them."""
    if current.is_empty():
        return False, rows.clear(), ""
    window = _ends(current, time)
    weekdays = sorted(set(current[time].dt.weekday().to_list()))
    some = daily and len(weekdays) < _WEEK
    chosen = rows.clear()
    for margin, of_days in [(_MARGIN, some), (_WIDER, some), (_MARGIN, False), (_WIDER, False)]:
        chosen = rows.filter(_near(time, *window, margin))
        if of_days:
            chosen = chosen.filter(pl.col(time).dt.weekday().is_in(weekdays))
        weeks = chosen[time].dt.truncate("1w").n_unique()
        if chosen.height >= least and weeks >= _LEAST_WEEKS:
            first, last = _ends(chosen, time)
            days = " to ".join(f"{day.day} {day:%b}" for day in window)
            around = f"{first} to {last}, days within {margin} of {days}"
            every = ", on all weekdays" if some and not of_days else ""
            return True, chosen, f"training rows of the same season: {around}{every}"
    return False, chosen, ""


def _unseasonal(
    series: pl.DataFrame, other: pl.DataFrame, near: int, least: int
) -> tuple[pl.DataFrame, str]:
    """Return what is taken where too little of the season was seen, and the sentence on it."""
    if other.height >= least:
        few = f"only {near:,} {'is' if near == 1 else 'are'} of the same season"
        if not near:
            few = "none are of the same season"
        elif near >= least:
            few = f"those of the same season ({near:,}) are of too few weeks"
        return other, (
            f"all training rows of other days: {few}, so what is seasonal counts as drift"
        )
    return series, (
        f"all training rows, {counted(series.height, 'row')}: the current rows are among them"
    )


def _with_period(rows: pl.DataFrame, time: str) -> pl.DataFrame:
    """Add the period of each row: the Monday of its week; weeks and months have one each."""
    return rows.with_columns(pl.col(time).dt.truncate("1w").alias(PERIOD))
