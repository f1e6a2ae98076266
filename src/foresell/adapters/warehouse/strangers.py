"""Tables that bear our names and are not ours: seen before anything is made beside them."""

from collections.abc import Mapping
from typing import Any

from psycopg import Connection

from foresell.adapters.warehouse.asking import ask
from foresell.contracts.compiled.warehouse import COLUMN_TYPES, TABLES
from foresell.errors import UsageError
from foresell.spec.warehouse import KEY, OTHER_FLAG, PLAN_COLUMNS, SCHEMA, VIEW_COLUMNS

_KINDS: Mapping[str, str] = {
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
    "string": "text",
}
_STAGED = {"batch": "text", "staged_at": "timestamp with time zone"}


def refuse_strangers(connection: Connection[Any]) -> None:
    """Refuse a schema, not made by us, whose tables or views have our names and other columns.

    One that was made by the migrations, run by hand, is no stranger.

    Raises:
        UsageError: it names each of them, and what differs first.
    """
    found: dict[str, dict[str, str]] = {}
    for row in ask(connection, "schema_columns"):
        kind = f"{row['kind']}{', in the key' if row['in_key'] else ''}"
        found.setdefault(row["relation"], {})[row["column_name"]] = kind
    strange = [
        f"{name} ({told})"
        for name, columns in _ours().items()
        if name in found and (told := _difference(columns, found[name]))
    ]
    if strange:
        raise UsageError(
            f"the schema {SCHEMA} has tables of somebody else: {'; '.join(strange)}",
            f"schema {SCHEMA}",
            "rename that schema (ALTER SCHEMA ... RENAME TO ...), or use another database; nothing "
            "was changed",
        )


def _ours() -> Mapping[str, Mapping[str, str]]:
    """Return the columns of our tables and views, by name."""
    star = {
        table: {
            column: f"{_kind(column)}, in the key" if column in keys else _kind(column)
            for column in columns
        }
        for table, columns in TABLES.items()
        for keys in [KEY if table.endswith("_weekly") else columns[:1]]
    }
    view, plan = ({name: _kind(name) for name in names} for names in (VIEW_COLUMNS, PLAN_COLUMNS))
    return {
        **star,
        "stg_sales_weekly": {**_STAGED, **view, OTHER_FLAG: "boolean"},
        "stg_sales_plan": {**_STAGED, **plan},
        "vw_sales_analytics": view,
        "vw_sales_plan": plan,
    }


def _kind(column: str) -> str:
    """Return the type of a column, as PostgreSQL names it."""
    return _KINDS[COLUMN_TYPES[column]]


def _difference(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """Return what differs first between two tables, empty for nothing."""
    for name in (*ours, *theirs):
        if ours.get(name) != theirs.get(name):
            return f"{name} is {theirs.get(name, 'missing')}, not {ours.get(name, 'known')}"
    return ""
