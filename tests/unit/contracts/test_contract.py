from importlib.resources import files
from typing import Any

import pytest
import yaml

from foresell.contracts.contract import parse_contract
from foresell.errors import SpecError
from tests.unit.contracts.conftest import Make, contract_text

KEY = {"name": "id", "logicalType": "string", "required": True, "primaryKey": True}


def domain(*values: object) -> list[dict[str, Any]]:
    return [{"metric": "invalidValues", "arguments": {"validValues": [*values]}, "mustBe": 0}]


def refused(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        parse_contract(text, "contract.yaml")
    return caught.value


def test_the_key_is_ordered_by_its_declared_position(make: Make) -> None:
    late = {"name": "day", "logicalType": "date", "required": True, "primaryKey": True}
    contract = make(late | {"primaryKeyPosition": 2}, KEY | {"primaryKeyPosition": 1})
    assert (contract.key, list(contract.columns)) == (("id", "day"), ["id", "day"])


def test_a_domain_is_the_valid_values_and_none_where_any_value_is(make: Make) -> None:
    contract = make({"name": "kind", "logicalType": "string", "quality": domain("A", "B")})
    assert (contract.columns["kind"].domain, contract.columns["id"].domain) == (("A", "B"), None)


def test_two_columns_of_one_name_are_refused() -> None:
    document = yaml.safe_load(contract_text())
    document["schema"][0]["properties"] *= 2
    assert refused(yaml.safe_dump(document)).what == "columns ['id'] are declared twice"


def test_a_contract_without_a_key_is_refused() -> None:
    error = refused(contract_text(KEY | {"primaryKey": False}))
    assert error.what == "no column is part of the primary key"


def test_a_key_that_may_be_null_is_refused() -> None:
    error = refused(contract_text(KEY | {"required": False}))
    assert error.what == "the key column 'id' may be null"


def test_another_version_of_the_standard_is_refused() -> None:
    error = refused(contract_text(apiVersion="v2.2.2"))
    assert (error.what, error.mend) == (
        "'apiVersion' is 'v2.2.2'",
        "known: v3.1.0",
    )


def test_a_rule_that_nobody_checks_is_refused() -> None:
    error = refused(contract_text({"name": "n", "logicalType": "integer", "unique": True}))
    assert error.what == "unknown key 'schema.0.properties.1.unique'"


NUMBER = {"name": "n", "logicalType": "number"}
TEXT = {"name": "n", "logicalType": "string"}
CONTRADICTIONS = {
    "minimum means nothing for type string": TEXT | {"logicalTypeOptions": {"minimum": 1}},
    "exclusive_maximum means nothing for type string": TEXT
    | {"logicalTypeOptions": {"exclusiveMaximum": 1}},
    "pattern means nothing for type number": NUMBER | {"logicalTypeOptions": {"pattern": "a"}},
    "format means nothing for type number": NUMBER | {"logicalTypeOptions": {"format": "yyyy"}},
    "no value is at least 2 and at most 1": NUMBER
    | {"logicalTypeOptions": {"minimum": 2, "maximum": 1}},
    "the pattern '(' is no regular expression": TEXT | {"logicalTypeOptions": {"pattern": "("}},
    "the valid value 1 is not of type string": TEXT | {"quality": domain("A", 1)},
    "the valid value 'A' is not of type number": NUMBER | {"quality": domain(1.5, 2, "A")},
}


@pytest.mark.parametrize(("what", "column"), CONTRADICTIONS.items())
def test_a_rule_its_column_cannot_have_is_refused(what: str, column: dict[str, Any]) -> None:
    error = refused(contract_text(column))
    assert (error.what, error.where) == (what, "contract.yaml, column 'n'")


@pytest.mark.parametrize("name", ["retail", "walmart"])
def test_the_contracts_that_ship_are_sound(name: str) -> None:
    text = files("foresell").joinpath(f"projects/{name}/contract.yaml").read_text(encoding="utf-8")
    assert parse_contract(text, name).name == name


@pytest.mark.parametrize("bound", [True, "1", float("nan"), float("inf")])
def test_a_limit_that_is_no_finite_number_is_refused(bound: object) -> None:
    column = {"name": "n", "logicalType": "number", "logicalTypeOptions": {"minimum": bound}}
    error = refused(contract_text(column))
    assert error.what.startswith("'schema.0.properties.1.logicalTypeOptions.minimum.int' is ")
    assert error.where == "contract.yaml"
