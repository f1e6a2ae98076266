"""The true parameters of the invented retailer, for tests that look for them in the sales.

One row each: effect, store_id, category, product_id, level, value; what an effect does not depend
on is null. The mean demand of a product is::

    scale x affinity x units x weekday x exp(wave x season) x (1 + gifts) x (1 + payday) x crowd
    x (1 + growth of the category)^years x (1 + growth of the store)^years x open^floor
    x exp(temperature x (degrees - 15) / 10 + rain x mm / 10) x (1 - discount)^-elasticity
    x (visitors / expected visitors)^traffic x shocks

So every effect but ``traffic`` is the whole effect, that through visitors included, and ``traffic``
is that of the visitors whom nobody could expect. The expected visitors of a shop follow the effects
named ``visitors_...`` in the same way, times ``visitors``. ``scale`` and ``units`` are given,
``affinity`` is not.
"""

from collections.abc import Iterator

import polars as pl

from foresell.data.synthetic.demand import DAY_SPREAD, INFLATION, LEVEL_SPREAD
from foresell.data.synthetic.occasions import OCCASIONS
from foresell.data.synthetic.shop import World
from foresell.data.synthetic.traffic import VISITORS, VISITORS_SPREAD, visitor_weekdays
from foresell.data.synthetic.world import CATEGORIES, weekday_factors

_Truth = tuple[str, str | None, str | None, str | None, str | None, float]


def effects(world: World) -> pl.DataFrame:
    """Return the true parameters, one a row; see above."""
    rows = [*_shared(world), *_by_category(world), *_by_product(world), *_by_store(world)]
    names = ("effect", "store_id", "category", "product_id", "level")
    schema = {**dict.fromkeys(names, pl.String), "value": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _shared(world: World) -> Iterator[_Truth]:
    """Yield what all stores and categories share."""
    for effect, value in (
        ("level_spread", LEVEL_SPREAD),
        ("day_spread", DAY_SPREAD),
        ("inflation", INFLATION),
        ("visitors_spread", VISITORS_SPREAD),
        ("visitors_gifts", VISITORS.gifts),
        ("visitors_payday", VISITORS.payday),
        ("visitors_rain", VISITORS.rain),
        ("visitors_temperature", VISITORS.temperature),
        ("visitors_floor", VISITORS.floor),
    ):
        yield (effect, None, None, None, None, value)
    for name, occasion in OCCASIONS.items():
        for crowd in occasion.crowds:
            level = f"{name} {crowd.first}..{crowd.last}"
            yield ("visitors_crowd", None, None, None, level, crowd.visitors)
    for product, unreliable in zip(world.products.ids, world.supplies.unreliable, strict=True):
        if unreliable:
            yield ("unreliable_supplier", None, None, product, None, 1.0)


def _by_category(world: World) -> Iterator[_Truth]:
    """Yield what the products of a category share."""
    customers = world.customers
    for kind in world.products.categories:
        category = CATEGORIES[kind]
        for effect, value in (
            ("growth", customers.growth[kind]),
            ("elasticity", customers.elasticity[kind]),
            ("gifts", category.gifts),
            ("payday", category.payday),
            ("dispersion", category.dispersion),
            ("traffic", category.traffic),
            ("rain", category.rain),
            ("temperature", category.temperature),
            ("floor", category.floor),
        ):
            yield (effect, None, category.name, None, None, float(value))
        for per_year, amplitude, peak in category.waves:
            yield ("wave", None, category.name, None, f"{per_year} a year, peak {peak}", amplitude)
        for name, occasion in OCCASIONS.items():
            for crowd in occasion.crowds:
                level = f"{name} {crowd.first}..{crowd.last}"
                yield ("crowd", None, category.name, None, level, crowd.factor[kind])


def _by_product(world: World) -> Iterator[_Truth]:
    """Yield what is a product's own."""
    products = world.products
    for i, product in enumerate(products.ids):
        yield ("units", None, None, product, None, float(products.units[i]))
        yield ("season", None, None, product, None, float(products.season[i]))


def _by_store(world: World) -> Iterator[_Truth]:
    """Yield what is a store's own."""
    for number in range(world.settings.stores):
        store = world.store(number)
        for effect, value in (
            ("scale", store.scale),
            ("growth", store.growth),
            ("visitors", store.visitors),
            ("basket", store.basket),
        ):
            yield (effect, store.id, None, None, None, value)
        for day, factor in enumerate(visitor_weekdays(store), start=1):
            yield ("visitors_weekday", store.id, None, None, str(day), float(factor))
        factors = weekday_factors(store, world.customers)
        for kind in world.products.categories:
            for day in range(7):
                value = float(factors[kind, day])
                yield ("weekday", store.id, CATEGORIES[kind].name, None, str(day + 1), value)
