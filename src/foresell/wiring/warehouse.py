"""The warehouse of a project: which project is meant, its schema brought up to date and asked."""

from collections.abc import Callable
from dataclasses import dataclass

from foresell.adapters.postgres_link import opened, saying_trouble
from foresell.adapters.projects import find_declarations
from foresell.adapters.warehouse import schema
from foresell.contracts.contract import Contract, parse_contract
from foresell.errors import UsageError
from foresell.settings import Settings
from foresell.spec.project import ProjectSpec
from foresell.spec.warehouse import WarehouseSpec
from foresell.spec.warehouse_schema import Migrated, SchemaStatus
from foresell.wiring.databases import database_place
from foresell.wiring.runs import declaration

_SECTION = "warehouse:"
_RIGHTS = {
    "42501": "connect as the owner of the schema retailds; to make it takes CREATE on the "
    "database, and CREATEROLE where the roles ingest, read and app are not there yet",
    "42710": "rename that role (ALTER ROLE ... RENAME TO ...), or use another server; nothing was "
    "changed",
    "55P03": "see in pg_stat_activity who loads, reads or writes retailds for that long, end it, "
    "and run foresell warehouse migrate again; nothing was changed",
}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A project that keeps its rows in the warehouse: its declaration, section and contract."""

    project: ProjectSpec
    warehouse: WarehouseSpec
    contract: Contract


def kept_project(name: str | None, settings: Settings) -> Kept:
    """Return the project ``name``; None stands for the only one with a section ``warehouse``.

    Raises:
        UsageError: it has no such section, or no project has one, or several have.
    """
    name = name or _only(settings)
    texts, project = declaration(name, settings)
    where = f"{texts.where}/project.yaml"
    if project.warehouse is None:
        raise UsageError(
            f"the project {name!r} keeps nothing in the warehouse",
            where,
            "declare the section warehouse, which docs/warehouse.md describes",
        )
    contract = parse_contract(texts.contract_text, f"{texts.where}/contract.yaml")
    return Kept(project=project, warehouse=project.warehouse, contract=contract)


def migrate(
    name: str | None, settings: Settings, waiting: Callable[[], object] = lambda: None
) -> Migrated:
    """Bring the schema ``retailds`` up to date, all of it or nothing.

    ``waiting`` is called where a load or another migration has to end first.
    """
    kept, place = kept_project(name, settings), database_place(settings)
    with opened(place) as connection, saying_trouble(place, mends=_RIGHTS):
        return schema.migrate(connection, kept.project.name, kept.warehouse, kept.contract, waiting)


def status(name: str | None, settings: Settings) -> SchemaStatus:
    """Return how the schema ``retailds`` stands, in one snapshot."""
    kept, place = kept_project(name, settings), database_place(settings)
    with opened(place, reading=True) as connection:
        return schema.status(connection, kept.project.name, kept.warehouse, kept.contract)


def _only(settings: Settings) -> str:
    """Return the name of the only project that declares a warehouse.

    A declaration is looked at as text: one that is broken elsewhere spoils no other's command.

    Raises:
        UsageError: there is none, or more than one.
    """
    found = [
        name
        for name, folder in find_declarations(settings.projects).items()
        if any(
            line.startswith(_SECTION)
            for line in (folder / "project.yaml").read_text("utf-8", "replace").splitlines()
        )
    ]
    if not found:
        raise UsageError(
            "no project declares a warehouse",
            "PROJECT",
            "declare the section warehouse, which docs/warehouse.md describes",
        )
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} projects declare a warehouse", "PROJECT", f"name one: {', '.join(found)}"
        )
    return found[0]
