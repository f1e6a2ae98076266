import math
from datetime import date
from typing import Any

import polars as pl
import pytest

from foresell.contracts.compiled.rows import breaks
from foresell.contracts.condition import Condition, condition_expr
from foresell.contracts.condition_sql import parse_condition
from foresell.errors import SpecError
from tests.unit.contracts.every_rule import column, condition, contract_of

CONTRACT = contract_of(
    [
        column("i", "integer"),
        column("j", "integer"),
        column("x", "number"),
        column("day", "date"),
        column("word", "string"),
        column("flag", "boolean"),
        column("Two Words", "number"),
    ],
    [],
)
NOTHING: dict[str, Any] = dict.fromkeys(CONTRACT.columns)
FORM = "write SELECT COUNT(*) FROM {object} WHERE <what a broken row looks like>"


def query_of(broken: str) -> str:
    return str(condition("rule", broken)["query"])


def parsed(broken: str) -> Condition:
    return parse_condition(query_of(broken), CONTRACT, "rule")


def refused(query: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        parse_condition(query, CONTRACT, "rule")
    assert caught.value.where == "contract 'every_rule', quality rule 'rule'"
    return caught.value


# condition, row (what is not named is null), whether the row is broken
MEANING: list[tuple[str, dict[str, Any], bool]] = [
    ("i > 1", {"i": 2}, True),
    ("i > 1", {}, False),
    ("NOT i > 1", {}, False),
    ("NOT (i > 1 AND j > 1)", {"i": 0}, True),
    ("i > 1 OR j > 1", {"j": 2}, True),
    ("i IS NULL", {}, True),
    ("NOT i IS NOT NULL", {}, True),
    ("i IN (1, 2)", {"i": 2}, True),
    ("i NOT IN (1, 2)", {}, False),
    ("i BETWEEN 1 AND 2", {"i": 2}, True),
    ("i NOT BETWEEN 1 AND 2", {"i": 3}, True),
    ("flag", {"flag": True}, True),
    ("NOT flag", {}, False),
    ("x / i > 1", {"x": 3.0, "i": 0}, False),
    ("NOT x / i > 1", {"x": 3.0, "i": 0}, False),
    ("1.0 * i / j = 0.5", {"i": 1, "j": 2}, True),
    ("x / 2 = 1.5", {"x": 3.0}, True),
    ("ROUND(x) = 2", {"x": 2.5}, True),
    ("ROUND(x, 1) = 0.3", {"x": 0.26}, True),
    ("CEIL(x) = -2 AND FLOOR(x) = -3", {"x": -2.5}, True),
    ("ABS(i - j) = 3", {"i": 1, "j": 4}, True),
    ("- i = -1", {"i": 1}, True),
    ("COALESCE(i, 7) = 7", {}, True),
    ("COALESCE(i, 0.5) < 1", {}, True),
    ("EXTRACT(QUARTER FROM day) = 2", {"day": date(2024, 6, 30)}, True),
    (
        "EXTRACT(YEAR FROM day) * 100 + EXTRACT(MONTH FROM day) = 202406",
        {"day": date(2024, 6, 1)},
        True,
    ),
    ("day < DATE '2024-06-02'", {"day": date(2024, 6, 1)}, True),
    ("word <> 'it''s'", {"word": "its"}, True),
    ('"Two Words" = 1e2', {"Two Words": 100.0}, True),
    ("i = 9007199254740993", {"i": 9007199254740992}, False),
    ("x * x > 1e308", {"x": 1e200}, True),
    ("FLOOR(x * x) > 1", {"x": 1e200}, True),
]


@pytest.mark.parametrize(("broken", "row", "expected"), MEANING)
def test_a_condition_means_what_sql_says(broken: str, row: dict[str, Any], expected: bool) -> None:
    whole = NOTHING | row
    schema = {
        "i": pl.Int64,
        "j": pl.Int64,
        "x": pl.Float64,
        "day": pl.Date,
        "word": pl.String,
        "flag": pl.Boolean,
        "Two Words": pl.Float64,
    }
    frame = pl.DataFrame([whole], schema=schema, orient="row")
    assert frame.select(condition_expr(parsed(broken))).item() is expected
    assert breaks(parsed(broken), whole) is expected


def test_a_condition_knows_its_columns_in_order_and_its_words() -> None:
    condition = parsed("j > 1 AND (i < j OR  x IS NULL)")
    assert (condition.columns, condition.sql) == (("j", "i", "x"), "j > 1 AND (i < j OR x IS NULL)")


def test_the_placeholder_may_be_written_as_the_standard_does() -> None:
    query = "SELECT COUNT(*) FROM ${object} WHERE i > 1"
    assert parse_condition(query, CONTRACT, "rule") == parsed("i > 1")


REFUSED = {
    "SELECT COUNT(*) FROM {object}": FORM,
    "SELECT COUNT(i) FROM {object} WHERE i > 1": FORM,
    "SELECT COUNT(*), 1 FROM {object} WHERE i > 1": FORM,
    "SELECT COUNT(*) FROM sales WHERE i > 1": FORM,
    "SELECT COUNT(*) FROM {object}, {object} AS b WHERE i > 1": FORM,
    "SELECT COUNT(*) FROM {object} WHERE i > 1 GROUP BY j": FORM,
    "SELECT COUNT(*) FROM {object} WHERE i > 1 LIMIT 1": FORM,
    "SELECT COUNT(*) FROM {object} WHERE i > 1; DROP TABLE sales": FORM,
    "WITH a AS (SELECT 1) SELECT COUNT(*) FROM {object} WHERE i > 1": FORM,
    "DELETE FROM {object} WHERE i > 1": FORM,
    "SELECT COUNT(*) FROM {object} WHERE (": FORM,
    "nonsense": FORM,
}


@pytest.mark.parametrize(("query", "mend"), REFUSED.items())
def test_a_query_of_another_form_is_refused(query: str, mend: str) -> None:
    assert refused(query).mend == mend


@pytest.mark.parametrize(
    "broken",
    [
        "word LIKE 'a%'",
        "i::text = '1'",
        "CAST(i AS DATE) = day",
        "CASE WHEN flag THEN i ELSE j END > 1",
        "i IN (SELECT 1)",
        "i IN (j)",
        "word || word = 'a'",
        "i % 2 = 0",
        "x ^ 2 > 1",
        "flag IS TRUE",
        "i IS DISTINCT FROM j",
        "(i > 1) = flag",
        "random() > 0.5",
        "pg_sleep(1) IS NULL",
        "COALESCE(i, j) = 1",
        "COALESCE(i + 1, 2) = 1",
        "i + 1 IS NULL",
        "EXTRACT(DOW FROM day) = 1",
        "EXTRACT(YEAR FROM word) = 1",
        "other.i = 1",
        "i = ANY(ARRAY[1])",
        "i BETWEEN SYMMETRIC 2 AND 1",
    ],
)
def test_what_is_not_allowed_is_named_with_what_is(broken: str) -> None:
    error = refused(query_of(broken))
    assert error.what.endswith("is not allowed in a rule")
    assert error.mend.startswith("allowed are columns, numbers, 'text', DATE 'YYYY-MM-DD'")


MISTAKES = {
    "wrd = 'a'": ("'wrd' is no column of the contract", "did you mean 'word'? Known: "),
    'word = "a"': ("'a' is no column of the contract", "known: "),
    "I > 1": ("'I' is no column of the contract", "known: "),
    "i = 'a'": ("a integer is compared with a string", "compare values of one type"),
    "day = '2024-01-01'": ("a date is compared with a string", "write a date as DATE 'YYYY-MM-DD'"),
    "day = DATE '2024-02-30'": ("'2024-02-30' is no day", "write DATE 'YYYY-MM-DD'"),
    "word < 'b'": ("string values are put in order by <", "use = or <>: the order of text differs"),
    "flag > FALSE": ("boolean values are put in order by >", "use = or <>"),
    "i": ("i is of type integer, and a condition was expected", "compare it with something: i > 0"),
    "TRUE OR i > 1": ("TRUE is of type boolean, and a condition was expected", "compare it with"),
    "word + 1 = 2": ("word is of type string, and a number was expected", "calculate with columns"),
    "day - day > 3": ("day is of type date, and a number was expected", "calculate with columns"),
    "i / j = 1": ("i / j divides two integers, which some databases cut off", "write 1.0 * i / j"),
    "x / 0 = 1": ("x / 0 divides by 0", "divide by something else"),
    "ROUND(x, j) = 1": ("ROUND(x, j) rounds to j digits", "use a number from 0 to 15"),
    "ROUND(x, 16) = 1": ("ROUND(x, 16) rounds to 16 digits", "use a number from 0 to 15"),
    "x > 1e999": ("the number 1e999 is too large", "use a smaller one"),
    "i > 99999999999999999999": ("the number 99999999999999999999 is too large", "use a smaller"),
    "1 > 2": ("1 > 2 reads no column", "say what is wrong with a row"),
}


@pytest.mark.parametrize("broken", MISTAKES)
def test_a_mistake_in_a_condition_is_named(broken: str) -> None:
    what, mend = MISTAKES[broken]
    error = refused(query_of(broken))
    assert error.what == what
    assert error.mend.startswith(mend)


def test_nothing_that_overflows_is_an_exception_in_a_request() -> None:
    assert breaks(parsed("CEIL(x * x) > 1"), NOTHING | {"x": 1e300}) is True
    assert breaks(parsed("ROUND(x * 1e10, 2) > 1"), NOTHING | {"x": 1.7e300}) is True
    assert math.isinf(1e300 * 1e300)
