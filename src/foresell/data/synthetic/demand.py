"""From the world to numbers: prices, the true mean of demand, and the units customers want.

Arrays are (days, products) or (days, categories), days first.
"""

import numpy as np
from numpy.typing import NDArray

from foresell.data.synthetic.days import Days, Season
from foresell.data.synthetic.weather import remembered
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

INFLATION = 0.025
LEVEL_MEMORY = 0.97
LEVEL_SPREAD = 0.08
DAY_SPREAD = 0.03

_FLOOR = np.array([item.floor for item in CATEGORIES])


def list_prices(products: Products, days: Days, first: int) -> Array:
    """Return (days, products): prices in USD before any cut, raised on each first of January.

    ``first`` is the year whose prices are those of ``products``.
    """
    years = np.array([day.year - first for day in days.dates()])
    return np.round(products.price * (1 + INFLATION) ** years[:, None], 2)


def planned(store: Store, customers: Customers, season: Season, open_share: Array) -> Array:
    """Return (days, categories): what all that is known in advance does to a shop's demand.

    Season x weekday x growth x the open share of the floor; prices are not in it.
    """
    days = season.days
    growth = (1 + store.growth) ** days.years_since(days.first)
    factors: Array = (
        season.demand
        * weekday_factors(store, customers).T[days.weekdays()]
        * growth[:, None]
        * open_share[:, None] ** _FLOOR
    )
    return factors


def shocks(seed: int, store: Store, count: int) -> Array:
    """Return (count days, categories): factors near 1 that nobody can know in advance.

    A slowly wandering level of each category (a first-order autoregression in the log) and the
    luck of the day, which the categories of a shop share.
    """
    steps = stream(seed, Purpose.LEVEL, store.number).standard_normal((count, len(CATEGORIES)))
    luck = stream(seed, Purpose.DAY, store.number).standard_normal((count, 1))
    factors: Array = np.exp(LEVEL_SPREAD * remembered(steps, LEVEL_MEMORY) + DAY_SPREAD * luck)
    return factors


def expected(
    store: Store,
    products: Products,
    factors: Array,
    waves: Array,
    discount: Array,
    elasticity: Array,
) -> Array:
    """Return (days, products): the mean units of a day.

    ``factors`` and ``waves`` are (days, categories): what multiplies demand, and the yearly waves
    in its log, which each product follows in its own strength. ``discount``: (days, products).
    """
    mean: Array = np.exp(waves[:, products.category] * products.season)
    mean *= factors[:, products.category]
    mean *= store.scale * store.affinity * products.units
    day, product = np.nonzero(discount)
    paid = 1 - discount[day, product]
    mean[day, product] *= paid ** -elasticity[products.category[product]]
    return mean


def counts(
    seed: int, store: Store, products: Products, mean: Array, month: tuple[int, int]
) -> NDArray[np.int64]:
    """Draw (days, products) units around ``mean``: negative binomial, zeros kept.

    ``month`` is the year and month of the days, which have numbers of their own.
    """
    shape = np.array([item.dispersion for item in CATEGORIES])[products.category]
    drawn = stream(seed, Purpose.COUNTS, store.number, *month)
    return drawn.negative_binomial(shape, shape / (shape + mean)).astype(np.int64)
