"""Which rows are meant: those of the series whose key or static columns have certain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from foresell.answer.published import static_values
from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.values import Place, typed
from foresell.errors import UsageError, nearest
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from foresell.spec.sources import Table

_SHOWN = 20


def choose(bundle: Bundle, rows: pl.DataFrame, where: Mapping[str, object]) -> pl.DataFrame:
    """Return the ``rows`` of the series that ``where`` names, in their order.

    ``where``: key or static column -> a value, or several of which any will do. A column that does
    not tell series apart, or a value that no row has, is a UsageError.
    """
    return rows.filter(meant(bundle, rows, where))


def meant(bundle: Bundle, rows: pl.DataFrame, where: Mapping[str, object]) -> pl.Series:
    """Return whether `choose` keeps each of ``rows``; a ``UsageError`` as of `meant_rows`."""
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    contract = parse_contract(bundle.contract_text, "bundle/contract.yaml")
    return meant_rows(rows, where, Known(project, contract, static_values(bundle.history, project)))


@dataclass(frozen=True)
class Known:
    """What rows are chosen by: ``statics`` has key and static columns, a row a known series."""

    project: ProjectSpec
    contract: Contract
    statics: pl.DataFrame


def meant_rows(rows: pl.DataFrame, where: Mapping[str, object], known: Known) -> pl.Series:
    """Return whether each of ``rows`` is of a series that ``where`` names; see `choose`.

    Raises:
        UsageError: a column does not tell series apart, or no row has the value.
    """
    project, contract = known.project, known.contract
    keys, allowed = list(project.keys), project.with_role("key", "static")
    for name in where:
        if name not in allowed:
            raise UsageError(
                f"{name!r} is no key or static column", "where", nearest(name, allowed)
            )
    told = rows.select(*keys)
    static = [name for name in project.with_role("static") if name in where]
    if static:
        described = known.statics.select(*keys, *static)
        told = told.join(described, on=keys, how="left", maintain_order="left")
    mine = pl.Series("meant", [True]).new_from_index(0, rows.height)
    for name, given in where.items():
        wanted = typed_values(name, given, contract, "where").cast(told[name].dtype)
        there = set(told.filter(mine)[name].unique().to_list())
        for value in wanted:
            if value not in there:
                words = [str(other) for other in sorted(there - {None}, key=str)][:_SHOWN]
                raise UsageError(f"no row has {name}={value}", "where", nearest(str(value), words))
        mine &= told[name].is_in(wanted.to_list()).fill_null(value=False)
    if not mine.any():
        shown = ", ".join(f"{name}={value}" for name, value in where.items())
        raise UsageError(f"no row has {shown}", "where", "name fewer columns")
    return mine


def typed_values(name: str, given: object, contract: Contract, option: str) -> pl.Series:
    """Return one value, or each of several, in the type of the column of ``contract``."""
    several = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in several]
    table, place = Table(name=option, file=option), Place(file=option, row=lambda _: name)
    return typed(pl.Series(name, texts, pl.String), contract.columns[name], table, place)
