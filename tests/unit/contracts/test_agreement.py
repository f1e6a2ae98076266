"""Two declarations that fit together, and every way in which they do not."""

from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.contracts.agreement import check_agreement
from foresell.contracts.contract import parse_contract
from foresell.errors import SpecError
from foresell.spec.cleaning import Cleaning
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


@pytest.mark.parametrize("project", ["walmart", "retail", "sales_orders", "california_housing"])
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


@pytest.mark.parametrize(
    ("cleaning", "said"),
    [
        (
            "outliers: {columns: [Type]}",
            (
                "there are no outliers of 'Type', whose type is string",
                "cleaning.outliers.columns",
                "name columns of type integer or number only",
            ),
        ),
        (
            "outliers: {columns: [Size, Date]}",
            (
                "there are no outliers of 'Date', whose type is date",
                "cleaning.outliers.columns",
                "name columns of type integer or number only",
            ),
        ),
        (
            "fill: {Type: {statistic: median}}",
            (
                "there is no median of 'Type', whose type is string",
                "cleaning.fill",
                "use statistic: mode, or a value",
            ),
        ),
        (
            "fill: {IsHoliday: {statistic: mean}}",
            (
                "there is no mean of 'IsHoliday', whose type is boolean",
                "cleaning.fill",
                "use statistic: mode, or a value",
            ),
        ),
    ],
)
def test_fences_and_middle_values_are_of_numbers_only(
    cleaning: str, said: tuple[str, str, str]
) -> None:
    project = parse_project(text("walmart", "project"), "project.yaml")
    with pytest.raises(SpecError) as caught:
        check_agreement(
            replace(project, cleaning=cleaned(cleaning)),
            parse_contract(text("walmart", "contract"), "contract.yaml"),
        )
    assert caught.value.args == said


def cleaned(cleaning: str) -> Cleaning:
    """The ``cleaning`` of a project that declares it so."""
    declared = text("sales_orders", "project")
    assert "\nsplit:" in declared
    declared = declared.replace("\nsplit:", f"\ncleaning: {{{cleaning}}}\nsplit:", 1)
    return parse_project(declared, "project.yaml").cleaning


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


def tabular(old: str = "", new: str = "", file: str = "project") -> None:
    check("sales_orders", file, old, new)


COLUMNS = "project.yaml of the project 'sales_orders', columns"
TABULAR = {
    "a personal column with a role": (
        ("  PRICEEACH: feature\n", "  PRICEEACH: feature\n  PHONE: feature\n", "project"),
        (
            "the column 'PHONE' has the role 'feature' and is dropped when it is read",
            COLUMNS,
            "take the role out, or keep the column: cleaning: {keep_personal: [PHONE]}",
        ),
    ),
    "a column with a role that is dropped": (
        ("split: ", "cleaning: {drop: [MSRP]}\n\nsplit: ", "project"),
        (
            "the column 'MSRP' has the role 'feature' and is dropped when it is read",
            COLUMNS,
            "take the role out, or keep the column: take it out of cleaning.drop",
        ),
    ),
    "a personal column that is kept without a role": (
        ("split: ", "cleaning: {keep_personal: [PHONE]}\n\nsplit: ", "project"),
        (
            "the column 'PHONE' has no role",
            COLUMNS,
            "add 'PHONE: feature', or another role ('excluded' leaves it out)",
        ),
    ),
    "a column that is kept as personal and is not": (
        ("split: ", "cleaning: {keep_personal: [MSRP]}\n\nsplit: ", "project"),
        (
            "the column 'MSRP' is not personal",
            "cleaning.keep_personal",
            "take it out, or set classification: personal for 'MSRP' in contract.yaml",
        ),
    ),
    "a key that is dropped": (
        ("split: ", "cleaning: {drop: [ORDERLINENUMBER]}\n\nsplit: ", "project"),
        (
            "the column 'ORDERLINENUMBER' is needed and dropped when it is read",
            "primary key of the contract",
            "do without it, or keep it: take it out of cleaning.drop",
        ),
    ),
    "a rule that reads a dropped column": (
        ("split: ", "cleaning: {drop: [DEALSIZE]}\n\nsplit: ", "project"),
        (
            "the column 'DEALSIZE' is needed and dropped when it is read",
            "contract rule 'deal_size_agrees_with_sales'",
            "do without it, or keep it: take it out of cleaning.drop",
        ),
    ),
    "a day as a feature": (
        (
            "name: COUNTRY\n        logicalType: string\n        required: true\n"
            "        description: Country of the customer.\n"
            "        logicalTypeOptions: {minLength: 2, maxLength: 60}\n        examples: [USA]",
            "name: COUNTRY\n        logicalType: date",
            "contract",
        ),
        (
            "the column 'COUNTRY' has the role 'feature' and the type date",
            COLUMNS,
            "a column with that role is of type string, integer, number or boolean; "
            "a date can be key, time, group or excluded",
        ),
    ),
    "a weight of words": (
        ("  TERRITORY: excluded", "  TERRITORY: weight", "project"),
        (
            "the column 'TERRITORY' has the role 'weight' and the type string",
            COLUMNS,
            "a column with that role is of type integer or number; "
            "a string can be key, feature, group or excluded",
        ),
    ),
}
for where in ("drop", "keep_personal"):
    TABULAR[f"an unknown column in {where}"] = (
        ("split: ", f"cleaning: {{{where}: [PHON]}}\n\nsplit: ", "project"),
        (
            "'PHON' is no column of the contract",
            f"cleaning.{where}",
            "did you mean 'PHONE'? Known: ",
        ),
    )
TABULAR["an unknown column that is filled"] = (
    ("split: ", "cleaning: {fill: {MSR: {value: 0}}}\n\nsplit: ", "project"),
    ("'MSR' is no column of the contract", "cleaning.fill", "did you mean 'MSRP'? Known: "),
)
TABULAR["an unknown column with outliers"] = (
    ("split: ", "cleaning: {outliers: {columns: [MSR]}}\n\nsplit: ", "project"),
    ("'MSR' is no column of the contract", "cleaning.outliers.columns", "did you mean 'MSRP'?"),
)
TABULAR["an unknown column that may leak"] = (
    ("split: ", "leakage: {allow: [DEALSIZ]}\n\nsplit: ", "project"),
    ("'DEALSIZ' is no column of the contract", "leakage.allow", "did you mean 'DEALSIZE'? Known: "),
)

for key, old, new, name in (
    ("bands", "bands: {PRICEEACH: [100]}", "bands: {PRODUCTLINE: [100]}", "PRODUCTLINE"),
    ("features.steps", "steps: {PRICEEACH", "steps: {PRODUCTLINE", "PRODUCTLINE"),
    ("features.ratios", "[[PRICEEACH, MSRP],", "[[PRICEEACH, COUNTRY],", "COUNTRY"),
    ("features.products", "  ratios:", "  products: [[MSRP, COUNTRY]]\n  ratios:", "COUNTRY"),
    ("features.months", "months: [YEAR_ID, ", "months: [COUNTRY, ", "COUNTRY"),
    ("features.coordinates", "  ratios:", "  coordinates: [MSRP, COUNTRY]\n  ratios:", "COUNTRY"),
    ("models.relative_to", "[QUANTITYORDERED, PRICEEACH]", "[PRODUCTLINE]", "PRODUCTLINE"),
):
    TABULAR[f"text where {key} takes numbers"] = (
        (old, new, "project"),
        (
            f"the column {name!r} is text, and {key} takes numbers",
            f"project 'sales_orders', {key}",
            "known: MONTH_ID, MSRP, ORDERLINENUMBER, PRICEEACH, QTR_ID, QUANTITYORDERED, YEAR_ID",
        ),
    )

TABULAR["a segment with decimals"] = (
    ("segments: [PRODUCTLINE", "segments: [MSRP, PRICEEACH, PRODUCTLINE", "project"),
    (
        "the segment 'PRICEEACH' is a number with decimals: nearly every row has its own",
        "project 'sales_orders', segments",
        "use bands, which cut it where you say: 'bands: {PRICEEACH: [100]}'",
    ),
)


@pytest.mark.parametrize("wrong", TABULAR.values(), ids=TABULAR.keys())
def test_a_tabular_project_is_held_to_its_contract(
    wrong: tuple[tuple[str, str, str], tuple[str, str, str]],
) -> None:
    (old, new, file), (what, where, mend) = wrong
    with pytest.raises(SpecError) as caught:
        tabular(old, new, file)
    assert caught.value.args[:2] == (what, where)
    assert caught.value.mend.startswith(mend)


def test_personal_columns_need_no_role_and_may_be_kept_by_name() -> None:
    tabular()
    tabular(
        "  PRICEEACH: feature\n",
        "  PRICEEACH: feature\n  PHONE: excluded\n",
    )
    kept = "  DEALSIZE: excluded\n  PHONE: excluded\n\ncleaning: {keep_personal: [PHONE]}\n"
    tabular("  DEALSIZE: excluded\n", kept)


def test_a_tabular_project_needs_no_key_and_a_panel_does() -> None:
    check("california_housing")
    contract = parse_contract(text("walmart", "contract"), "c.yaml")
    rows = contract.schema[0]
    loose = tuple(replace(column, primary_key=False) for column in rows.properties)
    with pytest.raises(SpecError) as caught:
        check_agreement(
            parse_project(text("walmart", "project"), "p.yaml"),
            replace(contract, schema=(replace(rows, properties=loose),)),
        )
    assert caught.value.what == "no column of the contract is part of the primary key"


def test_rows_are_grouped_only_by_columns_that_are_always_there() -> None:
    old = "name: category\n        logicalType: string\n        required: true"
    with pytest.raises(SpecError) as caught:
        check("retail", "contract", old, old.replace("true", "false"))
    assert caught.value.args == (
        "rows are grouped by 'category', which may be missing",
        "contract.yaml, column 'category'",
        "set required: true, so that a row without it goes to quarantine",
    )
