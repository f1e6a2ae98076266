"""Two declarations that fit together, and every way in which they do not."""

from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.contracts.agreement import check_agreement
from foresell.contracts.contract import parse_contract
from foresell.errors import SpecError
from foresell.spec.reading import parse_project
from tests.unit.contracts.disagreements import WRONG


def text(project: str, file: str) -> str:
    return files("foresell").joinpath(f"projects/{project}/{file}.yaml").read_text("utf-8")


def check(project: str, file: str = "project", old: str = "", new: str = "") -> None:
    texts = {name: text(project, name) for name in ("project", "contract")}
    assert old in texts[file]
    texts[file] = texts[file].replace(old, new, 1)
    declared = parse_project(texts["project"], "project.yaml")
    check_agreement(declared, parse_contract(texts["contract"], "contract.yaml"))


@pytest.mark.parametrize("project", ["walmart", "retail"])
def test_the_declarations_that_ship_agree(project: str) -> None:
    check(project)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_declarations_that_contradict_each_other_are_refused(
    wrong: tuple[str, str, str, str, tuple[str, str, str]],
) -> None:
    project, file, old, new, said = wrong
    with pytest.raises(SpecError) as caught:
        check(project, file, old, new)
    assert caught.value.args == said


def test_a_holiday_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        check("retail", "project", "holiday: Labor Day", "holiday: Labour Day")
    assert caught.value.what == "holiday 'Labour Day' is not in the calendar of US"
    assert caught.value.mend.startswith("did you mean 'Labor Day'? Known: ")


@pytest.mark.parametrize(
    "options",
    [
        "logicalTypeOptions: {minimum: 0, maximum: 1}",
        "quality: [{metric: invalidValues, arguments: {validValues: [0, 1]}, mustBe: 0}]",
    ],
)
def test_a_holiday_may_be_an_integer_that_is_0_or_1(options: str) -> None:
    old = "name: IsHoliday\n        logicalType: boolean"
    check(
        "walmart",
        "contract",
        old,
        f"name: IsHoliday\n        logicalType: integer\n        {options}",
    )


@pytest.mark.parametrize("verb", ["sum", "mean"])
def test_a_holiday_that_was_added_up_is_no_yes_or_no(verb: str) -> None:
    contract = parse_contract(text("retail", "contract"), "c.yaml")
    for used in ("max", verb):
        weighted = parse_project(
            text("retail", "project")
            .replace("    price: mean", f"    price: mean\n    on_promotion: {used}")
            .replace("  price: past", "  on_promotion: known_future\n  price: past")
            + "\nholiday_weight: {column: on_promotion, value: 2}\n",
            "p.yaml",
        )
        if used == "max":
            check_agreement(weighted, contract)
            continue
        with pytest.raises(SpecError, match="can be other than yes or no"):
            check_agreement(weighted, contract)


@settings(deadline=None)
@given(order=st.permutations(list(parse_project(text("walmart", "project"), "p").columns)))
def test_the_order_of_the_columns_means_nothing(order: list[str]) -> None:
    project = parse_project(text("walmart", "project"), "p")
    contract = parse_contract(text("walmart", "contract"), "c")
    check_agreement(
        replace(project, columns={name: project.columns[name] for name in order}), contract
    )


@settings(deadline=None)
@given(lost=st.sampled_from(list(parse_project(text("walmart", "project"), "p").columns)))
def test_a_column_that_the_contract_loses_is_always_missed(lost: str) -> None:
    project = parse_project(text("walmart", "project"), "p")
    contract = parse_contract(text("walmart", "contract"), "c")
    rows = contract.schema[0]
    left = tuple(column for column in rows.properties if column.name != lost)
    with pytest.raises(SpecError, match=f"'{lost}'"):
        check_agreement(project, replace(contract, schema=(replace(rows, properties=left),)))
