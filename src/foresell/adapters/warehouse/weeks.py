"""Whether weeks are those that a frequency has: on its day, none missing, none to come."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from foresell.adapters.warehouse.asking import EXAMPLES
from foresell.adapters.warehouse.findings import found, passed
from foresell.errors import counted
from foresell.spec.calendar import Frequency, anchor_weekday, step
from foresell.spec.warehouse import Check

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def week_list(rows: Sequence[Mapping[str, Any]]) -> list[date]:
    """Return the dates of what a query answered of each week."""
    return [row["week_date"] for row in rows]


def off_weekday(name: str, weeks: Sequence[date], frequency: Frequency) -> Check:
    """Return the check that every date is on the day that ``frequency`` names.

    >>> off_weekday("weekday", [date(2012, 2, 3), date(2012, 2, 4)], "W-FRI").says
    '1 date is no Friday, the day of W-FRI'
    """
    anchor = anchor_weekday(frequency)
    off = [week for week in weeks if anchor is not None and week.isoweekday() != anchor]
    if anchor is None or not off:
        return passed(name, f"every date is one of {frequency}")
    verb, day = "is" if len(off) == 1 else "are", _DAYS[anchor - 1]
    says = f"{counted(len(off), 'date')} {verb} no {day}, the day of {frequency}"
    return found(name, "failed", says, len(off), _dates(off))


def missing_weeks(name: str, weeks: Sequence[date], frequency: Frequency) -> Check:
    """Return the check that no date between the first and the last of ``weeks`` is missing.

    Of days, one that is missing may have been closed: it is only noted; and a weekday on which
    nothing was ever sold is not missing at all.

    >>> missing_weeks("continuity", [date(2012, 2, 3), date(2012, 2, 17)], "W-FRI").examples
    ({'week_date': '2012-02-10'},)
    """
    if not weeks:
        return passed(name, "there are no weeks")
    first, last, days = min(weeks), max(weeks), step(frequency).days
    there = {week.toordinal() for week in weeks}
    weekdays = {week.isoweekday() for week in weeks}
    wanted = range(first.toordinal(), last.toordinal() + 1, days)
    lacking = [date.fromordinal(ordinal) for ordinal in wanted if ordinal not in there]
    lacking = [day for day in lacking if day.isoweekday() in weekdays]
    if not lacking:
        return passed(name, f"no date is missing from {first} to {last}")
    says = f"{counted(len(lacking), 'date')} without any row, from {first} to {last}"
    if frequency == "D":
        return found(name, "noted", f"{says}: closed, or lost", len(lacking), _dates(lacking))
    return found(name, "failed", says, len(lacking), _dates(lacking))


def after_today(weeks: Sequence[Mapping[str, Any]]) -> Check:
    """Return the check that nothing was sold after ``today``, by the database's clock.

    Today is that of the place on Earth where the day is latest: no time zone refuses a sale.
    """
    late = [week for week in weeks if week["week_date"] > week["today"]]
    if not late:
        return passed("future", "no sale is of a day to come")
    rows = sum(week["rows"] for week in late)
    says = f"{counted(rows, 'row')} of days to come: what is only planned is no sale"
    return found("future", "failed", says, rows, _dates(week_list(late)))


def _dates(weeks: Sequence[date]) -> tuple[dict[str, str], ...]:
    """Return the first few dates as examples."""
    return tuple({"week_date": str(week)} for week in weeks[:EXAMPLES])
