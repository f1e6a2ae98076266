"""What is kept of a stage that was done: all that its result follows from, digest by digest."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from foresell.pipeline.fingerprint import libraries, parameters, values
from foresell.pipeline.source_files import code_files
from foresell.pipeline.work import Request, Stage
from foresell.spec.ports import Workspace

FORMAT = 2  # of a record: one that has another is of another foresell, and vouches for nothing
Code = Callable[[str], Mapping[str, str]]  # a module's files, as `code_files` has them

Files = Mapping[str, Mapping[str, str]]  # sha256 by output and file


def read_record(kept: bytes | None) -> dict[str, Any]:
    """Return a stage's record; one that cannot be read vouches for nothing."""
    try:
        record = json.loads(kept or b"{}")
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def input_digests(stage: Stage, workspace: Workspace) -> Files:
    """Return the sha256 of every file that the stage reads, by output."""
    return {name: dict(workspace.digests(name)) for name in stage.needs}


def code_of(stage: Stage, workspace: Workspace, code: Code = code_files) -> Mapping[str, str]:
    """Return the files that make the stage's bytes: its own code and the store's."""
    return {**code(stage.module), **code(type(workspace).__module__)}


def given(request: Request, names: Iterable[str]) -> dict[str, Any]:
    """Return what a record says of the parameters ``names`` and the libraries.

    ``values``: of each parameter that is short enough to be told when it has changed, as JSON.
    """
    names = tuple(names)
    return {
        "parameters": dict(parameters(request, names)),
        "values": dict(values(request, names)),
        "libraries": dict(libraries()),
    }


def told_by(
    run_id: str, registration: Mapping[str, Any], record: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what ``registration.json`` says, as it is true of the run ``run_id``.

    ``record``: that of the stage ``register``. Where another run wrote the file, this one found it
    so: it has registered nothing and moved nothing.

    >>> told_by("two", {"version": 1, "new": True, "changes": {"staging": {}}}, {"run_id": "one"})
    {'version': 1, 'new': False, 'changes': {}}
    """
    if record.get("run_id") == run_id:
        return dict(registration)
    return {**registration, "new": False, "changes": {}}
