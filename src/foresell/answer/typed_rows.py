"""Rows of a panel that somebody asks for, read in the types of the bundle's contract."""

from typing import Literal

import polars as pl

from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.gate import examples, row_checks
from foresell.contracts.headers import dropped_columns
from foresell.contracts.reading import read_table
from foresell.errors import DataError
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from foresell.spec.sources import Table


def typed_rows(content: bytes, name: str, bundle: Bundle) -> pl.DataFrame:
    """Return the rows of a file, typed by the bundle's contract, in their order.

    ``content``: CSV, or Parquet where ``name`` ends so; read with the NA tokens of the project's
    ``asked`` section. What cannot be read, or breaks the contract in a column that has a say in the
    answer, is a ``DataError``.
    """
    contract = parse_contract(bundle.contract_text, "bundle/contract.yaml")
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    na = project.asked.na if project.asked is not None else ()
    kind: Literal["csv", "parquet"] = "parquet" if name.endswith(".parquet") else "csv"
    table = Table(name="rows", file=name, format=kind, na=na)
    asked = read_table(content, table, contract, dropped_columns(contract, project.cleaning))
    _refuse_broken_rows(asked, project, contract, name)
    return asked


def _refuse_broken_rows(
    asked: pl.DataFrame, project: ProjectSpec, contract: Contract, name: str
) -> None:
    """Refuse rows asked for that break the contract in a column that has a say in the answer.

    Raises:
        DataError: the rules broken, with the first rows and values.
    """
    used = {*project.keys, project.time, *project.with_role("static", "known_future")}
    blank_allowed = set(project.with_role("static", "known_future"))
    rules = [
        rule
        for rule in row_checks(contract)
        if set(rule.columns) <= used & set(asked.columns)
        if not (rule.kind == "required" and set(rule.columns) <= blank_allowed)
    ]
    broken = asked.with_row_index("__row", offset=1)
    for rule in rules:
        bad = broken.filter(rule.breaks)
        if bad.height:
            first = bad.head(3)
            held = examples(first, rule.columns)
            shown = ", ".join(
                f"row {row}: {what}" for row, what in zip(first["__row"], held, strict=True)
            )
            raise DataError(
                f"{bad.height} row(s) break the contract, {rule.says}: {shown}",
                name,
                f"mend {', '.join(rule.columns)} in these rows",
            )
