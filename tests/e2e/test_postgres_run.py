"""A run whose rows come from PostgreSQL: the same bytes as from files, and what can go wrong."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

import foresell as platform
from foresell.api import RunResult
from foresell.errors import UsageError
from foresell.pipeline.work import Event
from tests.builders import snapshot, weekly_files, write_files
from tests.e2e.command import Foresell
from tests.e2e.small_run import made, under
from tests.migrated import connected, place_of

SHIPPED = files("foresell") / "projects" / "walmart"
SAME = (
    *("processed", "quarantine", "splits", "features", "baselines", "judged", "predictions"),
    *("evaluation", "forecast", "figures"),
)


@pytest.fixture
def database(emptied: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database that the environment names; its URL."""
    place = place_of(emptied)
    monkeypatch.setenv("DB_HOST", place.host)
    monkeypatch.setenv("DB_NAME", place.name)
    monkeypatch.setenv("DB_USER", place.user)
    return emptied


def filled(data: Path) -> None:
    """Fill the warehouse with the files of a folder."""
    platform.migrate_warehouse("walmart")
    assert platform.load_warehouse("walmart", data=data).failed == ()


def in_key_order(line: str) -> tuple[int, int, str]:
    """A line of test.csv by its key."""
    store, dept, day, _ = line.split(",")
    return int(store), int(dept), day


def ran(home: Path, until: str = "split") -> list[str]:
    """Run walmart from the warehouse; the stages that did anything."""
    heard: list[Event] = []
    platform.run("walmart", source="postgres", until=until, home=home, listen=heard.append)
    return [event.stage for event in heard if event.kind == "done"]


def test_what_comes_from_the_warehouse_is_byte_for_byte_what_comes_from_the_files(
    database: str, whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    """The files ask for rows in no order; answers come in the order in which they are asked."""
    shutil.copytree(whole[0], tmp_path / "files")
    asked = tmp_path / "files" / "data" / "test.csv"
    header, *lines = asked.read_text("utf-8").splitlines()
    asked.write_text("\n".join([header, *sorted(lines, key=in_key_order), ""]), encoding="utf-8")
    from_files = platform.run(
        "walmart",
        data=asked.parent,
        preset="fast",
        home=tmp_path / "files" / "home",
    )
    filled(asked.parent)

    result = platform.run("walmart", source="postgres", preset="fast", home=tmp_path / "home")

    wanted, found = made(tmp_path / "files"), made(tmp_path)
    assert set(SAME) <= {name.split("/")[0] for name in wanted}
    assert under(found, *SAME) == under(wanted, *SAME)
    assert found["asked/asked.parquet"] == wanted["asked/asked.parquet"]
    assert (result.champion, result.passed) == (from_files.champion, from_files.passed)
    manifest = json.loads(found["manifest/manifest.json"])
    assert [file["name"] for file in manifest["files"]] == ["postgres:sales", "postgres:asked"]
    sources = (tmp_path / "home" / "walmart" / "sources" / "sources.json").read_text("utf-8")
    places = [file["uri"] for file in json.loads(sources)["files"]]
    label = place_of(database).label
    assert places == [f"{label}/retailds.vw_sales_analytics", f"{label}/retailds.vw_sales_plan"]


def test_a_second_run_does_nothing_and_a_changed_row_is_seen(database: str, tmp_path: Path) -> None:
    small = weekly_files(stores=2, depts=1)
    filled(write_files(tmp_path / "data", small))
    home = tmp_path / "home"

    assert ran(home) == ["manifest", "ingest", "validate", "split"]
    assert ran(home) in ([], ["manifest"])

    before = pl.read_parquet(home / "walmart" / "landing" / "part-00000.parquet")
    with connected(database) as connection:
        connection.execute(
            "UPDATE retailds.fact_sales_weekly SET weekly_sales = 1.5"
            " WHERE store_id = 2 AND week_date = DATE '2011-01-07'"
        )
    assert "ingest" in ran(home)
    after = pl.read_parquet(home / "walmart" / "landing" / "part-00000.parquet")

    changed = after.filter(after["Weekly_Sales"] != before["Weekly_Sales"])
    assert changed.select("Store", pl.col("Date").dt.to_string(), "Weekly_Sales").rows() == [
        (2, "2011-01-07", 1.5)
    ]


def test_a_project_may_say_that_its_rows_are_in_the_warehouse(
    database: str, foresell: Foresell, tmp_path: Path
) -> None:
    data = write_files(tmp_path / "data", weekly_files(stores=2, depts=1))
    filled(data)
    text = (SHIPPED / "project.yaml").read_text("utf-8")
    declared = text.replace("kind: panel\n", "kind: panel\nsource: postgres\n", 1)
    own = {
        "project.yaml": declared,
        "contract.yaml": (SHIPPED / "contract.yaml").read_text("utf-8"),
    }
    write_files(tmp_path / "declared" / "walmart", {k: v.encode() for k, v in own.items()})

    kept = foresell("run", "walmart", "--until", "validate")
    tried = foresell("contract", "test", "walmart")
    files_after_all = foresell("run", "walmart", "--until", "validate", "--data", data)

    assert (kept.code, tried.code, files_after_all.code) == (0, 0, 0)
    assert f"2 files, 0.0 MB, from {place_of(database).label}" in kept.err
    assert f"4 files, 0.0 MB, from {data}" in files_after_all.err


def test_an_empty_warehouse_and_none_at_all_are_told_apart(
    database: str, foresell: Foresell
) -> None:
    asked = ("run", "walmart", "--source", "postgres", "--until", "manifest")

    none = foresell(*asked)
    platform.migrate_warehouse("walmart")
    empty = foresell(*asked)

    assert (none.code, empty.code) == (2, 2)
    assert "error the database holds no warehouse: " in none.err
    assert 'relation "retailds.vw_sales_analytics" does not exist' in none.err
    assert "mend  run: foresell warehouse migrate" in none.err
    assert "retailds.vw_sales_analytics holds no rows" in empty.err
    assert "mend  fill it: foresell warehouse load" in empty.err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("walmart", "--data", "x"), "the rows are to be read from the warehouse, and a place of "),
        (("retail",), "the project 'retail' says nothing of a warehouse"),
    ],
)
def test_a_source_that_cannot_be_meant_is_refused(
    foresell: Foresell, words: tuple[str, ...], what: str
) -> None:
    refused = foresell("run", *words, "--source", "postgres")

    assert refused.code == 2
    assert refused.err.startswith(f"error {what}")


def test_without_a_database_in_the_environment_the_error_names_the_variables(
    foresell: Foresell,
) -> None:
    refused = foresell("run", "walmart", "--source", "postgres")

    assert refused.code == 2
    assert "no database is named" in refused.err
    assert "DB_HOST" in refused.err
    assert "RDS_SECRET_NAME" in refused.err


def test_an_unknown_source_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        platform.run("walmart", source="postgre", home=tmp_path)  # type: ignore[arg-type]
    assert caught.value.what == "there is no source 'postgre'"
    assert "did you mean 'postgres'?" in caught.value.mend


def test_the_role_read_is_right_enough_and_nothing_less(
    database: str, foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(write_files(tmp_path / "data", weekly_files(stores=2, depts=1)))
    with connected(database) as connection:
        connection.execute("CREATE ROLE runs_only LOGIN")
    monkeypatch.setenv("DB_USER", "runs_only")
    asked = ("run", "walmart", "--source", "postgres", "--until", "ingest")
    try:
        refused = foresell(*asked)
        with connected(database) as connection:
            connection.execute("GRANT read TO runs_only")
        granted = foresell(*asked)
    finally:
        with connected(database) as connection:
            connection.execute("DROP ROLE runs_only")

    assert refused.code == 2
    assert "permission denied for schema retailds" in refused.err
    assert "mend  let its owner grant the role: GRANT read TO the user" in refused.err
    assert granted.code == 0


DEALS = """
name: deals
title: Daily sales by shop
kind: panel
tables:
  - name: sales
    query: >-
      SELECT shop, day, sum(amount)::numeric AS pieces FROM shopdb.lines GROUP BY shop, day
  - {name: shops, table: shopdb.shops, columns: {id: shop, town: town}, join_on: [shop]}
  - {name: weather, file: weather.csv, join_on: [day]}
columns: {shop: key, day: time, pieces: target, town: static, rain: past_only}
frequency: D
horizon: 7
season: 7
split: {test: 7, validation: [14, 7]}
features: {lags: [1, 7]}
"""
RULES = """
apiVersion: v3.1.0
kind: DataContract
id: deals
name: deals
version: 1.0.0
status: active
schema:
  - name: sales
    properties:
      - {name: shop, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: day, logicalType: date, required: true, primaryKey: true, primaryKeyPosition: 2}
      - {name: pieces, logicalType: number, required: true}
      - {name: town, logicalType: string, required: true}
      - {name: rain, logicalType: number}
"""


def test_tables_queries_and_files_are_joined_in_one_project(
    database: str, foresell: Foresell, tmp_path: Path
) -> None:
    write_files(
        tmp_path / "declared" / "deals",
        {"project.yaml": DEALS.encode(), "contract.yaml": RULES.encode()},
    )
    weather = b"day,rain\n2024-01-01,0.5\n2024-01-02,\n"
    data = write_files(tmp_path / "data", {"weather.csv": weather})
    with connected(database) as connection:
        connection.execute("DROP SCHEMA IF EXISTS shopdb CASCADE")
        connection.execute("CREATE SCHEMA shopdb")
        connection.execute(
            "CREATE TABLE shopdb.shops (id TEXT, town TEXT, owner TEXT, opened JSON)"
        )
        connection.execute("INSERT INTO shopdb.shops VALUES ('b', 'Bonn', 'x', '{}')")
        connection.execute("INSERT INTO shopdb.shops VALUES ('a', 'Ulm', 'y', '{}')")
        connection.execute("CREATE TABLE shopdb.lines (shop TEXT, day DATE, amount NUMERIC(9, 2))")
        connection.execute(
            "INSERT INTO shopdb.lines VALUES ('b', '2024-01-01', 1.10), ('a', '2024-01-02', 0.10),"
            " ('b', '2024-01-01', 2.20), ('a', '2024-01-01', 7)"
        )

    done = foresell("run", "deals", "--data", data, "--until", "ingest")

    assert done.code == 0
    landed = pl.read_parquet(tmp_path / "home" / "deals" / "landing" / "part-00000.parquet")
    days = pl.col("day").dt.to_string()
    assert landed.select("shop", days, "pieces", "town", "rain").rows() == [
        ("a", "2024-01-01", 7.0, "Ulm", 0.5),
        ("a", "2024-01-02", 0.1, "Ulm", None),
        ("b", "2024-01-01", 3.3, "Bonn", 0.5),
    ]
    nothing = foresell("run", "deals", "--until", "ingest")
    assert nothing.code == 2
    assert "the project 'deals' needs data" in nothing.err
    assert "the folder that holds weather.csv" in " ".join(nothing.err.split())


def test_a_project_that_reads_no_files_has_nothing_to_stage_and_takes_no_place_of_files(
    database: str, foresell: Foresell, tmp_path: Path
) -> None:
    lines = [line for line in DEALS.splitlines() if "weather" not in line]
    alone = "\n".join(lines).replace(", rain: past_only", "")
    rules = RULES.replace("      - {name: rain, logicalType: number}\n", "")
    write_files(
        tmp_path / "declared" / "deals",
        {"project.yaml": alone.encode(), "contract.yaml": rules.encode()},
    )
    (tmp_path / "DIR").mkdir()

    staged = foresell("stage", "deals", "DIR")
    given = foresell("run", "deals", "--data", "DIR")

    assert (staged.code, given.code) == (2, 2)
    assert "every table of the project 'deals' is in PostgreSQL or named by URI" in staged.err
    assert "a place of files is given, and every table of the project is in P" in given.err


@pytest.mark.realdata
def test_the_layer_of_the_real_walmart_is_the_same_bytes_from_the_warehouse_as_from_its_files(
    database: str, walmart_data: Path, tmp_path: Path
) -> None:
    filled(walmart_data)

    ran(tmp_path / "a", until="validate")
    platform.run("walmart", data=walmart_data, until="validate", home=tmp_path / "b")

    assert snapshot(tmp_path / "a/walmart/processed") == snapshot(tmp_path / "b/walmart/processed")
    for home in ("a", "b"):
        layer = pl.scan_parquet(tmp_path / home / "walmart/processed/**/*.parquet")
        assert layer.select(pl.len()).collect().item() == 421_570
    asked = [tmp_path / home / "walmart/asked/asked.parquet" for home in ("a", "b")]
    assert asked[0].read_bytes() == asked[1].read_bytes()
