"""The registry of the settings, mirrored into the MLflow of the settings."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

from foresell.adapters.file_locks import taken
from foresell.adapters.outbox import Outbox
from foresell.errors import ForesellError, MachineError
from foresell.govern.keeping import kept_bundle
from foresell.govern.mirroring import Difference, Followed, differences, mend
from foresell.govern.registry import Registry, read_state
from foresell.settings import Settings, calm_mlflow
from foresell.spec.ports import Mirror
from foresell.wiring.registry import registry
from foresell.wiring.tracking_places import local_artifacts, outbox, served

_LOCK = ".mirroring"
_POLL_S = 0.05
_LONG_S = 60.0  # for which another process may mirror the same project


def mirror(settings: Settings) -> Mirror:
    """Return the mirror that the settings name; nothing is opened.

    Raises:
        MachineError: MLflow is not installed.
    """
    if find_spec("mlflow") is None:
        raise MachineError("MLflow is not installed", "mirror", 'pip install "foresell[tracking]"')
    calm_mlflow()
    from foresell.adapters.mlflow_registry import MlflowMirror  # noqa: PLC0415 - takes seconds

    folder = None if served(settings) else local_artifacts(settings)
    found: Mirror = MlflowMirror(settings.tracking, folder, _holding(outbox(settings)))
    return found


def mirror_project(settings: Settings, project: str) -> tuple[Difference, ...]:
    """Make MLflow show the versions and aliases of ``project``; return what was otherwise.

    What could not be mended is among them. Where MLflow or the registry is out of reach, that is a
    ``MachineError``.
    """
    return reconcile(settings, [project], mending=True)


def reconcile(
    settings: Settings, projects: Sequence[str], *, mending: bool
) -> tuple[Difference, ...]:
    """Return what MLflow shows otherwise of ``projects``; where ``mending``, what was and is left.

    Errors as of `mirror_project`.
    """
    kept, there = registry(settings), mirror(settings)
    box, found = outbox(settings), list[Difference]()
    for project in projects:
        if mending:
            found += _mended(kept, there, box, project)
        else:
            found += differences(read_state(kept, project), there.state(project))
    return tuple(found)


def follow(settings: Settings, project: str) -> Followed:
    """Mirror ``project`` after a change; what goes wrong is told, and undoes nothing."""
    command, where = f"foresell registry reconcile {project}", ""
    try:
        there = mirror(settings)
        where = there.label
        found = _mended(registry(settings), there, outbox(settings), project)
    except ForesellError as error:
        return Followed(state="failed", where=where, why=error.what, mend=command)
    if left := [one for one in found if one.mendable and not one.mended]:
        why = "; ".join(f"{one.what}: {one.why}" if one.why else one.what for one in left)
        return Followed(state="failed", where=where, why=why, mend=command)
    return Followed(state="mirrored", where=where)


def _mended(kept: Registry, there: Mirror, box: Outbox, project: str) -> tuple[Difference, ...]:
    """Mirror a project, while no other process of this home does."""
    with _alone(box.root / project):
        return mend(
            lambda: read_state(kept, project),
            there,
            lambda version: kept_bundle(kept.vault, version.digest),
        )


def _holding(box: Outbox) -> Callable[[str, str], AbstractContextManager[None]]:
    """Return what keeps others from sending the notes of a training, where there are any."""

    def hold(project: str, training: str) -> AbstractContextManager[None]:
        letters = box.letters(project, training)
        return box.held(letters[0]) if letters else nullcontext()

    return hold


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock that dies with the process; wait for it while another one has it."""
    with _opened(folder) as handle:
        _wait_for(handle)
        yield


def _opened(folder: Path) -> TextIO:
    """Open the file that is locked.

    Raises:
        MachineError: there is no place for it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / _LOCK).open("a")
    except OSError as error:
        raise MachineError(
            f"there is no place for a lock: {error.strerror or error}",
            str(folder),
            "free the disk, mend the rights, or set FORESELL_HOME to another folder",
        ) from error


def _wait_for(handle: TextIO) -> None:
    """Take the lock, as soon as nobody has it.

    Raises:
        MachineError: another process has it for too long.
    """
    end = time.monotonic() + _LONG_S
    while not taken(handle):
        if time.monotonic() > end:
            raise MachineError(
                f"another process has been mirroring for {_LONG_S:.0f} s",
                handle.name,
                "wait until it has ended, then: foresell registry reconcile",
            )
        time.sleep(_POLL_S)
