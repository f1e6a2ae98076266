"""A forecast that is asked for is read whole, or refused with everything that is wrong."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.answer.asking_panel import Ask, read_ask
from foresell.answer.choosing_published import chosen
from foresell.answer.published import read_published
from foresell.contracts.contract import parse_contract
from foresell.errors import UsageError
from foresell.spec.reading import parse_project
from tests.small_bundles import small_bundle

BUNDLE = small_bundle(kind="panel", weighted=True)
PROJECT = parse_project(
    BUNDLE.project_text + "hierarchy: {levels: [[]]}\n",
    "project.yaml",
)
CONTRACT = parse_contract(BUNDLE.contract_text, "contract.yaml")
PUBLISHED = read_published(BUNDLE)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["shop", "festive", "week", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = ("where", "series", "first", "last", "rows", "level", "set", "quantiles", "x")


def told(found: Any) -> list[tuple[str, str]]:
    return [(one.field, one.rule) for one in read_ask(found, PROJECT, CONTRACT)[1]]


def test_everything_that_can_be_asked_for_is_read_in_the_types_of_the_contract() -> None:
    found = {
        "where": {"shop": [0, 1.0]},
        "series": [{"shop": 1}],
        "first": "2026-02-06",
        "last": "2026-02-13",
        "rows": "all",
        "level": "total",
        "quantiles": True,
    }
    ask, problems = read_ask(found, PROJECT, CONTRACT)
    assert problems == []
    assert ask == Ask(
        where={"shop": (0, 1)},
        series=((1,),),
        first=date(2026, 2, 6),
        last=date(2026, 2, 13),
        rows="all",
        level="total",
        quantiles=True,
    )
    changed, problems = read_ask({"set": {"festive": True}}, PROJECT, CONTRACT)
    assert (changed, problems) == (Ask(values={"festive": True}), [])


def test_null_is_as_if_it_were_left_out() -> None:
    assert read_ask(dict.fromkeys(NAMES[:-1]), PROJECT, CONTRACT) == (Ask(), [])


@pytest.mark.parametrize(
    ("found", "problems"),
    [
        ([], [("", "type")]),
        ({"wheer": {}}, [("wheer", "unknown")]),
        ({"": None}, [("", "unknown")]),
        ({"where": {"shap": 1}}, [("where.shap", "unknown")]),
        ({"where": {"sales": 1}}, [("where.sales", "unknown")]),
        ({"where": {"shop": "one"}}, [("where.shop", "type")]),
        ({"where": {"shop": 1.5}}, [("where.shop", "type")]),
        ({"where": {"shop": True}}, [("where.shop", "type")]),
        ({"where": {"shop": 2**63}}, [("where.shop", "type")]),
        ({"where": {"shop": []}}, [("where.shop", "items")]),
        ({"where": 3}, [("where", "type")]),
        ({"series": {}}, [("series", "type")]),
        ({"series": [{}]}, [("series.0.shop", "required")]),
        ({"series": [{"shop": 1, "week": "2026-02-06"}]}, [("series.0.week", "unknown")]),
        ({"first": "06.02.2026"}, [("first", "type")]),
        ({"first": "2026-02-30", "last": 7}, [("first", "type"), ("last", "type")]),
        ({"first": "20260206"}, [("first", "type")]),
        ({"first": "2026-02-13", "last": "2026-02-06"}, [("first, last", "order")]),
        ({"rows": "some"}, [("rows", "values")]),
        ({"rows": ["all"]}, [("rows", "values")]),
        ({"level": "shops"}, [("level", "values")]),
        ({"quantiles": "yes"}, [("quantiles", "type")]),
        ({"set": {}}, [("set", "items")]),
        ({"set": {"shop": 1}}, [("set.shop", "unknown")]),
        ({"set": {"festive": 1}}, [("set.festive", "type")]),
        ({"set": {"festive": None}}, [("set.festive", "type")]),
        ({"set": {"festive": True}, "level": "total"}, [("set, level", "exclusive")]),
        ({"set": {"festive": True}, "rows": "all"}, [("set, rows", "exclusive")]),
    ],
)
def test_what_is_asked_wrongly_is_told_by_field_and_rule(
    found: Any, problems: list[tuple[str, str]]
) -> None:
    assert told(found) == problems


@settings(max_examples=150, deadline=None)
@given(found=st.dictionaries(st.sampled_from(NAMES), anything, max_size=4) | anything)
def test_whatever_is_sent_is_read_or_refused_and_no_value_of_it_is_repeated(found: Any) -> None:
    ask, problems = read_ask(found, PROJECT, CONTRACT)
    if not problems:
        assert isinstance(ask, Ask)
    assert all(one.field == "" or one.says for one in problems)
    json.dumps([str(one) for one in problems])


def rows(**asked: Any) -> list[tuple[int, date]]:
    ask, problems = read_ask(asked, PROJECT, CONTRACT)
    assert problems == []
    found: list[tuple[int, date]] = (
        PUBLISHED.frame[chosen(PUBLISHED, ask, CONTRACT)].select("shop", "week").rows()
    )
    return found


def test_series_and_days_that_are_named_are_chosen_and_no_others() -> None:
    every = PUBLISHED.frame.select("shop", "week").rows()
    assert rows() == every
    assert rows(where={"shop": [2, 0]}) == [row for row in every if row[0] in {0, 2}]
    assert rows(series=[{"shop": 1}], first="2026-02-13", last="2026-02-20") == [
        (1, date(2026, 2, 13)),
        (1, date(2026, 2, 20)),
    ]


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"where": {"shop": 5}}, "no row has shop=5"),
        ({"series": [{"shop": 5}]}, "there is no series shop=5"),
        ({"series": [{"shop": 1}], "where": {"shop": 0}}, "no row of the series asked for"),
        ({"first": "2026-03-06"}, "no row lies from 2026-03-06 to the last"),
    ],
)
def test_what_no_published_row_has_is_refused_by_name(asked: Any, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        rows(**asked)


def test_of_very_many_unknown_names_some_are_told_and_the_others_counted() -> None:
    names = {f"level{at}": 1 for at in range(100_000)}
    problems = read_ask({**names, "where": names}, PROJECT, CONTRACT)[1]

    assert len(problems) == 102
    assert sum("did you mean 'level'?" in one.says for one in problems) == 20
    assert [str(one) for one in problems[100:]] == [
        "99,900 more names in it are not known",
        "where: 100,000 more names in it are not known",
    ]
