"""Quiet periods of whole comparisons: columns, target, predictions, segments, what stands still.

`benchmarks.drift` runs them. Nothing changes in any of these worlds: answers are the means of what
comes true, weeks have effects, years have seasons, targets have long tails, series keep to their
way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from foresell.contracts.contract import Contract, parse_contract
from foresell.monitor.comparing import ANSWER, PREDICTION, Sides, compare
from foresell.monitor.same_season import PERIOD
from foresell.spec.monitoring import MonitoringSpec
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

_PANEL = """
name: shops
title: Shops
kind: panel
unit: pieces
tables: [{name: days, file: days.csv}]
columns: {shop: key, at: time, amount: target, size: past_only, plan: known_future}
frequency: W-MON
horizon: 8
season: 52
split: {test: 8, validation: [8]}
"""
_LINES = """
name: lines
title: Lines
kind: tabular
tables: [{name: lines, file: lines.csv}]
columns: {at: time, size: feature, price: feature, shop: feature, amount: target}
segments: [shop]
split: {test_share: 0.2}
"""
_FIRST, _THEN = date(2021, 1, 4), date(2024, 3, 4)


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """A world: ``kind`` is a table or a panel; ``alike`` the correlation of the rows of a week.

    ``season``: of the target, in standard deviations. ``tail``: of the logarithm of the target.
    ``dated``: whether current rows have a day, or only the week in which they were asked.
    ``follows``: the correlation of a series' neighbouring weeks.
    """

    kind: str = "table"
    alike: float = 0.0
    season: float = 0.0
    tail: float = 0.5
    weeks: int = 4
    dated: bool = True
    timed: bool = True
    shops: int = 5
    follows: float = 0.0


COMPARED = (
    *(Quiet(alike=alike, season=1.0, weeks=weeks) for alike in (0.05, 0.5) for weeks in (1, 4)),
    Quiet(alike=0.2, season=1.0, dated=False, weeks=1),
    Quiet(timed=False, tail=1.5, shops=3),
    *(
        Quiet(kind="panel", shops=shops, weeks=weeks, follows=0.7, season=1.0)
        for shops, weeks in ((1, 35), (2, 20), (40, 4))
    ),
)


def quiet_alarm(world: Quiet, seed: int) -> bool:
    """Return whether a simulated quiet period raises an alarm of any kind."""
    draw = np.random.default_rng([seed, 11])
    sides = _panel(world, draw) if world.kind == "panel" else _table(world, draw)
    spec, contract = _told(world)
    found = compare(sides, spec, contract, MonitoringSpec())
    return any(one.weight == "alarm" for one in found.findings)


def quiet_alarms(world: Quiet, first: int, last: int) -> int:
    """Return how many of several periods raise one."""
    return sum(quiet_alarm(world, seed) for seed in range(first, last))


def _told(world: Quiet) -> tuple[ProjectSpec, Contract]:
    """Return what is declared."""
    panel = world.kind == "panel"
    text = _PANEL if panel else _LINES
    names = "shop:string at:date amount:number size:number plan:boolean"
    if not panel:
        names = "at:date size:number price:number shop:string amount:number"
    if not world.timed:
        text, names = text.replace("at: time, ", ""), names.replace("at:date ", "")
    rows = "".join(
        f"      - {{name: {one.replace(':', ', logicalType: ')}}}\n" for one in names.split()
    )
    head = "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema:\n"
    contract = f"{head}  - name: x\n    logicalType: object\n    properties:\n{rows}"
    return parse_project(text, "project.yaml"), parse_contract(contract, "contract.yaml")


def _table(world: Quiet, draw: np.random.Generator) -> Sides:
    """Return both sides of a table."""
    old = _lines(world, draw, _FIRST, 104, 50)
    new = _lines(world, draw, _THEN, world.weeks, 200 // world.weeks)
    others = _lines(world, draw, _FIRST, 104, 10)
    if not world.dated:
        new = new.with_columns(pl.col("at").dt.truncate("1w").alias(PERIOD)).drop("at")
    if not world.timed:
        old, new = old.drop("at"), new.drop("at")
    judged = others.select(pl.col(ANSWER).alias(PREDICTION))
    return Sides(learnt=old, judged=judged, asked=new, answers=pl.DataFrame())


def _lines(
    world: Quiet, draw: np.random.Generator, first: date, weeks: int, each: int
) -> pl.DataFrame:
    """Return rows of a table."""
    week, rows = np.repeat(np.arange(weeks), each), weeks * each
    at = [first + timedelta(days=int(7 * one + draw.integers(0, 7))) for one in week]

    def feature() -> np.ndarray:
        common = draw.normal(size=weeks)[week] * np.sqrt(world.alike)
        return np.asarray(common + np.sqrt(1 - world.alike) * draw.normal(size=rows))

    size, price = feature(), feature()
    mean = np.exp(0.2 * size + 0.2 * price + 0.3 * _season(world, at))
    return pl.DataFrame({
        "at": at,
        "size": size,
        "price": price,
        "shop": draw.choice([f"S{one}" for one in range(world.shops)], rows),
        "amount": mean * np.exp(draw.normal(0, world.tail, rows)),
        ANSWER: mean,
    })


def _panel(world: Quiet, draw: np.random.Generator) -> Sides:
    """Return both sides of a weekly panel; forecasts were judged in one season of the past."""
    weeks = 166
    at = [_FIRST + timedelta(days=7 * one) for one in range(weeks + world.weeks)]
    parts = []
    for shop in range(world.shops):
        own = _series(world, draw, len(at))
        mean = np.exp(2 + 0.05 * shop + 0.3 * own + 0.3 * _season(world, at))
        more: Mapping[str, Any] = {
            "shop": [f"S{shop}"] * len(at),
            "at": at,
            "amount": draw.poisson(mean).astype(float),
            "size": 10 + _series(world, draw, len(at)),
            "plan": draw.random(len(at)) < 0.2,
            PREDICTION: mean,
        }
        parts.append(pl.DataFrame(more))
    rows = pl.concat(parts)
    first = at[weeks]
    old, new = rows.filter(pl.col("at") < first), rows.filter(pl.col("at") >= first)
    said = ["shop", "at", PREDICTION]
    year = old.filter(pl.col("at") < date(2022, 1, 3))
    return Sides(
        learnt=old.drop(PREDICTION),
        judged=year.select(said),
        asked=new.drop(PREDICTION),
        answers=new.select(said),
    )


def _series(world: Quiet, draw: np.random.Generator, count: int) -> np.ndarray:
    """Return a series with variance 1 that keeps to its way."""
    found = draw.normal(size=count)
    for place in range(1, count):
        found[place] = world.follows * found[place - 1] + found[place] * np.sqrt(
            1 - world.follows**2
        )
    return found


def _season(world: Quiet, at: list[date]) -> np.ndarray:
    """Return the season of each day."""
    days = np.array([day.timetuple().tm_yday for day in at])
    return np.asarray(world.season * np.sin(2 * np.pi * days / 365))
