"""A contract with a rule of every kind, and how its rows look when they keep or break each."""

from datetime import date, timedelta
from typing import Any

import yaml
from hypothesis import strategies as st

from foresell.contracts.contract import Contract, parse_contract

Row = dict[str, Any]


def condition(name: str, broken: str) -> dict[str, Any]:
    query = f"SELECT COUNT(*) FROM {{object}} WHERE {broken}"  # noqa: S608 - read by sqlglot
    return {"name": name, "type": "sql", "query": query, "mustBe": 0}


def domain(*values: object) -> list[dict[str, Any]]:
    arguments = {"validValues": [*values]}
    return [{"type": "library", "metric": "invalidValues", "arguments": arguments, "mustBe": 0}]


def column(name: str, kind: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "logicalType": kind, **rest}


PROPERTIES = [
    column("id", "integer", required=True, primaryKey=True, primaryKeyPosition=1),
    column("must", "string", required=True),
    column("whole", "integer", logicalTypeOptions={"minimum": 0, "maximum": 10}),
    column("span", "number", logicalTypeOptions={"exclusiveMinimum": 0, "exclusiveMaximum": 9.5}),
    column("amount", "number", logicalTypeOptions={"minimum": -5.5, "maximum": 100.25}),
    column("code", "string", logicalTypeOptions={"pattern": "^[A-Z][0-9]{1,2}(-a|-b|.)?$"}),
    column("word", "string", logicalTypeOptions={"minLength": 2, "maxLength": 4}),
    column("kind", "string", quality=domain("A", "it's", 'Ü"x\\', "NA")),
    column("size", "integer", quality=domain(1, 2, 5)),
    column("share", "number", quality=domain(0.1, 1, 2.25)),
    column("day", "date", logicalTypeOptions={"minimum": "2020-01-01", "maximum": "2020-12-31"}),
    column("late day", "date", logicalTypeOptions={"exclusiveMinimum": "2020-06-30"}),
    column("flag", "boolean"),
    column("tag", "string", unique=True),
    column(
        "rare",
        "number",
        quality=[
            {
                "type": "library",
                "metric": "nullValues",
                "mustBeLessOrEqualTo": 50,
                "unit": "percent",
            }
        ],
    ),
]
CONDITIONS = [
    condition("quarter", "size <> EXTRACT(QUARTER FROM day)"),
    condition("flag_agrees", "(flag AND COALESCE(amount, 0) <= 0) OR (NOT flag AND amount > 0)"),
    condition("one_of_two", "kind IS NULL AND word IS NULL"),
    condition("ratio", "amount / whole > 50.5 OR ROUND(amount / span, 1) = 2.5"),
    condition("in_order", '"late day" <= day'),
    condition("not_both", "NOT (share NOT IN (1, 2.25) OR kind NOT IN ('A', 'it''s'))"),
]


def contract_of(
    properties: list[dict[str, Any]], conditions: list[dict[str, Any]], name: str = "every_rule"
) -> Contract:
    """Return a parsed contract of ``properties`` and ``conditions``."""
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": name,
        "name": name,
        "version": "1.2.0",
        "status": "active",
        "schema": [
            {"name": "rows", "logicalType": "object", "properties": properties}
            | ({"quality": conditions} if conditions else {})
        ],
    }
    return parse_contract(yaml.safe_dump(document, allow_unicode=True), "contract.yaml")


EVERY_RULE = contract_of(PROPERTIES, CONDITIONS)
# A row that keeps every rule; a row that breaks a rule is this one with one thing changed.
KEPT: Row = {
    "id": 1,
    "must": "x",
    "whole": 4,
    "span": 2.0,
    "amount": 10.0,
    "code": "S12-a",
    "word": "word",
    "kind": "A",
    "size": 1,
    "share": 0.1,
    "day": date(2020, 2, 29),
    "late day": date(2020, 8, 1),
    "flag": True,
    "tag": "t1",
    "rare": 1.0,
}
# For each kind of rule, values that break it and nothing else.
BREAKING: dict[str, list[Row]] = {
    "required": [{"must": None}],
    "minimum": [{"whole": -1}, {"amount": -5.500001, "flag": False}, {"day": date(2019, 3, 31)}],
    "maximum": [
        {"whole": 11},
        {"amount": 100.2500001},
        {"day": date(2021, 1, 1), "late day": None},
    ],
    "exclusiveMinimum": [{"span": 0.0}, {"late day": date(2020, 6, 30)}],
    "exclusiveMaximum": [{"span": 9.5}],
    "minLength": [{"word": "ü"}, {"word": ""}],
    "maxLength": [{"word": "words"}, {"word": "äöüßé"}],
    "pattern": [{"code": "s12"}, {"code": "S12\n"}, {"code": "xS12"}, {"code": "S٣"}],
    "values": [
        {"kind": "a"},
        {"size": 3, "day": None},
        {"share": 0.10000000000000002},
        {"kind": "NA "},
    ],
    "condition": [
        {"size": 2},
        {"flag": False},
        {"kind": None, "word": None},
        {"whole": 0, "amount": 5.0, "span": 2.0},
        {"late day": date(2020, 7, 1), "day": date(2020, 7, 1), "size": None},
        {"share": 1},
    ],
}


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values, values, values)


FLOATS = st.one_of(
    st.sampled_from([-5.5, 0.0, 0.1, 1.0, 2.25, 2.5, 9.5, 100.25, 1e-9]),
    st.floats(-200, 200, allow_nan=False, allow_subnormal=False).filter(lambda v: v != 0),
    st.integers(-40, 440).map(lambda quarter: quarter / 4),
)
TEXTS = st.one_of(
    st.sampled_from(["A", "it's", 'Ü"x\\', "NA", "S1", "S12-a", "S12-c", "s1", "", "S1\n", "'"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
)
DAYS = st.one_of(
    st.sampled_from([date(2020, 1, 1), date(2020, 12, 31), date(2020, 6, 30), date(2019, 12, 31)]),
    st.integers(0, 900).map(lambda days: date(2019, 1, 1) + timedelta(days)),
)
BY_KIND = {
    "integer": st.one_of(st.integers(-3, 13), st.integers(-(2**40), 2**40)),
    "number": FLOATS,
    "string": TEXTS,
    "boolean": st.booleans(),
    "date": DAYS,
}


@st.composite
def rows(draw: st.DrawFn, contract: Contract, most: int) -> list[Row]:
    """Rows of any values of the right types; ``id`` is unique and never null, so is ``tag``."""
    made = []
    for number in range(draw(st.integers(1, most))):
        mutated = draw(st.booleans())
        kept = {} if mutated else {name: KEPT[name] for name in contract.columns if name in KEPT}
        drawn = {
            name: draw(maybe(BY_KIND[column.logical_type]))
            for name, column in contract.columns.items()
            if mutated or draw(st.integers(0, 5)) == 0
        }
        made.append(
            {**kept, **drawn, "id": number}
            | ({"tag": f"t{number}"} if "tag" in contract.columns else {})
        )
    return made
