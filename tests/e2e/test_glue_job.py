"""The Glue job, its committed script run by Spark: it stages what our own load stages."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg import sql

import foresell
from foresell.adapters.sources import DirectorySource
from foresell.adapters.warehouse import staging as own
from foresell.settings import read_settings
from foresell.spec.warehouse import PLAN_COLUMNS, STAGED_COLUMNS
from foresell.wiring.warehouse import kept_project
from foresell.wiring.warehouse_load import _Reading
from tests.builders import weekly_files, write_files
from tests.glue_job import PASSWORD, ROOT, Desk, desk, staging
from tests.services import S3
from tests.warehouse_loads import Warehouse, contents

pytestmark = [pytest.mark.spark, pytest.mark.slow]
TABLES = {"stg_sales_weekly": STAGED_COLUMNS, "stg_sales_plan": PLAN_COLUMNS}
SALES, PLAN = (f"retailds.{table}" for table in TABLES)


@pytest.fixture(scope="module")
def spark(s3_server: S3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One Java for all; that ``spark-submit`` runs the script is shown with the state machine."""
    with desk(s3_server, tmp_path_factory.mktemp("spark")) as opened:
        yield opened


def stage_ourselves(warehouse: Warehouse, folder: Path) -> None:
    """Stage the files as ``foresell warehouse load`` does, as the batch ``ours``, and keep them."""
    reading = _Reading(kept_project("walmart", read_settings()), DirectorySource(folder))
    with warehouse.asked() as connection, connection.transaction():
        own.stage(connection, "ours", "sales", reading.sales())
        own.stage(connection, "ours", "plan", reading.plan())


def unlike(warehouse: Warehouse, one: str, other: str) -> dict[str, int]:
    """By table, how many rows, with every value as text, stand in one batch alone."""
    ask = """
        WITH ones AS (SELECT ROW({columns})::text FROM {table} WHERE batch = %(one)s),
             others AS (SELECT ROW({columns})::text FROM {table} WHERE batch = %(other)s)
        SELECT count(*) FROM ((TABLE ones EXCEPT ALL TABLE others)
                              UNION ALL (TABLE others EXCEPT ALL TABLE ones)) AS unlike
    """
    with warehouse.asked() as connection:
        found = {}
        for table, columns in TABLES.items():
            named = sql.SQL(", ").join(map(sql.Identifier, columns))
            asked = sql.SQL(ask).format(columns=named, table=sql.Identifier("retailds", table))
            row = connection.execute(asked, {"one": one, "other": other}).fetchone()
            assert row is not None
            found[table] = int(str(row[0]))
    return found


def rows(warehouse: Warehouse) -> dict[str, int]:
    """How many rows each batch has in staging, of sales."""
    with warehouse.asked() as connection:
        found = connection.execute(
            "SELECT batch, count(*) FROM retailds.stg_sales_weekly GROUP BY batch"
        ).fetchall()
    return {str(batch): int(str(count)) for batch, count in found}


def ready(url: str, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Return an empty warehouse, which the environment names."""
    warehouse = Warehouse.at(url)
    warehouse.name_it(monkeypatch)
    foresell.migrate_warehouse("walmart")
    return warehouse


@pytest.mark.realdata
def test_421570_rows_are_staged_as_our_own_load_does(
    postgres: Callable[[], str],
    s3: S3,
    spark: Desk,
    walmart_data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = postgres()
    warehouse = ready(url, monkeypatch)
    with staging(url, s3, spark) as place:
        done = place.stage(walmart_data, "glue")

    assert done.code == 0, done.err[-3000:]
    counts = {SALES: 421_570, PLAN: 115_064}
    assert done.last == {"batch": "glue", "source": str(walmart_data), "rows": counts}
    assert PASSWORD not in done.out + done.err
    stage_ourselves(warehouse, walmart_data)
    assert unlike(warehouse, "glue", "ours") == dict.fromkeys(TABLES, 0)


def test_a_job_that_is_tried_again_doubles_nothing_and_ends_as_our_own_load_does(
    postgres: Callable[[], str],
    s3: S3,
    spark: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = write_files(tmp_path / "files", weekly_files(stores=2, depts=2, weeks=60, ragged=True))
    loaded = ready(postgres(), monkeypatch)
    assert foresell.load_warehouse("walmart", data=files).failed == ()
    url = postgres()
    warehouse = ready(url, monkeypatch)
    stage_ourselves(warehouse, files)
    with warehouse.asked() as connection:  # what a try left that was ended halfway
        connection.execute(
            "INSERT INTO retailds.stg_sales_weekly (batch, store_id) "
            "SELECT 'glue', 1 FROM generate_series(1, 50)"
        )
    with staging(url, s3, spark) as place:
        done = place.stage(files, "glue", "--JOB_NAME", "as Glue adds it")

        assert done.code == 0, done.err[-3000:]
        assert unlike(warehouse, "glue", "ours") == dict.fromkeys(TABLES, 0)
        before = rows(warehouse)

        (files / "stores.csv").unlink()
        missing = place.stage(files, "glue")

    assert missing.code != 0
    said = missing.out + missing.err  # Spark moves what Python says
    assert f"Path does not exist: file:{files}/stores.csv" in said
    assert rows(warehouse) == before
    assert PASSWORD not in done.out + done.err + said

    foresell.clear_staging("ours")
    assert foresell.finish_load("glue", source=str(files)).failed == ()
    assert contents(warehouse) == contents(loaded)


def test_a_broken_delivery_is_refused_with_its_file_column_and_value(
    spark: Desk, tmp_path: Path
) -> None:
    good = weekly_files(stores=2, depts=2, weeks=6)
    train, row = good["train.csv"], good["train.csv"].splitlines()[2]
    parts = row.decode().split(",")

    def with_row(place: int, value: str) -> dict[str, bytes]:
        other = ",".join([*parts[:place], value, *parts[place + 1 :]]).encode()
        return {**good, "train.csv": train.replace(row, other)}

    twice = good["features.csv"] + good["features.csv"].splitlines(keepends=True)[1]
    typed, cut = "a value is not of its column's type: ", "a line has not 5 fields: "
    empty = "of its lines are empty; remove them"
    cases: dict[str, tuple[dict[str, bytes], object]] = {
        "as Windows writes": ({**good, "train.csv": train.replace(b"\n", b"\r\n")}, 24),
        "java's number": (with_row(3, "1d"), f"train.csv: {typed}'Weekly_Sales=1d'"),
        "no number": (with_row(3, "NA"), f"train.csv: {typed}'Weekly_Sales=NA'"),
        "no day": (with_row(2, "2010-02-30"), f"train.csv: {typed}'Date=2010-02-30'"),
        "no flag": (with_row(4, "yes"), f"train.csv: {typed}'IsHoliday=yes'"),
        "a field too few": (
            {**good, "train.csv": train.replace(row, b",".join(row.split(b",")[:4]))},
            f"train.csv: {cut}{','.join(parts[:4])!r}",
        ),
        "no UTF-8": (
            {**good, "stores.csv": good["stores.csv"].replace(b",A,", b",\xc4,")},
            f"stores.csv: {typed}'Type=\ufffd'",
        ),
        "twice": (
            {**good, "features.csv": twice},
            "features.csv: a key stands on more than one row: Store=1, Date=2010-02-05",
        ),
        "too large": (with_row(3, "-1e999"), f"train.csv: {typed}'Weekly_Sales=-1e999'"),
        "nothing on a line": (
            {**good, "stores.csv": good["stores.csv"].replace(b"\r", b"\r\r", 1)},
            f"stores.csv: 1 {empty}",
        ),
        "blanks on lines": (
            {**good, "features.csv": good["features.csv"].replace(b"\n", b"\n  \n", 2) + b"\t\n"},
            f"features.csv: 3 {empty}",
        ),
        "empty lines at the end": ({**good, "train.csv": train + b"\n\n"}, 24),
        "another header": (
            {**good, "stores.csv": good["stores.csv"].replace(b"Size", b"Area")},
            "stores.csv: the header is ['Store', 'Type', 'Area'], not ['Store', 'Type', 'Size']",
        ),
        "empty": ({**good, "train.csv": train.splitlines(keepends=True)[0]}, "train.csv holds no"),
    }
    folders = {case: write_files(tmp_path / case, files) for case, (files, _) in cases.items()}

    asked = json.dumps({case: str(folder) for case, folder in folders.items()})
    reading = ROOT / "tests" / "glue_reading.py"
    done = spark.run(reading, asked)

    assert done.code == 0, done.err[-3000:]
    expected = {
        case: said if isinstance(said, int) else f"{folders[case]}/{said}"
        for case, (_, said) in cases.items()
    }
    assert {
        **done.last,
        "empty": str(done.last["empty"])[: len(str(expected["empty"]))],
    } == expected
