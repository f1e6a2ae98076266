from typing import Any

import pytest

from foresell.contracts.contract import Contract
from foresell.contracts.difference import Change, compare, weakened
from tests.unit.contracts.every_rule import (
    CONDITIONS,
    EVERY_RULE,
    PROPERTIES,
    column,
    condition,
    contract_of,
    domain,
)

ID = PROPERTIES[0]


def one(*found: dict[str, Any], rules: list[dict[str, Any]] | None = None) -> Contract:
    return contract_of([ID, *found], rules or [])


def missing(percent: float) -> list[dict[str, Any]]:
    return [{"metric": "nullValues", "mustBeLessOrEqualTo": percent, "unit": "percent"}]


NUMBER = column("n", "number")
TEXT = column("n", "string")
BOUND = "logicalTypeOptions"
# (before, after): (effect, what, before, after)
CHANGES: dict[str, tuple[Contract, Contract, tuple[str, str, str, str]]] = {
    "a column that goes": (one(NUMBER), one(), ("breaking", "the column went", "number", "")),
    "another type": (
        one(NUMBER),
        one(TEXT),
        ("breaking", "the type changed", "number", "string"),
    ),
    "a value that may be missing now": (
        one(NUMBER | {"required": True}),
        one(NUMBER),
        ("breaking", "a value may be missing now", "", ""),
    ),
    "a wider domain": (
        one(TEXT | {"quality": domain("A", "B")}),
        one(TEXT | {"quality": domain("A", "C")}),
        ("breaking", "the rule values changed", "A, B", "A, C"),
    ),
    "a column that becomes personal": (
        one(TEXT),
        one(TEXT | {"classification": "personal"}),
        ("breaking", "the column is personal now: it is dropped when the data is read", "", ""),
    ),
    "a looser minimum": (
        one(NUMBER | {BOUND: {"minimum": 1}}),
        one(NUMBER | {BOUND: {"minimum": 0.5}}),
        ("weakened", "the rule minimum changed", "1", "0.5"),
    ),
    "a looser maximum of days": (
        one(column("n", "date", **{BOUND: {"maximum": "2024-12-31"}})),
        one(column("n", "date", **{BOUND: {"maximum": "2025-12-31"}})),
        ("weakened", "the rule maximum changed", "2024-12-31", "2025-12-31"),
    ),
    "a maximum that goes": (
        one(NUMBER | {BOUND: {"maximum": 1}}),
        one(NUMBER),
        ("weakened", "the rule maximum went", "1", ""),
    ),
    "more that may be missing": (
        one(NUMBER | {"quality": missing(5)}),
        one(NUMBER | {"quality": missing(50)}),
        ("weakened", "the rule missing changed", "0.05", "0.5"),
    ),
    "another pattern": (
        one(TEXT | {BOUND: {"pattern": "a"}}),
        one(TEXT | {BOUND: {"pattern": "b"}}),
        ("weakened", "the rule pattern changed", "a", "b"),
    ),
    "another condition": (
        one(NUMBER, rules=[condition("r", "n > 1")]),
        one(NUMBER, rules=[condition("r", "n > 2")]),
        ("weakened", "the rule condition changed", "n > 1", "n > 2"),
    ),
    "a column that is no longer personal": (
        one(TEXT | {"classification": "personal"}),
        one(TEXT),
        ("weakened", "the column is no longer personal: it is no longer dropped", "", ""),
    ),
    "a stricter minimum": (
        one(NUMBER | {BOUND: {"minimum": 1}}),
        one(NUMBER | {BOUND: {"minimum": 2}}),
        ("tightened", "the rule minimum changed", "1", "2"),
    ),
    "a narrower domain": (
        one(TEXT | {"quality": domain("A", "B")}),
        one(TEXT | {"quality": domain("A")}),
        ("tightened", "the rule values changed", "A, B", "A"),
    ),
    "a new rule": (
        one(TEXT),
        one(TEXT | {"unique": True}),
        ("tightened", "the rule unique is new", "", ""),
    ),
    "a new column that is required": (
        one(),
        one(NUMBER | {"required": True}),
        ("tightened", "the column is new and required", "", "number"),
    ),
    "another date format": (
        one(column("n", "date")),
        one(column("n", "date", **{BOUND: {"format": "dd.MM.yyyy"}})),
        ("breaking", "days are written in another form", "yyyy-MM-dd", "dd.MM.yyyy"),
    ),
    "a new column": (one(), one(NUMBER), ("added", "the column is new", "", "number")),
    "other words": (
        one(NUMBER),
        one(NUMBER | {"description": "How many."}),
        ("words", "the description changed", "", "How many."),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_said_with_whom_it_concerns(name: str) -> None:
    old, new, (effect, what, before, after) = CHANGES[name]
    (change,) = compare(old, new)
    assert (change.effect, change.what, change.before, change.after) == (
        effect,
        what,
        before,
        after,
    )
    assert bool(weakened([change])) is (effect in {"breaking", "weakened"})


@pytest.mark.parametrize("name", CHANGES)
def test_the_digest_changes_with_every_rule_and_with_no_word(name: str) -> None:
    old, new, (effect, *_) = CHANGES[name]
    assert (old.digest == new.digest) is (effect == "words")


def test_a_contract_is_the_same_as_itself_and_as_one_in_other_words() -> None:
    spaced = [
        rule | {"query": rule["query"].replace(" WHERE ", "\n  WHERE\t")} for rule in CONDITIONS
    ]
    again = contract_of(PROPERTIES, spaced)
    assert compare(EVERY_RULE, EVERY_RULE) == compare(EVERY_RULE, again) == ()
    assert EVERY_RULE.digest == again.digest


def test_space_inside_a_text_of_a_condition_is_part_of_the_rule() -> None:
    narrow, wide = (
        one(TEXT, rules=[condition("r", f"n = {text}")]) for text in ("'a b'", "'a  b'")
    )
    assert narrow.digest != wide.digest
    assert [change.effect for change in compare(narrow, wide)] == ["weakened"]


def test_what_breaks_most_comes_first() -> None:
    changes = compare(
        one(NUMBER | {BOUND: {"minimum": 1, "maximum": 5}}, column("gone", "date")),
        one(NUMBER | {BOUND: {"minimum": 2, "maximum": 9}, "description": "x"}),
    )
    assert [change.effect for change in changes] == ["breaking", "weakened", "tightened", "words"]


def test_another_key_is_breaking() -> None:
    keyed = NUMBER | {"logicalType": "integer", "required": True}
    old, new = one(keyed), one(keyed | {"primaryKey": True, "primaryKeyPosition": 2})
    assert compare(old, new) == (
        Change(
            effect="breaking",
            place="primary key",
            what="rows are told apart by other columns",
            before="id",
            after="id, n",
        ),
    )


def test_a_line_that_slips_into_a_comment_is_another_rule() -> None:
    two, one_line = (
        one(NUMBER, rules=[condition("r", f"n < 0 -- below{end}OR n > 900")]) for end in ("\n", " ")
    )
    assert two.digest != one_line.digest
    assert [change.effect for change in compare(two, one_line)] == ["weakened"]
