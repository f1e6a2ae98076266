"""Who comes: the visitors of a shop, to be expected and counted, and the buyers among them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foresell.data.synthetic.days import Days, Season
from foresell.data.synthetic.weather import MILD, Weather
from foresell.data.synthetic.world import Array, Purpose, Store, bent, stream

VISITORS_SPREAD = 0.06


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What decides how many come; the names are those of ``Category``, for visitors."""

    weekday: tuple[float, ...]
    gifts: float
    payday: float
    rain: float
    temperature: float
    floor: float


VISITORS = Habits(
    weekday=(0.87, 0.84, 0.87, 0.95, 1.10, 1.30, 1.07),
    gifts=0.22,
    payday=0.03,
    rain=-0.10,
    temperature=0.02,
    floor=0.5,
)


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """(days,) each: ``visitors`` counted, and ``surprise``, their ratio to those to be expected.

    Nobody comes to a closed shop, and there the surprise is 1.
    """

    visitors: NDArray[np.int64]
    surprise: Array


def visitor_weekdays(store: Store) -> Array:
    """Return (7,): the factor of each weekday from Monday on a shop's visitors; mean 1."""
    return bent(np.array(VISITORS.weekday), store)


def draw_traffic(
    seed: int, store: Store, season: Season, weather: Weather, open_share: Array
) -> Traffic:
    """Draw the visitors of a shop on the days of ``weather``, which are the first of ``season``."""
    count = len(weather.rain)
    days = Days(first=season.days.first, count=count)
    tens = (weather.temperature[:, store.town] - MILD) / 10
    wet = weather.rain[:, store.town] / 10
    expected = (
        store.visitors
        * season.visitors[:count]
        * visitor_weekdays(store)[days.weekdays()]
        * (1 + store.growth) ** days.years_since(days.first)
        * np.exp(tens * VISITORS.temperature + wet * VISITORS.rain)
        * open_share[:count] ** VISITORS.floor
    )
    luck = stream(seed, Purpose.VISITORS, store.number).standard_normal(count)
    came = np.rint(expected * np.exp(VISITORS_SPREAD * luck))
    visitors = np.where(expected > 0, np.maximum(came, 1), 0)
    surprise = np.divide(visitors, expected, out=np.ones(count), where=expected > 0)
    return Traffic(visitors=visitors.astype(np.int64), surprise=surprise)


def draw_buyers(
    seed: int, store: Store, days: Days, units: NDArray[np.int64], visitors: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Draw (days,): how many bought something, given all ``units`` sold on ``days`` of one month.

    At least one where anything was sold, and never more than came.
    """
    key = (store.number, days.first.year, days.first.month)
    drawn = stream(seed, Purpose.BASKETS, *key).binomial(units, 1 / store.basket)
    buyers: NDArray[np.int64] = np.minimum(np.maximum(drawn, units > 0), visitors)
    return buyers.astype(np.int64)
