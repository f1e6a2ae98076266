"""Time as a project declares it: the step between periods and the events people buy for."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

from pydantic import ConfigDict, StrictInt
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError

STRICT = ConfigDict(extra="forbid")

_MONTHS = 12
_PLACES = (1, 2, 3, 4, 5, -1)
_YEAR = 365

Weekday = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
Frequency = Literal["D", "W-MON", "W-TUE", "W-WED", "W-THU", "W-FRI", "W-SAT", "W-SUN"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Nth:
    """The ``nth`` given weekday of a month; -1 is the last one."""

    month: StrictInt
    weekday: Weekday
    nth: StrictInt

    def __post_init__(self) -> None:
        """Refuse a month that no year has and a place that no month has.

        Raises:
            SpecError: what the sentence above names.
        """
        if not 1 <= self.month <= _MONTHS:
            raise SpecError(f"month is {self.month}", "events, nth.month", "use 1 to 12")
        if self.nth not in _PLACES:
            raise SpecError(
                f"nth is {self.nth}", "events, nth.nth", "use 1 to 5, or -1 for the last one"
            )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Event:
    """A day that moves sales, found by exactly one of five rules.

    ``holiday`` is a name in the ``holidays`` library for ``country`` and its ``subdivision`` (a
    state or province), on its own day or on the one it is ``observed`` on; ``easter`` an offset in
    days from Western Easter Sunday; ``nth`` a weekday of a month; ``day`` a fixed ``MM-DD``;
    ``dates`` a list of ISO dates.
    """

    name: str
    country: str = "US"
    subdivision: str | None = None
    observed: bool = False
    holiday: str | None = None
    easter: StrictInt | None = None
    nth: Nth | None = None
    day: str | None = None
    dates: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an event with no rule or with two, and one nearer to another year's Easter.

        Raises:
            SpecError: what the sentence above names.
        """
        rules = [self.holiday, self.easter, self.nth, self.day, self.dates or None]
        if sum(rule is not None for rule in rules) != 1:
            raise SpecError(
                f"event {self.name!r} has {sum(rule is not None for rule in rules)} rules",
                "events",
                "give exactly one of holiday, easter, nth, day, dates",
            )
        if self.holiday is None and (self.observed or self.subdivision is not None):
            raise SpecError(
                f"event {self.name!r} has a subdivision or an observed day, and no holiday",
                f"events, {self.name}",
                "name the holiday, or take out subdivision and observed",
            )
        if self.easter is not None and abs(self.easter) > _YEAR:
            raise SpecError(
                f"easter is {self.easter}",
                f"events, {self.name}",
                f"use days after Easter Sunday, from -{_YEAR} to {_YEAR}",
            )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PublicHolidays:
    """All public holidays of a ``country`` and its ``subdivision``, each an event of its own.

    ``observed``: on the day they are observed on, where that is another one.
    """

    country: str
    subdivision: str | None = None
    observed: bool = False


def check_days(events: Iterable[Event]) -> None:
    """Refuse events on a fixed day that no year has; 29 February is a day.

    Raises:
        SpecError: a ``day`` is no ``MM-DD``.

    >>> check_days([Event(name="leap", day="02-29")])
    """
    for event in events:
        try:
            if event.day is not None:
                date.fromisoformat(f"2000-{event.day}")
        except ValueError as error:
            raise SpecError(
                f"day {event.day!r} is not a month and a day",
                f"events, {event.name}",
                "write MM-DD, for example 12-25",
            ) from error


def easter_sunday(year: int) -> date:
    """Return Western Easter Sunday of a Gregorian ``year``.

    Source: J. Meeus, *Astronomical Algorithms*, 2nd ed., ch. 8.

    >>> easter_sunday(2011)
    datetime.date(2011, 4, 24)
    """
    century, rest = divmod(year, 100)
    skipped, leap = divmod(century, 4)
    moon = (century + 8) // 25
    golden = year % 19
    epact = (19 * golden + century - skipped - (century - moon + 1) // 3 + 15) % 30
    fours, ones = divmod(rest, 4)
    weekday = (32 + 2 * leap + 2 * fours - epact - ones) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def step(frequency: Frequency) -> timedelta:
    """Return the time between two periods.

    >>> step("W-FRI").days
    7
    """
    return timedelta(days=1 if frequency == "D" else 7)


def anchor_weekday(frequency: Frequency) -> int | None:
    """Return the ISO weekday (1 = Monday) every date must fall on, or None for daily data.

    >>> anchor_weekday("W-FRI")
    5
    """
    days = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
    return None if frequency == "D" else days.index(frequency[2:]) + 1
