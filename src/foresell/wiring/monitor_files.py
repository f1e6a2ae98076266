"""The folder ``monitor`` of a project: who writes there holds its lock, and files appear whole."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from foresell.adapters.file_locks import lock
from foresell.errors import MachineError
from foresell.settings import Settings
from foresell.wiring.places import project_workspace

_LOCK = ".watch.lock"  # alerts have one of their own
_BESIDE = "versions"


def monitor_folder(project: str, settings: Settings) -> Path:
    """Return the folder that holds what monitoring has found of a project; it may not be there.

    A ``UsageError``: a directory that the environment names cannot be one.
    """
    return project_workspace(project, settings).folder("monitor").absolute()


def refuse_unwritable(settings: Settings) -> None:
    """Refuse a home that is not there and cannot be made, before it is said what it lacks.

    Raises:
        MachineError: it cannot be made; nothing is left of the attempt.
    """
    home = settings.home
    missing = [folder for folder in (home, *home.parents) if not folder.exists()]
    if not missing:
        return
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(*_unwritable(home, error)) from error
    for folder in missing:
        try:
            folder.rmdir()
        except OSError:  # another process has begun to use it
            return


@contextmanager
def writing(project: str, settings: Settings) -> Iterator[Path]:
    """Hold the folder, made where it is missing, for one writer at a time; others wait.

    Raises:
        MachineError: it cannot be written.
    """
    folder = monitor_folder(project, settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / _LOCK).open("a", encoding="utf-8")
    except OSError as error:
        raise MachineError(*_unwritable(folder, error)) from error
    with handle:
        lock(handle)
        yield folder


def place_of(folder: Path, version: int, *, served: bool) -> Path:
    """Return where what is found of a version lies, in a folder that is held.

    Of the served one that is ``folder`` itself, whose files retraining and servers read; of
    another one a folder of its own, which is made.

    Raises:
        MachineError: it cannot be made.
    """
    if served:
        return folder
    beside = folder / _BESIDE / str(version)
    try:
        beside.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(*_unwritable(beside, error)) from error
    return beside


def put(folder: Path, files: Mapping[str, bytes], gone: Sequence[str] = ()) -> tuple[Path, ...]:
    """Write ``files`` into a folder that is held, each whole or not at all; return where they lie.

    ``gone``: files of an earlier time that say nothing any more; they are taken away.

    Raises:
        MachineError: the disk is full or may not be written.
    """
    try:
        for name, content in files.items():
            draft = folder / f".{name}.draft"
            draft.write_bytes(content)
            draft.replace(folder / name)
        for name in gone:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise MachineError(*_unwritable(folder, error)) from error
    return tuple(folder / name for name in files)


def keep(
    project: str, files: Mapping[str, bytes], settings: Settings, gone: Sequence[str] = ()
) -> tuple[Path, ...]:
    """Write ``files`` into the folder of a project; see `put`. A ``MachineError`` as there."""
    with writing(project, settings) as folder:
        return put(folder, files, gone)


def _unwritable(folder: Path, error: OSError) -> tuple[str, str, str]:
    """Return what is said of a folder that cannot be written."""
    return (
        f"the workspace cannot be written: {error.strerror or error}",
        str(folder),
        "free the disk, mend the rights, or set FORESELL_HOME to another folder",
    )
