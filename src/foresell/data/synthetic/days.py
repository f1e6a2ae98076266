"""Consecutive days, and what every shop has in common on each of them.

Arrays have days first, so that a longer span only appends rows: no number that was drawn before
changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from foresell.data.synthetic.occasions import OCCASIONS, nth_weekday, occasion_days
from foresell.data.synthetic.world import CATEGORIES, Array, Customers, Indices

PAYDAYS = (1, 2, 3, 15, 16, 17)
YEAR = 365.25


@dataclass(frozen=True, kw_only=True)
class Days:
    """Consecutive days: ``count`` of them from ``first``."""

    first: date
    count: int

    @property
    def last(self) -> date:
        """The last day."""
        return self.first + timedelta(days=self.count - 1)

    def dates(self) -> list[date]:
        """Return every day, in time order."""
        return [self.first + timedelta(days=i) for i in range(self.count)]

    def window(self, day: date, first: int, last: int) -> slice:
        """Return the positions from ``first`` to ``last`` days after ``day``, cut to the span."""
        origin = (day - self.first).days
        return slice(max(origin + first, 0), max(min(origin + last + 1, self.count), 0))

    def place(self, part: "Days") -> slice:
        """Return the positions of the days of ``part``, which lies within the span."""
        begin = (part.first - self.first).days
        return slice(begin, begin + part.count)

    def until(self, last: date) -> "Days":
        """Return the days up to ``last``: perhaps none."""
        return Days(first=self.first, count=max(min((last - self.first).days + 1, self.count), 0))

    def longer(self, days: int) -> "Days":
        """Return the span with ``days`` more at its end."""
        return Days(first=self.first, count=self.count + days)

    def months(self) -> Iterator["Days"]:
        """Yield the span in pieces, none of which leaves its month."""
        begin = self.first
        while begin <= self.last:
            turn = (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
            end = min(turn - timedelta(days=1), self.last)
            yield Days(first=begin, count=(end - begin).days + 1)
            begin = turn

    def years(self) -> range:
        """Return the years the span touches."""
        return range(self.first.year, self.last.year + 1)

    def weekdays(self) -> Indices:
        """Return (days,): the weekday of each day, 0 for Monday."""
        return (self.first.weekday() + np.arange(self.count)) % 7

    def years_since(self, first: date) -> Array:
        """Return (days,): years from ``first``, of 365.25 days."""
        begin = (self.first - first).days
        return np.arange(begin, begin + self.count) / YEAR

    def angles(self) -> Array:
        """Return (days,): how far round the year each day is, in radians."""
        return np.array([day.timetuple().tm_yday for day in self.dates()]) * (2 * np.pi / YEAR)


@dataclass(frozen=True, kw_only=True)
class Season:
    """What ``days`` do to the demand for each category and to the visitors of any shop.

    Crowds, gifts, paydays and the growth since the first day; not what belongs to one shop.
    """

    days: Days
    customers: Customers
    visitor_gifts: float
    visitor_payday: float

    @cached_property
    def demand(self) -> Array:
        """(days, categories): the product of all factors."""
        rise, paid = gifts(self.days)[:, None], _paydays(self.days)[:, None]
        years = self.days.years_since(self.days.first)[:, None]
        factors: Array = (
            np.exp(years * np.log1p(self.customers.growth))
            * (1 + rise * np.array([item.gifts for item in CATEGORIES]))
            * (1 + paid * np.array([item.payday for item in CATEGORIES]))
        )
        for name, anchors in occasion_days(self.days.first, self.days.last).items():
            for crowd in OCCASIONS[name].crowds:
                for anchor in anchors:
                    factors[self.days.window(anchor, crowd.first, crowd.last)] *= crowd.factor
        return factors

    @cached_property
    def visitors(self) -> Array:
        """(days,): the product of all factors."""
        factors: Array = (1 + gifts(self.days) * self.visitor_gifts) * (
            1 + _paydays(self.days) * self.visitor_payday
        )
        for name, anchors in occasion_days(self.days.first, self.days.last).items():
            for crowd in OCCASIONS[name].crowds:
                for anchor in anchors:
                    factors[self.days.window(anchor, crowd.first, crowd.last)] *= crowd.visitors
        return factors

    @cached_property
    def waves(self) -> Array:
        """(days, categories): the yearly waves in the log of demand."""
        angle = self.days.angles()
        out = np.zeros((self.days.count, len(CATEGORIES)))
        for column, category in enumerate(CATEGORIES):
            for count, amplitude, peak in category.waves:
                out[:, column] += amplitude * np.cos(count * (angle - peak * 2 * np.pi / YEAR))
        return out


def gifts(days: Days) -> Array:
    """Return (days,): 0 up to Thanksgiving, rising to 1 on Christmas Eve, 0 after it."""
    rise = np.zeros(days.count)
    for year in days.years():
        begin, end = nth_weekday(year, 11, 4, 4), date(year, 12, 24)
        length = (end - begin).days
        window = days.window(begin, 0, length)
        offset = (days.first - begin).days
        rise[window] = (np.arange(window.start, window.stop) + offset) / length
    return rise


def _paydays(days: Days) -> Array:
    """Return (days,): 1 on the days after which wages are in, else 0."""
    return np.array([float(day.day in PAYDAYS) for day in days.dates()])
