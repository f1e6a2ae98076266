from importlib.resources import files
from typing import Any

import pytest
import yaml

from foresell.contracts.contract import parse_contract
from foresell.contracts.lint import check_standard
from foresell.contracts.rules import contract_rules
from foresell.errors import SpecError
from tests.unit.contracts.conftest import Make, contract_text
from tests.unit.contracts.every_rule import condition, domain

KEY = {"name": "id", "logicalType": "string", "required": True, "primaryKey": True}


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


def test_rules_say_whole_numbers_and_lists_as_a_person_writes_them(make: Make) -> None:
    number = {"name": "n", "logicalType": "number"}
    limits = {"minimum": -5000000.0, "maximum": 0.5}
    contract = make(
        number | {"logicalTypeOptions": limits},
        {"name": "kind", "logicalType": "string", "quality": domain("A", "B")},
    )
    said = [rule.says for rule in contract_rules(contract)]
    assert {
        "n must be at least -5000000",
        "n must be at most 0.5",
        "kind must be one of A, B",
    } <= {*said}


def test_two_columns_of_one_name_are_refused() -> None:
    document = yaml.safe_load(contract_text())
    document["schema"][0]["properties"] *= 2
    assert refused(yaml.safe_dump(document)).what == "columns ['id'] are declared twice"


def test_a_contract_may_have_no_key() -> None:
    contract = parse_contract(contract_text(KEY | {"primaryKey": False}), "contract.yaml")
    assert contract.key == ()


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
    error = refused(contract_text({"name": "n", "logicalType": "integer", "encryptedName": "x"}))
    assert error.what == "unknown key 'encryptedName' in column 'n'"


NUMBER: dict[str, Any] = {"name": "n", "logicalType": "number"}
TEXT = {"name": "n", "logicalType": "string"}
DAY = {"name": "n", "logicalType": "date"}


def missing(**limit: object) -> list[dict[str, Any]]:
    return [{"metric": "nullValues", **limit}]


CONTRADICTIONS = {
    "minimum means nothing for type string": TEXT | {"logicalTypeOptions": {"minimum": 1}},
    "exclusiveMaximum means nothing for type string": TEXT
    | {"logicalTypeOptions": {"exclusiveMaximum": 1}},
    "pattern means nothing for type number": NUMBER | {"logicalTypeOptions": {"pattern": "a"}},
    "maxLength means nothing for type number": NUMBER | {"logicalTypeOptions": {"maxLength": 1}},
    "format means nothing for type number": NUMBER | {"logicalTypeOptions": {"format": "yyyy"}},
    "no value is at least 2 and at most 1": NUMBER
    | {"logicalTypeOptions": {"minimum": 2, "maximum": 1}},
    "no value is at least 2024-02-01 and at most 2024-01-01": DAY
    | {"logicalTypeOptions": {"minimum": "2024-02-01", "exclusiveMaximum": "2024-01-01"}},
    "no text has at least 2 and at most 1 characters": TEXT
    | {"logicalTypeOptions": {"minLength": 2, "maxLength": 1}},
    "minimum is 5": DAY | {"logicalTypeOptions": {"minimum": 5}},
    "maximum is '2024-02-30'": DAY | {"logicalTypeOptions": {"maximum": "2024-02-30"}},
    "maximum is '20240229'": DAY | {"logicalTypeOptions": {"maximum": "20240229"}},
    "minimum is '1'": NUMBER | {"logicalTypeOptions": {"minimum": "1"}},
    "the pattern '(': a ( is not closed": TEXT | {"logicalTypeOptions": {"pattern": "("}},
    "the valid value 1 is not of type string": TEXT | {"quality": domain("A", 1)},
    "the valid value 'A' is not of type number": NUMBER | {"quality": domain(1.5, 2, "A")},
    "the metric invalidValues stands twice": TEXT | {"quality": domain("A") + domain("B")},
    "the metric invalidValues is incomplete": TEXT | {"quality": [{"metric": "invalidValues"}]},
    "the metric nullValues is incomplete": TEXT
    | {"quality": missing(mustBeLessOrEqualTo=5, unit="rows")},
    "a required column cannot lack values": TEXT
    | {"required": True, "quality": missing(mustBeLessOrEqualTo=5, unit="percent")},
    "a key is personal, and personal columns are dropped when they are read": TEXT
    | {"required": True, "primaryKey": True, "classification": "personal"},
    "examples of personal values stand in the contract": TEXT
    | {"classification": "personal", "examples": ["Ann"]},
}


@pytest.mark.parametrize(("what", "column"), CONTRADICTIONS.items())
def test_a_rule_its_column_cannot_have_is_refused(what: str, column: dict[str, Any]) -> None:
    error = refused(contract_text(column))
    assert (error.what, error.where) == (what, "contract.yaml, column 'n'")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("x" * 64, "its name has 64 bytes"),
        ("a`b", "its name has a backtick or a character that nobody sees"),
        ("a\nb", "its name has a backtick or a character that nobody sees"),
    ],
)
def test_a_name_that_some_compiled_form_cannot_hold_is_refused(name: str, what: str) -> None:
    assert refused(contract_text(TEXT | {"name": name})).what == what


@pytest.mark.parametrize("bound", [True, float("nan"), float("inf"), 2**63, [1]])
def test_a_limit_that_is_no_number_a_column_holds_is_refused(bound: object) -> None:
    error = refused(contract_text(NUMBER | {"logicalTypeOptions": {"minimum": bound}}))
    assert error.what.startswith("column 'n', 'logicalTypeOptions.minimum' is ")
    assert error.mend.endswith("a limit is a number, or a day in quotes: '2024-12-31'")


def test_a_country_that_yaml_reads_as_no_is_refused() -> None:
    text = contract_text(TEXT | {"quality": domain("SE", "NO")}).replace("'NO'", "NO")
    error = refused(text)
    assert error.what == "column 'n', 'quality', item 1, 'arguments.validValues', item 2 is false"
    assert "in quotes: YAML reads yes, no, on and off as true and false" in error.mend


def test_a_slip_in_the_classification_does_not_let_personal_data_through() -> None:
    error = refused(contract_text(TEXT | {"classification": "Personal"}))
    assert error.mend.startswith("did you mean 'personal'?")


def test_two_rules_of_one_name_are_refused() -> None:
    rule = condition("r", "id = 'a'")
    rows = {"name": "rows", "properties": [KEY], "quality": [rule, rule]}
    assert refused(contract_text(schema=[rows])).what == "rules ['r: condition'] are declared twice"


def test_a_rule_over_a_row_is_read_with_the_contract() -> None:
    rows = {"name": "rows", "properties": [KEY], "quality": [condition("r", "ic = 'a'")]}
    assert refused(contract_text(schema=[rows])).what == "'ic' is no column of the contract"


def test_a_unit_and_a_limit_of_missing_values_are_read(make: Make) -> None:
    unit = {"customProperties": [{"property": "unit", "value": "USD"}]}
    share = {"quality": missing(mustBeLessOrEqualTo=12.5, unit="percent")}
    column = make(NUMBER | unit | share).columns["n"]
    assert (column.unit, column.most_missing, column.personal) == ("USD", 0.125, False)


WORDS: dict[str, Any] = {"description": "d", "examples": [1], "tags": ["t"], "businessName": "N"}
RULES: list[dict[str, Any]] = [
    {"required": True},
    {"unique": True},
    {"logicalTypeOptions": {"minimum": 1}},
    {"logicalTypeOptions": {"minimum": 2}},
    {"quality": domain(1, 2)},
    {"quality": missing(mustBeLessOrEqualTo=5, unit="percent")},
    {"classification": "personal"},
    {"logicalType": "integer"},
]


def test_the_digest_is_of_the_rules_and_of_nothing_else(make: Make) -> None:
    plain = make(NUMBER).digest
    assert make(NUMBER | WORDS).digest == plain
    versioned = parse_contract(contract_text(NUMBER, version="9.0.0", name="other"), "c")
    assert versioned.digest == plain
    digests = {make(NUMBER | rule).digest for rule in RULES}
    assert len(digests | {plain}) == len(RULES) + 1


@pytest.mark.parametrize("name", ["retail", "walmart", "sales_orders", "california_housing"])
def test_the_contracts_that_ship_are_sound_and_follow_the_published_standard(name: str) -> None:
    text = files("foresell").joinpath(f"projects/{name}/contract.yaml").read_text(encoding="utf-8")
    assert parse_contract(text, name).name == name
    assert check_standard(text, name) == ()


def test_what_the_published_standard_refuses_is_found_with_its_place() -> None:
    text = contract_text({"name": "n", "logicalType": "money", "unknown": 1}, kind="Agreement")
    assert [finding.place for finding in check_standard(text, "contract.yaml")] == [
        "'kind'",
        "column 'n'",
        "column 'n', 'logicalType'",
    ]


@pytest.mark.parametrize(
    "version", ["banana", "1.0", "1.0.0.0", "01.0.0", "1.0.0-rc1", "v1.0.0", "1.٠.0", "", "1.0.0\n"]
)
def test_a_version_that_cannot_be_compared_is_refused(version: str) -> None:
    assert refused(contract_text(version=version)).args == (
        f"the version is {version!r}",
        "contract.yaml, version",
        "write it as MAJOR.MINOR.PATCH, three whole numbers such as 1.0.0",
    )


def test_a_version_that_yaml_reads_as_a_number_is_refused_with_the_way_to_write_it() -> None:
    error = refused(contract_text(version=1.0))
    assert (error.what, error.where) == ("'version' is 1.0", "contract.yaml, line 4")
    assert error.mend == "'version': write text, in quotes: '1.0'"


def test_releases_are_compared_as_numbers() -> None:
    found = [parse_contract(contract_text(version=v), "c").release for v in ("1.10.0", "1.9.12")]
    assert found == [(1, 10, 0), (1, 9, 12)]


def test_a_fault_is_told_by_the_name_of_its_column_and_its_line() -> None:
    text = contract_text(
        NUMBER | {"logicalTypeOptions": {"min": 1}},
        TEXT | {"name": "kind", "quality": [{"metric": "beauty"}]},
    )
    assert refused(text).args[:2] == (
        "unknown key 'min' in column 'n', 'logicalTypeOptions'; "
        "column 'kind', 'quality', item 1, 'metric' is 'beauty'",
        "contract.yaml, lines 15, 19",
    )


def test_a_second_object_is_refused_in_words() -> None:
    document = yaml.safe_load(contract_text())
    document["schema"] *= 2
    error = refused(yaml.safe_dump(document))
    assert (error.what, error.mend) == ("'schema' has 2 items", "'schema': write 1 item at most")


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("id >", "something is missing after 'SELECT COUNT(*) FROM {object} WHERE id >'"),
        ("(id = 'a'", "something is missing after"),
        ("id = 'a", "a quote or a bracket is not closed"),
        ("", "something is missing after 'SELECT COUNT(*) FROM {object} WHERE'"),
        ("id IN (SELECT id FROM {object})", "id IN (SELECT id FROM {object}) is not allowed"),
    ],
)
def test_a_rule_that_is_no_sql_is_refused_in_the_words_of_its_author(
    condition: str, reason: str
) -> None:
    document = yaml.safe_load(contract_text())
    query = "SELECT COUNT(*) FROM {object} WHERE " + condition  # noqa: S608 - never asked
    document["schema"][0]["quality"] = [{"name": "r", "type": "sql", "query": query, "mustBe": 0}]
    error = refused(yaml.safe_dump(document))
    assert reason in error.what
    assert "broken_rows_of" not in str(error)
    assert "sqlglot" not in str(error)
