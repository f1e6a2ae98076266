"""The tables of the synthetic retailer, as frames. Nothing is written here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from foresell.data.synthetic.demand import (
    DAY_SPREAD,
    LEVEL_SPREAD,
    Days,
    counts,
    discounts,
    expected,
    list_prices,
    shocks,
)
from foresell.data.synthetic.occasions import OCCASIONS, occasion_days
from foresell.data.synthetic.world import (
    CATEGORIES,
    Array,
    Customers,
    Products,
    Store,
    draw_customers,
    draw_products,
    draw_store,
    weekday_factors,
)
from foresell.errors import SpecError
from foresell.spec.project import Synthetic

HORIZON = 28


@dataclass(frozen=True, kw_only=True)
class _World:
    """All that is drawn once, and the days: ``history`` is sold, ``planned`` runs past it."""

    settings: Synthetic
    history: Days
    planned: Days
    products: Products
    customers: Customers

    def store(self, number: int) -> Store:
        """Return shop ``number``, from 0."""
        return draw_store(self.settings, number, self.history.first)


def generate(settings: Synthetic, horizon: int = HORIZON) -> Mapping[str, pl.DataFrame]:
    """Make a retailer up, with sales, promotions and the truth behind them.

    Same settings, same frames, to the byte. Store by store, each from streams of its own: the
    number of stores changes no store, and a later ``end`` only appends days.

    - ``sales``: store_id, product_id, date, units, price (USD, paid), on_promotion, revenue (USD);
      one row per store, product and day, by store, date and product; days without a sale stay as
      rows with 0 units. No nulls.
    - ``stores``: store_id, city, size, opened. ``products``: product_id, category, base_price
      (USD, list price in the first year), margin (share of the price).
    - ``promotions``: store_id, category, date, promotion (share of the category's products on
      promotion), discount (mean share taken off their list prices), up to two horizons past the
      end, because plans are made in advance.
    - ``calendar``: date, occasion (null on most days), as far as ``promotions``.
    - ``asked``: the rows of ``promotions`` in the ``horizon`` days after the end.
    - ``effects``: the true parameters: effect, store_id, category, product_id, level, value.

    A date that is no date, an end before the start or a count below 1 ends in a ``SpecError``.
    """
    world = _world(settings, horizon)
    made = [_store_frames(world, number) for number in range(settings.stores)]
    promotions = pl.concat(plan for _, plan in made)
    end = world.history.last
    return {
        "sales": pl.concat(sold for sold, _ in made),
        "stores": _stores(world),
        "products": _products(world.products),
        "promotions": promotions,
        "calendar": _calendar(world.planned),
        "asked": promotions.filter(
            pl.col("date").is_between(end, end + timedelta(days=horizon), closed="right")
        ),
        "effects": _effects(world),
    }


def generate_store_sales(settings: Synthetic, number: int) -> pl.DataFrame:
    """Make the ``sales`` rows of one store (``number`` from 0), as ``generate`` would.

    The unit of work for whoever wants stores in batches or in several processes.

    Raises:
        SpecError: a store that was not declared, or settings that ``generate`` refuses.
    """
    if not 0 <= number < settings.stores:
        raise SpecError(
            f"store {number} was asked of {settings.stores} stores",
            "synthetic.stores",
            f"ask for 0 to {settings.stores - 1}",
        )
    return _store_frames(_world(settings, HORIZON), number)[0]


def _world(settings: Synthetic, horizon: int) -> _World:
    """Check the settings and draw what all stores share.

    Raises:
        SpecError: an end before the start, a count, seed or horizon out of its range.
    """
    first, last = _day(settings.start, "start"), _day(settings.end, "end")
    if last < first:
        raise SpecError(
            f"end {settings.end} is before start {settings.start}",
            "synthetic.end",
            "give an end on or after the start",
        )
    limits = {"stores": 9_999, "products": 99_999}
    for name, most in limits.items():
        if not 1 <= (value := getattr(settings, name)) <= most:
            raise SpecError(f"{name} is {value}", f"synthetic.{name}", f"use 1 to {most}")
    if settings.seed < 0 or horizon < 1:
        raise SpecError(
            f"seed is {settings.seed}, horizon {horizon}",
            "synthetic.seed",
            "use a seed of 0 or more and a horizon of 1 or more",
        )
    length = (last - first).days + 1
    return _World(
        settings=settings,
        history=Days(first=first, count=length),
        planned=Days(first=first, count=length + 2 * horizon),
        products=draw_products(settings),
        customers=draw_customers(settings),
    )


def _day(text: str, name: str) -> date:
    """Parse an ISO date.

    Raises:
        SpecError: the text is no date; it says how to write one.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SpecError(
            f"{name} is {text!r}", f"synthetic.{name}", "write a date as 2024-12-31"
        ) from error


def _store_frames(world: _World, number: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the sales and the promotion plan of one store."""
    seed, products, store = world.settings.seed, world.products, world.store(number)
    plan = discounts(seed, store, products, world.planned)
    sold = plan[: world.history.count]
    mean = expected(store, products, world.customers, world.history, sold)
    mean *= shocks(seed, store, world.history)[:, products.category]
    units = counts(seed, store, products, mean).ravel()
    price = np.round(list_prices(products, world.history) * (1 - sold), 2).ravel()
    days, kinds = world.history.count, len(products.ids)
    return pl.DataFrame({
        "store_id": pl.repeat(store.id, days * kinds, eager=True),
        "product_id": pl.Series(products.ids).gather(np.tile(np.arange(kinds), days)),
        "date": pl.Series(world.history.dates()).gather(np.repeat(np.arange(days), kinds)),
        "units": units,
        "price": price,
        "on_promotion": sold.ravel() > 0,
        "revenue": np.round(units * price, 2),
    }), _promotions(store, products, world.planned, plan)


def _promotions(store: Store, products: Products, days: Days, plan: Array) -> pl.DataFrame:
    """Sum a plan (days, products) up to categories, by category and date."""
    parts = [
        pl.DataFrame({
            "category": pl.repeat(CATEGORIES[kind].name, days.count, eager=True),
            "date": days.dates(),
            "promotion": np.round((plan[:, products.of(kind)] > 0).mean(axis=1), 4),
            "discount": np.round(plan[:, products.of(kind)].mean(axis=1), 4),
        })
        for kind in products.categories
    ]
    return pl.concat(parts).select(pl.lit(store.id).alias("store_id"), pl.all())


def _stores(world: _World) -> pl.DataFrame:
    """One row per store."""
    stores = [world.store(number) for number in range(world.settings.stores)]
    return pl.DataFrame({
        name: [getattr(store, attribute) for store in stores]
        for name, attribute in (
            ("store_id", "id"),
            ("city", "city"),
            ("size", "size"),
            ("opened", "opened"),
        )
    })


def _products(products: Products) -> pl.DataFrame:
    """One row per product."""
    return pl.DataFrame({
        "product_id": products.ids,
        "category": [CATEGORIES[kind].name for kind in products.category],
        "base_price": products.price,
        "margin": products.margin,
    })


def _calendar(days: Days) -> pl.DataFrame:
    """One row per day, with the name of its occasion or null."""
    named = {
        day: name for name, found in occasion_days(days.first, days.last).items() for day in found
    }
    dates = days.dates()
    occasions = pl.Series([named.get(day) for day in dates], dtype=pl.String)
    return pl.DataFrame({"date": dates, "occasion": occasions})


_Truth = tuple[str, str | None, str | None, str | None, str | None, float]


def _effects(world: _World) -> pl.DataFrame:
    """Write the true parameters down, one a row; what an effect does not depend on is null."""
    rows = [*_shared_effects(world), *_store_effects(world)]
    names = ("effect", "store_id", "category", "product_id", "level")
    schema = {**dict.fromkeys(names, pl.String), "value": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _shared_effects(world: _World) -> Iterator[_Truth]:
    """Yield what all stores share."""
    yield ("level_spread", None, None, None, None, LEVEL_SPREAD)
    yield ("day_spread", None, None, None, None, DAY_SPREAD)
    for kind in world.products.categories:
        category, customers = CATEGORIES[kind], world.customers
        for effect, value in (
            ("growth", customers.growth[kind]),
            ("elasticity", customers.elasticity[kind]),
            ("gifts", category.gifts),
            ("payday", category.payday),
            ("dispersion", category.dispersion),
        ):
            yield (effect, None, category.name, None, None, float(value))
        for per_year, amplitude, peak in category.waves:
            yield ("wave", None, category.name, None, f"{per_year} a year, peak {peak}", amplitude)
        for name, occasion in OCCASIONS.items():
            for crowd in occasion.crowds:
                level = f"{name} {crowd.first}..{crowd.last}"
                yield ("crowd", None, category.name, None, level, crowd.factor[kind])
    for product, units in zip(world.products.ids, world.products.units, strict=True):
        yield ("units", None, None, product, None, float(units))


def _store_effects(world: _World) -> Iterator[_Truth]:
    """Yield what is a store's own."""
    for number in range(world.settings.stores):
        store = world.store(number)
        yield ("scale", store.id, None, None, None, store.scale)
        yield ("growth", store.id, None, None, None, store.growth)
        factors = weekday_factors(store, world.customers)
        for kind in world.products.categories:
            for day in range(7):
                value = float(factors[kind, day])
                yield ("weekday", store.id, CATEGORIES[kind].name, None, str(day + 1), value)
