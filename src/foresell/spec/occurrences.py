"""The days on which an event falls."""

from datetime import date, timedelta

from foresell.spec.calendar import Event, Nth, check_days, easter_sunday
from foresell.spec.holiday_names import holiday_dates

_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def _nth_weekday(rule: Nth, year: int) -> list[date]:
    """Return the nth weekday of the month, or nothing where the month has no such day."""
    first = date(year, rule.month, 1)
    after = date(year + rule.month // 12, rule.month % 12 + 1, 1)
    month = [first + timedelta(days=i) for i in range((after - first).days)]
    days = [day for day in month if day.weekday() == _WEEKDAYS.index(rule.weekday)]
    place = rule.nth - 1 if rule.nth > 0 else len(days) + rule.nth
    return [days[place]] if 0 <= place < len(days) else []


def _fixed_day(event: Event, year: int) -> list[date]:
    """Return the fixed month and day in ``year``; 29 February exists in leap years only."""
    check_days([event])
    month, day = (int(part) for part in str(event.day).split("-"))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return [] if (month, day) == (2, 29) and not leap else [date(year, month, day)]


def occurrences(event: Event, first: date, last: date) -> tuple[date, ...]:
    """Return the days on which ``event`` falls from ``first`` to ``last``, in order, both included.

    An unknown country, subdivision, holiday or day is a SpecError that names the nearest known one.

    >>> occurrences(Event(name="easter", easter=0), date(2010, 1, 1), date(2011, 12, 31))
    (datetime.date(2010, 4, 4), datetime.date(2011, 4, 24))
    """
    years = range(first.year, last.year + 1)
    if event.holiday is not None:
        days = holiday_dates(event, years)
    elif event.easter is not None:
        shift = timedelta(days=event.easter)
        days = [easter_sunday(year) + shift for year in range(first.year - 1, last.year + 2)]
    elif event.nth is not None:
        days = [day for year in years for day in _nth_weekday(event.nth, year)]
    elif event.day is not None:
        days = [day for year in years for day in _fixed_day(event, year)]
    else:
        days = list(event.dates)
    return tuple(sorted({day for day in days if first <= day <= last}))
