"""From the world to numbers: the promotion plan, the true mean and the counts of one shop.

Arrays are (days, products) or (days, categories), days first, so that a longer span of days only
appends rows: no number that was drawn before changes.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from foresell.data.synthetic.occasions import OCCASIONS, nth_weekday, occasion_days
from foresell.data.synthetic.world import (
    CATEGORIES,
    Array,
    Customers,
    Products,
    Purpose,
    Store,
    stream,
    weekday_factors,
)

FLASH_CHANCE = 1 / 28
INFLATION = 0.025
LEVEL_MEMORY = 0.97
LEVEL_SPREAD = 0.08
DAY_SPREAD = 0.05
PAYDAYS = (1, 2, 3, 15, 16, 17)


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


def discounts(seed: int, store: Store, products: Products, days: Days) -> Array:
    """Return the plan (days, products): the share taken off the list price, 0 where nothing is.

    The sales of the calendar, and flash sales of one category for one to three days. Where two
    meet, the deeper cut counts. The plan is made in advance: it does not depend on demand.
    """
    plan = np.zeros((days.count, len(products.ids)))
    for position, (name, anchors) in enumerate(occasion_days(days.first, days.last).items()):
        sale = OCCASIONS[name].sale
        if sale is None:
            continue
        share = np.array(sale.share)[products.category]
        cut = np.array(sale.discount)[products.category]
        for anchor in anchors:
            key = (store.number, position, anchor.year)
            joins, depth = stream(seed, Purpose.OCCASION, *key).random((len(products.ids), 2)).T
            taken = np.where(joins < share, cut * (0.7 + 0.6 * depth), 0.0)
            window = days.window(anchor, sale.first, sale.last)
            plan[window] = np.maximum(plan[window], taken)
    merged: Array = np.maximum(plan, _flash(seed, store, products, days))
    return merged.round(3)


def _flash(seed: int, store: Store, products: Products, days: Days) -> Array:
    """Return (days, products): the cuts of the flash sales."""
    drawn = stream(seed, Purpose.FLASH, store.number).random((days.count, len(CATEGORIES), 4))
    joins = stream(seed, Purpose.FLASH_PRODUCTS, store.number).random((
        days.count,
        len(products.ids),
    ))
    begins, length, share, cut = drawn[:, products.category].transpose(2, 0, 1)
    taken = np.where((begins < FLASH_CHANCE) & (joins < 0.3 + 0.4 * share), 0.1 + 0.2 * cut, 0.0)
    plan = taken.copy()
    for later in (1, 2):  # a third of the flash sales lasts one day, a third two, a third three
        held = np.where(length * 3 > later, taken, 0.0)[: days.count - later]
        plan[later:] = np.maximum(plan[later:], held)
    return plan


def list_prices(products: Products, days: Days) -> Array:
    """Return (days, products): prices in USD before any cut, raised on each first of January."""
    years = np.array([day.year - days.first.year for day in days.dates()])
    return np.round(products.price * (1 + INFLATION) ** years[:, None], 2)


def crowds(days: Days) -> Array:
    """Return (days, categories): the product of all crowd factors; 1 on a day like any other."""
    factor = np.ones((days.count, len(CATEGORIES)))
    for name, anchors in occasion_days(days.first, days.last).items():
        for crowd in OCCASIONS[name].crowds:
            for anchor in anchors:
                factor[days.window(anchor, crowd.first, crowd.last)] *= crowd.factor
    return factor


def gifts(days: Days) -> Array:
    """Return (days,): 0 up to Thanksgiving, rising to 1 on Christmas Eve, 0 after it."""
    rise = np.zeros(days.count)
    for year in range(days.first.year, days.last.year + 1):
        begin, end = nth_weekday(year, 11, 4, 4), date(year, 12, 24)
        length = (end - begin).days
        window = days.window(begin, 0, length)
        offset = (days.first - begin).days
        rise[window] = (np.arange(window.start, window.stop) + offset) / length
    return rise


def expected(
    store: Store, products: Products, customers: Customers, days: Days, plan: Array
) -> Array:
    """Return (days, products): the mean units of a day, before shocks and counting noise.

    Base x growth x weekday x yearly waves x gifts x payday x crowds x promotion. 0 when closed.
    """
    dates = days.dates()
    weekday = np.array([day.weekday() for day in dates])
    payday = np.array([day.day in PAYDAYS for day in dates])
    years = np.arange(days.count)[:, None] / 365.25
    by_category: Array = (
        np.exp(years * (np.log1p(customers.growth) + np.log1p(store.growth)))
        * weekday_factors(store, customers).T[weekday]
        * (1 + gifts(days)[:, None] * np.array([item.gifts for item in CATEGORIES]))
        * (1 + payday[:, None] * np.array([item.payday for item in CATEGORIES]))
        * crowds(days)
    )
    wave = _waves(dates)[:, products.category] * products.season
    promoted = (1 - plan) ** -customers.elasticity[products.category]
    base = store.scale * store.affinity * products.units
    mean: Array = base * by_category[:, products.category] * np.exp(wave) * promoted
    return mean


def _waves(dates: list[date]) -> Array:
    """Return (days, categories): the yearly waves in the log of demand."""
    angle = np.array([day.timetuple().tm_yday for day in dates])[:, None] * (2 * np.pi / 365.25)
    out = np.zeros((len(dates), len(CATEGORIES)))
    for column, category in enumerate(CATEGORIES):
        for count, amplitude, peak in category.waves:
            out[:, [column]] += amplitude * np.cos(count * (angle - peak * 2 * np.pi / 365.25))
    return out


def shocks(seed: int, store: Store, days: Days) -> Array:
    """Return (days, categories): factors near 1 that nobody can know in advance.

    A slowly wandering level of each category (a first-order autoregression in the log) and the
    luck of the day, which the categories of a shop share.
    """
    steps = stream(seed, Purpose.LEVEL, store.number).standard_normal((days.count, len(CATEGORIES)))
    level = np.empty_like(steps)
    level[0] = steps[0]
    for i in range(1, days.count):
        level[i] = LEVEL_MEMORY * level[i - 1] + np.sqrt(1 - LEVEL_MEMORY**2) * steps[i]
    luck = stream(seed, Purpose.DAY, store.number).standard_normal((days.count, 1))
    factors: Array = np.exp(LEVEL_SPREAD * level + DAY_SPREAD * luck)
    return factors


def counts(seed: int, store: Store, products: Products, mean: Array) -> NDArray[np.int64]:
    """Draw (days, products) units around ``mean``: negative binomial, zeros kept."""
    shape = np.array([item.dispersion for item in CATEGORIES])[products.category]
    drawn = stream(seed, Purpose.COUNTS, store.number)
    return drawn.negative_binomial(shape, shape / (shape + mean)).astype(np.int64)
