"""The queries of the warehouse, one file each, asked with their values bound."""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

EXAMPLES = 3  # of what a check found, as many as a person reads


@cache
def query(name: str) -> bytes:
    """Return the text of the query in the file ``name``.sql."""
    return (files("foresell.adapters.warehouse") / "sql" / f"{name}.sql").read_bytes()


def composed(name: str, **parts: sql.Composable) -> sql.Composed:
    """Return the query ``composed/name`` with its ``{parts}`` in their places."""
    return sql.SQL(query(f"composed/{name}").decode()).format(**parts)


def ask(connection: Connection[Any], name: str, **values: object) -> list[dict[str, Any]]:
    """Return the rows that the query ``name`` answers, by column."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query(name), values).fetchall()


def ask_one(connection: Connection[Any], name: str, **values: object) -> dict[str, Any]:
    """Return the one row that the query ``name`` always answers."""
    return ask(connection, name, **values)[0]


def change(connection: Connection[Any], name: str, **values: object) -> int:
    """Return how many rows the statement ``name`` put in, changed or took out."""
    with connection.cursor() as cursor:
        return cursor.execute(query(name), values).rowcount


def in_json(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return ``rows`` in JSON's types: a date as ISO has it, a number that is none as its name.

    >>> from datetime import date
    >>> in_json([{"week_date": date(2012, 2, 3), "cpi": math.inf, "rows": 2}])
    ({'week_date': '2012-02-03', 'cpi': 'inf', 'rows': 2},)
    """
    return tuple({name: _plain(value) for name, value in row.items()} for row in rows)


def _plain(value: object) -> object:
    """Return one value in JSON's types."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)
