"""The files of the synthetic retailer, as names, frames and bytes. Nothing is written here.

Every table of days lies in parts, ``<table>/year=YYYY/month=MM/part-N.parquet``; a part holds one
block of shops. The date stays a column of the file. What is here:

==========================  ===============================================================
``sales``                   store_id, product_id, date, units, price (USD, paid), on_promotion,
                            revenue (USD): one row per store, product and day. Days without a sale,
                            and days on which the shop is closed, stay as rows with 0 units.
``customer_traffic``        store_id, date, visitors, transactions, conversion (transactions per
                            visitor; 0 where nobody came)
``inventory``               store_id, product_id, date, opening, receipts, sold, closing, on_order,
                            stock_out (nothing left in the evening of a day of business). opening +
                            receipts - sold = closing, which is the opening of the next day.
``promotions``              store_id, product_id, date, promotion (which one), discount (share taken
                            off the list price): a row where there is one
``plan``                    store_id, category, date, promotion (share of the category's products on
                            promotion), discount (mean share taken off): ``promotions`` by category,
                            one row for every day, to be joined to what is forecast by category
``store_events``            store_id, date, event (holiday, closure, renovation or null), open
                            (share of the floor in use; 0 is a closed shop): one row per store, day
``truth/demand``            store_id, product_id, date, demand (units that customers wanted), lost
                            (those that were not there). Nobody who forecasts may read this.
``metadata/stores``         store_id, city, size, opened
``metadata/products``       product_id, category, base_price (USD, list price of the first year),
                            margin (share of the price)
``metadata/calendar``       date, occasion (null on most days)
``metadata/weather``        city, date, temperature (degrees Celsius), rain (mm)
``metadata/effects``        the true parameters, see ``truth.py``
``metadata/asked``          store_id, category, date, promotion, discount, open: what to forecast
==========================  ===============================================================

``promotions``, ``plan``, ``store_events`` and the calendar run two horizons past the end, because
they are known in advance.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.synthetic.days import Days
from foresell.data.synthetic.occasions import occasion_days
from foresell.data.synthetic.promotions import KINDS, Plan
from foresell.data.synthetic.shop import HORIZON, Month, Shop, World, asked_days, make_world
from foresell.data.synthetic.truth import effects
from foresell.data.synthetic.world import CATEGORIES, CITIES, Products, Store
from foresell.spec.sources import Synthetic

VERSION = "2.0.0"
ROWS_AT_ONCE = 1_000_000
DEMAND = "truth/demand"
PARTS = ("sales", "inventory", "customer_traffic", "promotions", "plan", "store_events", DEMAND)

NamedFrame = tuple[str, pl.DataFrame]


def generate_files(settings: Synthetic, horizon: int = HORIZON) -> Iterator[NamedFrame]:
    """Make a retailer up, file by file: the name of each, and its frame.

    Same settings, same files, in the same order. Only one block of shops in one month is in memory
    at a time. A date that is no date, an end before the start or a count below 1 ends in a
    ``SpecError``.
    """
    world = make_world(settings, horizon)
    yield from metadata_files(world)
    for number in range(blocks(world)):
        yield from block_files(world, number)


def described(settings: Synthetic, horizon: int = HORIZON) -> Mapping[str, object]:
    """Return what ``metadata/generator.json`` says: how the same files can be made again."""
    return {
        "synthetic": True,
        "says": "Made up. Nothing in these files is about a real shop, customer or product.",
        "generator": "foresell.data.synthetic",
        "generator_version": VERSION,
        "settings": asdict(settings),
        "horizon": horizon,
    }


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """Return ``frame`` as Parquet whose own metadata says ``synthetic: true``; see ``described``.

    Equal frames give equal bytes with one version of Polars, whatever the number of threads.
    """
    buffer = BytesIO()
    frame.write_parquet(
        buffer,
        compression="zstd",
        compression_level=1,
        row_group_size=262_144,
        metadata={"synthetic": "true", "generator": f"foresell.data.synthetic {VERSION}"},
    )
    return buffer.getvalue()


def blocks(world: World) -> int:
    """Return the number of blocks of shops; it follows from the settings alone."""
    return -(-world.settings.stores // _block_size(world))


def _block_size(world: World) -> int:
    """Return how many shops of one month fit into ``ROWS_AT_ONCE``, at least one."""
    return max(1, ROWS_AT_ONCE // (31 * world.settings.products))


def block_files(world: World, number: int) -> Iterator[NamedFrame]:
    """Yield the parts of block ``number`` (from 0), month by month."""
    size = _block_size(world)
    stores = range(number * size, min((number + 1) * size, world.settings.stores))
    shops = [Shop(world, store) for store in stores]
    for month in world.planned.months():
        lived = [shop.live(month) for shop in shops]
        folder = f"year={month.first.year}/month={month.first.month:02d}"
        for table, frame in _tables(world.products, lived):
            yield f"{table}/{folder}/part-{number}.parquet", frame


def store_sales(world: World, number: int) -> pl.DataFrame:
    """Return the ``sales`` rows of one store, in time order."""
    shop = Shop(world, number)
    lived = [shop.live(month) for month in world.planned.months()]
    return pl.concat(_sales(world.products, [month]) for month in lived if month.days.count)


def _tables(products: Products, lived: Sequence[Month]) -> Iterator[NamedFrame]:
    """Yield each table of one month of some shops, with its name."""
    made: Mapping[str, Callable[[], pl.DataFrame]] = {
        "sales": lambda: _sales(products, lived),
        "inventory": lambda: _inventory(products, lived),
        "customer_traffic": lambda: _traffic(lived),
        "promotions": lambda: _promotions(products, lived),
        "plan": lambda: _plan(
            products, [m.store for m in lived], lived[0].planned, [m.plan for m in lived]
        ),
        "store_events": lambda: _events(lived),
        DEMAND: lambda: _demand(products, lived),
    }
    past = {"sales", "inventory", "customer_traffic", DEMAND}
    for table in PARTS:
        if lived[0].days.count or table not in past:
            yield table, made[table]()


def _joined(arrays: Iterable[NDArray[Any]]) -> pl.Series:
    """Return (days, ...) arrays of several shops as one column, shop after shop."""
    return pl.Series(np.concatenate([array.ravel() for array in arrays]))


def _index(products: Products, lived: Sequence[Month]) -> Mapping[str, pl.Series]:
    """Return the columns store_id, product_id and date of one row per store, day and product."""
    days, kinds, shops = lived[0].days.count, len(products.ids), len(lived)
    ids = pl.Series([month.store.id for month in lived])
    return {
        "store_id": ids.gather(np.repeat(np.arange(shops), days * kinds)),
        "product_id": pl.Series(products.ids).gather(np.tile(np.arange(kinds), shops * days)),
        "date": _dates(lived[0].days).gather(np.tile(np.repeat(np.arange(days), kinds), shops)),
    }


def _store_days(lived: Sequence[Month], days: Days) -> Mapping[str, pl.Series]:
    """Return the columns store_id and date of one row per store and day."""
    ids = pl.Series([month.store.id for month in lived])
    return {
        "store_id": ids.gather(np.repeat(np.arange(len(lived)), days.count)),
        "date": _dates(days).gather(np.tile(np.arange(days.count), len(lived))),
    }


def _dates(days: Days) -> pl.Series:
    """Return the days as a column."""
    return pl.Series(days.dates(), dtype=pl.Date)


def _sales(products: Products, lived: Sequence[Month]) -> pl.DataFrame:
    """Return what was sold, by store, date and product."""
    units = _joined(month.ledger.sold for month in lived)
    price = _joined(month.price for month in lived)
    return pl.DataFrame({
        **_index(products, lived),
        "units": units,
        "price": price,
        "on_promotion": _joined(m.plan.discount[: m.days.count] > 0 for m in lived),
        "revenue": (units * price).round(2),
    })


def _inventory(products: Products, lived: Sequence[Month]) -> pl.DataFrame:
    """Return what came in, went out and was left, by store, date and product."""
    names = ("opening", "receipts", "sold", "closing", "on_order")
    counted = {name: _joined(getattr(m.ledger, name) for m in lived) for name in names}
    at_work = (
        np.broadcast_to(m.share_open[: m.days.count, None] > 0, m.demand.shape) for m in lived
    )
    out = (counted["closing"] == 0) & _joined(at_work)
    return pl.DataFrame({**_index(products, lived), **counted, "stock_out": out})


def _demand(products: Products, lived: Sequence[Month]) -> pl.DataFrame:
    """Return what customers wanted, by store, date and product."""
    demand = _joined(month.demand for month in lived)
    sold = _joined(month.ledger.sold for month in lived)
    return pl.DataFrame({**_index(products, lived), "demand": demand, "lost": demand - sold})


def _traffic(lived: Sequence[Month]) -> pl.DataFrame:
    """Return who came, by store and date."""
    visitors = _joined(month.visitors for month in lived)
    buyers = _joined(month.buyers for month in lived)
    return pl.DataFrame({
        **_store_days(lived, lived[0].days),
        "visitors": visitors,
        "transactions": buyers,
        "conversion": (buyers / visitors).fill_nan(0.0).round(4),
    })


def _events(lived: Sequence[Month]) -> pl.DataFrame:
    """Return what happened to the shops, by store and date."""
    return pl.DataFrame({
        **_store_days(lived, lived[0].planned),
        "event": pl.Series([event for m in lived for event in m.events], dtype=pl.String),
        "open": _joined(month.share_open for month in lived),
    })


def _promotions(products: Products, lived: Sequence[Month]) -> pl.DataFrame:
    """Return every promotion, by store, date and product."""
    dates, ids = _dates(lived[0].planned), pl.Series(products.ids)
    frames = []
    for month in lived:
        day, product = np.nonzero(month.plan.discount)
        frames.append(
            pl.DataFrame({
                "store_id": pl.repeat(month.store.id, len(day), dtype=pl.String, eager=True),
                "product_id": ids.gather(product),
                "date": dates.gather(day),
                "promotion": pl.Series(KINDS).gather(month.plan.kind[day, product]),
                "discount": month.plan.discount[day, product],
            })
        )
    return pl.concat(frames)


def _plan(
    products: Products, stores: Sequence[Store], days: Days, plans: Sequence[Plan]
) -> pl.DataFrame:
    """Return the promotions of shops summed up to categories, by store, category and date."""
    kinds = products.categories
    names = pl.Series([CATEGORIES[kind].name for kind in kinds])
    shares = [plan.discount[:, products.of(kind)] for plan in plans for kind in kinds]
    series = np.repeat(np.arange(len(shares)), days.count)
    return pl.DataFrame({
        "store_id": pl.Series([store.id for store in stores]).gather(series // len(kinds)),
        "category": names.gather(series % len(kinds)),
        "date": _dates(days).gather(np.tile(np.arange(days.count), len(shares))),
        "promotion": _joined((share > 0).mean(axis=1).round(4) for share in shares),
        "discount": _joined(share.mean(axis=1).round(4) for share in shares),
    })


def metadata_files(world: World) -> Iterator[NamedFrame]:
    """Yield the tables that are one file each."""
    stores = [world.store(number) for number in range(world.settings.stores)]
    yield (
        "metadata/stores.parquet",
        pl.DataFrame({
            "store_id": [store.id for store in stores],
            "city": [store.city for store in stores],
            "size": [store.size for store in stores],
            "opened": [store.opened for store in stores],
        }),
    )
    yield (
        "metadata/products.parquet",
        pl.DataFrame({
            "product_id": world.products.ids,
            "category": [CATEGORIES[kind].name for kind in world.products.category],
            "base_price": world.products.price,
            "margin": world.products.margin,
        }),
    )
    yield "metadata/calendar.parquet", _calendar(world.planned)
    yield "metadata/weather.parquet", _weather(world)
    yield "metadata/effects.parquet", effects(world)
    yield "metadata/asked.parquet", _asked(world, stores)


def _calendar(days: Days) -> pl.DataFrame:
    """Return one row per day, with the name of its occasion or null."""
    named: dict[date, str] = {
        day: name for name, found in occasion_days(days.first, days.last).items() for day in found
    }
    occasions = pl.Series([named.get(day) for day in days.dates()], dtype=pl.String)
    return pl.DataFrame({"date": _dates(days), "occasion": occasions})


def _weather(world: World) -> pl.DataFrame:
    """Return one row per city and day of the history."""
    count = world.history.count
    return pl.DataFrame({
        "city": pl.Series([city.name for city in CITIES]).gather(
            np.repeat(np.arange(len(CITIES)), count)
        ),
        "date": _dates(world.history).gather(np.tile(np.arange(count), len(CITIES))),
        "temperature": world.weather.temperature.T.ravel(),
        "rain": world.weather.rain.T.ravel(),
    })


def _asked(world: World, stores: Sequence[Store]) -> pl.DataFrame:
    """Return the rows to forecast, with all that is known of them in advance."""
    days, kinds = asked_days(world), len(world.products.categories)
    place = world.season.days.place(days)
    openings = [world.openings(store.number) for store in stores]
    plans = [
        world.plan(store.number, opened, days)
        for store, opened in zip(stores, openings, strict=True)
    ]
    share = _joined(np.tile(opened.open[place], kinds) for opened in openings)
    return _plan(world.products, stores, days, plans).with_columns(open=share)
