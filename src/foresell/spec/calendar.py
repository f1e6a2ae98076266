"""Time as a project declares it: the step between periods and the events people buy for."""

from datetime import date, timedelta
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError

STRICT = ConfigDict(extra="forbid")

Weekday = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
Frequency = Literal["D", "W-MON", "W-TUE", "W-WED", "W-THU", "W-FRI", "W-SAT", "W-SUN"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Nth:
    """The ``nth`` given weekday of a month; -1 is the last one."""

    month: int
    weekday: Weekday
    nth: int


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Event:
    """A day that moves sales, found by exactly one of five rules.

    ``holiday`` is a name in the ``holidays`` library for ``country``; ``easter`` an offset in days
    from Western Easter Sunday; ``nth`` a weekday of a month; ``day`` a fixed ``MM-DD``; ``dates``
    a list of ISO dates.
    """

    name: str
    country: str = "US"
    holiday: str | None = None
    easter: int | None = None
    nth: Nth | None = None
    day: str | None = None
    dates: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an event with no rule or with two.

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
