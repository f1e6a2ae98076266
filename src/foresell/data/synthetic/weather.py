"""The weather of the towns: a temperature and an amount of rain for every day.

The temperature is a yearly wave and a memory of the day before; rain is likelier after rain. No
town is real.
"""

from dataclasses import dataclass

import numpy as np

from foresell.data.synthetic.days import Days
from foresell.data.synthetic.world import CATEGORIES, CITIES, Array, Purpose, stream

MILD = 15.0  # degrees Celsius at which the temperature changes nothing
MEMORY = 0.75
SPREAD = 3.2
AGAIN = 1.35  # how much likelier rain is after a day with rain
MOST_RAIN = 60.0
MEAN_RAIN = 6.0
WARMEST = 197  # 16 July


@dataclass(frozen=True, kw_only=True)
class Weather:
    """(days, cities) each: ``temperature`` in degrees Celsius, ``rain`` in mm; one decimal."""

    temperature: Array
    rain: Array

    def on_demand(self, town: int) -> Array:
        """Return (days, categories): what the weather of a town adds to the log of demand."""
        tens = (self.temperature[:, [town]] - MILD) / 10
        heat = np.array([item.temperature for item in CATEGORIES])
        wet = np.array([item.rain for item in CATEGORIES])
        added: Array = tens * heat + self.rain[:, [town]] / 10 * wet
        return added


def draw_weather(seed: int, days: Days) -> Weather:
    """Draw the weather of every town on ``days``."""
    angle = days.angles() - WARMEST * 2 * np.pi / 365.25
    normals = np.stack(
        [
            stream(seed, Purpose.WEATHER, town, 0).standard_normal(days.count)
            for town in range(len(CITIES))
        ],
        axis=1,
    )
    chances = np.stack(
        [
            stream(seed, Purpose.WEATHER, town, 1).random((days.count, 2))
            for town in range(len(CITIES))
        ],
        axis=1,
    )
    mean = np.array([city.mean for city in CITIES])
    swing = np.array([city.swing for city in CITIES])
    wave = mean + swing * np.cos(angle)[:, None]
    rain = _wet(chances[:, :, 0]) * np.clip(
        -MEAN_RAIN * np.log1p(-chances[:, :, 1]), 0.1, MOST_RAIN
    )
    return Weather(
        temperature=(wave + SPREAD * remembered(normals, MEMORY)).round(1), rain=rain.round(1)
    )


def remembered(steps: Array, memory: float) -> Array:
    """Return a first-order autoregression with the spread of ``steps``, along the first axis."""
    level = np.empty_like(steps)
    level[0] = steps[0]
    fresh = np.sqrt(1 - memory**2) * steps
    for i in range(1, len(steps)):
        level[i] = memory * level[i - 1] + fresh[i]
    return level


def _wet(chance: Array) -> Array:
    """Return (days, cities): 1 on days with rain, 0 on others."""
    share = np.array([city.wet for city in CITIES])
    after_rain = np.minimum(share * AGAIN, 0.9)
    after_none = share * (1 - after_rain) / (1 - share)  # keeps the share of wet days
    wet = np.zeros(chance.shape)
    before = np.zeros(chance.shape[1])
    for i, row in enumerate(chance):
        before = (row < np.where(before > 0, after_rain, after_none)).astype(np.float64)
        wet[i] = before
    return wet
