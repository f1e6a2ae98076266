"""What stands of a project's alerts, kept between two looks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from foresell.adapters.alert_outbox import write_whole
from foresell.adapters.file_locks import lock
from foresell.errors import DataError, MachineError
from foresell.monitor.alerts import FILES, Standing, alert_text
from foresell.settings import Settings
from foresell.spec.monitoring import Subject
from foresell.wiring.monitor_files import monitor_folder
from foresell.wiring.monitor_places import STATE


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What ``alerts.json`` holds: by subject, what stands or stood last."""

    project: str
    subjects: Mapping[Subject, Standing] = field(default_factory=dict)


_KEPT = TypeAdapter(_Kept)


def read_standing(project: str, settings: Settings) -> Mapping[Subject, Standing]:
    """Return what stands, or stood last, by subject; nothing where nobody ever looked.

    Raises:
        DataError: the file is spoilt.
        MachineError: it may not be read.
    """
    file = monitor_folder(project, settings) / STATE
    try:
        return _KEPT.validate_json(file.read_bytes()).subjects
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise MachineError(
            f"cannot read: {error.strerror or error}", str(file), "mend the rights"
        ) from error
    except ValidationError as error:
        raise DataError(
            "the alerts that stand cannot be read", str(file), "look at it, then remove it"
        ) from error


def write_standing(project: str, subjects: Mapping[Subject, Standing], settings: Settings) -> None:
    """Keep what stands; the caller holds the alerts (`alone`). A ``MachineError``: it cannot."""
    kept = _Kept(project=project, subjects=subjects)
    write_whole(monitor_folder(project, settings) / STATE, _KEPT.dump_json(kept, indent=1))


def show_standing(folder: Path, subject: Subject, standing: Standing, page: Path | None) -> None:
    """Have the text file of a subject be there while its alert stands, and no longer.

    Raises:
        MachineError: it cannot be written or taken away.
    """
    file = folder / FILES[subject]
    if standing.alert is not None and standing.firing:
        text = alert_text(standing.alert, str(page or ""), standing.checked)
        write_whole(file, text.encode())
        return
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise MachineError(
            f"cannot take it away: {error.strerror or error}", str(file), "remove it"
        ) from error


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the alerts of a project: two looks at once would fire twice.

    Raises:
        MachineError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / ".alerts.lock").open("a", encoding="utf-8")
    except OSError as error:
        raise MachineError(
            f"cannot write: {error.strerror or error}",
            str(folder),
            "free the disk or mend the rights",
        ) from error
    with handle:
        lock(handle)
        yield
