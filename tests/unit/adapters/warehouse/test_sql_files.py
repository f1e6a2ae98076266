"""The queries of the warehouse, one statement a file, in words that PostgreSQL understands."""

import re
from pathlib import Path

import pytest

import foresell.adapters.warehouse as room
from tests.migrated import connected, migrated

# What stands for the parts of questions that are put together.
PARTS = {
    **{
        "table": "retailds.stg_sales_plan",
        "keys": "dept_id",
        "key": "dept_id",
        "columns": "dept_id",
    },
    **{"check": "TRUE", "broken": "TRUE", "most": "3"},
}
FILES = sorted((Path(room.__file__).parent / "sql").rglob("*.sql"))


@pytest.fixture(scope="module")
def database(_emptied: str) -> str:
    """The URL of a database with a warehouse."""
    from tests.services import empty_database  # noqa: PLC0415 - a plugin of pytest, imported late

    empty_database(_emptied)
    migrated(_emptied)
    return _emptied


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_is_one_statement_over_tables_that_there_are(path: Path, database: str) -> None:
    text = re.sub(r"%\((\w+)\)s", "NULL", path.read_text("utf-8")).replace("%%", "%")
    text = re.sub(r"\{(\w+)\}", lambda part: PARTS[part[1]], text)
    with connected(database) as connection, connection.cursor() as cursor:
        # The extended protocol takes one statement only, and PREPARE resolves every name in it.
        statement = text.strip().removesuffix(";")
        assert ";" not in re.sub(r"--[^\n]*|'[^']*'", "", statement)
        if not re.search(r"(?m)^(ANALYZE|COPY|LOCK)\b", statement):
            cursor.execute(f"PREPARE asked AS {statement}".encode())
            cursor.execute("DEALLOCATE asked")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_but_staging_the_plan_and_the_notes_of_checks_is_ever_deleted(path: Path) -> None:
    statement = re.sub(r"--[^\n]*", "", path.read_text("utf-8"))
    found = re.findall(r"(?i)\b(?:delete\s+from|truncate|drop)\s+(?:retailds\.)?(\w+)", statement)

    staged = {"stg_sales_weekly", "stg_sales_plan"}
    assert set(found) <= {*staged, "plan_sales_weekly", "contract_checks"}
