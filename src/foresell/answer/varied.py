"""Rows that differ and that a bundle answers, to ask a server with: drawn from what it carries."""

import json
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from foresell.answer.requests import RequestForm, read_requests, request_form
from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import parse_contract
from foresell.errors import DataError
from foresell.models.tabular.proved import PARITY  # rows of the data that prove a table's graphs
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

Row = dict[str, Any]
_DRAWS = 64  # rows that are drawn at once
_PATIENCE = 200  # draws without one row that the contract takes


def varied_rows(bundle: Bundle, count: int, seed: int) -> list[Row]:
    """Return ``count`` rows in the types of JSON; the same for the same seed.

    Of a table: every column is drawn for itself from the rows that travel with the bundle, and a
    row that the contract refuses is drawn again. Of a panel: keys and date of published rows; as
    many as there are, where they are fewer than ``count``.

    Raises:
        DataError: the bundle carries no rows to draw from.
    """
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    drawer = Random(seed)  # noqa: S311 - nothing secret
    found = (
        _published(bundle, project, count, drawer)
        if project.kind == "panel"
        else _mixed(bundle, project, count, drawer)
    )
    if not found:
        raise DataError(
            f"the bundle of {project.name!r} carries no rows to ask with",
            "bundle",
            f"train it again: foresell run {project.name}",
        )
    return found


def _published(bundle: Bundle, project: ProjectSpec, count: int, drawer: Random) -> list[Row]:
    """Return keys and date of published rows, in an order of its own."""
    if bundle.published.is_empty():
        return []
    frame = bundle.published.select(*project.keys, project.time)
    places = drawer.sample(range(frame.height), min(count, frame.height))
    return [
        {name: value if name != project.time else value.isoformat() for name, value in row.items()}
        for row in frame[places].to_dicts()
    ]


def _mixed(bundle: Bundle, project: ProjectSpec, count: int, drawer: Random) -> list[Row]:
    """Return rows whose columns are drawn each for itself, those that the contract takes."""
    form = request_form(project, parse_contract(bundle.contract_text, "bundle/contract.yaml"))
    proof = json.loads(bundle.model.get(PARITY, b"{}")).get("models", {})
    if not proof:
        return []
    columns: Mapping[str, Sequence[Any]] = next(iter(proof.values()))["inputs"]
    found: list[Row] = []
    for number, rows in enumerate(_drawn(columns, form, drawer)):
        refused = {problem.row for problem in read_requests(rows, form).problems}
        found += [row for at, row in enumerate(rows, start=1) if at not in refused]
        if len(found) >= count or (number > _PATIENCE and not found):
            break
    return found[:count]


def _drawn(
    columns: Mapping[str, Sequence[Any]], form: RequestForm, drawer: Random
) -> Iterator[list[Row]]:
    """Yield lists of rows without end: first those of the bundle as they are."""
    whole = {one.name for one in form.fields if one.kind == "integer"}
    rows = len(next(iter(columns.values())))
    yield [_plain({name: of[at] for name, of in columns.items()}, whole) for at in range(rows)]
    while True:
        yield [
            _plain({name: drawer.choice(of) for name, of in columns.items()}, whole)
            for _ in range(_DRAWS)
        ]


def _plain(row: Row, whole: set[str]) -> Row:
    """Return a row in the types of JSON, without what is unknown: null, NaN, an empty text."""
    return {
        name: int(value) if name in whole else value
        for name, value in row.items()
        if value is not None and value != "" and value == value  # noqa: PLR0124 - NaN is not
    }
