"""A contract as the rules of the star schema: constraints of its tables, searches in staging."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foresell.contracts.compiled.postgres import check_sql, constraint_name, finite_sql, quoted
from foresell.contracts.contract import Contract, LogicalType
from foresell.contracts.renaming import renamed_rule
from foresell.contracts.rules import Rule, contract_rules
from foresell.errors import SpecError, nearest
from foresell.spec.warehouse import (
    KEY,
    MEASURES,
    NEEDED,
    OTHER_FLAG,
    PLAN_COLUMNS,
    STORE,
    WarehouseSpec,
)

TABLES: Mapping[str, tuple[str, ...]] = {
    "dim_store": ("store_id", *STORE),
    "dim_dept": ("dept_id",),
    "fact_sales_weekly": (*KEY, *MEASURES),
    "plan_sales_weekly": PLAN_COLUMNS,
}
COLUMN_TYPES: Mapping[str, LogicalType] = {
    "store_id": "integer",
    "dept_id": "integer",
    "week_date": "date",
    **dict.fromkeys(MEASURES, "number"),
    "isholiday": "boolean",
    "store_type": "string",
    "store_size": "integer",
}
_WHERE = "warehouse.columns"


@dataclass(frozen=True, kw_only=True)
class TableCheck:
    """A constraint of a table: no row of it may make ``check_sql`` false.

    ``name``: of the constraint, unquoted, not longer than PostgreSQL keeps. ``rule``: the rule's
    name in the contract. ``check_sql``: with the table's own column names.
    """

    table: str
    name: str
    rule: str
    check_sql: str


@dataclass(frozen=True, kw_only=True)
class StagingRule:
    """A rule of the contract as a search in ``stg_sales_weekly``.

    ``name``, ``says``: as the contract has them, with its own column names. ``broken_sql``: a
    condition that is true for a broken row, and for no other (elsewhere false or null).
    ``columns``: those it reads, by their names in staging. ``most``: the share of a delivery's rows
    that may be broken, 0 but for a column that may lack some of its values.
    """

    name: str
    says: str
    broken_sql: str
    columns: tuple[str, ...]
    most: float = 0.0


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """A rule over columns of the warehouse. ``check``: what must not be false, None for a share.

    ``not_null``: the column of the table has a NOT NULL already.
    """

    name: str
    says: str
    columns: tuple[str, ...]
    check: str | None
    most: float = 0.0
    not_null: bool = False


def table_checks(
    project: str, contract: Contract, warehouse: WarehouseSpec
) -> Sequence[TableCheck]:
    """Return the constraints that hold ``contract`` in the star schema, by table, in fixed order.

    A rule goes to each table that has all columns it reads. One that reads columns of two tables,
    or counts rows, is for staging alone. What the schema holds by itself (keys, NOT NULL) is left
    out. A contract that does not fit the warehouse is a ``SpecError``, see `staging_rules`.
    """
    kept = _kept_rules(contract, warehouse)
    return tuple(
        TableCheck(
            table=table,
            name=constraint_name(f"{project}: {rule.name}"),
            rule=rule.name,
            check_sql=rule.check,
        )
        for table, columns in TABLES.items()
        for rule in kept
        if rule.check is not None and not rule.not_null and set(rule.columns) <= set(columns)
    )


def staging_rules(contract: Contract, warehouse: WarehouseSpec) -> Sequence[StagingRule]:
    """Return every rule about rows, over one table or several, as a search in staging.

    Rules over a column that ``warehouse`` does not name are left out: such a column never gets
    there. So are keys, which the load looks at by itself. A ``SpecError``: a column of the contract
    is of another type than the warehouse's, or has to be unique, or the key is not the facts'.
    """
    return tuple(
        StagingRule(
            name=rule.name,
            says=rule.says,
            broken_sql=(
                f"NOT ({rule.check})" if rule.check else f"{quoted(rule.columns[0])} IS NULL"
            ),
            columns=rule.columns,
            most=rule.most,
        )
        for rule in _kept_rules(contract, warehouse)
    )


def delivery_rules(contract: Contract, warehouse: WarehouseSpec) -> Sequence[str]:
    """Return the names of the rules that no table can hold: each delivery is asked for them."""
    held = {
        rule.name
        for rule in _kept_rules(contract, warehouse)
        if rule.check is not None
        and any(set(rule.columns) <= set(columns) for columns in TABLES.values())
    }
    return tuple(
        rule.name
        for rule in contract_rules(contract)
        if rule.kind != "primaryKey" and rule.name not in held
    )


def _kept_rules(contract: Contract, warehouse: WarehouseSpec) -> Sequence[_Kept]:
    """Return the rules over columns that the warehouse has.

    A number is finite too: NaN, which is above infinity in PostgreSQL, and the infinities are no
    values in a contract. A column with limits on both sides needs no check of its own for that.
    """
    names = _names(contract, warehouse)
    rules = [rule for rule in contract_rules(contract) if set(rule.columns) <= set(names)]
    limited = {(rule.columns[0], rule.kind[-7:].lower()) for rule in rules}
    finite = [
        _Kept(
            name=f"{ours}: finite",
            says=f"{ours} must be a finite number",
            columns=(theirs,),
            check=finite_sql(theirs),
        )
        for ours, theirs in names.items()
        if COLUMN_TYPES[theirs] == "number"
        and not {(ours, "minimum"), (ours, "maximum")} <= limited
    ]
    ruled = [_kept(renamed_rule(rule, names)) for rule in rules if rule.kind != "primaryKey"]
    return (*finite, *ruled)


def _kept(rule: Rule) -> _Kept:
    """Return a rule, which bears the warehouse's names, with its check or its share."""
    required = f"{quoted(rule.columns[0])} IS NOT NULL" if rule.kind == "required" else None
    share = rule.limit if rule.kind == "missing" and isinstance(rule.limit, int | float) else 0
    return _Kept(
        name=rule.name,
        says=rule.says,
        columns=rule.columns,
        check=required or check_sql(rule),
        most=float(share),
        not_null=required is not None and rule.columns[0] in NEEDED,
    )


def _names(contract: Contract, warehouse: WarehouseSpec) -> Mapping[str, str]:
    """Return by column of the contract its name in the warehouse.

    Raises:
        SpecError: a column that the contract does not have, or that the warehouse cannot hold.
    """
    names = {ours: theirs for ours, theirs in warehouse.columns.items() if theirs != OTHER_FLAG}
    where = f"{_WHERE}, contract {contract.id}"
    for ours, theirs in names.items():
        if ours not in contract.columns:
            raise SpecError(
                f"the contract has no column {ours!r}", where, nearest(ours, contract.columns)
            )
        column, kind = contract.columns[ours], COLUMN_TYPES[theirs]
        if column.logical_type != kind:
            raise SpecError(
                f"{ours!r} is of type {column.logical_type}, and {theirs} holds type {kind}",
                where,
                "name a column of that type, or change the type in contract.yaml",
            )
        if column.unique:
            raise SpecError(
                f"{ours!r} must be unique, and {theirs} stands on many rows",
                where,
                "take unique: true from the column in contract.yaml",
            )
    if {names.get(name) for name in contract.key} != set(KEY):
        raise SpecError(
            f"the contract's key is ({', '.join(contract.key)}), the facts' ({', '.join(KEY)})",
            where,
            "let primaryKey in contract.yaml stand at the columns that are these three",
        )
    return names
