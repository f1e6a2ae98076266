"""The true parameters of the invented retailer: what its shops, products and customers are like.

Every draw comes from a stream of its own, named by what it is for. So a shop is the same whether
it is made alone or among a thousand, and a product is the same however many others there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from foresell.spec.sources import Synthetic

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SIZES: Mapping[str, float] = {"small": 0.55, "medium": 1.0, "large": 1.7}


@dataclass(frozen=True, kw_only=True)
class City:
    """A town and its weather.

    The ``mean`` of the year in degrees Celsius, the ``swing`` from there to the middle of July, and
    the share of days with rain.
    """

    name: str
    mean: float
    swing: float
    wet: float


CITIES: tuple[City, ...] = (
    City(name="Alderbrook", mean=9.5, swing=9.0, wet=0.42),
    City(name="Bellmoor", mean=11.0, swing=7.5, wet=0.48),
    City(name="Cedarholt", mean=7.0, swing=12.5, wet=0.33),
    City(name="Dunvale", mean=16.5, swing=9.5, wet=0.22),
    City(name="Elmstead", mean=13.0, swing=11.0, wet=0.30),
    City(name="Fairhollow", mean=19.0, swing=7.0, wet=0.26),
)


class Purpose(IntEnum):
    """What a stream of random numbers is for: the last part of its name."""

    PRODUCTS = 0
    CATEGORIES = 1
    STORE = 2
    ASSORTMENT = 3
    FLASH = 4
    FLASH_PRODUCTS = 5
    OCCASION = 6
    LEVEL = 7
    DAY = 8
    COUNTS = 9
    WEATHER = 10
    EVENTS = 11
    VISITORS = 12
    BASKETS = 13
    SHELVES = 14
    SUPPLIERS = 15
    OUTAGES = 16


def stream(seed: int, purpose: Purpose, *key: int) -> np.random.Generator:
    """Return the random numbers of one ``purpose`` (and store, year, ...), always the same ones.

    Source: numpy's SeedSequence, whose spawn key makes streams independent of each other.
    """
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(purpose, *key)))
    )


@dataclass(frozen=True, kw_only=True)
class Category:
    """What is typical of a kind of goods.

    ``units``: typical units per product and day in a medium store. ``price``: typical list price
    in USD. ``weekday``: seven factors from Monday, mean 1. ``waves``: yearly waves in the log of
    demand as (waves per year, amplitude, day of the year of a peak). ``gifts``: growth of demand
    from Thanksgiving to Christmas Eve, as a share. ``payday``: the same on the first and the 15th
    of a month and two days after each. ``elasticity``: demand goes with price to the minus this.
    ``dispersion``: shape of the negative binomial counts; smaller is noisier. ``traffic``: demand
    goes with the visitors beyond those to be expected, to the power of this. ``rain`` and
    ``temperature``: what 10 mm, or 10 degrees Celsius, add to the log of demand. ``floor``: demand
    goes with the open share of the shop to the power of this. ``lead``: days from an order to its
    delivery.
    """

    name: str
    units: float
    price: float
    margin: float
    weekday: tuple[float, ...]
    waves: tuple[tuple[int, float, float], ...]
    gifts: float
    payday: float
    growth: float
    elasticity: float
    dispersion: float
    traffic: float
    rain: float
    temperature: float
    floor: float
    lead: int


CATEGORIES: tuple[Category, ...] = (
    Category(
        name="grocery",
        units=10.0,
        price=5.0,
        margin=0.24,
        weekday=(0.88, 0.85, 0.88, 0.95, 1.12, 1.28, 1.04),
        waves=((1, 0.03, 340.0), (2, 0.04, 185.0)),
        gifts=0.12,
        payday=0.06,
        growth=0.02,
        elasticity=1.9,
        dispersion=8.0,
        traffic=0.8,
        rain=0.02,
        temperature=0.03,
        floor=0.6,
        lead=1,
    ),
    Category(
        name="household",
        units=4.0,
        price=13.0,
        margin=0.35,
        weekday=(0.90, 0.87, 0.89, 0.94, 1.05, 1.30, 1.05),
        waves=((1, 0.05, 120.0), (2, 0.07, 115.0)),
        gifts=0.20,
        payday=0.04,
        growth=0.03,
        elasticity=2.1,
        dispersion=6.0,
        traffic=0.9,
        rain=-0.04,
        temperature=-0.03,
        floor=0.7,
        lead=2,
    ),
    Category(
        name="apparel",
        units=2.2,
        price=32.0,
        margin=0.52,
        weekday=(0.78, 0.76, 0.82, 0.92, 1.14, 1.42, 1.16),
        waves=((1, 0.08, 300.0), (2, 0.12, 110.0)),
        gifts=0.45,
        payday=0.03,
        growth=0.00,
        elasticity=2.3,
        dispersion=4.0,
        traffic=0.7,
        rain=-0.06,
        temperature=-0.07,
        floor=0.9,
        lead=3,
    ),
    Category(
        name="electronics",
        units=1.2,
        price=140.0,
        margin=0.18,
        weekday=(0.84, 0.82, 0.86, 0.94, 1.10, 1.34, 1.10),
        waves=((1, 0.12, 345.0), (2, 0.04, 20.0)),
        gifts=0.60,
        payday=0.02,
        growth=0.06,
        elasticity=2.5,
        dispersion=3.0,
        traffic=0.5,
        rain=0.05,
        temperature=-0.06,
        floor=0.8,
        lead=4,
    ),
)

# Eight products at a time: three groceries, two household, two apparel, one electronics.
_ASSORTMENT = (0, 1, 2, 3, 0, 1, 2, 0)


@dataclass(frozen=True, kw_only=True)
class Products:
    """The assortment, one entry per product. ``category`` indexes ``CATEGORIES``.

    ``units``: units per day in a medium store before any effect. ``season``: how strongly the
    product follows its category's waves (1 = as the category).
    """

    ids: tuple[str, ...]
    category: Indices
    price: Array
    margin: Array
    units: Array
    season: Array

    def of(self, category: int) -> Indices:
        """Return the positions of the products of a category."""
        return np.flatnonzero(self.category == category)

    @property
    def categories(self) -> tuple[int, ...]:
        """The categories that have at least one product, in the order of ``CATEGORIES``."""
        return tuple(int(index) for index in np.unique(self.category))


@dataclass(frozen=True, kw_only=True)
class Store:
    """One shop. ``number`` counts from 0; ``growth`` is a share a year.

    ``scale`` multiplies all demand; ``weekend`` is added to the log of demand on Saturday and
    Sunday; ``affinity`` multiplies the demand for each product. ``town`` indexes ``CITIES``.
    ``visitors`` come on a day like any other; a buyer takes ``basket`` units home.
    """

    number: int
    id: str
    town: int
    size: str
    opened: date
    scale: float
    growth: float
    weekend: float
    affinity: Array
    visitors: float
    basket: float

    @property
    def city(self) -> str:
        """The name of the town."""
        return CITIES[self.town].name


@dataclass(frozen=True, kw_only=True)
class Customers:
    """What all shops share, by category (rows in the order of ``CATEGORIES``).

    ``weekday``: (4, 7), mean 1 in each row. ``growth``: (4,), a share a year. ``elasticity``: (4,).
    """

    weekday: Array
    growth: Array
    elasticity: Array


def draw_products(settings: Synthetic) -> Products:
    """Draw the assortment. Adding products changes none of the earlier ones."""
    count = settings.products
    category = np.array([_ASSORTMENT[i % len(_ASSORTMENT)] for i in range(count)], dtype=np.int64)
    typical = np.array([(item.price, item.margin, item.units) for item in CATEGORIES])[category]
    drawn = stream(settings.seed, Purpose.PRODUCTS).standard_normal((count, 4))
    margin: Array = np.clip(typical[:, 1] + 0.04 * drawn[:, 1], 0.05, 0.9)
    return Products(
        ids=tuple(f"P{i + 1:05d}" for i in range(count)),
        category=category,
        price=np.floor(typical[:, 0] * np.exp(0.5 * drawn[:, 0])) + 0.99,
        margin=margin.round(3),
        units=typical[:, 2] * np.exp(0.7 * drawn[:, 2]),
        season=np.exp(0.3 * drawn[:, 3]),
    )


def draw_customers(settings: Synthetic) -> Customers:
    """Draw the habits that all shops share, near the typical ones of each category."""
    drawn = stream(settings.seed, Purpose.CATEGORIES).standard_normal((len(CATEGORIES), 9))
    weekday = np.array([item.weekday for item in CATEGORIES]) * np.exp(0.03 * drawn[:, :7])
    return Customers(
        weekday=weekday / weekday.mean(axis=1, keepdims=True),
        growth=np.array([item.growth for item in CATEGORIES]) + 0.01 * drawn[:, 7],
        elasticity=np.array([item.elasticity for item in CATEGORIES]) + 0.15 * drawn[:, 8],
    )


def draw_store(seed: int, number: int, products: Products, first: date) -> Store:
    """Draw shop ``number`` (from 0); it opened one to twenty years before ``first``."""
    drawn = stream(seed, Purpose.STORE, number)
    size = str(drawn.choice(list(SIZES)))
    drift = stream(seed, Purpose.ASSORTMENT, number).standard_normal(len(products.ids))
    town = int(drawn.integers(len(CITIES)))
    opened = first - timedelta(days=int(drawn.integers(365, 7305)))
    scale = SIZES[size] * float(np.exp(0.15 * drawn.standard_normal()))
    growth, weekend = 0.03 * drawn.standard_normal(), 0.10 * drawn.standard_normal()
    basket, conversion = np.array([2.6, 0.35]) * np.exp(0.1 * drawn.standard_normal(2))
    affinity = np.exp(0.35 * drift)
    # At least 80 visitors, so that a shop with a handful of products has a door that opens.
    visitors = 80 + scale * float(affinity @ products.units) / (basket * conversion)
    return Store(
        number=number,
        id=f"S{number + 1:04d}",
        town=town,
        size=size,
        opened=opened,
        scale=scale,
        growth=float(growth),
        weekend=float(weekend),
        affinity=affinity,
        visitors=round(float(visitors), 1),
        basket=round(float(basket), 3),
    )


def weekday_factors(store: Store, customers: Customers) -> Array:
    """Return (4, 7): the factor of each weekday from Monday, by category; each row has mean 1."""
    return bent(customers.weekday, store)


def bent(weekday: Array, store: Store) -> Array:
    """Return ``weekday`` (..., 7) with the weekends of a shop; each row has mean 1."""
    factors: Array = weekday * np.exp(store.weekend * (np.arange(7) >= 5))
    factors /= factors.mean(axis=-1, keepdims=True)
    return factors
