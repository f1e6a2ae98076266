"""Where a question in SQL meets the processed layer of a project."""

import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from foresell.adapters.query_files import FOLDER, ReadyQuery, read_queries
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import DataError, GateError, UsageError, nearest
from foresell.settings import Settings
from foresell.spec.commands import run_command
from foresell.spec.project import ProjectSpec
from foresell.wiring.runs import declaration, workspace

_LAYER, _STAGE = "processed", "validate"


def ask(project: str, query: str, settings: Settings) -> pl.DataFrame:
    """Return what ``query`` answers about the processed layer, the view named after the project.

    Raises:
        DataError: the layer was replaced while it was read.
    """
    from foresell.adapters.layer_sql import ask_layer  # noqa: PLC0415 - DuckDB only where asked

    _, spec = declaration(project, settings)
    place = workspace(project, settings)
    passed, files = _passed(place, spec)
    names = sorted(name for name in files if name.endswith(".parquet"))
    answer = ask_layer(place.folder(_LAYER), names, project, query)
    if place.record(_STAGE) != passed:
        raise DataError("the layer was replaced while it was read", str(place.root), "ask again")
    return answer


def ready_queries(project: str, settings: Settings) -> tuple[ReadyQuery, ...]:
    """Return the ready-made queries beside the declaration of ``project``, by name."""
    texts, _ = declaration(project, settings)
    return read_queries(Path(texts.where))


def queries_folder(project: str, settings: Settings) -> Path:
    """Return the folder of the ready-made queries of ``project``; it need not be there."""
    texts, _ = declaration(project, settings)
    return Path(texts.where) / FOLDER


def ready_query(project: str, name: str, settings: Settings) -> ReadyQuery:
    """Return one ready-made query; one whose file cannot be asked is refused for its problem.

    Raises:
        UsageError: there is none of that name.
    """
    found = {query.name: query for query in ready_queries(project, settings)}
    if name not in found:
        hint = (
            nearest(name, found)
            if found
            else f"this project has none: write {queries_folder(project, settings) / 'NAME.sql'}"
        )
        raise UsageError(
            f"there is no ready-made query {name!r}", f"project {project!r}, queries", hint
        )
    if (problem := found[name].problem) is not None:
        raise problem
    return found[name]


def _passed(place: DirectoryWorkspace, project: ProjectSpec) -> tuple[bytes, Mapping[str, str]]:
    """Return the record of the gate and the files it let pass.

    Raises:
        UsageError: the gate never let this project's rows pass.
        GateError: the rows of the last run did not pass.
        DataError: the bytes are not those that passed.
    """
    record, again = place.record(_STAGE), run_command(project, "--until", _STAGE)
    if record is None:
        raise UsageError(
            f"the project {project.name!r} has no processed layer yet",
            str(place.root),
            f"run it first: {again}",
        )
    known = json.loads(record)
    if not known["passed"]:
        raise GateError(
            "the rows of the last run did not pass the gate",
            str(place.folder("checks")),
            f"mend them and run again: {again}",
        )
    files: Mapping[str, str] = known["outputs"][_LAYER]
    if dict(place.digests(_LAYER)) != files:
        raise DataError(
            "the bytes of the processed layer are not those that passed the gate",
            str(place.folder(_LAYER)),
            f"make it again: {again}",
        )
    return record, files
