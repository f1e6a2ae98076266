"""What one small contract is compiled to, byte for byte, as files a person can read in a review.

After a change that is meant: ``python -m tests.unit.contracts.test_golden`` writes them anew.
"""

import ast
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import jsonschema
import pytest
import sqlglot

from foresell.contracts.compiled.expectations import raw_suite
from foresell.contracts.compiled.json_schema import json_schema, json_schema_text
from foresell.contracts.compiled.page import html, markdown
from foresell.contracts.compiled.pandera_schema import pandera_module
from foresell.contracts.compiled.postgres import create_table
from foresell.contracts.compiled.request_text import request_module
from foresell.contracts.contract import Contract, parse_contract

GOLDEN = Path(__file__).parents[2] / "golden" / "contract"
FORMS: Mapping[str, Callable[[Contract], str]] = {
    "pandera.txt": pandera_module,
    "pydantic.txt": request_module,
    "postgres.sql": create_table,
    "expectations.json": raw_suite,
    "schema.json": json_schema_text,
    "page.md": markdown,
    "page.html": html,
}


def orders() -> Contract:
    path = GOLDEN / "contract.yaml"
    return parse_contract(path.read_text(encoding="utf-8"), path.name)


@pytest.mark.parametrize("form", FORMS)
def test_a_contract_is_compiled_to_these_bytes(form: str) -> None:
    assert FORMS[form](orders()) == (GOLDEN / form).read_text(encoding="utf-8")


def test_the_modules_are_python_the_table_is_sql_the_rest_is_what_it_says() -> None:
    ast.parse(pandera_module(orders()))
    ast.parse(request_module(orders()))
    kinds = [
        type(one).__name__ for one in sqlglot.parse(create_table(orders()), dialect="postgres")
    ]
    assert kinds[0] == "Create"
    assert set(kinds[1:]) == {"Comment"}
    jsonschema.Draft202012Validator.check_schema(json_schema(orders()))
    assert json.loads(raw_suite(orders()))["meta"]["digest"] == orders().digest


ROW = {"order": "A-1", "line": 1, "day": "2024-02-29", "price": 9.5, "quarter": 1, "state": None}
JUDGED = [
    ({}, True),
    ({"line": 0}, False),
    ({"line": 1.5}, False),
    ({"order": "a-1"}, False),
    ({"state": "XX"}, False),
    ({"state": "CA"}, True),
    ({"price": None}, False),
    ({"day": 5}, False),
    ({"more": 1}, False),
]


@pytest.mark.parametrize(("changed", "valid"), JUDGED)
def test_the_json_schema_judges_a_row(changed: dict[str, object], valid: bool) -> None:
    judge = jsonschema.Draft202012Validator(json_schema(orders()))
    assert judge.is_valid({"email": None} | ROW | changed) is valid


def test_no_page_names_an_address_a_script_or_a_personal_value() -> None:
    page = html(orders())
    assert not [word for word in ("://", "<script", "src=", "url(", "@import") if word in page]
    assert "email" in page


def test_text_in_a_contract_is_only_text_on_its_page() -> None:
    text = (GOLDEN / "contract.yaml").read_text(encoding="utf-8")
    evil = parse_contract(text.replace("Price of one", "<b>|`Price</b>"), "c.yaml")
    assert "<b>|" not in html(evil)
    assert "&lt;b>\\|" in markdown(evil)


if __name__ == "__main__":
    for name, make in FORMS.items():
        (GOLDEN / name).write_text(make(orders()), encoding="utf-8")
