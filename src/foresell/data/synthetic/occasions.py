"""The days of a year on which a shop's sales are not those of any other day.

Each occasion has a day of the year, perhaps a sale (a promotion planned in advance) and perhaps a
crowd (people come, or stay away, whatever the price). Numbers come in the order of ``CATEGORIES``:
grocery, household, apparel, electronics. They are invented; only the dates are facts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from foresell.spec.calendar import easter_sunday

PerCategory = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Sale:
    """A planned promotion from day ``first`` to day ``last``, counted from the occasion's day.

    ``share`` is the expected share of a category's products that take part, ``discount`` the
    typical cut of their price, both between 0 and 1.
    """

    first: int
    last: int
    share: PerCategory
    discount: PerCategory


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """What multiplies demand (by category) and visitors from day ``first`` to day ``last``."""

    first: int
    last: int
    factor: PerCategory
    visitors: float


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """A day of the year, computed for any year, with its sale and its crowds.

    ``closed``: every shop is closed that day.
    """

    day: Callable[[int], date]
    sale: Sale | None = None
    crowds: tuple[Crowd, ...] = ()
    closed: bool = False


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """Return the ``nth`` ISO ``weekday`` (1 = Monday) of a month; ``nth=-1`` is the last one.

    >>> nth_weekday(2023, 11, 4, 4)
    datetime.date(2023, 11, 23)
    >>> nth_weekday(2024, 5, 1, -1)
    datetime.date(2024, 5, 27)
    """
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.isoweekday()) % 7 + 7 * (nth - 1))
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.isoweekday() - weekday) % 7 + 7 * (-nth - 1))


def _thanksgiving(year: int) -> date:
    """Return the fourth Thursday of November."""
    return nth_weekday(year, 11, 4, 4)


_LONG_WEEKEND = Crowd(first=-2, last=0, factor=(1.12, 1.10, 1.10, 1.05), visitors=1.10)

OCCASIONS: Mapping[str, Occasion] = {
    "new_year": Occasion(
        day=lambda year: date(year, 1, 1),
        sale=Sale(first=0, last=3, share=(0.1, 0.3, 0.4, 0.3), discount=(0.1, 0.2, 0.35, 0.2)),
        crowds=(
            Crowd(first=-2, last=-1, factor=(1.25, 1.05, 0.95, 0.95), visitors=1.10),
            Crowd(first=0, last=0, factor=(0.60, 0.50, 0.55, 0.55), visitors=0.55),
        ),
    ),
    "presidents_day": Occasion(
        day=lambda year: nth_weekday(year, 2, 1, 3),
        sale=Sale(first=-2, last=0, share=(0.1, 0.2, 0.3, 0.4), discount=(0.1, 0.15, 0.25, 0.2)),
        crowds=(Crowd(first=0, last=0, factor=(1.0, 1.05, 1.15, 1.15), visitors=1.05),),
    ),
    "easter": Occasion(
        day=easter_sunday,
        crowds=(
            Crowd(first=-3, last=-1, factor=(1.30, 1.05, 1.15, 0.95), visitors=1.15),
            Crowd(first=0, last=0, factor=(0.50, 0.40, 0.35, 0.35), visitors=0.40),
        ),
    ),
    "memorial_day": Occasion(
        day=lambda year: nth_weekday(year, 5, 1, -1),
        sale=Sale(first=-2, last=0, share=(0.2, 0.3, 0.3, 0.3), discount=(0.1, 0.15, 0.25, 0.15)),
        crowds=(_LONG_WEEKEND,),
    ),
    "independence_day": Occasion(
        day=lambda year: date(year, 7, 4),
        sale=Sale(first=-3, last=0, share=(0.25, 0.2, 0.3, 0.2), discount=(0.1, 0.15, 0.25, 0.15)),
        crowds=(
            Crowd(first=-2, last=-1, factor=(1.30, 1.05, 1.00, 0.95), visitors=1.10),
            Crowd(first=0, last=0, factor=(0.85, 0.70, 0.70, 0.65), visitors=0.75),
        ),
    ),
    "back_to_school": Occasion(
        day=lambda year: nth_weekday(year, 8, 1, 1),
        sale=Sale(first=0, last=20, share=(0.05, 0.2, 0.4, 0.25), discount=(0.1, 0.15, 0.2, 0.12)),
        crowds=(Crowd(first=0, last=27, factor=(1.02, 1.05, 1.15, 1.08), visitors=1.05),),
    ),
    "labor_day": Occasion(
        day=lambda year: nth_weekday(year, 9, 1, 1),
        sale=Sale(first=-2, last=0, share=(0.2, 0.3, 0.35, 0.3), discount=(0.1, 0.15, 0.25, 0.15)),
        crowds=(_LONG_WEEKEND,),
    ),
    "thanksgiving": Occasion(
        day=_thanksgiving,
        crowds=(
            Crowd(first=-6, last=-1, factor=(1.30, 1.08, 1.00, 0.95), visitors=1.15),
            Crowd(first=0, last=0, factor=(0.60, 0.30, 0.30, 0.35), visitors=0.45),
        ),
    ),
    "black_friday": Occasion(
        day=lambda year: _thanksgiving(year) + timedelta(days=1),
        sale=Sale(first=0, last=2, share=(0.1, 0.35, 0.6, 0.7), discount=(0.1, 0.2, 0.35, 0.3)),
        crowds=(
            Crowd(first=0, last=0, factor=(1.00, 1.30, 1.60, 1.80), visitors=1.35),
            Crowd(first=1, last=2, factor=(1.00, 1.10, 1.20, 1.20), visitors=1.10),
        ),
    ),
    "cyber_monday": Occasion(
        day=lambda year: _thanksgiving(year) + timedelta(days=4),
        sale=Sale(first=0, last=0, share=(0.05, 0.2, 0.4, 0.6), discount=(0.1, 0.2, 0.3, 0.3)),
        crowds=(Crowd(first=0, last=0, factor=(1.00, 1.05, 1.15, 1.30), visitors=1.10),),
    ),
    "christmas": Occasion(
        day=lambda year: date(year, 12, 25),
        closed=True,
        sale=Sale(first=-13, last=-1, share=(0.15, 0.2, 0.3, 0.3), discount=(0.1, 0.15, 0.2, 0.12)),
        crowds=(
            Crowd(first=-3, last=-1, factor=(1.30, 1.10, 1.20, 1.10), visitors=1.20),
            Crowd(first=1, last=3, factor=(0.90, 0.90, 1.05, 1.10), visitors=0.95),
        ),
    ),
}


def occasion_days(first: date, last: date) -> dict[str, list[date]]:
    """Return the day of each occasion in every year that can touch ``first`` to ``last``.

    The years before and after are included, because a sale may begin or end in another year than
    its occasion. In time order; names in the order of ``OCCASIONS``.

    >>> occasion_days(date(2023, 6, 1), date(2023, 6, 30))["black_friday"][1]
    datetime.date(2023, 11, 24)
    """
    years = range(first.year - 1, last.year + 2)
    return {name: [item.day(year) for year in years] for name, item in OCCASIONS.items()}


def promotion_days(first: date, last: date) -> dict[str, list[date]]:
    """Return every day from ``first`` to ``last`` on which the sale of an occasion runs.

    Occasions without a sale are left out; days in time order.

    >>> promotion_days(date(2024, 8, 30), date(2024, 9, 30))["labor_day"][-1]
    datetime.date(2024, 9, 2)
    """
    found: dict[str, list[date]] = {}
    for name, days in occasion_days(first, last).items():
        sale = OCCASIONS[name].sale
        if sale is not None:
            reach = range(sale.first, sale.last + 1)
            running = [day + timedelta(days=offset) for day in days for offset in reach]
            found[name] = [day for day in running if first <= day <= last]
    return found
