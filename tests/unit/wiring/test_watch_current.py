"""What a file is taken for, and which columns it then ought to have."""

from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from foresell.answer.declared import declared
from foresell.errors import UsageError
from foresell.settings import Settings, read_settings
from foresell.spec.monitoring import MonitoringSpec
from foresell.spec.registry import Version
from foresell.wiring.watch_current import Current, read_given
from foresell.wiring.watch_served import Watch
from tests.small_bundles import small_bundle

FRIDAYS = [date(2012, 10, 5), date(2012, 10, 12), date(2012, 10, 19)]
SALES = pl.DataFrame({
    "Store": [1, 1, 1],
    "Dept": [2, 2, 2],
    "Date": FRIDAYS,
    "Weekly_Sales": [10.5, 11.5, 12.5],
    "IsHoliday": [False, False, True],
})
RAW = ("Store", "Dept", "Date", "Weekly_Sales", "IsHoliday")


def watch(project: str, history: pl.DataFrame | None = None) -> Watch:
    shipped = files("foresell") / "projects" / project
    texts = [(shipped / name).read_text("utf-8") for name in ("project.yaml", "contract.yaml")]
    told = declared(*texts)
    bundle = replace(
        small_bundle(project, kind="panel"),
        history=history if history is not None else pl.DataFrame(),
    )
    version = Version(
        project=project,
        version=1,
        digest="d",
        registered_at="",
        who="",
        run_id="",
        approval="Approved",
        record={},
    )
    return Watch(
        version=version,
        alias="prod",
        bundle=bundle,
        spec=told.spec,
        contract=told.contract,
        limits=MonitoringSpec(),
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings(tmp_path / "home")


def given(
    rows: pl.DataFrame, folder: Path, settings: Settings, project: str = "walmart"
) -> Current:
    rows.write_csv(folder / "given.csv")
    return read_given(watch(project, SALES), folder / "given.csv", settings)


def names(columns: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(one.name for one in columns)  # type: ignore[attr-defined]


def test_a_raw_table_of_several_ought_to_have_what_it_has(
    tmp_path: Path, settings: Settings
) -> None:
    found = given(SALES, tmp_path, settings)
    assert names(found.expected) == names(found.found) == RAW
    assert found.rows.equals(SALES)
    assert (found.kind, found.told) == ("file", "given.csv")


@pytest.mark.parametrize(
    ("old", "new"),
    [("Weekly_Sales", "Turnover"), ("IsHoliday", "Holiday"), ("Date", "Week_Date")],
)
def test_the_column_that_was_renamed_is_still_expected(
    old: str, new: str, tmp_path: Path, settings: Settings
) -> None:
    found = given(SALES.rename({old: new}), tmp_path, settings)
    assert set(names(found.expected)) == set(RAW)
    assert new in names(found.found)
    assert next(one for one in found.expected if one.name == old).required


def test_rows_to_be_answered_need_no_target(tmp_path: Path, settings: Settings) -> None:
    found = given(SALES.drop("Weekly_Sales"), tmp_path, settings)
    assert names(found.expected) == ("Store", "Dept", "Date", "IsHoliday")


def test_a_processed_file_that_lost_one_column_is_missing_it(
    tmp_path: Path, settings: Settings
) -> None:
    told = watch("walmart").contract.columns
    others = [name for name in told if name not in SALES.columns]
    whole = SALES.with_columns(
        pl.lit("A" if told[name].logical_type == "string" else 1).alias(name) for name in others
    )
    found = given(whole.drop("CPI"), tmp_path, settings)
    assert set(names(found.expected)) - set(names(found.found)) == {"CPI"}


def test_a_column_of_another_type_is_found_with_that_type(
    tmp_path: Path, settings: Settings
) -> None:
    rows = SALES.with_columns(Dept=pl.lit("A") + pl.col("Dept").cast(pl.String))
    found = given(rows, tmp_path, settings)
    types = {one.name: one.type for one in found.found}
    assert types["Dept"] == "string"
    assert "Dept" not in found.rows.columns


def test_rows_that_a_run_would_sum_up_first_are_refused(tmp_path: Path, settings: Settings) -> None:
    products = pl.DataFrame({"store_id": ["S1"], "date": FRIDAYS[:1], "units": [3]})
    with pytest.raises(UsageError, match="not those that are forecast"):
        given(products, tmp_path, settings, "retail")


def test_a_file_of_other_things_is_refused(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(UsageError, match="no column of the contract"):
        given(pl.DataFrame({"colour": ["red"]}), tmp_path, settings)
