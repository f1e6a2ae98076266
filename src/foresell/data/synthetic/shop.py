"""One shop, month by month: all it plans, all its customers want, all it sells."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from foresell.data.synthetic.days import Days, Season
from foresell.data.synthetic.demand import counts, expected, list_prices, planned, shocks
from foresell.data.synthetic.openings import Openings, draw_openings
from foresell.data.synthetic.promotions import Plan, draw_plan
from foresell.data.synthetic.supply import (
    LOOKAHEAD,
    Deliveries,
    Ledger,
    Stock,
    Supplies,
    draw_supplies,
    first_stock,
    follow,
    outages,
    targets,
    thin_shelves,
)
from foresell.data.synthetic.traffic import (
    VISITORS,
    Traffic,
    draw_buyers,
    draw_traffic,
)
from foresell.data.synthetic.weather import Weather, draw_weather
from foresell.data.synthetic.world import (
    CATEGORIES,
    Array,
    Customers,
    Products,
    Store,
    draw_customers,
    draw_products,
    draw_store,
)
from foresell.errors import SpecError
from foresell.spec.sources import Synthetic

HORIZON = 28
LIMITS = {"stores": 9_999, "products": 99_999}
YEARS = (1950, 2150)
_TRAFFIC = np.array([item.traffic for item in CATEGORIES])
_SHAPE = np.array([item.dispersion for item in CATEGORIES])


@dataclass(frozen=True, kw_only=True)
class World:
    """All that is drawn once. ``history`` is sold; ``planned`` runs two horizons past it."""

    settings: Synthetic
    horizon: int
    history: Days
    planned: Days
    products: Products
    customers: Customers
    supplies: Supplies
    weather: Weather
    season: Season

    def store(self, number: int) -> Store:
        """Return what is true of shop ``number``, from 0."""
        return draw_store(self.settings.seed, number, self.products, self.history.first)

    def openings(self, number: int) -> Openings:
        """Return what happens to shop ``number`` on each day, as far as anybody looks ahead."""
        return draw_openings(self.settings.seed, number, self.season.days)

    def plan(self, number: int, openings: Openings, days: Days) -> Plan:
        """Return the promotions of shop ``number`` on ``days``."""
        share = openings.open[self.season.days.place(days)]
        return draw_plan(self.settings.seed, number, self.products, days, share)


def make_world(settings: Synthetic, horizon: int = HORIZON) -> World:
    """Check the settings and draw what all shops share.

    Raises:
        SpecError: an end before the start, a date, count, seed or horizon out of its range.
    """
    first, last = _day(settings.start, "start"), _day(settings.end, "end")
    if last < first:
        raise SpecError(
            f"end {settings.end} is before start {settings.start}",
            "synthetic.end",
            "give an end on or after the start",
        )
    for name, most in LIMITS.items():
        if not 1 <= (value := getattr(settings, name)) <= most:
            raise SpecError(f"{name} is {value}", f"synthetic.{name}", f"use 1 to {most}")
    if settings.seed < 0 or horizon < 1:
        raise SpecError(
            f"seed is {settings.seed}, horizon {horizon}",
            "synthetic.seed",
            "use a seed of 0 or more and a horizon of 1 or more",
        )
    history = Days(first=first, count=(last - first).days + 1)
    ahead = history.longer(2 * horizon)
    products, customers = draw_products(settings), draw_customers(settings)
    return World(
        settings=settings,
        horizon=horizon,
        history=history,
        planned=ahead,
        products=products,
        customers=customers,
        supplies=draw_supplies(settings.seed, products),
        weather=draw_weather(settings.seed, history),
        season=Season(
            days=ahead.longer(LOOKAHEAD),
            customers=customers,
            visitor_gifts=VISITORS.gifts,
            visitor_payday=VISITORS.payday,
        ),
    )


def _day(text: str, name: str) -> date:
    """Parse an ISO date.

    Raises:
        SpecError: the text is no date, or of a year nobody sells in; it says how to write one.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise SpecError(
            f"{name} is {text!r}", f"synthetic.{name}", "write a date as 2024-12-31"
        ) from error
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise SpecError(
            f"{name} is {text}", f"synthetic.{name}", f"use a year from {YEARS[0]} to {YEARS[1]}"
        )
    return day


@dataclass(frozen=True, kw_only=True)
class Month:
    """What one shop did on ``days`` of one month; arrays are (days, products) or (days,).

    ``demand``: units customers wanted. ``price``: USD, paid. ``plan``: also for days past the
    history, on which nothing else is there. ``share_open`` and ``events``: as in ``Openings``.
    """

    store: Store
    days: Days
    planned: Days
    plan: Plan
    demand: NDArray[np.int64]
    ledger: Ledger
    price: Array
    visitors: NDArray[np.int64]
    buyers: NDArray[np.int64]
    share_open: Array
    events: tuple[str | None, ...]


class Shop:
    """Shop ``number`` of a world. Remembers its stock, so its months are asked for in order."""

    def __init__(self, world: World, number: int) -> None:
        self._world = world
        self.store = world.store(number)
        seed, count = world.settings.seed, world.history.count
        self._openings = world.openings(number)
        self._planned = planned(self.store, world.customers, world.season, self._openings.open)
        self._traffic: Traffic = draw_traffic(
            seed, self.store, world.season, world.weather, self._openings.open
        )
        self._surprise = (
            np.exp(world.weather.on_demand(self.store.town))
            * self._traffic.surprise[:, None] ** _TRAFFIC
            * shocks(seed, self.store, count)
        )
        self._thin = thin_shelves(seed, number, world.products)
        self._stock: Stock | None = None

    def live(self, month: Days) -> Month:
        """Live through ``month``, the piece of the planned days that follows the last one."""
        world, store = self._world, self.store
        seed, products = world.settings.seed, world.products
        days = month.until(world.history.last)
        ahead = month.longer(LOOKAHEAD)
        place = world.season.days.place(ahead)
        plan = world.plan(store.number, self._openings, ahead)
        mean = expected(
            store,
            products,
            self._planned[place],
            world.season.waves[place],
            plan.discount,
            world.customers.elasticity,
        )
        today = slice(0, days.count)
        hoped = mean[: days.count + LOOKAHEAD]
        true = mean[today] * self._surprise[world.season.days.place(days)][:, products.category]
        key = (month.first.year, month.first.month)
        demand = counts(seed, store, products, true, key)
        ledger = self._sell(days, demand, hoped)
        visitors = self._traffic.visitors[world.history.place(days)]
        prices = list_prices(products, days, world.history.first.year)
        lived = world.season.days.place(month)
        return Month(
            store=store,
            days=days,
            planned=month,
            plan=plan.cut(slice(0, month.count)),
            demand=demand,
            ledger=ledger,
            price=np.round(prices * (1 - plan.discount[today]), 2),
            visitors=visitors,
            buyers=draw_buyers(seed, store, days, ledger.sold.sum(axis=1), visitors),
            share_open=self._openings.open[lived],
            events=self._openings.events[lived],
        )

    def _sell(self, days: Days, demand: NDArray[np.int64], hoped: Array) -> Ledger:
        """Follow the stock through ``days``; ``hoped``: (days + LOOKAHEAD, products)."""
        world = self._world
        shape = _SHAPE[world.products.category]
        target = targets(hoped, world.supplies, self._thin, shape)
        if self._stock is None:
            self._stock = first_stock(target[0], hoped[0])
        is_open = self._openings.open[world.season.days.place(days)][:, None] > 0
        lorry = Deliveries(
            arrives=is_open & ~outages(world.settings.seed, world.supplies, days),
            orders=is_open & world.supplies.orders[days.weekdays()],
        )
        ledger, self._stock = follow(self._stock, demand, target, world.supplies.lead, lorry)
        return ledger


def asked_days(world: World) -> Days:
    """Return the days of the horizon after the history."""
    return Days(first=world.history.last + timedelta(days=1), count=world.horizon)
