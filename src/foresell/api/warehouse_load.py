"""Fill the warehouse: all at once from files, or in the steps that a chain of jobs takes.

Everything they return has ``to_json()``; a report also has ``require_passed()``, which raises the
GateError that names the checks that failed.
"""

from collections.abc import Callable
from pathlib import Path

from foresell.pipeline.work import Event, unheard
from foresell.settings import read_settings
from foresell.spec.warehouse import Cleared, LoadReport, Validation
from foresell.wiring import warehouse_load as wiring

__all__ = [
    "Cleared",
    "LoadReport",
    "Validation",
    "clear_staging",
    "finish_load",
    "load_warehouse",
    "validate_warehouse",
]


def load_warehouse(
    project: str | None = None,
    *,
    data: str | Path | None = None,
    source: str | None = None,
    partial: bool = False,
    listen: Callable[[Event], None] = unheard,
) -> LoadReport:
    """Load the raw files of ``project`` into the warehouse: all of it, or nothing, in one go.

    ``project``: by default the only one that declares a warehouse. ``data``: the folder of the
    files, by default the staged ones; ``source``: a place in S3, as ``s3://bucket/prefix``.
    ``partial``: the delivery is a part, such as one week, so that it is not held against the
    volumes of the one before. ``listen`` hears of each phase (`foresell.spec.warehouse.PHASES`).

    A check that fails is no error: ``passed`` of the report is false, and nothing changed. Whether
    it passed or not, the report is written as ``warehouse/load.json`` of the project's workspace.
    Loading the same files again changes no row of stores, departments, facts and plan. Every
    failure is a ``ForesellError``; a ``UsageError``: ``data`` and ``source`` are both given.
    """
    place = wiring.one_place(data, source)
    return wiring.load(project, place, read_settings(), partial=partial, listen=listen)


def clear_staging(batch: str, project: str = "walmart") -> Cleared:
    """Take the rows of ``batch`` out of staging, and rows that were left there a week ago or more.

    What a job does before it stages a delivery, so that a second try begins with nothing.
    """
    return wiring.clear(batch, project, read_settings())


def finish_load(
    batch: str,
    project: str = "walmart",
    source: str = "",
    *,
    partial: bool = False,
    keep: bool = False,
) -> LoadReport:
    """Check what another job staged as ``batch``, let it in, and validate it: all or nothing.

    ``source``: where its rows came from, for the history. ``partial``: as `load_warehouse` has it.
    ``keep``: write the report as a file, as `load_warehouse` does; by default no file is written. A
    batch that had gone in before and is not staged again gives the report of then, ``again`` true:
    asking twice is safe. A check that fails is no error: ``passed`` of the report is false, nothing
    changed, and the rows stay in staging to be looked at.
    """
    return wiring.finish(batch, project, source, read_settings(), partial=partial, keep=keep)


def validate_warehouse(batch: str | None = None, project: str = "walmart") -> Validation:
    """Look at the warehouse as it stands after the load of ``batch``, by default the last one.

    Reads only. A check that fails is no error: ``passed`` of what is returned is false.
    """
    return wiring.validate(batch, project, read_settings())
