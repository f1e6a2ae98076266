from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from foresell.contracts.contract import Contract, parse_contract
from foresell.monitor.comparing import ANSWER, PREDICTION, Found, Sides, compare
from foresell.monitor.same_season import PERIOD
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


def test_forecasts_are_not_compared_with_what_came_true() -> None:
    asked = days(date(2024, 4, 1), 28, seed=5).drop("sold", "price")
    said = asked.select("shop", "day").with_columns(pl.lit(1.0).alias(PREDICTION))
    winter = days(date(2023, 12, 1), 28, seed=6)
    judged = winter.select("shop", "day", pl.col("sold").alias(PREDICTION))
    found = of_panel(asked, judged=judged, answers=said)
    assert alarms(found) == set()
    assert "no forecast of this season was judged: no drift of predictions is measured" in (
        found.notes
    )
    parts = {one.column.part for one in found.drift.columns}
    assert parts == {"feature"}


def test_forecasts_of_another_level_than_the_judged_ones_of_the_season_are_an_alarm() -> None:
    asked = days(date(2024, 4, 1), 28, seed=5).drop("sold", "price")
    said = asked.select("shop", "day").with_columns(pl.lit(1.0).alias(PREDICTION))
    spring = days(date(2022, 3, 1), 90, seed=6)
    judged = spring.select("shop", "day", pl.col("sold").alias(PREDICTION))
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
        "at": [date(2024, 1, 1) + timedelta(days=int(at)) for at in rng.integers(0, 310, 3_000)],
        "size": rng.normal(0, 1, 3_000),
        "owner": rng.choice(["Anna", "Bob"], 3_000),
        "amount": rng.normal(50, 5, 3_000),
    }).with_columns(month=pl.col("at").dt.month().cast(pl.Int64))
    asked = learnt.filter(pl.col("month") >= 9)
    learnt = learnt.filter(pl.col("month") <= 7)
    table = ROWS.schema[0]
    columns = [
        replace(one, classification="personal") if one.name == "owner" else one
        for one in table.properties
    ]
    told = replace(ROWS, schema=(replace(table, properties=tuple(columns)),))
    sides = Sides(learnt=learnt, judged=pl.DataFrame(), asked=asked, answers=pl.DataFrame())
    found = compare(sides, project(LINES), told, MonitoringSpec())
    trending = {one.column.name: one.column.trending for one in found.drift.columns}
    assert trending == {"month": True, "size": False, "amount": False}
    assert alarms(found) == set()


def lines(
    seed: int, first: date, weeks: int, each: int, *, alike: float, season: float = 0.0
) -> pl.DataFrame:
    """Return rows of a dated table: ``alike`` is the correlation of the rows of a week.

    Nothing ever changes; answers are the mean of what is sold.
    """
    rng, rows = np.random.default_rng(seed), weeks * each
    week = np.repeat(np.arange(weeks), each)
    at = [first + timedelta(days=int(7 * one + rng.integers(0, 7))) for one in week]
    size = np.sqrt(alike) * rng.normal(size=weeks)[week] + np.sqrt(1 - alike) * rng.normal(
        size=rows
    )
    year = 2 * np.pi * np.array([day.timetuple().tm_yday for day in at]) / 365
    said = 100 + size + season * np.sin(year)
    return pl.DataFrame({
        "at": at,
        "month": [day.month for day in at],
        "size": size,
        "owner": rng.choice(["a", "b"], rows),
        "amount": said + rng.normal(size=rows) * 0.5,
        ANSWER: said,
    })


def of_table(learnt: pl.DataFrame, asked: pl.DataFrame, **more: Any) -> Found:
    judged = learnt.select(pl.col(ANSWER).alias(PREDICTION)).head(1_000)
    told = Sides(**{
        "learnt": learnt,
        "judged": judged,
        "asked": asked,
        "answers": pl.DataFrame(),
        **more,
    })
    return compare(told, project(LINES), ROWS, MonitoringSpec())


@pytest.mark.parametrize(
    ("alike", "season", "weeks"), [(0.2, 0.0, 1), (0.5, 0.0, 4), (0.0, 1.0, 4), (0.2, 1.0, 1)]
)
@pytest.mark.parametrize("dated", [True, False])
def test_answers_of_a_quiet_table_with_weeks_and_a_season_raise_no_alarm(
    alike: float, season: float, weeks: int, *, dated: bool
) -> None:
    seen: list[object] = []
    for seed in range(10):
        world = {"alike": alike, "season": season}
        learnt = lines(seed, date(2022, 1, 3), 104, 50, **world)
        asked = lines(seed + 100, date(2024, 3, 4), weeks, 200 // weeks, **world)
        if not dated:  # as in the log: it is known when a row was asked
            asked = asked.with_columns(pl.col("at").dt.truncate("1w").alias(PERIOD)).drop("at")
        found = of_table(learnt, asked.drop("month"))
        assert "prediction" in {one.column.part for one in found.drift.columns}
        seen += alarms(found)
    assert seen == []


def test_answers_of_a_table_that_moved_are_an_alarm() -> None:
    learnt = lines(1, date(2022, 1, 3), 104, 50, alike=0.05)
    asked = lines(2, date(2024, 3, 4), 4, 50, alike=0.05).with_columns(pl.col(ANSWER) + 2)
    assert alarms(of_table(learnt, asked)) == {("prediction", PREDICTION)}


def test_answers_to_rows_that_were_learnt_by_heart_lie_farther_apart_and_raise_no_alarm() -> None:
    learnt = lines(1, date(2022, 1, 3), 104, 50, alike=0.0)
    asked = lines(2, date(2024, 3, 4), 4, 500, alike=0.0)
    others = lines(3, date(2022, 1, 3), 104, 50, alike=0.0)
    judged = others.select(pl.col(ANSWER).alias(PREDICTION))
    by_heart = learnt.with_columns((pl.col(ANSWER) - 100) * 2 + 100)
    found = of_table(by_heart, asked, judged=judged)
    assert alarms(found) == set()
    assert any("rows a version learnt from" in note for note in found.notes)


def test_what_clients_write_into_a_column_beside_personal_data_is_never_told() -> None:
    table = ROWS.schema[0]
    columns = [
        replace(one, classification="personal") if one.name == "size" else one
        for one in table.properties
    ]
    told = replace(ROWS, schema=(replace(table, properties=tuple(columns)),))
    learnt = lines(1, date(2022, 1, 3), 104, 50, alike=0.0)
    name = pl.lit("Jane Doe 4420")
    asked = lines(2, date(2024, 3, 4), 8, 50, alike=0.0).with_columns(owner=name)
    sides = Sides(learnt=learnt, judged=pl.DataFrame(), asked=asked, answers=pl.DataFrame())
    found = compare(sides, project(LINES), told, MonitoringSpec())
    assert ("unseen", "owner") in alarms(found)
    assert "Jane" not in repr((found.findings, found.drift.columns))


def test_a_reference_of_one_week_is_said_to_tell_too_little() -> None:
    learnt = lines(1, date(2024, 3, 4), 1, 60, alike=0.0)
    asked = lines(2, date(2024, 3, 11), 1, 60, alike=0.0).with_columns(pl.col("size") + 50)
    found = of_table(learnt, asked)
    assert any("the reference has 1 week: too few" in note for note in found.notes)


def test_all_looks_together_have_one_chance_of_a_false_alarm() -> None:
    """A quiet panel with segments, answers and weeks that are alike: the whole comparison."""
    seen = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        asked = days(date(2024, 4, 1), 14, seed=seed + 500)
        said = asked.select("shop", "day", (pl.col("sold") + rng.normal()).alias(PREDICTION))
        judged = HISTORY.filter(pl.col("day") < date(2022, 12, 1)).select(
            "shop", "day", pl.col("sold").alias(PREDICTION)
        )
        seen += bool(alarms(of_panel(asked, judged=judged, answers=said)))
    assert seen <= 1


def test_a_new_value_of_a_key_or_a_static_column_is_named_where_values_may_be() -> None:
    before = days(date(2023, 1, 1), 730, seed=1)
    now = days(date(2025, 1, 1), 20, seed=2, shops=5).with_columns(
        town=pl.when(pl.col("shop") == "S4").then(pl.lit("z")).otherwise("town")
    )
    sides = Sides(learnt=before, judged=pl.DataFrame(), asked=now, answers=pl.DataFrame())
    says = [
        one.says
        for one in compare(sides, project(PANEL), SHOPS, MonitoringSpec()).findings
        if one.about == "shop"
    ]
    assert says == [
        "1 series with 20 rows (20.0%) was not in the training rows; shop: S4 (20 rows) was never "
        "in training; town: z (20 rows) was never in training"
    ]
