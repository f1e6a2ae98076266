"""The constraints that hold a project's contract in the star schema: added, replaced, looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from foresell.adapters.warehouse.asking import EXAMPLES, ask, change, composed
from foresell.contracts.compiled.warehouse import (
    TABLES,
    StagingRule,
    TableCheck,
    staging_rules,
    table_checks,
)
from foresell.contracts.contract import Contract
from foresell.errors import GateError, counted
from foresell.spec.warehouse import KEY, SCHEMA, WarehouseSpec

__all__ = ["Replaced", "StagingRule", "apply_contract", "missing_checks", "staging_rules"]

_SHOWN = 10  # rules that are told of, in an error
_Place = tuple[str, str]  # a table and the name of a constraint on it


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """What became of the constraints; each as ``table: rule``. ``kept``: how many stayed."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int


def apply_contract(
    connection: Connection[Any], project: str, warehouse: WarehouseSpec, contract: Contract
) -> Replaced:
    """Let the tables hold the rules of ``contract`` for ``project``, and no older ones of it.

    What stands there already stays untouched.

    Raises:
        GateError: rows that are there break a new rule; nothing was changed.
    """
    wanted = _wanted(project, warehouse, contract)
    noted = _noted(connection, project)
    kept = {place for place, check in wanted.items() if _is_held(check, noted.get(place))}
    new = [check for place, check in wanted.items() if place not in kept]
    old = [place for place in noted if place not in kept]
    tables = {check.table for check in new} | {table for table, _ in old}
    for table in (table for table in TABLES if table in tables):
        connection.execute(_statement("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", table))
    if broken := [told for check in new for told in _broken(connection, check)]:
        more = "" if len(broken) <= _SHOWN else f"; {counted(len(broken) - _SHOWN, 'more rule')}"
        raise GateError(
            "the warehouse holds rows that the contract refuses: "
            f"{'; '.join(broken[:_SHOWN])}{more}",
            f"schema {SCHEMA}, contract {contract.id} {contract.version}",
            "correct the rows, or the rule, and run foresell warehouse migrate again; nothing was "
            "changed",
        )
    _note_contract(connection, project, warehouse, contract)
    for table, name in old:
        _drop(connection, table, name)
        change(connection, "schema_forget_check", table=table, constraint=name)
    for table, checks in groupby(new, key=lambda check: check.table):
        _add(connection, project, table, tuple(checks))
    gone = [
        f"{table}: {noted[table, name]['rule']}"
        for table, name in old
        if (table, name) not in wanted
    ]
    return Replaced(
        added=tuple(f"{check.table}: {check.rule}" for check in new),
        removed=tuple(gone),
        kept=len(kept),
    )


def missing_checks(
    connection: Connection[Any], project: str, warehouse: WarehouseSpec, contract: Contract
) -> tuple[str, ...]:
    """Return the constraints that `apply_contract` would add or replace, as ``table: rule``."""
    noted = _noted(connection, project)
    return tuple(
        f"{check.table}: {check.rule}"
        for place, check in _wanted(project, warehouse, contract).items()
        if not _is_held(check, noted.get(place))
    )


def _wanted(
    project: str, warehouse: WarehouseSpec, contract: Contract
) -> Mapping[_Place, TableCheck]:
    """Return the constraints that there should be."""
    return {
        (check.table, check.name): check for check in table_checks(project, contract, warehouse)
    }


def _is_held(check: TableCheck, noted: Mapping[str, Any] | None) -> bool:
    """Tell whether a constraint is there, as it was compiled and as it was made."""
    return (
        noted is not None and bool(noted["intact"]) and bool(noted["compiled"] == check.check_sql)
    )


def _noted(connection: Connection[Any], project: str) -> Mapping[_Place, Mapping[str, Any]]:
    """Return the constraints that were made for a project, and whether they are as they were."""
    found = ask(connection, "schema_checks", project=project)
    return {(row["table_name"], row["constraint_name"]): row for row in found}


def _note_contract(
    connection: Connection[Any], project: str, warehouse: WarehouseSpec, contract: Contract
) -> None:
    """Note which contract it is that is held, and which of its columns is which here."""
    change(
        connection,
        "schema_note_contract",
        project=project,
        version=contract.version,
        sha256=contract.digest,
        columns=Jsonb(dict(warehouse.columns)),
    )


def _broken(connection: Connection[Any], check: TableCheck) -> Sequence[str]:
    """Return what is told of the rows that break a rule: their number, and the first ones' keys."""
    key = [name for name in TABLES[check.table] if name in KEY]
    names = sql.SQL(", ").join(map(sql.Identifier, key))
    rows = connection.execute(
        composed(
            "schema_broken",
            keys=names,
            table=_table(check.table),
            check=sql.SQL(check.check_sql),
            most=sql.Literal(EXAMPLES),
        )
    ).fetchall()
    if not rows:
        return ()
    keys = ", ".join(f"({', '.join(map(str, row[1:]))})" for row in rows)
    count = counted(rows[0][0], "row")
    return (f"{count} of {check.table} against {check.rule!r}, first {keys}",)


def _add(
    connection: Connection[Any], project: str, table: str, checks: Sequence[TableCheck]
) -> None:
    """Add constraints to a table, which is read through once for all of them."""
    for check in checks:  # one of that name that nobody noted was made by hand
        _drop(connection, table, check.name)
    parts = [
        sql.SQL("ADD CONSTRAINT {} CHECK ({})").format(
            sql.Identifier(check.name), sql.SQL(check.check_sql)
        )
        for check in checks
    ]
    connection.execute(
        sql.SQL("ALTER TABLE {} {}").format(_table(table), sql.SQL(", ").join(parts))
    )
    for check in checks:
        change(
            connection,
            "schema_note_check",
            project=project,
            table=table,
            constraint=check.name,
            rule=check.rule,
            compiled=check.check_sql,
        )


def _drop(connection: Connection[Any], table: str, name: str) -> None:
    """Take a constraint away, if it is there; no row changes."""
    connection.execute(
        sql.SQL("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}").format(
            _table(table), sql.Identifier(name)
        )
    )


def _statement(text: str, table: str) -> sql.Composed:
    """Return a statement about one table."""
    return sql.SQL(text).format(_table(table))


def _table(name: str) -> sql.Identifier:
    """Return the full name of a table."""
    return sql.Identifier(SCHEMA, name)
