"""The steps of a chain of jobs: cleared, staged by somebody else, finished, validated."""

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

import foresell
from foresell.adapters.warehouse.asking import ask as query
from foresell.adapters.warehouse.staging import stage
from foresell.errors import GateError
from foresell.spec.warehouse import LoadReport
from tests.builders import write_files
from tests.migrated import connected
from tests.warehouse_loads import Warehouse, contents, versions
from tests.warehouse_toy import PLANNED, ROWS, TOY, Load, ask, do, facts

RENAMED = {
    **{"Store": "store_id", "Dept": "dept_id", "Date": "week_date", "IsHoliday": "isholiday"},
    **{"Weekly_Sales": "weekly_sales", "Temperature": "temperature", "Fuel_Price": "fuel_price"},
    **{f"MarkDown{i}": f"markdown{i}" for i in range(1, 6)},
    **{"CPI": "cpi", "Unemployment": "unemployment", "Type": "store_type", "Size": "store_size"},
    "IsHoliday_right": "isholiday_features",
}


def read(name: str) -> pl.DataFrame:
    text = TOY[name].replace(b"\r", b"\n")
    frame = pl.read_csv(text, try_parse_dates=True, null_values="NA")
    flags = pl.col("^IsHoliday$").cast(pl.String).str.to_lowercase() == "true"
    return frame.with_columns(flags)


def staged_elsewhere(url: str, batch: str) -> None:
    """Put the toy files into staging as another job would: not by foresell's reader."""
    rows = read("train.csv").join(read("features.csv"), on=["Store", "Date"], how="left")
    rows = rows.join(read("stores.csv"), on="Store", how="left")
    with connected(url) as connection:
        stage(connection, batch, "sales", [rows.rename(RENAMED)])
        plan = read("test.csv").rename(RENAMED, strict=False)
        stage(connection, batch, "plan", [plan])


def test_what_another_job_staged_goes_in_as_if_it_were_loaded(
    emptied: str, warehouse: Warehouse, load: Load
) -> None:
    load()
    wanted = facts(contents(warehouse))
    do(warehouse, "TRUNCATE retailds.dim_store, retailds.dim_dept CASCADE")
    do(warehouse, "TRUNCATE retailds.load_history")
    staged_elsewhere(emptied, "b1")

    report = foresell.finish_load("b1", source="s3://bucket/sales")

    assert facts(contents(warehouse)) == wanted
    assert (report.passed, report.batch, report.source) == (True, "b1", "s3://bucket/sales")
    assert (report.staged, report.planned) == (ROWS, PLANNED)
    assert ask(warehouse, "SELECT count(*) FROM retailds.stg_sales_weekly") == [(0,)]


def test_finishing_a_batch_twice_gives_the_report_of_the_first_time(
    emptied: str, warehouse: Warehouse
) -> None:
    staged_elsewhere(emptied, "b1")
    first = foresell.finish_load("b1")
    before = versions(warehouse)

    again = foresell.finish_load("b1")

    told, retold = first.to_json(), again.to_json()
    assert (again.again, first.again) == (True, False)
    of_its_time = {"again": False, "seconds": None}
    assert {**json.loads(json.dumps(told)), **of_its_time} == {
        **json.loads(json.dumps(retold)),
        **of_its_time,
    }
    assert versions(warehouse) == before
    assert ask(warehouse, "SELECT count(*) FROM retailds.load_history") == [(1,)]


def test_finishing_writes_a_report_where_it_is_asked_to_and_no_file_otherwise(
    emptied: str, warehouse: Warehouse, tmp_path: Path
) -> None:
    staged_elsewhere(emptied, "b1")
    first = foresell.finish_load("b1")
    assert (first.file, (tmp_path / "home").exists()) == (None, False)

    kept = foresell.finish_load("b1", keep=True)

    file = tmp_path / "home/walmart/warehouse/load.json"
    assert kept.file == str(file)
    assert json.loads(file.read_bytes()) == json.loads(json.dumps(kept.to_json()))


def test_a_batch_that_nobody_staged_fails(warehouse: Warehouse) -> None:
    report = foresell.finish_load("b9")

    assert [check.says for check in report.failed] == ["nothing is staged as batch b9"]
    with pytest.raises(GateError, match="rows: nothing is staged as batch b9"):
        report.require_passed()


def test_a_batch_that_fails_stays_in_staging_to_be_looked_at(
    emptied: str, warehouse: Warehouse
) -> None:
    staged_elsewhere(emptied, "b1")
    do(warehouse, "UPDATE retailds.stg_sales_weekly SET weekly_sales = NULL WHERE dept_id = 1")

    report = foresell.finish_load("b1")

    assert [check.name for check in report.failed] == ["nulls", "Weekly_Sales: required"]
    assert report.failed[0].count == ROWS // 2
    rows = ask(warehouse, "SELECT count(*) FROM retailds.stg_sales_weekly")
    assert rows == [(ROWS,)]


def test_batches_never_mix(emptied: str, warehouse: Warehouse) -> None:
    staged_elsewhere(emptied, "b1")
    staged_elsewhere(emptied, "b2")
    do(warehouse, "UPDATE retailds.stg_sales_weekly SET weekly_sales = 1 WHERE batch = 'b2'")

    first = foresell.finish_load("b1")
    second = foresell.finish_load("b2")

    assert (first.duplicates, second.duplicates) == (0, 0)
    assert first.changes is not None
    assert first.changes.inserted["fact_sales_weekly"] == ROWS
    assert second.changes is not None
    assert second.changes.updated["fact_sales_weekly"] == ROWS
    found = ask(warehouse, "SELECT DISTINCT weekly_sales FROM retailds.fact_sales_weekly")
    assert found == [(1.0,)]


def test_clearing_takes_the_own_batch_and_what_was_left_for_a_week(
    emptied: str, warehouse: Warehouse
) -> None:
    for batch in ("own", "old", "new"):
        staged_elsewhere(emptied, batch)
    do(
        warehouse,
        "UPDATE retailds.stg_sales_weekly SET staged_at = now() - interval '8 days' "
        "WHERE batch = 'old'",
    )

    cleared = foresell.clear_staging("own")

    assert (cleared.own, cleared.stale) == (ROWS + PLANNED, ROWS)
    assert ask(
        warehouse, "SELECT DISTINCT batch FROM retailds.stg_sales_weekly ORDER BY batch"
    ) == [("new",)]
    assert foresell.clear_staging("own").own == 0


def test_a_warehouse_after_a_load_is_valid(warehouse: Warehouse, load: Load) -> None:
    report = load()

    found = foresell.validate_warehouse()

    assert found.failed == ()
    assert (found.passed, found.load, found.batch) == (True, 1, report.batch)
    assert foresell.validate_warehouse(report.batch) == found
    assert json.loads(json.dumps(found.to_json()))["passed"] is True


BROKEN = {
    "volumes": "DELETE FROM retailds.fact_sales_weekly WHERE dept_id = 1",
    "fact_continuity": "DELETE FROM retailds.fact_sales_weekly WHERE week_date = '2010-03-05'",
    "fact_weekday": "UPDATE retailds.fact_sales_weekly SET week_date = '2010-02-06' "
    "WHERE week_date = '2010-02-05'",
    "foreign_keys": "ALTER TABLE retailds.fact_sales_weekly "
    "DROP CONSTRAINT fact_sales_weekly_dept_id_fkey; "
    "ALTER TABLE retailds.plan_sales_weekly DROP CONSTRAINT plan_sales_weekly_dept_id_fkey; "
    "DELETE FROM retailds.dim_dept WHERE dept_id = 1",
    "view": "CREATE OR REPLACE VIEW retailds.vw_sales_analytics AS "
    "SELECT f.*, store_type, store_size FROM retailds.fact_sales_weekly f "
    "JOIN retailds.dim_store s USING (store_id) WHERE dept_id = 1",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_warehouse_that_was_damaged_since_is_not(
    name: str, warehouse: Warehouse, load: Load
) -> None:
    load()
    do(warehouse, BROKEN[name])

    found = foresell.validate_warehouse()

    assert name in [check.name for check in found.failed]
    assert not found.passed
    with pytest.raises(GateError, match=name) as refused:
        found.require_passed()
    assert "the load stands" in refused.value.mend
    assert "nothing in the warehouse changed" not in refused.value.mend


def test_today_is_the_same_in_every_time_zone_of_the_server(
    emptied: str, warehouse: Warehouse
) -> None:
    staged_elsewhere(emptied, "b1")
    told = set()
    with connected(emptied) as connection:
        for zone in ("Etc/GMT+12", "Etc/GMT-14", "UTC"):
            connection.execute(f"SET LOCAL TIME ZONE '{zone}'".encode())
            told |= {row["today"] for row in query(connection, "staged_weeks", batch="b1")}

    (today,) = told
    in_london = ask(warehouse, "SELECT (now() AT TIME ZONE 'UTC')::DATE")[0][0]
    assert today - in_london in (timedelta(), timedelta(days=1))


def test_a_load_that_the_history_does_not_know_is_not_valid(
    warehouse: Warehouse, load: Load
) -> None:
    nothing = foresell.validate_warehouse()
    load()
    other = foresell.validate_warehouse("b9")

    assert [check.says for check in nothing.failed] == ["the history tells of no load of anything"]
    assert [check.says for check in other.failed] == [
        "the history tells of no load of the batch 'b9'"
    ]
    assert (nothing.load, other.load, other.batch) == (None, None, "b9")


def test_a_user_with_the_right_to_put_in_and_no_other_can_take_every_step(
    emptied: str, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    do(warehouse, "DROP ROLE IF EXISTS carrier")
    do(warehouse, "CREATE ROLE carrier LOGIN; GRANT ingest TO carrier")
    monkeypatch.setenv("DB_USER", "carrier")
    data = write_files(tmp_path / "own", TOY)
    try:
        reports: list[LoadReport] = [foresell.load_warehouse("walmart", data=data)]
        foresell.clear_staging("b1")
        staged_elsewhere(emptied, "b1")
        reports.append(foresell.finish_load("b1"))
        reports.append(foresell.finish_load("b1"))
        assert foresell.validate_warehouse().passed
    finally:
        do(warehouse, "DROP ROLE carrier")

    assert [report.passed for report in reports] == [True, True, True]
