"""The numbered files that make the schema, and what is done with them."""

import re
import threading
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from foresell.adapters.postgres_link import opened, saying_trouble
from foresell.adapters.warehouse import schema
from foresell.adapters.warehouse.schema import Migration, migrations, refuse_behind, status
from foresell.errors import DataError, MachineError, UsageError
from foresell.spec.warehouse_schema import SchemaStatus
from tests.migrated import WALMART, connected, looks, migrated, place_of, put
from tests.unit.adapters.warehouse.small_contract import SMALL

NAMES = ("0001_books", "0002_star", "0003_staging", "0004_views", "0005_roles")
NAME = WALMART.project.name


def test_the_files_are_numbered_without_a_gap_and_each_says_what_it_is_for() -> None:
    found = migrations()

    assert tuple(one.name for one in found) == NAMES
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert all(one.text.startswith(b"-- ") for one in found)


@pytest.mark.parametrize("one", migrations(), ids=lambda one: one.name)
def test_no_file_takes_anything_away(one: Migration) -> None:
    statements = re.sub(r"--[^\n]*", "", one.text.decode())

    assert not re.findall(r"(?i)\b(drop|truncate|delete\s+from|alter)\b", statements)


def test_a_file_with_other_line_ends_is_the_same_file() -> None:
    one = migrations()[0]

    assert replace(one, text=one.text.replace(b"\n", b"\r\n")).sha256 == one.sha256
    assert replace(one, text=one.text + b"-- more").sha256 != one.sha256


def test_each_file_can_be_run_again_and_nothing_looks_otherwise(emptied: str) -> None:
    migrated(emptied)
    with connected(emptied) as connection:
        put(connection)
    before, rows = looks(emptied), _rows(emptied)

    for one in (*migrations(), *reversed(migrations())):
        with connected(emptied) as connection:
            connection.execute(one.text)

    assert looks(emptied) == before
    assert _rows(emptied) == rows


def test_files_that_were_run_by_hand_are_noted_and_nothing_looks_otherwise(emptied: str) -> None:
    for one in migrations():
        with connected(emptied) as connection:
            connection.execute(one.text)
            connection.execute(one.text)
    by_hand = looks(emptied)

    done = migrated(emptied)

    assert (done.applied, done.already) == (NAMES, 0)
    assert [one for one in looks(emptied) if one not in by_hand] == [
        one for one in looks(emptied) if one[1] == "c" and one[3].startswith("walmart: ")
    ]


def test_a_second_time_does_nothing(emptied: str) -> None:
    first, before = migrated(emptied), looks(emptied)

    second = migrated(emptied)

    assert (first.applied, first.already, first.kept, first.removed) == (NAMES, 0, 0, ())
    assert second == replace(first, applied=(), already=len(NAMES), added=(), kept=len(first.added))
    assert looks(emptied) == before


def test_of_two_at_once_one_does_it_and_the_other_finds_it_done(emptied: str) -> None:
    done = []
    together = threading.Barrier(2)

    def one_of_two() -> None:
        together.wait()
        done.append(migrated(emptied))

    threads = [threading.Thread(target=one_of_two) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(len(one.applied) for one in done) == [0, len(NAMES)]
    assert sorted(len(one.added) for one in done) == [0, done[0].kept + done[1].kept]


def test_whoever_waits_for_the_lock_is_told_once(emptied: str) -> None:
    told: list[str] = []
    with connected(emptied) as first:
        schema.take_lock(first, lambda: told.append("first"))
        with connected(emptied) as second:
            waits = threading.Thread(
                target=schema.take_lock, args=(second, lambda: told.append("second"))
            )
            waits.start()
            waits.join(0.3)
            assert waits.is_alive()
            first.commit()
            waits.join(60)
            assert not waits.is_alive()

    assert told == ["second"]


def test_where_one_file_fails_nothing_of_any_is_left(
    emptied: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Migration(number=6, name="0006_broken", text=b"SELECT 1 / 0")
    monkeypatch.setattr(schema, "migrations", lambda: (*migrations(), broken))

    with pytest.raises(psycopg.errors.DivisionByZero):
        migrated(emptied)

    assert looks(emptied) == []


def test_a_file_that_comes_later_is_run_and_the_ones_before_are_not(
    emptied: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated(emptied)
    with connected(emptied) as connection:
        put(connection)
    later = Migration(
        number=6, name="0006_more", text=b"CREATE TABLE IF NOT EXISTS retailds.dim_more (id INT)"
    )
    monkeypatch.setattr(schema, "migrations", lambda: (*migrations(), later))
    with connected(emptied) as connection:
        states = [one.standing for one in _status(connection).migrations]
        with pytest.raises(UsageError, match="lacks 0006_more"):
            refuse_behind(connection, NAME, WALMART.warehouse, WALMART.contract)

    done = migrated(emptied)

    assert states == ["applied"] * 5 + ["pending"]
    assert (done.applied, done.already) == (("0006_more",), 5)
    assert _rows(emptied) == 1


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (
            "UPDATE retailds.schema_migrations SET sha256 = 'x' WHERE number = 2",
            DataError,
            NAMES[1],
        ),
        (
            "INSERT INTO retailds.schema_migrations VALUES (9, '0009_new', 'x')",
            MachineError,
            "does not know 0009_new",
        ),
    ],
    ids=["changed", "newer"],
)
def test_a_schema_that_another_foresell_made_is_refused_and_shown(
    emptied: str, change: str, error: type[Exception], told: str
) -> None:
    migrated(emptied)
    with connected(emptied) as connection:
        connection.execute(change.encode())
    before = looks(emptied)

    with pytest.raises(error, match=told):
        migrated(emptied)
    with connected(emptied) as connection:
        with pytest.raises(error, match=told):
            refuse_behind(connection, NAME, WALMART.warehouse, WALMART.contract)
        found = _status(connection)

    assert looks(emptied) == before
    assert not found.current
    assert {one.standing for one in found.migrations} == {
        "applied",
        "changed" if error is DataError else "unknown",
    }


def test_tables_of_somebody_else_are_named_and_left_alone(emptied: str) -> None:
    with connected(emptied) as connection:
        connection.execute("CREATE SCHEMA retailds")
        connection.execute("CREATE TABLE retailds.dim_dept (dept_id BIGINT)")
        connection.execute("CREATE TABLE retailds.dim_other (id INT)")
        connection.execute("CREATE TABLE retailds.dim_store (store_id NUMERIC PRIMARY KEY)")
    before = looks(emptied)

    with pytest.raises(UsageError) as refused:
        migrated(emptied)

    assert refused.value.what == (
        "the schema retailds has tables of somebody else: "
        "dim_store (store_id is numeric, in the key, not bigint, in the key); "
        "dim_dept (dept_id is bigint, not bigint, in the key)"
    )
    assert looks(emptied) == before


def test_a_user_who_may_make_nothing_is_told_what_it_takes(emptied: str) -> None:
    with connected(emptied) as owner:
        owner.execute("CREATE ROLE nobody_much LOGIN")
    try:
        place = place_of(emptied, "nobody_much")
        with (
            pytest.raises(UsageError, match="permission denied for database") as refused,
            opened(place) as connection,
            saying_trouble(place, mends={"42501": "ask the owner"}),
        ):
            schema.migrate(connection, NAME, WALMART.warehouse, WALMART.contract)
    finally:
        with connected(emptied) as owner:
            owner.execute("DROP ROLE nobody_much")

    assert refused.value.mend == "ask the owner"
    assert looks(emptied) == []


def test_where_the_groups_are_there_no_right_to_make_roles_is_needed(emptied: str) -> None:
    migrated(emptied)
    with connected(emptied) as owner:
        owner.execute("DROP SCHEMA retailds CASCADE")
        owner.execute("CREATE ROLE deployer LOGIN NOCREATEROLE")
        owner.execute(
            "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO deployer', "
            "current_database()); END $$"
        )
    try:
        with connected(emptied, "deployer") as connection:
            done = schema.migrate(connection, NAME, WALMART.warehouse, WALMART.contract)
    finally:
        with connected(emptied) as owner:
            owner.execute("DROP OWNED BY deployer CASCADE")
            owner.execute("DROP ROLE deployer")

    assert done.applied == NAMES


def test_whoever_reads_for_long_is_not_waited_for_by_all_others_too(
    emptied: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "PATIENCE_S", 0.2)
    migrated(emptied)
    before = looks(emptied)
    stricter = replace(WALMART, contract=SMALL.contract, warehouse=SMALL.warehouse)
    place = place_of(emptied)
    with connected(emptied) as reader:
        reader.execute("SELECT count(*) FROM retailds.vw_sales_analytics")
        with (
            pytest.raises(MachineError, match="somebody else holds what is needed"),
            opened(place) as connection,
        ):
            schema.migrate(connection, NAME, stricter.warehouse, stricter.contract)
        assert looks(emptied) == before

    assert migrated(emptied, stricter).added
    with connected(emptied) as connection:
        assert connection.execute("SHOW lock_timeout").fetchone() == ("0",)


def test_an_empty_database_is_told_as_such(emptied: str) -> None:
    with connected(emptied) as connection:
        found = _status(connection)
        with pytest.raises(UsageError, match="the database holds no warehouse") as refused:
            refuse_behind(connection, NAME, WALMART.warehouse, WALMART.contract)

    assert [one.standing for one in found.migrations] == ["pending"] * 5
    assert (found.held, found.rows, found.loads, found.current) == (None, {}, (), False)
    assert refused.value.mend == "run: foresell warehouse migrate walmart"


def test_the_views_hold_the_facts_with_their_store_and_the_plan_from_then_on(emptied: str) -> None:
    migrated(emptied)
    with connected(emptied) as connection:
        put(connection)
        connection.execute(
            "INSERT INTO retailds.plan_sales_weekly VALUES "
            "(1, 1, '2010-02-05', TRUE), (1, 1, '2010-02-12', TRUE)"
        )
        sales = _told(connection, "vw_sales_analytics")
        plan = _told(connection, "vw_sales_plan")

    assert sales == [
        {
            **{"store_id": 1, "dept_id": 1, "week_date": "2010-02-05"},
            **{"weekly_sales": 24924.5, "isholiday": False, "temperature": 42.31},
            **{"fuel_price": 2.572, "cpi": None, "unemployment": None},
            **{f"markdown{n}": None for n in range(1, 6)},
            **{"store_type": "A", "store_size": 151315},
        }
    ]
    assert plan == [{"store_id": 1, "dept_id": 1, "week_date": "2010-02-12", "isholiday": True}]


def test_before_any_fact_all_of_the_plan_is_to_come(emptied: str) -> None:
    migrated(emptied)
    with connected(emptied) as connection:
        connection.execute("INSERT INTO retailds.dim_store VALUES (1, 'A', 10)")
        connection.execute("INSERT INTO retailds.dim_dept VALUES (1)")
        connection.execute(
            "INSERT INTO retailds.plan_sales_weekly VALUES (1, 1, '2010-02-05', FALSE)"
        )
        assert len(_told(connection, "vw_sales_plan")) == 1


def test_the_newest_loads_come_first(emptied: str) -> None:
    migrated(emptied)
    with connected(emptied) as connection:
        for number in range(1, 8):
            connection.execute(
                "INSERT INTO retailds.load_history (batch, project, source, contract_version, "
                "contract_sha256, staged, duplicates, planned, rows, stores, depts, series, weeks, "
                "first_week, last_week, report) VALUES (%s, 'walmart', 'here', '1.0.0', 'x', 9, 0, "
                "0, 9, 1, 1, 1, 9, '2010-02-05', '2010-04-02', '{}')",
                [f"batch {number}"],
            )
        found = _status(connection).loads

    assert [one.load for one in found] == [7, 6, 5, 4, 3]
    assert (found[0].batch, found[0].rows, found[0].last_week) == ("batch 7", 9, "2010-04-02")


def _status(connection: psycopg.Connection[Any]) -> SchemaStatus:
    return status(connection, NAME, WALMART.warehouse, WALMART.contract)


def _rows(url: str) -> int:
    with connected(url) as connection:
        return _status(connection).rows["fact_sales_weekly"] or 0


def _told(connection: psycopg.Connection[Any], relation: str) -> list[dict[str, Any]]:
    """Return the rows of a view, by column."""
    asked = f"SELECT to_json(found) FROM retailds.{relation} AS found"  # noqa: S608 - a literal
    return [row for (row,) in connection.execute(asked.encode()).fetchall()]
