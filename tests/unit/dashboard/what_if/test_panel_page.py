"""A what-if of a panel shows the plan as it is published, and refuses beside the field."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from foresell.dashboard.page import Trouble
from foresell.dashboard.what_if.form import Input
from foresell.dashboard.what_if.panel import fields_of
from foresell.dashboard.what_if.shown_page import WhatIf
from foresell.spec.ordered_sums import one_piece
from tests.served_bundles import slot
from tests.small_bundles import published_weeks, small_bundle, weeks
from tests.what_if_sites import Looked, looked_at, looking, shops_bundle

NBSP = "\u00a0"
HOSTILE = '"><script>alert(1)</script>'
ONE = {"given": "1", "where.shop": "1"}
PUBLISHED = published_weeks(1, weighted=True)


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    return looked_at(tmp_path_factory.mktemp("shops"), shops_bundle())


def fields(page: WhatIf) -> dict[str, Input]:
    return {one.name: one for group in page.groups for one in group.inputs}


def drawn(page: WhatIf) -> pl.DataFrame:
    rows = page.figures["plan"].rows
    assert rows is not None
    return rows


def test_the_page_begins_with_the_series_that_sells_the_most(shops: Looked) -> None:
    page = shops.page()
    assert fields(page)["where.shop"].value == "2"
    mine = PUBLISHED.filter(shop=2)
    assert drawn(page)["planned"].to_list() == mine["prediction"].to_list()
    assert page.heading == (
        f"As planned, {one_piece(mine['prediction']).sum():.0f}{NBSP}USD in 4{NBSP}weeks"
    )


def test_the_forecast_that_is_drawn_is_the_published_one(shops: Looked) -> None:
    rows, mine = drawn(shops.page(ONE)), PUBLISHED.filter(shop=1)
    assert rows["date"].to_list() == mine["week"].to_list()
    assert rows["planned"].to_list() == mine["prediction"].to_list()
    assert rows["low"].to_list() == mine["q0.1"].to_list()
    assert rows["high"].to_list() == mine["q0.9"].to_list()
    assert rows["changed"].null_count() == rows.height
    assert not rows["moved"].any()


def test_what_was_observed_is_drawn_before_it(shops: Looked) -> None:
    spec = shops.page(ONE).figures["plan"].draw(760)
    told = [row for rows in spec["datasets"].values() for row in rows if "y" in row]
    mine = weeks(weighted=True).filter(shop=1).tail(6)
    assert told == [
        {"date": str(day), "y": sold}
        for day, sold in mine.select(pl.col("week").cast(pl.String), "sales").rows()
    ]


def test_several_series_are_a_sum_without_a_band(shops: Looked) -> None:
    page = shops.page({"given": "1"})
    rows = drawn(page)
    total = PUBLISHED.group_by("week", maintain_order=True).agg(pl.col("prediction").implode())
    assert rows["planned"].to_list() == pytest.approx(
        [sum(one) for one in total["prediction"].to_list()], rel=1e-12
    )
    assert rows["low"].null_count() == rows["high"].null_count() == rows.height
    assert "the sum of 3" in page.standfirst.lower()
    assert "day" not in fields(page)


def test_a_lever_tells_its_plan_and_may_be_left_as_planned(shops: Looked) -> None:
    lever = fields(shops.page(ONE))["set.festive"]
    assert [one.value for one in lever.options] == ["", "true", "false"]
    assert lever.value == ""
    assert lever.hint == f"Planned: yes on 13{NBSP}Feb{NBSP}2026 and 27{NBSP}Feb{NBSP}2026"


def test_days_are_the_days_that_are_forecast(shops: Looked) -> None:
    days = [one.value for one in fields(shops.page(ONE))["first"].options]
    assert days == ["", *(str(day) for day in PUBLISHED["week"].unique().sort().to_list())]


@pytest.mark.parametrize(
    ("values", "at", "says"),
    [
        ({"where.shop": "9"}, "where.shop", "no row has shop=9"),
        ({"where.shop": "x"}, "where.shop", "must be a whole number of 64 bits"),
        ({"set.festive": "perhaps"}, "set.festive", "festive must be true or false"),
        (
            {"set.festive": "true", "first": "soon"},
            "first",
            "From must be a day as YYYY-MM-DD",
        ),
        (
            {"set.festive": "true", "first": "2026-02-27", "last": "2026-02-06"},
            "last",
            "the first day lies after the last",
        ),
        ({"set.festive": HOSTILE}, "set.festive", "festive must be true or false"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    values: dict[str, str], at: str, says: str, shops: Looked
) -> None:
    page = shops.page({**ONE, **values})
    beside = fields(page)[at]
    assert any(says in one for one in beside.errors), beside.errors
    assert page.facts == ()
    assert page.figures == {}
    assert {name: fields(page)[name].value for name in values} == values
    html = shops.html({**ONE, **values})
    assert "<script>alert" not in html
    assert f'id="{beside.id}-error"' in html


def test_a_change_without_a_desk_is_told_in_words(shops: Looked) -> None:
    page = shops.page({**ONE, "set.festive": "true"})
    assert page.troubles["answer"] == Trouble(
        what="this server computes nothing on demand, it only has what is published",
        where="server",
        mend="start one by: foresell serve PROJECT",
    )
    assert fields(page)["set.festive"].value == "true"


def test_days_without_a_change_are_no_change(shops: Looked) -> None:
    page = shops.page({**ONE, "first": "2026-02-06"})
    assert page.notes == ("Days were chosen, and nothing is planned otherwise on them yet.",)
    assert page.facts


def test_without_a_version_the_page_says_what_to_do(tmp_path: Path) -> None:
    placed = slot("shops")
    placed.kind = "panel"
    page = looking(tmp_path, placed).page()
    assert page.heading == "No version answers yet"
    assert page.troubles["answer"].mend == "foresell run shops"
    assert page.troubles["answer"].next


def test_a_bundle_that_was_changed_is_told_in_place_of_a_forecast(tmp_path: Path) -> None:
    looked = looked_at(tmp_path, shops_bundle())
    for kept in (tmp_path / "_registry" / "objects").rglob("*"):
        if kept.is_file():
            kept.chmod(0o644)
            kept.write_bytes(b"changed")
    page = looked.page(ONE)
    assert "is not the one that was put there" in page.troubles["answer"].what
    assert page.figures == {}
    assert "is not the one that was put there" in looked.html(ONE)


def test_the_table_and_the_facts_are_the_same_numbers(shops: Looked) -> None:
    page, mine = shops.page(ONE), PUBLISHED.filter(shop=1)
    assert page.days is not None
    assert [row[1].text for row in page.days.rows] == [
        f"{one:,.1f}" for one in mine["prediction"].to_list()
    ]
    values: list[Any] = mine["prediction"].to_list()
    assert page.facts[0].value == f"{sum(values):,.0f}{NBSP}USD"
    assert page.facts[2].value == f"{max(values):,.0f}{NBSP}USD"


def test_a_refusal_is_about_the_column_it_names() -> None:
    known = {"set.price", "set.price_2", "where.shop"}
    assert fields_of("set", "price=3 breaks the contract: price is at most 2", known) == [
        "set.price"
    ]
    assert fields_of("where, series", "no row is published", known) == ["where.shop"]
    assert fields_of("server", "nobody knows", known) == []


def test_where_nothing_is_planned_ahead_there_is_no_lever(tmp_path: Path) -> None:
    page = looked_at(tmp_path, small_bundle("plain", kind="panel")).page({"where.shop": "0"})
    assert [one.name for group in page.groups for one in group.inputs] == ["where.shop", "day"]
    assert "no plan can be changed" in page.standfirst
    assert page.facts
