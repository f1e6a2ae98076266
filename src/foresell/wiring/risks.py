"""Where the risk of a segment meets the processed layer of a project and the folder for results."""

import json
from collections.abc import Mapping
from pathlib import Path

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import DataError, GateError, MachineError, UsageError
from foresell.pipeline.segments import gather_segment
from foresell.risks.segment import Gathered, Where, check_columns
from foresell.settings import Settings
from foresell.spec.commands import run_command
from foresell.spec.project import ProjectSpec
from foresell.wiring.places import picture_folder
from foresell.wiring.runs import declaration, workspace

FOLDER = "risk"
_PICTURES = (".svg", ".png")
_LAYER, _STAGE = "processed", "validate"


def check_libraries() -> None:
    """Refuse a machine without the libraries of the extra ``risk``, before any work.

    Raises:
        MachineError: one cannot be imported.
    """
    try:
        import foresell.risks.garch  # noqa: PLC0415, F401 - these two modules hold all of them
        import foresell.risks.sarima  # noqa: PLC0415, F401
    except ImportError as error:
        raise MachineError(
            f"the library {error.name!r} is not installed",
            "foresell risk",
            "install it: pip install 'foresell[risk]'",
        ) from error


def gathered(
    name: str, where: Where, settings: Settings
) -> tuple[ProjectSpec, Gathered, Mapping[str, object]]:
    """Return the declaration, the rows of a segment, and of which layer they are.

    A column or value that is not there is a UsageError.

    Raises:
        DataError: the layer was replaced while it was read.
    """
    _, project = declaration(name, settings)
    check_columns(where, project)
    place = workspace(name, settings)
    record = _passed(place, project)
    found, provenance = gather_segment(place.output(_LAYER), project, where)
    if place.record(_STAGE) != record:
        raise DataError("the layer was replaced while it was read", str(place.root), "ask again")
    return project, found, provenance


def keep(name: str, files: Mapping[str, bytes], settings: Settings) -> tuple[Path, ...]:
    """Write ``files`` to the folder ``risk`` of a project; return where they lie.

    Pictures go to that of ``FIGURES_DIR``, where it is said.
    """
    drawn = {file: content for file, content in files.items() if file.endswith(_PICTURES)}
    told = {file: content for file, content in files.items() if file not in drawn}
    folder = workspace(name, settings).folder(FOLDER)
    kept = [*write(folder, told), *write(picture_folder(name, FOLDER, settings), drawn)]
    return tuple(sorted(kept, key=lambda path: [*files].index(path.name)))


def write(folder: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write ``files`` to ``folder``, each whole or not at all; return where they lie.

    A JSON file of that name that is of another segment is a UsageError.

    Raises:
        MachineError: the disk is full or may not be written.
    """
    for name in files:
        if name.endswith(".json"):
            _refuse_other(folder / name, files[name])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            draft = folder / f".{name}.draft"
            draft.write_bytes(content)
            draft.replace(folder / name)
    except OSError as error:
        raise MachineError(
            f"cannot write: {error.strerror or error}",
            str(folder),
            "free the disk or choose another",
        ) from error
    return tuple(folder / name for name in files)


def _refuse_other(path: Path, content: bytes) -> None:
    """Refuse to write over the file of another segment whose name comes out the same.

    Raises:
        UsageError: it is of another segment.
    """
    if not path.is_file():
        return
    try:
        old = json.loads(path.read_bytes())
        before = (old["project"], old["segment"])
    except (ValueError, KeyError, TypeError):
        return  # not a file of ours, or a damaged one: it is replaced
    new = json.loads(content)
    if before != (new["project"], new["segment"]):
        raise UsageError(
            f"{path.name} holds another segment: {old.get('told')} of {before[0]}",
            str(path.parent),
            "move it away, or give another folder: --out FOLDER",
        )


def _passed(place: DirectoryWorkspace, project: ProjectSpec) -> bytes:
    """Return the record of the gate that let this project's rows pass.

    Raises:
        UsageError: it never did.
        GateError: the rows of the last run did not pass.
    """
    record = place.record(_STAGE)
    mend = run_command(project, "--until", _STAGE)
    if record is None:
        raise UsageError(
            f"the project {project.name!r} has no processed layer yet",
            str(place.root),
            f"run it first: {mend}",
        )
    if not json.loads(record)["passed"]:
        raise GateError(
            "the rows of the last run did not pass the gate",
            str(place.folder("checks")),
            f"mend them and run again: {mend}",
        )
    return record
