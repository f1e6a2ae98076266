from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from foresell.contracts.compiled.request_model import request_model
from foresell.errors import UsageError
from tests.unit.contracts.every_rule import EVERY_RULE, KEPT, column, contract_of

MODEL = request_model(EVERY_RULE)


def problem(model: type[BaseModel], row: dict[str, Any]) -> tuple[tuple[str | int, ...], str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(row)
    (error,) = caught.value.errors(include_url=False)
    return error["loc"], error["msg"]


REFUSED: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "an unknown field": ({"colour": 1}, ("colour",), "Extra inputs are not permitted"),
    "a value that is missing": (
        {"must": None},
        ("must",),
        "Input should be a valid string",
    ),
    "a fractional integer": (
        {"whole": 1.5},
        ("whole",),
        "Input should be a valid integer",
    ),
    "a whole number written as a fraction": (
        {"whole": 4.0},
        ("whole",),
        "Input should be a valid integer",
    ),
    "a number in quotes": ({"amount": "1"}, ("amount",), "Input should be a valid number"),
    "yes as a number": ({"whole": True}, ("whole",), "Input should be a valid integer"),
    "a number as yes": ({"flag": 1}, ("flag",), "Input should be a valid boolean"),
    "NaN": ({"amount": float("nan")}, ("amount",), "Input should be a finite number"),
    "out of range": ({"whole": 11}, ("whole",), "Input should be less than or equal to 10"),
    "an integer of 65 bits": (
        {"whole": None, "id": 2**63},
        ("id",),
        "Input should be an integer of 64 bits",
    ),
    "outside a domain": (
        {"size": 3, "day": None},
        ("size",),
        "Input should be one of 1, 2, 5",
    ),
    "a day with a time": (
        {"day": "2020-02-29T00:00:00"},
        ("day",),
        "Input should be a day as YYYY-MM-DD",
    ),
    "a day that does not exist": (
        {"day": "2021-02-29"},
        ("day",),
        "Input should be a day as YYYY-MM-DD",
    ),
    "fields that contradict each other": (
        {"flag": False},
        (),
        "The fields flag, amount contradict each other: "
        "no row where (flag AND COALESCE(amount, 0) <= 0) OR (NOT flag AND amount > 0)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_request_is_told_the_field_and_the_rule(name: str) -> None:
    changed, loc, message = REFUSED[name]
    assert problem(MODEL, KEPT | changed) == (loc, message)


def test_a_row_is_accepted_as_python_and_as_json_have_it() -> None:
    assert MODEL.model_validate(KEPT).model_dump(by_alias=True) == KEPT
    text = {"day": "2020-02-29", "late day": "2020-08-01"}
    assert MODEL.model_validate(KEPT | text).model_dump(by_alias=True) == KEPT
    assert MODEL.model_validate(KEPT | {"amount": 10}).model_dump(by_alias=True)["amount"] == 10.0


def test_a_column_that_may_be_missing_may_be_left_out() -> None:
    assert MODEL.model_validate({"id": 1, "must": "x", "word": "ab"}).model_dump(by_alias=True) == {
        **dict.fromkeys(EVERY_RULE.columns),
        "id": 1,
        "must": "x",
        "word": "ab",
    }


def test_a_model_of_some_columns_is_held_to_the_rules_that_it_has_columns_for() -> None:
    some = request_model(EVERY_RULE, ["day", "size", "amount"])
    assert set(some.model_json_schema()["properties"]) == {"day", "size", "amount"}
    some.model_validate({"day": "2020-01-01", "size": 1, "amount": 5.0})
    assert problem(some, {"day": "2020-01-01", "size": 2, "amount": 5.0})[0] == ()
    request_model(EVERY_RULE, ["size", "amount"]).model_validate({"size": 2, "amount": 5.0})


def test_an_unknown_column_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        request_model(EVERY_RULE, ["amounts"])
    assert caught.value.mend.startswith("did you mean 'amount'?")


def test_names_that_python_cannot_have_are_keys_all_the_same() -> None:
    names = ["class", "copy", "model_x", "1st", "a b", "a-b", "_x", "json", "schéma"]
    contract = contract_of([column(name, "integer", required=True) for name in names], [])
    row = {name: place for place, name in enumerate(names)}
    assert request_model(contract).model_validate(row).model_dump(by_alias=True) == row


def test_what_the_contract_says_of_a_column_stands_in_the_schema() -> None:
    told = column(
        "price",
        "number",
        description="Price of one.",
        examples=[9.5],
        customProperties=[{"property": "unit", "value": "USD"}],
        logicalTypeOptions={"exclusiveMinimum": 0, "maximum": 100},
        required=True,
    )
    personal = column("name", "string", classification="personal")
    schema = request_model(contract_of([told, personal], [])).model_json_schema()
    assert (schema["title"], schema["additionalProperties"]) == ("Rows", False)
    assert schema["properties"] == {
        "price": {
            "description": "Price of one.",
            "examples": [9.5],
            "exclusiveMinimum": 0,
            "maximum": 100,
            "title": "Price",
            "type": "number",
            "unit": "USD",
        }
    }


def test_a_day_is_given_as_a_day() -> None:
    model = request_model(contract_of([column("day", "date")], []))
    assert model.model_validate({"day": "2024-02-29"}).model_dump() == {"day": date(2024, 2, 29)}
    assert model.model_json_schema()["properties"]["day"]["anyOf"][0]["format"] == "date"
