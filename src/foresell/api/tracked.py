"""What was tracked, what waits to be, and sending it."""

from dataclasses import dataclass
from pathlib import Path

from foresell.adapters.outbox import Outbox
from foresell.errors import MachineError, UsageError, counted, nearest
from foresell.settings import Settings, read_settings
from foresell.wiring import runs
from foresell.wiring.sending import send
from foresell.wiring.tracking_places import outbox


@dataclass(frozen=True, kw_only=True)
class TrackingStatus:
    """What was told of one project. ``sent`` and ``waiting`` count notes, one for each stage told.

    ``where`` and ``last``: of the last note that was taken, the place and the time (UTC, ISO);
    where none was, the place that was tried, and no time. ``why``: what went wrong when sending was
    tried last, empty where nothing did; ``mend``: what to do about it.
    """

    project: str
    trainings: int
    sent: int
    waiting: int
    where: str = ""
    last: str = ""
    why: str = ""
    mend: str = ""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a sending came to. ``notes``: how many were sent now, ``waiting``: how many are left.

    ``problems``: of notes that cannot be sent, a sentence each; they stay in the outbox.
    """

    where: str
    notes: int
    trainings: int
    waiting: int
    problems: tuple[str, ...] = ()


def tracking(project: str | None = None, *, home: str | Path | None = None) -> list[TrackingStatus]:
    """Return what was told of ``project``, or of every project that was ever tracked, by name.

    This is what the outbox knows; MLflow is not asked. ``home``: where all state lives,
    ``FORESELL_HOME`` or ``./workspace`` by default. An unknown project is a ``UsageError``.
    """
    settings = _settings(home)
    box = outbox(settings)
    return [_status(box, name) for name in _projects(box, project, settings)]


def sync_tracking(project: str | None = None, *, home: str | Path | None = None) -> Sent:
    """Send what waits of ``project``, or of every project; then mirror the versions of each.

    What was sent before is not sent again, and what was sent in part is completed. Where nothing
    waits, nothing is done. ``home`` as of `tracking`.

    Raises:
        MachineError: MLflow is out of reach or not installed; what is left stays in the outbox.
    """
    settings = _settings(home)
    box = outbox(settings)
    names = _projects(box, project, settings)
    if not any(box.waiting(name) or _failed(box, name) for name in names):
        return Sent(where="", notes=0, trainings=0, waiting=0)
    found = send(settings, names)
    left = sum(len(box.waiting(name)) for name in names)
    if found.trouble is not None:
        raise MachineError(
            f"{counted(len(found.sent), 'note')} sent, {left} still waiting: {found.trouble.what}",
            found.trouble.where,
            found.trouble.mend,
        ) from found.trouble
    return Sent(
        where=found.where,
        notes=len(found.sent),
        trainings=len({(letter.project, letter.training) for letter in found.sent}),
        waiting=left,
        problems=found.problems,
    )


def _settings(home: str | Path | None) -> Settings:
    """Return the settings, with a home of one's own."""
    return read_settings(Path(home) if home is not None else None)


def _projects(box: Outbox, project: str | None, settings: Settings) -> list[str]:
    """Return the projects asked for: one, or all that were ever tracked.

    Raises:
        UsageError: there is no such project.
    """
    there = box.projects()
    if project is None:
        return there
    known = {*there, *runs.declarations(settings)}
    if project not in known:
        raise UsageError(f"there is no project {project!r}", "project", nearest(project, known))
    return [project] if project in there else []


def _failed(box: Outbox, project: str) -> bool:
    """Tell whether the last sending of a project did not go well."""
    last = box.last_try(project)
    return last is not None and bool(last.why)


def _status(box: Outbox, project: str) -> TrackingStatus:
    """Return what the outbox knows of a project."""
    letters, last = box.letters(project), box.last_try(project)
    taken = [letter.receipt for letter in letters if letter.receipt is not None]
    latest = max(taken, key=lambda receipt: receipt.at, default=None)
    tried = last.where if last else ""
    return TrackingStatus(
        project=project,
        trainings=len({letter.training for letter in letters}),
        sent=len(taken),
        waiting=len(letters) - len(taken),
        where=latest.where if latest else tried,
        last=latest.at if latest else "",
        why=last.why if last else "",
        mend=(last.mend or "foresell track sync") if last and last.why else "",
    )
