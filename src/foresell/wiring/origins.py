"""Where a run reads the rows of a project: its files, or the warehouse they were loaded into."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from foresell.adapters.s3_uris import is_s3
from foresell.errors import SpecError, UsageError
from foresell.spec.project import Origin, ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.warehouse import PLAN_COLUMNS, SCHEMA, VIEW_COLUMNS, WarehouseSpec

if TYPE_CHECKING:
    from foresell.contracts.contract import Contract

SALES_VIEW, PLAN_VIEW = f"{SCHEMA}.vw_sales_analytics", f"{SCHEMA}.vw_sales_plan"


@dataclass(frozen=True, kw_only=True)
class Given:
    """Where a user says that the rows are.

    ``data``: a folder or a URI of files. ``source``: files or postgres, instead of what the
    project file says. Who names a place of files means files, unless ``source`` says otherwise.
    """

    data: str | Path | None = None
    source: Origin | None = None

    def origin(self, project: ProjectSpec) -> Origin:
        """Return where the rows of ``project`` are read.

        Raises:
            UsageError: the warehouse is meant, and a place of files is given.
        """
        if self.source == "postgres" and self.data is not None:
            raise UsageError(
                "the rows are to be read from the warehouse, and a place of files is given",
                "--source postgres, --data",
                "leave one of them out",
            )
        if self.source is not None:
            return self.source
        return "files" if self.data is not None else project.source


def placed(project: ProjectSpec, contract: "Contract", given: Given) -> ProjectSpec:
    """Return the project with its tables as this run reads them.

    From the warehouse that is one table, the view of all that was loaded, named as the first table
    is, and, where the project asks for rows, the view of what is planned.

    Raises:
        UsageError: the warehouse is meant, and the project does not say how its rows stand there.
    """
    origin = given.origin(project)
    if origin == "files":
        return replace(project, source=origin) if project.source != origin else project
    if project.warehouse is None:
        raise UsageError(
            f"the project {project.name!r} says nothing of a warehouse",
            "--source postgres",
            "add the section warehouse: {columns: ...} to project.yaml, or leave --source out",
        )
    _check_whole(project, contract, project.warehouse)
    asked = project.asked
    if asked is not None:
        plan = _named(project.warehouse, PLAN_COLUMNS)
        asked = replace(asked, file="", table=PLAN_VIEW, query=None, columns=plan)
    sales = Table(
        name=project.tables[0].name,
        table=SALES_VIEW,
        columns=_named(project.warehouse, VIEW_COLUMNS),
    )
    return replace(project, tables=(sales,), asked=asked, source=origin)


def reads(project: ProjectSpec) -> tuple[str, ...]:
    """Return where the rows of a project are declared, of ``files``, ``s3`` and ``postgres``."""
    if project.source == "postgres":
        return ("postgres",)
    kinds = {
        "postgres" if table.relation else "s3" if is_s3(table.file) else "files"
        for table in project.tables
    }
    return tuple(sorted(kinds))


def _named(warehouse: WarehouseSpec, columns: tuple[str, ...]) -> Mapping[str, str]:
    """Return, by those of ``columns`` that the project has, the contract's names of them."""
    names = warehouse.contract_names
    return {name: names[name] for name in columns if name in names}


def _check_whole(project: ProjectSpec, contract: "Contract", warehouse: WarehouseSpec) -> None:
    """Refuse to read from a warehouse that does not hold every column of the contract.

    Raises:
        SpecError: the first column that it does not hold.
    """
    from foresell.contracts.headers import dropped_columns  # noqa: PLC0415 - Polars, sqlglot

    held = set(warehouse.contract_names.values())
    for name in contract.columns:
        if name not in held and name not in dropped_columns(contract, project.cleaning):
            raise SpecError(
                f"the warehouse does not hold the column {name!r} of the contract",
                f"project {project.name!r}, warehouse.columns",
                "say which of its columns it is, or read files: source: files",
            )
