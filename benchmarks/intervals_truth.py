"""The intervals against a law that is known: the noise of the made-up retailer's own demand.

``python -m benchmarks.intervals_truth [STORES]`` draws a panel of stores by category from the
generator's law (wandering levels that a category's days share, the luck of a shop's day, negative
binomial counts), calibrates on four windows of 28 days as a run does, and prints the coverage of
fresh draws in every cell of horizon bucket, volume tercile and odd or even day. Exits with 1 where
a cell is more than 2 points from its level. Forecasts know the true mean and the level at the
origin.
"""

import json
import sys
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from foresell.data.synthetic.demand import DAY_SPREAD, LEVEL_MEMORY, LEVEL_SPREAD, counts, shocks
from foresell.data.synthetic.shop import World, make_world
from foresell.data.synthetic.world import CATEGORIES
from foresell.evaluate.intervals import calibrated_quantiles, spread_of, volume_codes
from foresell.models.calibrating import fit_shape, fit_uncertainty
from foresell.models.combination import bucket_of, horizon_thirds
from foresell.models.stacking import FoldRows
from foresell.spec.forecast import BANDS, QUANTILES
from foresell.spec.sources import Synthetic

STEPS, FOLDS, PRODUCTS = 28, 4, 24
BUCKETS = horizon_thirds(STEPS)
ALLOWED = 0.02
Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the law is asked for, one entry a row: the forecast, and where and when it is.

    ``store``, ``kind`` (category), ``step`` (1 ... 28), ``day`` of the year.
    """

    forecast: Numbers
    scale: Numbers
    store: NDArray[np.int64]
    kind: NDArray[np.int64]
    step: NDArray[np.int64]
    day: NDArray[np.int64]


def world_of(stores: int, seed: int) -> World:
    """Return a made-up world."""
    return make_world(
        Synthetic(stores=stores, products=PRODUCTS, start="2023-01-01", end="2023-12-31", seed=seed)
    )


def fresh(world: World, asked: Asked, rng: np.random.Generator) -> Numbers:
    """Return (rows,) draws from the law, each row's shocks its own."""
    fade = LEVEL_MEMORY**asked.step
    wander = LEVEL_SPREAD * np.sqrt(1 - fade**2) * rng.standard_normal(len(fade))
    shock = np.exp(wander + DAY_SPREAD * rng.standard_normal(len(fade)))
    units = np.zeros(len(fade))
    products = world.products
    for kind in products.categories:
        rows = np.flatnonzero(asked.kind == kind)
        mine = products.of(kind)
        share = products.units[mine] / products.units[mine].sum()
        mean = (asked.forecast * shock)[rows, None] * share
        shape = CATEGORIES[kind].dispersion
        units[rows] = rng.negative_binomial(shape, shape / (shape + mean)).sum(axis=1)
    return units


def single_rows(world: World, count: int, rng: np.random.Generator) -> Asked:
    """Return ``count`` rows of stores, categories and steps drawn at random; a share a fold."""
    store = rng.integers(0, world.settings.stores, count)
    kind = rng.choice(np.array(world.products.categories), count)
    step, fold = rng.integers(1, STEPS + 1, count), rng.integers(0, FOLDS, count)
    scale = _scales(world)[store, kind]
    level = np.exp(LEVEL_SPREAD * rng.standard_normal(count))
    forecast = scale * level ** (LEVEL_MEMORY**step)
    return Asked(
        forecast=forecast,
        scale=scale,
        store=store,
        kind=kind,
        step=step,
        day=STEPS * (fold + 1) + step,
    )


def panel_rows(world: World) -> tuple[Asked, Numbers]:
    """Return the rows of a whole panel over four windows, and what then happened."""
    asked, happened = [], []
    scales, kinds = _scales(world), np.array(world.products.categories)
    for number in range(world.settings.stores):
        store = world.store(number)
        factors = shocks(world.settings.seed, store, STEPS * (FOLDS + 1) + 1)
        products = world.products
        share = products.units / np.bincount(products.category, products.units)[products.category]
        mean = (scales[number] * factors)[:, products.category] * share
        units = counts(world.settings.seed, store, products, mean, (2023, 1))
        for fold, kind in product(range(FOLDS), kinds):
            origin, step = STEPS * (fold + 1), np.arange(1, STEPS + 1)
            level = factors[origin, kind] ** (LEVEL_MEMORY**step)
            asked.append(
                Asked(
                    forecast=scales[number, kind] * level,
                    scale=np.full(STEPS, scales[number, kind]),
                    store=np.full(STEPS, number),
                    kind=np.full(STEPS, kind),
                    step=step,
                    day=origin + step,
                )
            )
            own = units[origin + 1 : origin + 1 + STEPS][:, products.of(kind)]
            happened.append(own.sum(axis=1).astype(np.float64))
    names = Asked.__dataclass_fields__
    whole = {name: np.concatenate([getattr(part, name) for part in asked]) for name in names}
    return Asked(**whole), np.concatenate(happened)


def fold_rows_of(asked: Asked, happened: Numbers) -> FoldRows:
    """Return the rows as the folds of a run hand them to the calibration."""
    known = np.column_stack([
        np.ones(len(happened)),
        np.log(asked.scale),
        np.log(asked.forecast / asked.scale),
        np.log(asked.step),
    ])
    return FoldRows(
        cutoff=asked.day - asked.step,
        members={"truth": asked.forecast},
        actual=happened,
        scale=asked.scale,
        bucket=bucket_of(STEPS, BUCKETS)[asked.step - 1],
        holiday=asked.day % 2,
        half=asked.store % 2,
        period=asked.day,
        design=known,
        table=np.column_stack([asked.kind, asked.step]).astype(np.float32),
        planned=np.ones(len(happened)),
    )


def cells(rows: FoldRows, new: FoldRows, *, shaped: bool) -> dict[str, dict[int, float]]:
    """Return the coverage of ``new`` rows by cell and band, calibrated on ``rows``.

    ``shaped``: with the trees that learn the reach of the misses, else with the linear spread.
    """
    point = rows.members["truth"]
    shape, reach = fit_shape(rows, point, 1) if shaped else (None, None)
    known = fit_uncertainty(rows, point, len(BUCKETS), reach)
    volume = volume_codes(new.scale, known.calibration.volumes)
    size = np.ones((len(new.scale), 2))
    if shape is not None:
        size = new.scale[:, None] * shape.sides(new.design, new.table)
    elif known.spread is not None:
        size *= spread_of(known.spread, new.design, new.scale)[:, None]
    place = (new.bucket, volume, new.holiday)
    bands = calibrated_quantiles(known.calibration, new.members["truth"], size, place)
    found: dict[str, dict[int, float]] = {}
    for cell in np.ndindex(len(BUCKETS), 3, 2):
        mine = np.all([code == own for code, own in zip(place, cell, strict=True)], axis=0)
        found["bucket {} volume {} odd day {}".format(*cell)] = {
            percent: _held(bands[mine], new.actual[mine], edges) for percent, edges in BANDS.items()
        }
    return found


def farthest(found: dict[str, dict[int, float]]) -> float:
    """Return how far the worst cell is from its level."""
    return max(
        abs(share - percent / 100) for one in found.values() for percent, share in one.items()
    )


def main(stores: int) -> int:
    """Draw, calibrate, compare, print."""
    world, rng = world_of(stores, 21), np.random.default_rng(5)
    asked, happened = panel_rows(world)
    rows = fold_rows_of(asked, happened)
    new = fold_rows_of(asked, fresh(world, asked, rng))
    found = cells(rows, new, shaped=True)
    kept = farthest(found) <= ALLOWED
    report = {"rows": len(happened), "farthest": farthest(found), "kept": kept, "cells": found}
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0 if kept else 1


def _held(bands: Numbers, truth: Numbers, edges: tuple[float, float]) -> float:
    """Return the share of truth between two levels; on an edge, where counts fall, it is half in.

    A count is drawn from steps and not from a line: half of those on an edge are taken for beyond.
    """
    low, high = (bands[:, QUANTILES.index(edge)] for edge in edges)
    inside = ((low < truth) & (truth < high)).astype(np.float64)
    closed = ((low <= truth) & (truth <= high)).astype(np.float64)
    return float((inside + closed).mean() / 2)


def _scales(world: World) -> Numbers:
    """Return (stores, all categories) the mean units of a day before any shock."""
    products = world.products
    return np.array([
        np.bincount(
            products.category,
            world.store(number).scale * world.store(number).affinity * products.units,
            len(CATEGORIES),
        )
        for number in range(world.settings.stores)
    ])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1500))
