"""Stock: what comes in, what can be sold, what is left.

Every shop orders on fixed weekdays up to what it plans to sell until the next delivery but one,
plus a reserve. Nobody plans for luck or weather. Most shelves have a reserve that lasts; on some
the reserve is thin, and some products come from suppliers who cannot deliver for a week or two:
there the stock runs out.
"""

from dataclasses import dataclass, fields
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from foresell.data.synthetic.days import Days
from foresell.data.synthetic.world import CATEGORIES, Array, Indices, Products, Purpose, stream

THIN_SHARE = 0.2
UNRELIABLE_SHARE = 0.1
OUTAGE_CHANCE = 0.15  # of an unreliable supplier, in a month
_RESERVE = (4.0, 0.0)  # standard deviations of demand: on ordinary shelves, on thin ones
_SHOWN = 3.0  # units that an ordinary shelf shows whatever is sold
_TWICE_A_WEEK = ((0, 3), (1, 4))
_GAP = 4  # the longest wait between two of these days, in days

Units = NDArray[np.int64]
Flags = NDArray[np.bool_]
_LEADS = tuple(item.lead for item in CATEGORIES)
LOOKAHEAD = max(_LEADS) + _GAP


@dataclass(frozen=True, kw_only=True)
class Supplies:
    """What all shops share, by product.

    ``lead`` in days, ``cover`` the days an order must last, ``orders`` (7, products) whether one is
    placed on that weekday, ``unreliable`` whether the supplier is.
    """

    lead: Indices
    cover: Indices
    orders: Flags
    unreliable: Flags


@dataclass(frozen=True, kw_only=True)
class Stock:
    """The state of one shop between two days.

    Units in hand, (products,), and those that arrive in 1, 2, ... days, (longest lead, products).
    """

    hand: Units
    coming: Units


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """(days, products) each: opening + receipts - sold = closing; ``on_order`` in the evening."""

    opening: Units
    receipts: Units
    sold: Units
    closing: Units
    on_order: Units


@dataclass(frozen=True, kw_only=True)
class Deliveries:
    """(days, products) each: whether anything can arrive, and whether an order can be placed."""

    arrives: Flags
    orders: Flags


def draw_supplies(seed: int, products: Products) -> Supplies:
    """Draw the suppliers and fix the weekdays of ordering; groceries are ordered daily."""
    count = len(products.ids)
    lead = np.array(_LEADS)[products.category]
    daily = lead == 1
    orders = np.zeros((7, count), dtype=np.bool_)
    for number, weekdays in enumerate(_TWICE_A_WEEK):
        orders[list(weekdays)] = np.arange(count) % 2 == number
    return Supplies(
        lead=lead,
        cover=lead + np.where(daily, 1, _GAP),
        orders=orders | daily,
        unreliable=stream(seed, Purpose.SUPPLIERS).random(count) < UNRELIABLE_SHARE,
    )


def thin_shelves(seed: int, store: int, products: Products) -> Flags:
    """Return (products,): whether a shop keeps hardly any reserve of a product."""
    return stream(seed, Purpose.SHELVES, store).random(len(products.ids)) < THIN_SHARE


def outages(seed: int, supplies: Supplies, days: Days) -> Flags:
    """Return (days, products): whether nothing of a product can be delivered to any shop."""
    out = np.zeros((days.count, len(supplies.unreliable)), dtype=np.bool_)
    before = (days.first.replace(day=1) - timedelta(days=1)).replace(day=1)
    for month in Days(first=before, count=(days.last - before).days + 1).months():
        key = (month.first.year, month.first.month)
        chance = stream(seed, Purpose.OUTAGES, *key).random((out.shape[1], 3))
        for product in np.flatnonzero(supplies.unreliable & (chance[:, 0] < OUTAGE_CHANCE)):
            begin = date(*key, 1) + timedelta(days=int(28 * chance[product, 1]))
            out[days.window(begin, 0, 6 + int(8 * chance[product, 2])), product] = True
    return out


def targets(mean: Array, supplies: Supplies, thin: Flags, shape: Array) -> Array:
    """Return (days, products): the units in hand and on order that an evening ought to end with.

    ``mean``: (days + LOOKAHEAD, products), the sales a shop plans for; ``shape``: (products,), the
    dispersion of demand.
    """
    days = len(mean) - LOOKAHEAD
    ends = np.arange(days)[:, None] + supplies.cover + 1
    total = _sums(mean, ends)
    spread = np.sqrt(total + _sums(mean**2, ends) / shape)
    reserve, shown = np.where(thin, _RESERVE[1], _RESERVE[0]), np.where(thin, 0.0, _SHOWN)
    wanted: Array = np.ceil(total + reserve * spread + shown)
    return wanted


def _sums(values: Array, ends: Indices) -> Array:
    """Return (days, products): the sum of ``values`` after each day, before the day at ``ends``."""
    running = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    columns = np.arange(values.shape[1])
    total: Array = running[ends, columns] - running[1 : len(ends) + 1]
    return total


def first_stock(target: Array, mean: Array) -> Stock:
    """Return the stock on the first morning: what the evening ought to have, and a day's sales."""
    return Stock(
        hand=np.ceil(target + mean).astype(np.int64),
        coming=np.zeros((max(_LEADS), len(target)), dtype=np.int64),
    )


def follow(
    stock: Stock, demand: Units, target: Array, lead: Indices, lorry: Deliveries
) -> tuple[Ledger, Stock]:
    """Live through some days: receive, sell what is there, order in the evening.

    ``lead``: (products,), days from an order to its arrival. What cannot arrive comes the day
    after.
    """
    wanted = target.astype(np.int64)
    hand, coming = stock.hand, stock.coming.copy()
    columns = np.arange(len(hand))
    book = {field.name: np.empty_like(demand) for field in fields(Ledger)}
    for day, want in enumerate(demand):
        book["opening"][day] = hand
        receipts = np.where(lorry.arrives[day], coming[0], 0)
        late = coming[0] - receipts
        coming[:-1] = coming[1:]
        coming[-1] = 0
        coming[0] += late
        sold = np.minimum(want, hand + receipts)
        hand = hand + receipts - sold
        due = coming.sum(axis=0)
        short = np.where(lorry.orders[day], np.maximum(wanted[day] - hand - due, 0), 0)
        coming[lead - 1, columns] += short
        for name, value in (
            ("receipts", receipts),
            ("sold", sold),
            ("closing", hand),
            ("on_order", due + short),
        ):
            book[name][day] = value
    return Ledger(**book), Stock(hand=hand, coming=coming)
