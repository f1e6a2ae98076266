from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from foresell.contracts.contract import Contract, parse_contract
from foresell.monitor.comparing import PREDICTION, Found, Sides, compare
from foresell.spec.monitoring import MonitoringSpec
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

PANEL = """
name: shops
title: Shops
kind: panel
unit: pieces
tables: [{name: days, file: days.csv}]
columns: {shop: key, day: time, sold: target, price: past_only, plan: known_future, town: static}
frequency: D
horizon: 14
season: 7
split: {test: 14, validation: [14]}
"""
LINES = """
name: lines
title: Lines
kind: tabular
tables: [{name: lines, file: lines.csv}]
columns: {at: time, month: feature, size: feature, owner: feature, amount: target}
split: {test_share: 0.2}
"""


def contract(columns: str) -> Contract:
    head = "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema:\n"
    rows = "".join(
        f"      - {{name: {one.replace(':', ', logicalType: ')}}}\n" for one in columns.split()
    )
    return parse_contract(
        f"{head}  - name: x\n    logicalType: object\n    properties:\n{rows}", "contract.yaml"
    )


SHOPS = contract("shop:string day:date sold:number price:number plan:boolean town:string")
ROWS = contract("at:date month:integer size:number owner:string amount:number")


def project(text: str) -> ProjectSpec:
    return parse_project(text, "project.yaml")


def days(first: date, count: int, *, seed: int, shops: int = 4) -> pl.DataFrame:
    """Return a row a day and shop, with a yearly season in what is sold."""
    rng = np.random.default_rng(seed)
    times = [first + timedelta(days=at) for at in range(count)]
    frame = pl.DataFrame({"day": times}).join(
        pl.DataFrame({"shop": [f"S{one}" for one in range(shops)]}), how="cross"
    )
    year = 2 * np.pi * frame["day"].dt.ordinal_day().to_numpy() / 365
    return frame.with_columns(
        sold=100 + 60 * np.sin(year) + rng.normal(0, 5, frame.height),
        price=rng.normal(10, 1, frame.height),
        plan=rng.random(frame.height) < 0.2,
        town=pl.col("shop").replace_strict({f"S{one}": "ab"[one % 2] for one in range(9)}),
    )


HISTORY = days(date(2022, 1, 1), 730, seed=1)


def of_panel(asked: pl.DataFrame, **sides: Any) -> Found:
    both = {"judged": pl.DataFrame(), "answers": pl.DataFrame(), **sides}
    told = Sides(learnt=HISTORY, asked=asked, **both)
    return compare(told, project(PANEL), SHOPS, MonitoringSpec())


def alarms(found: Found) -> set[tuple[str, str]]:
    return {(one.seen, one.about) for one in found.findings if one.weight == "alarm"}


def test_a_season_that_is_far_from_the_mean_of_the_year_raises_no_alarm() -> None:
    found = of_panel(days(date(2024, 4, 1), 28, seed=2))
    assert found.compared.season
    assert alarms(found) == set()
    parts = {(one.column.name, one.column.part) for one in found.drift.columns}
    names = ("price", "plan", "town")
    assert parts == {*((name, "feature") for name in names), ("sold", "target")}


def test_a_shop_that_sells_twice_as_much_is_named() -> None:
    asked = days(date(2024, 4, 1), 28, seed=3)
    more = pl.when(pl.col("shop") == "S2").then(2.0).otherwise(1.0)
    assert ("segment", "shop=S2") in alarms(of_panel(asked.with_columns(pl.col("sold") * more)))


def test_a_column_that_stands_still_is_named() -> None:
    asked = days(date(2024, 4, 1), 28, seed=4).with_columns(price=pl.lit(10.0))
    assert ("frozen", "price") in alarms(of_panel(asked))


def test_answers_are_compared_with_what_came_true_where_none_of_the_season_was_judged() -> None:
    asked = days(date(2024, 4, 1), 28, seed=5).drop("sold", "price")
    said = asked.select("shop", "day").with_columns(pl.lit(1.0).alias(PREDICTION))
    winter = days(date(2023, 12, 1), 28, seed=6)
    judged = winter.select("shop", "day", pl.col("sold").alias(PREDICTION))
    quiet = said.with_columns(days(date(2024, 4, 1), 28, seed=5)["sold"].alias(PREDICTION))
    found = of_panel(asked, judged=judged, answers=quiet)
    assert alarms(found) == set()
    assert any("came true" in note for note in found.notes)
    assert ("prediction", PREDICTION) in alarms(of_panel(asked, judged=judged, answers=said))


def test_many_rows_of_new_shops_are_an_alarm_and_few_a_note() -> None:
    asked = days(date(2024, 4, 1), 28, seed=7, shops=5)  # S4 was never seen
    few = asked.filter((pl.col("shop") != "S4") | (pl.col("day") == date(2024, 4, 1)))
    weights = [
        one.weight
        for rows in (asked, few)
        for one in of_panel(rows).findings
        if one.seen == "unseen" and one.about == "shop"
    ]
    assert weights == ["alarm", "note"]


def test_a_column_that_only_tells_the_month_is_trending_and_a_personal_one_left_out() -> None:
    rng = np.random.default_rng(8)
    learnt = pl.DataFrame({
        "at": [date(2024, 1, 1) + timedelta(days=int(at)) for at in rng.integers(0, 700, 3_000)],
        "size": rng.normal(0, 1, 3_000),
        "owner": rng.choice(["Anna", "Bob"], 3_000),
        "amount": rng.normal(50, 5, 3_000),
    }).with_columns(month=pl.col("at").dt.month().cast(pl.Int64))
    asked = learnt.filter(pl.col("month") == 12).drop("at").head(200)
    table = ROWS.schema[0]
    columns = [
        replace(one, classification="personal") if one.name == "owner" else one
        for one in table.properties
    ]
    told = replace(ROWS, schema=(replace(table, properties=tuple(columns)),))
    sides = Sides(learnt=learnt, judged=pl.DataFrame(), asked=asked, answers=pl.DataFrame())
    found = compare(sides, project(LINES), told, MonitoringSpec())
    moved = {one.column.name: one.drifted for one in found.drift.columns}
    assert moved == {"month": True, "size": False, "amount": False}
    assert alarms(found) == set()
