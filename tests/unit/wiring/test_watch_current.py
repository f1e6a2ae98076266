"""What a file is taken for, and which columns it then ought to have."""

from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from foresell import alerts
from foresell.answer.declared import declared
from foresell.errors import DataError, MachineError, UsageError
from foresell.monitor.schema import compare_schema
from foresell.settings import Settings, read_settings
from foresell.spec.monitoring import MonitoringSpec
from foresell.spec.registry import Version
from foresell.wiring import watched
from foresell.wiring.performing import perform
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


FEATURES = ("Store", "Date", "Temperature", "Fuel_Price", "CPI", "Unemployment", "IsHoliday")


def two_years() -> pl.DataFrame:
    """Processed rows of two years: what hangs on store and week, and what on the store alone."""
    weeks = pl.date_range(date(2010, 10, 1), date(2012, 9, 28), "1w", eager=True).alias("Date")
    keys = pl.DataFrame({"Store": [1, 2, 3]}).join(pl.DataFrame({"Dept": [1, 2]}), how="cross")
    rows = keys.join(weeks.to_frame(), how="cross")
    season = (pl.col("Date").dt.ordinal_day() * 6.283185 / 365).cos()
    week = pl.col("Date").rank("dense")
    return rows.with_columns(
        Weekly_Sales=pl.col("Store") * 10.0 + pl.col("Dept") + week % 7,
        IsHoliday=week % 13 == 0,
        Temperature=60.0 - 25 * season + pl.col("Store") + week % 3,
        Fuel_Price=3.0 + week / 100 + pl.col("Store") / 50,
        CPI=200.0 + week / 10 + pl.col("Store"),
        Unemployment=8.0 - week / 50 + pl.col("Store"),
        Type=pl.when(pl.col("Store") == 1).then(pl.lit("B")).otherwise(pl.lit("A")),
        Size=pl.col("Store") * 1000,
    )


def raw(name: str, rows: pl.DataFrame, folder: Path, settings: Settings) -> Current:
    rows.write_csv(folder / name)
    return read_given(watch("walmart", two_years()), folder / name, settings)


def later() -> pl.DataFrame:
    """Summer's rows of the features of stores, as they lie in their file."""
    summer = two_years().filter(pl.col("Date").is_between(date(2012, 5, 4), date(2012, 7, 6)))
    return summer.select(FEATURES).unique().sort("Store", "Date")


def test_a_joined_table_ought_to_have_its_own_columns_and_no_others(
    tmp_path: Path, settings: Settings
) -> None:
    found = raw("features.csv", later(), tmp_path, settings)
    assert names(found.expected) == FEATURES
    stores = two_years().select("Store", "Type", "Size").unique().sort("Store")
    assert names(raw("any.csv", stores, tmp_path, settings).expected) == ("Store", "Type", "Size")
    kept = raw("lost.csv", later().drop("CPI"), tmp_path, settings)
    assert set(names(kept.expected)) == set(FEATURES)


def test_a_column_renamed_in_a_joined_table_is_known_again_by_the_season_s_values(
    tmp_path: Path, settings: Settings
) -> None:
    found = raw("renamed.csv", later().rename({"Temperature": "t"}), tmp_path, settings)
    changes = compare_schema(found.expected, found.found)
    assert [(one.name, one.now, one.by) for one in changes.renamed] == [
        ("Temperature", "t", "values")
    ]
    assert (changes.missing, changes.unexpected) == ((), ())
    assert [one.about for one in changes.findings if one.weight == "alarm"] == ["Temperature"]


def test_a_place_that_is_not_there_is_refused_before_the_registry_is_read(
    settings: Settings,
) -> None:
    with pytest.raises(UsageError, match=r"there is no file or folder 'nowhere.csv'"):
        watched.watch("walmart", watched.Watching(current="nowhere.csv"), settings)
    with pytest.raises(UsageError, match=r"there is no file 'nowhere.csv'"):
        perform("walmart", Path("nowhere.csv"), settings)


def test_a_file_parted_by_another_sign_is_refused_with_the_columns_that_were_found(
    tmp_path: Path, settings: Settings
) -> None:
    SALES.write_csv(tmp_path / "given.csv", separator=";")
    with pytest.raises(UsageError) as refused:
        read_given(watch("walmart", SALES), tmp_path / "given.csv", settings)
    assert "it has 'Store;Dept;Date;Weekly_Sales;IsHoliday'" in refused.value.what
    assert refused.value.mend.endswith("parted by ','")


def test_a_file_of_another_encoding_is_to_be_saved_again_and_no_project_mended(
    tmp_path: Path, settings: Settings
) -> None:
    text = "Store,Dept,Date,Town\n1,2,2012-10-05,Z\u00fcrich\n"
    (tmp_path / "given.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError) as refused:
        read_given(watch("walmart", SALES), tmp_path / "given.csv", settings)
    assert refused.value.mend == (
        "save the file as utf-8, as the tables of walmart are, or as Parquet"
    )


def test_a_project_that_is_none_and_a_home_that_cannot_be_have_the_words_of_other_verbs(
    tmp_path: Path,
) -> None:
    home = read_settings(tmp_path / "home")
    rows = tmp_path / "rows.csv"
    SALES.write_csv(rows)
    for look in (
        lambda to, name: watched.watch(name, watched.Watching(), to),
        lambda to, name: perform(name, rows, to),
    ):
        with pytest.raises(UsageError, match="there is no project 'nope'"):
            look(home, "nope")
        with pytest.raises(UsageError, match="'walmart' has no versions"):
            look(home, "walmart")
        with pytest.raises(MachineError, match="the workspace cannot be written"):
            look(read_settings(rows / "home"), "walmart")
    assert not (tmp_path / "home").exists()
    with pytest.raises(MachineError, match="the workspace cannot be written"):
        alerts(home=rows / "home")
