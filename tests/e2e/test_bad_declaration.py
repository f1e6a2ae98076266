"""Declarations with a slip of the pen: refused before anything is read, with the right name."""

from pathlib import Path

import pytest

from tests.builders import weekly_files, write_files
from tests.e2e.command import Foresell, kept, run_to_split, three_lines

SHIPPED = Path(__file__).parents[2] / "src" / "foresell" / "projects" / "walmart"
COLUMNS = (
    "CPI, Date, Dept, Fuel_Price, IsHoliday, MarkDown1, MarkDown2, MarkDown3, MarkDown4, "
    "MarkDown5, Size, Store, Temperature, Type, Unemployment, Weekly_Sales"
)
DECLARED = {
    "an unknown key": (
        "project.yaml",
        "horizon: 39",
        "horizn: 39",
        "unknown key 'horizn'",
        "{folder}/project.yaml, line 59",
        "did you mean 'horizon'? Known: asked, bands, cleaning, columns, events, features, "
        "frequency, "
        "gate, grouping, hierarchy, holiday_weight, holidays, horizon, kind, leakage, models, "
        "monitoring, name, nonnegative, registry, risk, season, seed, segments, source, split, "
        "synthetic, tables, title, unit, warehouse",
    ),
    "an unknown key inside a table": (
        "project.yaml",
        "{name: stores, file: stores.csv, join_on: [Store]}",
        "{name: stores, file: stores.csv, join_onn: [Store]}",
        "unknown key 'join_onn' in table 'stores'",
        "{folder}/project.yaml, line 9",
        "did you mean 'join_on'? Known: columns, encoding, false_words, file, format, join_on, na, "
        "name, query, separator, table, true_words",
    ),
    "an unknown role": (
        "project.yaml",
        "Type: static",
        "Type: statc",
        "'columns.Type' is 'statc'",
        "{folder}/project.yaml, line 45",
        "did you mean 'static'? Known: excluded, feature, group, key, known_future, past_only, "
        "static, target, time, weight",
    ),
    "an unknown frequency": (
        "project.yaml",
        "frequency: W-FRI",
        "frequency: W-FRY",
        "'frequency' is 'W-FRY'",
        "{folder}/project.yaml, line 58",
        "did you mean 'W-FRI'? Known: D, W-FRI, W-MON, W-SAT, W-SUN, W-THU, W-TUE, W-WED",
    ),
    "a number that is text": (
        "project.yaml",
        "horizon: 39",
        "horizon: long",
        "'horizon' is 'long'",
        "{folder}/project.yaml, line 59",
        "'horizon': write a whole number",
    ),
    "a holiday weight on a column that is none": (
        "project.yaml",
        "{column: IsHoliday,",
        "{column: isHoliday,",
        "'isHoliday' is no column with the role 'known_future'",
        "{folder}/project.yaml: project 'walmart', holiday_weight",
        "did you mean 'IsHoliday'? Known: IsHoliday",
    ),
    "a lag of zero": (
        "project.yaml",
        "lags: [1,",
        "lags: [0,",
        "lags [0] look at the present or the future",
        "{folder}/project.yaml: features.lags",
        "use 1 or more; values known in advance have the role 'known_future'",
    ),
    "a key that stands twice": (
        "project.yaml",
        "season: 52",
        "season: 52\nhorizon: 2",
        "not YAML: the key 'horizon' stands twice",
        "{folder}/project.yaml, line 61",
        "mend the syntax there",
    ),
    "a day that no year has": (
        "project.yaml",
        "day: 12-25",
        "day: 12-52",
        "day '12-52' is not a month and a day",
        "{folder}/project.yaml: events, christmas",
        "write MM-DD, for example 12-25",
    ),
    "a date that no year has": (
        "project.yaml",
        "[2010-02-07,",
        "[2010-02-30,",
        "not YAML: '2010-02-30' cannot be read: day is out of range for month",
        "{folder}/project.yaml, line 73",
        "mend the syntax there",
    ),
    "no YAML at all": (
        "project.yaml",
        "name: walmart",
        "name: [walmart",
        "not YAML: expected ',' or ']', but got ':'",
        "{folder}/project.yaml, line 2",
        "mend the syntax there",
    ),
    "a contract with an unknown limit": (
        "contract.yaml",
        "{minimum: 1}",
        "{minimums: 1}",
        "unknown key 'minimums' in column 'Store', 'logicalTypeOptions'",
        "{folder}/contract.yaml, line 27",
        "did you mean 'minimum'? Known: exclusiveMaximum, exclusiveMinimum, format, maxLength, "
        "maximum, minLength, minimum, pattern",
    ),
    "a contract with an unknown type": (
        "contract.yaml",
        "logicalType: boolean",
        "logicalType: bool",
        "column 'IsHoliday', 'logicalType' is 'bool'",
        "{folder}/contract.yaml, line 48",
        "did you mean 'boolean'? Known: boolean, date, integer, number, string",
    ),
}


def declare(folder: Path, changed: str, old: str, new: str) -> Path:
    texts = {path.name: path.read_text() for path in SHIPPED.glob("*.yaml")}
    assert old in texts[changed]
    texts[changed] = texts[changed].replace(old, new, 1)
    return write_files(folder, {name: text.encode() for name, text in texts.items()})


@pytest.mark.parametrize("case", DECLARED.values(), ids=DECLARED.keys())
def test_a_declaration_with_a_typo_is_refused_with_the_nearest_right_name(
    case: tuple[str, str, str, str, str, str], foresell: Foresell, tmp_path: Path
) -> None:
    file, old, new, what, where, mend = case
    folder = declare(tmp_path / "declared" / "walmart", file, old, new)
    data = write_files(tmp_path / "data", weekly_files())

    ran = run_to_split(foresell, data)

    assert (ran.code, ran.err) == (2, three_lines(what, where.format(folder=folder), mend))
    assert kept(tmp_path / "home") == {}


def test_a_role_for_a_column_that_no_file_has_names_the_nearest_column(
    foresell: Foresell, tmp_path: Path
) -> None:
    declare(tmp_path / "declared" / "walmart", "project.yaml", "CPI: past_only", "CPY: past_only")
    ran = run_to_split(foresell, write_files(tmp_path / "data", weekly_files()))
    assert ran.code == 2
    said = three_lines(
        "the column 'CPY' has a role and stands in no table",
        "project.yaml of the project 'walmart', columns",
        f"did you mean 'CPI'? Known: {COLUMNS}",
    )
    assert ran.err[ran.err.index("error ") :] == said


def test_an_unknown_project_is_refused_with_the_nearest_name(
    foresell: Foresell, tmp_path: Path
) -> None:
    ran = foresell("run", "wallmart", "--data", tmp_path)
    said = three_lines(
        "there is no project 'wallmart'",
        f"projects, {tmp_path / 'declared'}, the package",
        "did you mean 'walmart'? Known: california_housing, retail, sales_orders, walmart",
    )
    assert (ran.code, ran.err) == (2, said)
    assert not (tmp_path / "home").exists()


def test_an_unknown_stage_is_refused_with_the_nearest_name(
    foresell: Foresell, tmp_path: Path
) -> None:
    ran = foresell("run", "walmart", "--data", tmp_path, "--until", "splt")
    said = three_lines(
        "there is no stage 'splt'",
        "--until",
        "did you mean 'split'? Known: baselines, eda, evaluate, features, forecast, ingest, "
        "manifest, monitor, quality, refit, register, report, split, train, validate",
    )
    assert (ran.code, ran.err) == (2, said)
    assert not (tmp_path / "home").exists()
