"""A toy delivery to the warehouse, what it holds, and loads of it with a file changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import foresell
from foresell.spec.warehouse import Check, LoadReport
from tests.builders import weekly_files, write_files
from tests.warehouse_loads import Contents, Warehouse

Files = dict[str, bytes]
Load = Callable[..., LoadReport]
TOY = weekly_files(stores=2, depts=2, weeks=20)
ROWS, PLANNED = 2 * 2 * 20, 2 * 2 * 39
TABLES = ("dim_store", "dim_dept", "fact_sales_weekly", "plan_sales_weekly")


def loads(folder: Path) -> Load:
    """Return what loads the toy files, but for those that are given; None leaves one out."""

    def loaded(*, partial: bool = False, **files: bytes | None) -> LoadReport:
        own = {f"{name}.csv": content for name, content in files.items()}
        kept = {name: text for name, text in {**TOY, **own}.items() if text is not None}
        place = folder / f"files-{len(list(folder.iterdir()))}"
        return foresell.load_warehouse("walmart", data=write_files(place, kept), partial=partial)

    return loaded


def check(report: LoadReport, name: str) -> Check:
    """Return one check of a report."""
    return next(one for one in report.checks if one.name == name)


def ask(warehouse: Warehouse, query: str) -> list[tuple[Any, ...]]:
    """Return what a query answers, asked past foresell."""
    with warehouse.asked() as connection:
        return connection.execute(query.encode()).fetchall()


def do(warehouse: Warehouse, statement: str) -> None:
    """Do something to the database past foresell."""
    with warehouse.asked() as connection:
        connection.execute(statement.encode())


def facts(found: Contents) -> Contents:
    """Return what is said of the tables of the star alone."""
    return {name: found[name] for name in TABLES}


def changed(name: str, old: str, new: str) -> bytes:
    """Return a toy file with the first ``old`` made ``new``."""
    text = TOY[name].decode()
    assert old in text
    return text.replace(old, new, 1).encode()


def without_line(name: str, start: str) -> bytes:
    """Return a toy file without the line that begins so."""
    lines = TOY[name].decode().splitlines(keepends=True)
    assert any(line.startswith(start) for line in lines)
    return "".join(line for line in lines if not line.startswith(start)).encode()
