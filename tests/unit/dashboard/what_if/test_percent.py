"""A plan moved by percent: the values that result, what is asked of them, and what is refused."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.bundle.bundle import Bundle
from foresell.dashboard.reading.memory import Memory
from foresell.dashboard.what_if import panel_words, percent
from foresell.dashboard.what_if.asking import Door
from foresell.dashboard.what_if.form import Input
from foresell.dashboard.what_if.panel_form import (
    Plan,
    chosen_series,
    outlook_of,
    plan_of,
)
from foresell.dashboard.what_if.shown_page import WhatIf
from foresell.serving.served import Served
from tests.small_bundles import published_weeks, weeks
from tests.what_if_sites import Looked, looked_at, shops_bundle

NBSP = "\u00a0"
ONE = {"given": "1", "where.shop": "1"}
PLANNED = [0.1, 0.0, 0.2, None]  # of the four weeks of each shop
SEEN = (0.0, 0.25)


def price_cuts() -> Bundle:
    """The toy of shops, whose cut of the price is a number that is planned."""
    plain = shops_bundle()
    contract = plain.contract_text.replace(
        "{name: festive, logicalType: boolean, required: true}",
        "{name: cut, logicalType: number, required: true, "
        "logicalTypeOptions: {minimum: 0, maximum: 1}}",
    )
    project = plain.project_text.replace("festive: known_future", "cut: known_future")
    history = weeks()
    return replace(
        plain,
        project_text=project.replace("holiday_weight: {column: festive, value: 5.0}\n", ""),
        contract_text=contract,
        history=history.with_columns(
            cut=pl.Series([SEEN[at % 2] for at in range(history.height)], dtype=pl.Float64)
        ),
        published=published_weeks(1).with_columns(planned_cut=pl.Series(PLANNED * 3)),
    )


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    return looked_at(tmp_path_factory.mktemp("cuts"), price_cuts())


def fields(page: WhatIf) -> dict[str, Input]:
    return {one.name: one for group in page.groups for one in group.inputs}


def plan_and_moved(shops: Looked, values: Mapping[str, str]) -> tuple[Plan, percent.MovedPlan]:
    visit, served = shops.visit({**ONE, **values}), version(shops)
    outlook = outlook_of(visit, served)
    plan = plan_of(visit, served, outlook)
    assert served.published is not None
    return plan, percent.moved_plan(plan, served, served.published, chosen_series(plan, outlook))


def version(shops: Looked) -> Served:
    served = shops.slot.current
    assert served is not None
    return served


def test_a_number_may_be_moved_by_percent_and_a_yes_or_no_may_not(
    shops: Looked, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert "by.cut" in fields(shops.page(ONE))
    plain = looked_at(tmp_path_factory.mktemp("plain"), shops_bundle())
    assert "by.festive" not in fields(plain.page(ONE))


def test_what_is_asked_is_the_plan_times_the_percent_day_by_day(shops: Looked) -> None:
    plan, moved = plan_and_moved(shops, {"by.cut": "+20 %"})
    assert percent.body_of(moved, plan, version(shops)) == {
        "rows": [
            {"shop": 1, "week": "2026-02-06", "cut": pytest.approx(0.12)},
            {"shop": 1, "week": "2026-02-13"},
            {"shop": 1, "week": "2026-02-20", "cut": pytest.approx(0.24)},
            {"shop": 1, "week": "2026-02-27"},
        ]
    }
    assert moved.rows["moved"].to_list() == [True, False, True, False]
    assert moved.errors == {}


def test_only_the_days_from_first_to_last_are_moved(shops: Looked) -> None:
    values = {"by.cut": "-50", "first": "2026-02-13", "last": "2026-02-20"}
    plan, moved = plan_and_moved(shops, values)
    rows = percent.body_of(moved, plan, version(shops))["rows"]
    assert [one.get("cut") for one in rows] == [None, None, pytest.approx(0.1), None]


def test_the_values_that_result_stand_beside_the_field(shops: Looked) -> None:
    page = shops.page({**ONE, "by.cut": "20"})
    assert fields(page)["by.cut"].becomes == "0.1 to 0.2 becomes 0.12 to 0.24"
    html = shops.html({**ONE, "by.cut": "20"})
    assert '<p class="was" id="in-3-becomes">0.1 to 0.2 becomes 0.12 to 0.24</p>' in html
    assert 'name="by.cut" value="20"' in html
    assert 'aria-describedby="in-3-becomes ' in html


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"by.cut": "a tenth"}, "cut by percent must be a number from -100 to 1000, such as -10"),
        ({"by.cut": "-101"}, "cut by percent must be a number from -100 to 1000, such as -10"),
        (
            {"by.cut": "10", "first": "2026-02-13", "last": "2026-02-13"},
            "cut is planned as 0 there, and any percent of 0 is 0: give a value",
        ),
        (
            {"by.cut": "10", "first": "2026-02-27"},
            "cut is not known there, so no percent of it is: give a value",
        ),
        (
            {"by.cut": "10", "set.cut": "0.2"},
            "cut has a value and a percent: leave one of them empty",
        ),
    ],
)
def test_what_is_wrong_with_a_percent_stands_beside_it_and_nothing_is_answered(
    values: dict[str, str], says: str, shops: Looked
) -> None:
    page = shops.page({**ONE, **values})
    beside = fields(page)["by.cut"]
    assert [one.replace(NBSP, " ") for one in beside.errors] == [says]
    assert [one.says.replace(NBSP, " ") for one in page.mistakes] == [says]
    assert page.facts == ()
    assert page.figures == {}
    assert page.heading == "1 field needs another value"
    html = shops.html({**ONE, **values})
    assert f'id="{beside.id}-error"' in html


BEYOND = (
    "outside the 0 to 0.25 that the model learnt from: the answer is a guess beyond what is known."
)


@pytest.mark.parametrize(
    ("by", "notes"),
    [("25", []), ("25.1", [f"cut is 0.2502, {BEYOND}"]), ("+50", [f"cut is 0.3, {BEYOND}"])],
)
def test_a_percent_beyond_what_was_seen_is_asked_with_a_note(
    by: str, notes: list[str], shops: Looked
) -> None:
    plan, moved = plan_and_moved(shops, {"by.cut": by})
    assert moved.errors == {}
    assert [one for one in moved.notes if "outside" in one] == notes
    asked = percent.body_of(moved, plan, version(shops))["rows"]
    assert asked[0]["cut"] == pytest.approx(0.1 * (1 + float(by) / 100))


def test_a_value_beyond_what_was_seen_has_the_same_note(shops: Looked) -> None:
    visit, served = shops.visit({**ONE, "set.cut": "0.3"}), version(shops)
    plan = plan_of(visit, served, outlook_of(visit, served))
    assert panel_words.notes(plan, served, 1) == (f"cut is 0.3, {BEYOND}",)


def test_what_the_contract_refuses_of_a_percent_stands_beside_it(shops: Looked) -> None:
    says = "is 2.0, which breaks the contract: cut is at most 1"

    def ask(method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """An endpoint that refuses the third row."""
        if path.endswith("/forecast"):
            return shops.ask(method, path, body)
        wrong = {"field": "cut", "row": 3, "says": says, "rule": "maximum", "allowed": "0 to 1"}
        return 422, {"errors": [wrong]}

    served = version(shops)
    plan, moved = plan_and_moved(shops, {"by.cut": "900"})
    door = Door(project="shops", served=served, ask=ask, memory=Memory())
    answer = percent.answered(door, moved, plan, percent.body_of(moved, plan, served))
    assert answer.errors == {"by.cut": [f"{says} (allowed: 0 to 1)"]}
    assert not answer.fine


def test_days_and_series_that_are_not_there_are_told_as_ever(shops: Looked) -> None:
    page = shops.page({**ONE, "where.shop": "9", "by.cut": "10"})
    assert any("no row has shop=9" in one for one in fields(page)["where.shop"].errors)
    page = shops.page({**ONE, "first": "soon", "by.cut": "10"})
    assert fields(page)["first"].errors == ("From must be a day as YYYY-MM-DD",)


def test_moved_by_nothing_the_plan_is_answered_as_it_is_published(shops: Looked) -> None:
    page = shops.page({**ONE, "by.cut": "0"})
    rows = page.figures["plan"].rows
    assert rows is not None
    mine = published_weeks(1).filter(shop=1)
    assert rows["planned"].to_list() == rows["changed"].to_list() == mine["prediction"].to_list()
    assert page.heading == "The change makes no difference"
    assert page.standfirst == "With cut as planned: shop 1."
    assert not rows["moved"].any()


def test_an_answer_is_told_beside_the_plan(shops: Looked) -> None:
    asked: list[Any] = []

    def ask(method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """An endpoint whose answer is a thousand times the cut."""
        if path.endswith("/forecast"):
            return shops.ask(method, path, body)
        asked.append((method, path))
        told = [1000.0 * one.get("cut", 0.0) for one in body["rows"]]
        return 200, {
            "predictions": [{"prediction": x, "p10": x - 1.0, "p90": x + 1.0} for x in told]
        }

    served = version(shops)
    plan, moved = plan_and_moved(shops, {"by.cut": "20"})
    door = Door(project="shops", served=served, ask=ask, memory=Memory())
    answer = percent.answered(door, moved, plan, percent.body_of(moved, plan, served))
    told = answer.told["forecasts"]
    mine = published_weeks(1).filter(shop=1)["prediction"].to_list()
    assert asked == [("POST", "/projects/shops/predict/batch")]
    assert [one["prediction"] for one in told] == pytest.approx([120.0, 0.0, 240.0, 0.0])
    assert [one["prediction_planned"] for one in told] == mine
    assert [one["effect"] for one in told] == pytest.approx([
        point - planned for point, planned in zip([120.0, 0.0, 240.0, 0.0], mine, strict=True)
    ])
    assert [one["changed"] for one in told] == [True, False, True, False]
    assert [one["week"] for one in told] == [str(date(2026, 2, day)) for day in (6, 13, 20, 27)]


def test_what_a_percent_does_not_move_is_said(shops: Looked) -> None:
    assert plan_and_moved(shops, {"by.cut": "20"})[1].notes == [
        "cut is planned as 0 in 1 of 4 forecasts: a percent of it is 0 too.",
        "cut is not known in 1 of 4 forecasts: it is left as it is.",
    ]


@given(by=st.floats(-100, 25), places=st.integers(0, 2))
def test_every_percent_that_stays_within_what_was_seen_is_asked(by: float, places: int) -> None:
    text = f"{by:.{places}f}"
    planned = pl.Series([0.1, 0.2])
    values = percent._snapped(planned * (100 + float(text)) / 100, SEEN)
    assert values.is_between(*SEEN).all()
    assert values.to_list() == pytest.approx([
        0.1 * (1 + float(text) / 100),
        0.2 * (1 + float(text) / 100),
    ])
