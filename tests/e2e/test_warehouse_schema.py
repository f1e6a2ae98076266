"""``foresell warehouse migrate`` and ``status``, from an empty database on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from foresell.adapters.projects import find_declarations
from tests.builders import weekly_files, write_files
from tests.e2e.command import Foresell
from tests.migrated import connected, looks, place_of, put
from tests.warehouse_loads import Warehouse

FILES = ["0001_books", "0002_star", "0003_staging", "0004_views", "0005_roles"]
TABLES = ["dim_store", "dim_dept", "fact_sales_weekly", "plan_sales_weekly"]
STAGING = ["stg_sales_weekly", "stg_sales_plan"]


@pytest.fixture
def database(emptied: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty database, which the environment names."""
    Warehouse.at(emptied).name_it(monkeypatch)
    return emptied


@pytest.fixture
def told(foresell: Foresell) -> Any:
    """Ask a command of the warehouse for JSON; the exit code and what it says."""

    def asked(*words: str) -> tuple[int, Any]:
        done = foresell("warehouse", *words, "--format", "json")
        return done.code, json.loads(done.out) if done.out else done.err

    return asked


def test_the_schema_is_made_once_and_status_tells_how_it_stands(
    database: str, foresell: Foresell
) -> None:
    label = place_of(database).label

    before = foresell("warehouse", "status", "walmart")
    first = foresell("warehouse", "migrate", "walmart")
    second = foresell("warehouse", "migrate")
    after = foresell("warehouse", "status")

    assert (before.code, first.code, second.code, after.code) == (1, 0, 0, 0)
    assert "5 migrations are pending: foresell warehouse migrate walmart" in before.out
    assert first.out.splitlines() == [
        label,
        f"migrations    {', '.join(FILES)} run now, 0 before",
        "contract      1.0.0 (325eab22aa09): 33 CHECKs added, 0 removed, 0 kept",
    ]
    assert second.out.splitlines()[1:] == [
        "migrations    none run now, 5 before",
        "contract      1.0.0 (325eab22aa09): 0 CHECKs added, 0 removed, 33 kept",
    ]
    assert [line.split()[:2] for line in after.out.splitlines() if "_" in line][1:] == [
        *([name, "applied"] for name in FILES),
        *([name, "0"] for name in (*TABLES, *STAGING)),
    ]
    assert after.out.endswith(
        "✓ nothing is pending; the rules of contract 1.0.0 (325eab22aa09) are held\n"
    )


def test_programs_are_told_the_same(database: str, told: Any) -> None:
    pending, before = told("status")
    made, first = told("migrate")
    current, after = told("status")

    assert (pending, made, current) == (1, 0, 0)
    assert before == {
        **{"project": "walmart", "target": place_of(database).label, "current": False},
        "migrations": [
            {"number": at, "name": name, "standing": "pending", "applied_at": None}
            for at, name in enumerate(FILES, 1)
        ],
        **{"contract": first["contract"], "held": None, "missing": [], "rows": {}, "loads": []},
        **{"remapped": [], "holder": None},
    }
    assert (first["applied"], first["already"], first["kept"]) == (FILES, 0, 0)
    assert len(first["added"]) == 33
    assert after["rows"] == dict.fromkeys((*TABLES, *STAGING), 0)
    assert (after["held"], after["current"]) == (first["contract"], True)
    assert (after["holder"], after["remapped"], first["remapped"]) == ("walmart", [], [])
    assert all(one["applied_at"].endswith("+00:00") for one in after["migrations"])


def test_rows_that_a_changed_contract_refuses_end_with_1_and_nothing_changes(
    database: str, foresell: Foresell, told: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told("migrate")[0] == 0
    with connected(database) as connection:
        put(connection, temperature=101.5)
    before = looks(database)
    shipped, own = find_declarations(())["walmart"], tmp_path / "mine" / "walmart"
    own.mkdir(parents=True)
    (own / "project.yaml").write_bytes((shipped / "project.yaml").read_bytes())
    text = (shipped / "contract.yaml").read_text("utf-8")
    newer = text.replace("maximum: 140", "maximum: 100").replace("1.0.0", "1.1.0")
    (own / "contract.yaml").write_text(newer, "utf-8")
    monkeypatch.setenv("FORESELL_PROJECTS", str(own.parent))

    stands = foresell("warehouse", "status")
    refused = foresell("warehouse", "migrate")

    assert (stands.code, refused.code) == (1, 1)
    assert stands.out.splitlines()[-1].startswith(
        "held are the rules of contract 1.0.0 (325eab22aa09), the project has 1.1.0 ("
    )
    assert refused.err == (
        "error the warehouse holds rows that the contract refuses: 1 row of fact_sales_weekly "
        "against 'Temperature: maximum', first (1, 1, 2010-02-05)\n"
        "  where schema retailds, contract foresell-walmart 1.1.0\n"
        "  mend  correct the rows, or the rule, and run foresell warehouse migrate again; nothing "
        "was changed\n"
    )
    assert looks(database) == before


def test_columns_that_changed_places_are_shown_and_no_row_goes_in_before_they_are_migrated(
    database: str, foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert foresell("warehouse", "migrate").code == 0
    _declare(
        tmp_path / "mine",
        "walmart",
        {
            "Temperature: temperature": "Temperature: fuel_price",
            "Fuel_Price: fuel_price": "Fuel_Price: temperature",
        },
    )
    monkeypatch.setenv("FORESELL_PROJECTS", str(tmp_path / "mine"))
    data = write_files(tmp_path / "files", weekly_files(stores=1, depts=1, weeks=20))
    told = "fuel_price is Temperature, was Fuel_Price"

    stands = foresell("warehouse", "status")
    refused = foresell("warehouse", "load", "--data", str(data))
    done = foresell("warehouse", "migrate")

    assert (stands.code, refused.code, done.code) == (1, 2, 0)
    assert stands.out.splitlines()[-1].startswith(f"warehouse.columns has changed: {told}, ")
    assert f"is not what it was at the last migrate: {told}; " in refused.err
    assert f"columns       {told}, " in done.out


def test_a_second_project_is_sent_to_another_database(
    database: str, foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert foresell("warehouse", "migrate", "walmart").code == 0
    before = looks(database)
    _declare(tmp_path / "mine", "shop", {"name: walmart": "name: shop"})
    monkeypatch.setenv("FORESELL_PROJECTS", str(tmp_path / "mine"))
    data = write_files(tmp_path / "files", weekly_files(stores=1, depts=1, weeks=20))

    stands = foresell("warehouse", "status", "shop")
    made = foresell("warehouse", "migrate", "shop")
    loaded = foresell("warehouse", "load", "shop", "--data", str(data))

    assert (stands.code, made.code, loaded.code) == (1, 2, 2)
    assert stands.out.splitlines()[-1] == (
        "✗ the warehouse is that of the project walmart; let DB_NAME name another database for shop"
    )
    assert (
        made.err
        == loaded.err
        == (
            "error the warehouse is that of the project 'walmart'\n"
            "  where schema retailds, project shop\n"
            "  mend  a database holds one project: let DB_NAME name another one for 'shop'\n"
        )
    )
    assert looks(database) == before


def _declare(folder: Path, name: str, swaps: Mapping[str, str]) -> None:
    """Declare walmart as ``name``, with texts of project.yaml swapped."""
    shipped, own = find_declarations(())["walmart"], folder / name
    own.mkdir(parents=True)
    (own / "contract.yaml").write_bytes((shipped / "contract.yaml").read_bytes())
    text = (shipped / "project.yaml").read_text("utf-8")
    for old, new in swaps.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    (own / "project.yaml").write_text(text, "utf-8")


def test_a_constraint_that_was_taken_away_is_missed(database: str, foresell: Foresell) -> None:
    assert foresell("warehouse", "migrate").code == 0
    with connected(database) as connection:
        connection.execute(
            'ALTER TABLE retailds.dim_store DROP CONSTRAINT "walmart: Size: minimum"'
        )

    stands = foresell("warehouse", "status")

    assert stands.code == 1
    assert stands.out.splitlines()[-1] == (
        "1 CHECK is missing: dim_store: Size: minimum: foresell warehouse migrate walmart"
    )


@pytest.mark.parametrize("verb", ["migrate", "status"])
def test_where_no_database_is_named_it_is_said_how_to_name_one(
    foresell: Foresell, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DB_HOST", "DB_NAME", "DB_USER", "RDS_SECRET_NAME"):
        monkeypatch.delenv(name, raising=False)

    done = foresell("warehouse", verb)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error no database is named\n  where DB_*, RDS_SECRET_NAME\n")


def test_a_server_that_is_not_there_is_a_fault_of_the_machine(
    database: str, foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_HOST", str(tmp_path))

    assert foresell("warehouse", "migrate").code == 3


def test_a_user_without_rights_is_told_what_it_takes(
    database: str, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connected(database) as owner:
        owner.execute("CREATE ROLE visitor LOGIN")
    try:
        monkeypatch.setenv("DB_USER", "visitor")
        done = foresell("warehouse", "migrate")
    finally:
        with connected(database) as owner:
            owner.execute("DROP ROLE visitor")

    assert done.code == 2
    assert "permission denied for database" in done.err
    assert "CREATEROLE" in done.err
    assert looks(database) == []
