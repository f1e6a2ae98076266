"""The schema ``retailds``: brought up to date by numbered files, and asked how it stands."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from psycopg import Connection, sql

from foresell.adapters.warehouse.asking import EXAMPLES, ask, ask_one, change, composed
from foresell.adapters.warehouse.contract_checks import apply_contract, missing_checks
from foresell.adapters.warehouse.strangers import refuse_strangers
from foresell.contracts.compiled.warehouse import TABLES, delivery_rules
from foresell.contracts.contract import Contract
from foresell.errors import DataError, MachineError, UsageError, counted
from foresell.spec.database import DatabasePlace
from foresell.spec.warehouse import SCHEMA, WarehouseSpec
from foresell.spec.warehouse_schema import Migrated, MigrationStatus, PastLoad, SchemaStatus

LOCK = 0x72657461  # "reta": the advisory lock of who changes the warehouse: migrations and loads
STAGING = ("stg_sales_weekly", "stg_sales_plan")
PATIENCE_S = 10  # of a migration that waits for a table: who asks for it next waits behind
_LOADS_MS = 300_000  # a migration waits so long for a load to end
MIGRATE = "run: foresell warehouse migrate"
_WHERE = f"schema {SCHEMA}"


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One numbered file: ``name`` is that of the file without ``.sql``."""

    number: int
    name: str
    text: bytes

    @property
    def sha256(self) -> str:
        """The hash of the file, whatever its line ends are."""
        return hashlib.sha256(self.text.replace(b"\r\n", b"\n")).hexdigest()


@cache
def migrations() -> Sequence[Migration]:
    """Return the migrations that this foresell has, in order."""
    folder = files("foresell.adapters.warehouse") / "migrations"
    found = [
        Migration(
            number=int(file.name.partition("_")[0]),
            name=file.name.removesuffix(".sql"),
            text=file.read_bytes(),
        )
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    ]
    return tuple(sorted(found, key=lambda one: one.number))


def take_lock(connection: Connection[Any], waiting: Callable[[], object] = lambda: None) -> None:
    """Take the lock of all who change the warehouse, until the transaction ends.

    ``waiting`` is called once where somebody else holds it, before this waits for its end.
    """
    if not ask_one(connection, "schema_try_lock", lock=LOCK)["taken"]:
        waiting()
        ask_one(connection, "schema_lock", lock=LOCK)


def migrate(
    connection: Connection[Any],
    project: str,
    warehouse: WarehouseSpec,
    contract: Contract,
    waiting: Callable[[], object] = lambda: None,
) -> Migrated:
    """Bring the schema and its constraints up to date, in the transaction that is open.

    Nothing is taken from any table. A second time changes nothing. Refused are a schema that
    another foresell has made (``MachineError``, ``DataError``) or somebody else (``UsageError``),
    one that holds another project (``UsageError``), and rows that break a new rule (``GateError``).
    Whoever reads or writes there is waited for, but not for long: all others wait behind. A load or
    another migration is waited for longer, and ``waiting`` is called first.
    """
    ask_one(connection, "patience", milliseconds=_LOADS_MS)
    take_lock(connection, waiting)
    connection.execute("SET LOCAL search_path TO pg_catalog")  # nobody else's max() or count()
    connection.execute(f"SET LOCAL lock_timeout TO '{PATIENCE_S}s'")
    standing = _refused_if_strange(_standing(connection))
    pending = {one.number for one in standing if one.standing == "pending"}
    if len(pending) == len(standing):
        refuse_strangers(connection)
    for one in migrations():
        if one.number in pending:
            connection.execute(one.text)
            change(connection, "schema_note", number=one.number, file=one.name, sha256=one.sha256)
    held = _held(connection, project)
    replaced = apply_contract(connection, project, warehouse, contract)
    return Migrated(
        project=project,
        target=_target(connection),
        applied=tuple(one.name for one in standing if one.number in pending),
        already=len(standing) - len(pending),
        contract={"version": contract.version, "sha256": contract.digest},
        added=replaced.added,
        removed=replaced.removed,
        kept=replaced.kept,
        deliveries=tuple(delivery_rules(contract, warehouse)),
        remapped=() if held is None else _remapped(held, warehouse),
    )


def status(
    connection: Connection[Any], project: str, warehouse: WarehouseSpec, contract: Contract
) -> SchemaStatus:
    """Return how the warehouse stands; nothing is changed, and no schema is no error."""
    standing = _standing(connection)
    whole = not any(one.standing == "pending" for one in standing)
    holders = _holders(connection) if whole else {}
    held = holders.get(project)
    return SchemaStatus(
        project=project,
        target=_target(connection),
        migrations=tuple(standing),
        contract={"version": contract.version, "sha256": contract.digest},
        held=None if held is None else held.contract,
        missing=missing_checks(connection, project, warehouse, contract) if whole else (),
        rows={name: _rows(connection, name) for name in (*TABLES, *STAGING)} if whole else {},
        loads=_loads(connection) if whole else (),
        remapped=() if held is None else _remapped(held, warehouse),
        holder=next(iter(holders), None),
    )


def refuse_behind(
    connection: Connection[Any], project: str, warehouse: WarehouseSpec, contract: Contract
) -> None:
    """Refuse a warehouse that is not as this foresell and the project's declaration want it.

    Raises:
        UsageError: no schema, a migration is pending, another project's rows are there, or the
            rules that are held are not those of the contract and of ``warehouse.columns``.
    """
    standing, migrate = _refused_if_strange(_standing(connection)), f"{MIGRATE} {project}"
    pending = [one.name for one in standing if one.standing == "pending"]
    if len(pending) == len(standing):
        raise UsageError("the database holds no warehouse", _WHERE, migrate)
    if pending:
        raise UsageError(
            f"the warehouse is an older one: it lacks {', '.join(pending)}", _WHERE, migrate
        )
    held = _held(connection, project)
    where = f"{_WHERE}, project {project}"
    if held is None or held.contract["sha256"] != contract.digest:
        other = (
            "no contract of the project" if held is None else f"contract {held.contract['version']}"
        )
        raise UsageError(
            f"the warehouse holds the rules of {other}, and the project has "
            f"{contract.version}, rules {contract.digest[:12]}",
            where,
            migrate,
        )
    if remapped := _remapped(held, warehouse):
        raise UsageError(
            f"warehouse.columns is not what it was at the last migrate: {_few(remapped)}",
            where,
            migrate,
        )
    if missing := missing_checks(connection, project, warehouse, contract):
        raise UsageError(
            f"the warehouse lacks {counted(len(missing), 'CHECK')} of the contract: "
            f"{_few(missing)}",
            where,
            migrate,
        )


def _standing(connection: Connection[Any]) -> Sequence[MigrationStatus]:
    """Return how each migration stands, those included that this foresell does not know."""
    has = ask_one(connection, "schema_books")["found"]
    applied = {row["number"]: row for row in ask(connection, "schema_applied")} if has else {}
    known = {one.number: one for one in migrations()}
    return tuple(
        _stands(number, known.get(number), applied.get(number))
        for number in sorted(known.keys() | applied.keys())
    )


def _stands(
    number: int, known: Migration | None, applied: Mapping[str, Any] | None
) -> MigrationStatus:
    """Return how one migration stands; it is known, or applied, or both."""
    if applied is None:
        name = "" if known is None else known.name
        return MigrationStatus(number=number, name=name, standing="pending")
    same = known is not None and applied["sha256"] == known.sha256
    return MigrationStatus(
        number=number,
        name=applied["name"],
        standing="unknown" if known is None else "applied" if same else "changed",
        applied_at=_moment(applied["applied_at"]),
    )


def _refused_if_strange(standing: Sequence[MigrationStatus]) -> Sequence[MigrationStatus]:
    """Return ``standing``, if it is that of a warehouse that this foresell can go on from.

    Raises:
        MachineError: a newer foresell has been here.
        DataError: what was run is not what this foresell's file says.
    """
    if newer := [one.name for one in standing if one.standing == "unknown"]:
        raise MachineError(
            f"a newer foresell has been here: this one does not know {', '.join(newer)}",
            _WHERE,
            "install the foresell that ran it, or a newer one",
        )
    if changed := [one.name for one in standing if one.standing == "changed"]:
        raise DataError(
            f"what was run as {', '.join(changed)} is not what this foresell has under that name",
            _WHERE,
            "install the foresell that ran it; a file that was run is never edited: what is to be "
            "different goes into a new one",
        )
    return standing


@dataclass(frozen=True, kw_only=True)
class _Held:
    """What a project's rules were made from. ``columns``: the contract's name to ours."""

    contract: Mapping[str, str]
    columns: Mapping[str, str]


def _holders(connection: Connection[Any]) -> Mapping[str, _Held]:
    """Return the project whose rules are held; nobody's, before the first migrate."""
    return {
        row["project"]: _Held(
            contract={"version": row["contract_version"], "sha256": row["contract_sha256"]},
            columns=row["columns"],
        )
        for row in ask(connection, "schema_contract")
    }


def _held(connection: Connection[Any], project: str) -> _Held | None:
    """Return what the rules that are held were made from, None where there are none.

    Raises:
        UsageError: they are those of another project, and so are the rows.
    """
    holders = _holders(connection)
    if others := [name for name in holders if name != project]:
        raise UsageError(
            f"the warehouse is that of the project {others[0]!r}",
            f"{_WHERE}, project {project}",
            f"a database holds one project: let DB_NAME name another one for {project!r}",
        )
    return holders.get(project)


def _remapped(held: _Held, warehouse: WarehouseSpec) -> tuple[str, ...]:
    """Return the columns of the warehouse that are other ones of the contract now than then."""
    then, now = (
        {theirs: ours for ours, theirs in columns.items()}
        for columns in (held.columns, warehouse.columns)
    )
    return tuple(
        f"{name} is {now.get(name, 'left out')}, was {then.get(name, 'left out')}"
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    )


def _few(names: Sequence[str]) -> str:
    """Return the first few of ``names``, and how many there are beside them."""
    more = len(names) - EXAMPLES
    return "; ".join(names[:EXAMPLES]) + (f"; and {more} more" if more > 0 else "")


def _rows(connection: Connection[Any], table: str) -> int | None:
    """Return how many rows a table has; None where whoever asks may not know."""
    if not ask_one(connection, "schema_readable", table=table)["readable"]:
        return None
    counting = composed("schema_rows", table=sql.Identifier(SCHEMA, table))
    (count,) = connection.execute(counting).fetchone() or (0,)
    return int(count)


def _loads(connection: Connection[Any]) -> tuple[PastLoad, ...]:
    """Return the last loads, newest first."""
    return tuple(
        PastLoad(
            load=row["load_id"],
            project=row["project"],
            batch=row["batch"],
            source=row["source"],
            loaded_at=_moment(row["loaded_at"]),
            rows=row["rows"],
            series=row["series"],
            weeks=row["weeks"],
            first_week=str(row["first_week"]),
            last_week=str(row["last_week"]),
            partial=row["partial"],
        )
        for row in ask(connection, "schema_loads")
    )


def _moment(moment: datetime) -> str:
    """Return a moment as ISO text in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _target(connection: Connection[Any]) -> str:
    """Return what to call the database: no user, no password."""
    info = connection.info
    return DatabasePlace(host=info.host, port=info.port, name=info.dbname, user="").label
