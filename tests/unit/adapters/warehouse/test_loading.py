"""What a load does to the warehouse: it goes in whole, again without a change, or not at all."""

import polars as pl
import pytest

from foresell.errors import GateError
from foresell.spec.warehouse import MAY_LACK, Changes, Check, Volumes
from tests.warehouse_loads import Warehouse, contents, versions
from tests.warehouse_toy import (
    PLANNED,
    ROWS,
    TABLES,
    TOY,
    Files,
    Load,
    ask,
    changed,
    check,
    facts,
    without_line,
)

CHECKED = (
    *("rows", "nulls", "duplicates", "keys", "stores", "negatives", "holiday_flags", "partners"),
    *("contract", "weekday", "future", "continuity", "week_flags", "series_gaps"),
    *("volume", "range", "values"),
    *("plan_nulls", "plan_keys", "plan_stores", "plan_weekday", "plan_over", "plan_volume"),
)
VALIDATED = (
    *("facts", "stores_kept", "plan", "foreign_keys", "view"),
    *("fact_weekday", "fact_continuity", "absent"),
)


def test_the_facts_are_the_joined_files_bit_for_bit(warehouse: Warehouse, load: Load) -> None:
    report = load()

    sales = pl.read_csv(TOY["train.csv"], try_parse_dates=True)
    features = pl.read_csv(TOY["features.csv"], try_parse_dates=True, null_values="NA")
    joined = sales.join(features.drop("IsHoliday"), on=["Store", "Date"], how="left")
    wanted = joined.select(
        *("Store", "Dept", "Date", "Weekly_Sales"),
        pl.col("IsHoliday").cast(pl.String).str.to_lowercase() == "true",
        *("Temperature", "Fuel_Price"),
        *(f"MarkDown{i}" for i in range(1, 6)),
        *("CPI", "Unemployment"),
    ).sort("Store", "Dept", "Date")
    found = ask(warehouse, "SELECT * FROM retailds.fact_sales_weekly ORDER BY 1, 2, 3")
    assert found == wanted.rows()
    assert ask(warehouse, "SELECT * FROM retailds.dim_store ORDER BY 1") == [
        (1, "A", 50_000),
        (2, "B", 100_000),
    ]
    assert ask(warehouse, "SELECT count(*) FROM retailds.vw_sales_plan") == [(PLANNED,)]
    assert report.passed


def test_the_report_tells_what_was_read_changed_and_checked(
    warehouse: Warehouse, load: Load
) -> None:
    report = load()

    volumes = Volumes(
        rows=ROWS,
        stores=2,
        depts=2,
        series=4,
        weeks=20,
        first_week="2010-02-05",
        last_week="2010-06-18",
        nulls={**dict.fromkeys(MAY_LACK, 0), **{f"markdown{i}": ROWS for i in range(1, 6)}},
    )
    put = {
        "dim_store": 2,
        "dim_dept": 2,
        "fact_sales_weekly": ROWS,
        "plan_sales_weekly": PLANNED,
    }
    none = dict.fromkeys(put, 0)
    assert (report.load, report.staged, report.duplicates, report.planned) == (1, ROWS, 0, PLANNED)
    assert (report.volumes, report.before) == (volumes, None)
    assert report.changes == Changes(inserted=put, updated=none, unchanged=none, removed=none)
    assert tuple(one.name for one in report.checks) == (*CHECKED, *VALIDATED)
    assert list(report.seconds) == [*("read", "stage", "check", "upsert", "validate", "commit")]
    assert report.target == f"postgresql://{warehouse.host}:5432/{warehouse.name}"
    assert ask(warehouse, "SELECT count(*) FROM retailds.stg_sales_weekly") == [(0,)]


def test_loading_the_same_files_again_writes_no_row(warehouse: Warehouse, load: Load) -> None:
    load()
    before = versions(warehouse)

    report = load()

    after = versions(warehouse)
    assert {name: after[name] for name in TABLES} == {name: before[name] for name in TABLES}
    assert report.changes is not None
    assert report.changes.unchanged["fact_sales_weekly"] == ROWS
    assert set(report.changes.inserted.values()) | set(report.changes.updated.values()) == {0}
    assert report.before == report.volumes
    assert (report.passed, report.load) == (True, 2)


def test_the_order_of_the_rows_in_the_files_changes_nothing(
    warehouse: Warehouse, load: Load
) -> None:
    load()
    before = contents(warehouse)
    header, *rows = TOY["train.csv"].splitlines(keepends=True)

    load(train=b"".join([header, *reversed(rows)]))

    assert facts(contents(warehouse)) == facts(before)


def test_only_what_was_corrected_is_written_again(warehouse: Warehouse, load: Load) -> None:
    load()
    line = TOY["train.csv"].decode().splitlines()[1]
    sales = line.split(",")[3]

    report = load(
        train=changed("train.csv", line, line.replace(sales, "1.5")),
        stores=changed("stores.csv", "2,B,100000", "2,C,100000"),
        test=changed("test.csv", "1,1,2010-06-25,FALSE", "1,1,2010-06-25,TRUE"),
    )

    assert report.changes is not None
    once = {"dim_store": 1, "dim_dept": 0, "fact_sales_weekly": 1, "plan_sales_weekly": 1}
    assert report.changes.updated == once
    assert ask(warehouse, "SELECT store_type FROM retailds.dim_store WHERE store_id = 2") == [
        ("C",)
    ]
    assert ask(
        warehouse,
        "SELECT weekly_sales FROM retailds.fact_sales_weekly ORDER BY store_id, dept_id, week_date",
    )[0] == (1.5,)


def test_a_value_that_is_taken_back_is_null_again(warehouse: Warehouse, load: Load) -> None:
    load(features=TOY["features.csv"].replace(b",NA,", b",7.5,"))

    report = load()

    assert report.changes is not None
    assert report.changes.updated["fact_sales_weekly"] == ROWS
    assert ask(warehouse, "SELECT DISTINCT markdown1 FROM retailds.fact_sales_weekly") == [(None,)]


def test_a_delivery_that_empties_a_column_says_so_with_numbers(
    warehouse: Warehouse, load: Load
) -> None:
    load()
    header, *rows = TOY["features.csv"].decode().splitlines(keepends=True)
    at = header.strip().split(",").index("CPI")
    parts = [row.split(",") for row in rows]
    empty = "".join(",".join([*row[:at], "NA", *row[at + 1 :]]) for row in parts)

    told = check(load(features=(header + empty).encode()), "values")

    assert told == Check(
        name="values",
        verdict="noted",
        says=f"values went missing: cpi 0 of {ROWS} rows ({ROWS} of {ROWS} before)",
        count=1,
    )
    assert check(load(), "values").verdict == "passed"


def test_equal_rows_are_taken_as_one_and_counted(warehouse: Warehouse, load: Load) -> None:
    lines = TOY["train.csv"].splitlines(keepends=True)

    report = load(train=b"".join([*lines, lines[1], lines[1], lines[2]]))

    assert (report.passed, report.staged, report.duplicates) == (True, ROWS + 3, 3)
    assert check(report, "duplicates") == Check(
        name="duplicates",
        verdict="noted",
        says="3 rows equal to another, and taken as one with it",
        count=3,
    )
    assert report.volumes is not None
    assert report.volumes.rows == ROWS


def test_without_rows_asked_for_nothing_is_planned(warehouse: Warehouse, load: Load) -> None:
    report = load(test=None)

    assert (report.passed, report.planned) == (True, 0)


def test_a_department_that_is_only_planned_is_known_from_then_on(
    warehouse: Warehouse, load: Load
) -> None:
    report = load(test=TOY["test.csv"] + b"1,9,2010-06-25,FALSE\n")

    assert report.passed
    assert ask(warehouse, "SELECT dept_id FROM retailds.dim_dept ORDER BY 1") == [(1,), (2,), (9,)]


def test_disagreeing_holiday_flags_are_told_and_that_of_the_sales_goes_in(
    warehouse: Warehouse, load: Load
) -> None:
    features = TOY["features.csv"].decode().splitlines(keepends=True)
    at = next(i for i, line in enumerate(features) if line.startswith("1,2010-02-12"))
    features[at] = features[at].replace("FALSE", "x").replace("TRUE", "FALSE").replace("x", "TRUE")

    report = load(features="".join(features).encode())

    flag = check(report, "holiday_flags")
    assert (report.passed, flag.verdict, flag.count) == (True, "noted", 2)
    assert flag.examples == (
        {
            "store_id": 1,
            "week_date": "2010-02-12",
            "isholiday": True,
            "isholiday_features": False,
            "rows": 2,
        },
    )
    assert ask(
        warehouse,
        "SELECT DISTINCT isholiday FROM retailds.fact_sales_weekly WHERE week_date = '2010-02-12'",
    ) == [(True,)]


NEW_STORE = b"7,1,2010-06-25,FALSE\n"
SMALL = b"".join(TOY["train.csv"].splitlines(keepends=True)[: ROWS // 2])
BROKEN: dict[str, tuple[Files, str]] = {
    "differing": ({"train": TOY["train.csv"] + b"1,1,2010-02-05,9.5,FALSE\n"}, "keys"),
    "small": ({"train": SMALL}, "volume"),
    "no store": ({"stores": changed("stores.csv", "\r2,B,100000", "")}, "nulls"),
    "type": ({"stores": changed("stores.csv", "2,B", "2,D")}, "Type: values"),
    "saturday": ({"train": TOY["train.csv"].replace(b"2010-06-18", b"2010-06-19")}, "weekday"),
    "to come": ({"train": TOY["train.csv"].replace(b"2010-06-18", b"2099-06-19")}, "future"),
    "hole": (
        {
            "train": b"".join(
                line
                for line in TOY["train.csv"].splitlines(keepends=True)
                if b"2010-03-05" not in line
            )
        },
        "continuity",
    ),
    "returns": ({"train": TOY["train.csv"].replace(b"-05,", b"-05,-")}, "negatives"),
    "strange plan": ({"test": TOY["test.csv"] + NEW_STORE}, "plan_stores"),
    "two plans": ({"test": TOY["test.csv"] + b"1,1,2010-06-25,TRUE\n"}, "plan_keys"),
    "plan day": ({"test": TOY["test.csv"] + b"1,1,2010-06-26,TRUE\n"}, "plan_weekday"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_check_that_fails_is_told_and_changes_nothing(
    kind: str, warehouse: Warehouse, load: Load
) -> None:
    load()
    before, written = contents(warehouse), versions(warehouse)
    files, name = BROKEN[kind]

    report = load(**files)

    assert name in [one.name for one in report.failed]
    assert (report.passed, report.load, report.changes) == (False, None, None)
    assert contents(warehouse) == before
    assert facts(versions(warehouse)) == facts(written)
    with pytest.raises(GateError, match=name):
        report.require_passed()


def test_examples_name_the_keys_that_failed(warehouse: Warehouse, load: Load) -> None:
    files, name = BROKEN["differing"]

    found = check(load(**files), name)

    assert found.says == "1 key on rows that differ: which one holds?"
    sold = TOY["train.csv"].decode().splitlines()[1].split(",")[3]
    assert found.examples == (
        {
            "store_id": 1,
            "dept_id": 1,
            "week_date": "2010-02-05",
            "rows": 2,
            "weekly_sales": f"9.5, {sold}",
        },
    )


def test_a_part_is_not_held_against_the_last_whole_delivery_nor_the_next_against_it(
    warehouse: Warehouse, load: Load
) -> None:
    load()
    header, *rows = TOY["train.csv"].splitlines(keepends=True)
    week = b"".join([header, *(row for row in rows if b"2010-06-18" in row)])

    refused = load(train=week)
    assert [one.name for one in refused.failed] == ["volume"]
    with pytest.raises(GateError) as failed:
        refused.require_passed()
    assert failed.value.mend == (
        "mend what the delivery holds and load it again; if it is only a part, such as one week, "
        "load it with --partial (partial=True); nothing in the warehouse changed"
    )
    part = load(train=week, partial=True)
    whole = load()

    assert part.passed
    assert part.volumes is not None
    assert part.volumes.rows == 4
    assert whole.passed
    assert whole.before is not None
    assert whole.before.rows == ROWS


def test_a_part_that_would_leave_a_hole_in_the_facts_does_not_go_in(
    warehouse: Warehouse, load: Load
) -> None:
    load()
    late = b"1,1,2010-07-02,5.5,FALSE\n"

    report = load(train=b"Store,Dept,Date,Weekly_Sales,IsHoliday\n" + late, partial=True)

    assert [one.name for one in report.failed] == ["fact_continuity"]
    assert report.failed[0].examples == ({"week_date": "2010-06-25"},)


def test_what_a_delivery_does_not_hold_any_more_stays_and_is_told(
    warehouse: Warehouse, load: Load
) -> None:
    load()

    report = load(train=without_line("train.csv", "1,1,2010-03-05"))

    absent = check(report, "absent")
    assert (report.passed, absent.verdict, absent.count) == (True, "noted", 1)
    assert absent.examples == ({"store_id": 1, "dept_id": 1, "week_date": "2010-03-05"},)
    assert ask(warehouse, "SELECT count(*) FROM retailds.fact_sales_weekly") == [(ROWS,)]
