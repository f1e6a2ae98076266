"""The plan of promotions of one shop: which product is cheaper on which day, and why.

The sales of the calendar, and flash sales of one category for one to three days. Where two meet,
the deeper cut counts. The plan is made in advance: it does not depend on demand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from foresell.data.synthetic.days import Days
from foresell.data.synthetic.occasions import OCCASIONS, occasion_days
from foresell.data.synthetic.world import CATEGORIES, Array, Products, Purpose, stream

FLASH = "flash_sale"
FLASH_CHANCE = 1 / 28
FLASH_DAYS = 3
KINDS: tuple[str, ...] = (*(n for n, item in OCCASIONS.items() if item.sale is not None), FLASH)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is cheaper on which day; (days, products) each.

    ``discount`` is the share taken off the list price, 0 where nothing is; ``kind`` indexes
    ``KINDS`` and means nothing where nothing is taken off.
    """

    discount: Array
    kind: NDArray[np.int8]

    def cut(self, window: slice) -> "Plan":
        """Return the plan of the days at ``window``."""
        return Plan(discount=self.discount[window], kind=self.kind[window])


def draw_plan(seed: int, store: int, products: Products, days: Days, share_open: Array) -> Plan:
    """Draw the plan of shop number ``store`` on ``days``; a closed shop has no promotion.

    ``share_open``: (days,), as in ``Openings``.
    """
    discount = np.zeros((days.count, len(products.ids)))
    kind = np.zeros(discount.shape, dtype=np.int8)
    for window, number, cut in (
        *_occasion_sales(seed, store, products, days),
        *_flash_sales(seed, store, products, days),
    ):
        deeper = cut > discount[window]
        discount[window] = np.where(deeper, cut, discount[window])
        kind[window] = np.where(deeper, np.int8(number), kind[window])
    return Plan(discount=discount * (share_open > 0)[:, None], kind=kind)


_Cut = tuple[slice, int, Array]


def _occasion_sales(seed: int, store: int, products: Products, days: Days) -> Iterator[_Cut]:
    """Yield the days, the kind and the cut of each product for every sale of the calendar."""
    for position, (name, anchors) in enumerate(occasion_days(days.first, days.last).items()):
        sale = OCCASIONS[name].sale
        for anchor in anchors if sale is not None else ():
            window = days.window(anchor, sale.first, sale.last) if sale else slice(0)
            if sale is None or window.start >= window.stop:
                continue
            key = (store, position, anchor.year)
            joins, depth = stream(seed, Purpose.OCCASION, *key).random((len(products.ids), 2)).T
            taken = np.array(sale.discount)[products.category] * (0.7 + 0.6 * depth)
            joined = joins < np.array(sale.share)[products.category]
            yield window, KINDS.index(name), np.where(joined, taken, 0.0).round(3)


def _flash_sales(seed: int, store: int, products: Products, days: Days) -> Iterator[_Cut]:
    """Yield the same for every flash sale, those that began just before ``days`` included.

    A third of them lasts one day, a third two, a third three.
    """
    early = days.first - timedelta(days=FLASH_DAYS - 1)
    for year in range(early.year, days.last.year + 1):
        drawn = stream(seed, Purpose.FLASH, store, year).random((366, len(CATEGORIES), 4))
        for number, category in np.argwhere(drawn[:, :, 0] < FLASH_CHANCE):
            begin = date(year, 1, 1) + timedelta(days=int(number))
            _, length, share, cut = drawn[number, category]
            window = days.window(begin, 0, int(FLASH_DAYS * length))
            if begin.year != year or window.start >= window.stop:
                continue
            key = (store, begin.toordinal(), int(category))
            joins = stream(seed, Purpose.FLASH_PRODUCTS, *key).random(len(products.ids))
            joined = (products.category == category) & (joins < 0.3 + 0.4 * share)
            yield window, KINDS.index(FLASH), np.where(joined, 0.1 + 0.2 * cut, 0.0).round(3)
