"""The registry as MLflow shows it: compared, put right, and kept up after each change."""

from pathlib import Path

from foresell.errors import UsageError, nearest
from foresell.govern.mirroring import Difference, Followed
from foresell.settings import Settings, read_settings


def reconcile(
    project: str | None = None, *, mend: bool = True, home: str | Path | None = None
) -> tuple[Difference, ...]:
    """Return what MLflow shows otherwise than the registry of ``project``, or of every project.

    With ``mend`` it is put right: what was otherwise is returned, and whether it is ``mended``.
    Versions that people made there by hand are told of and left alone, as are aliases other than
    prod and staging. A project that is neither registered nor declared is a ``UsageError``, an
    MLflow that is out of reach or not installed a ``MachineError``.

    Raises:
        UsageError: tracking is switched off, so that nothing is mirrored.
    """
    settings = _settings(home)
    if not settings.tracked:
        raise UsageError(
            "runs are not tracked, so there is no mirror",
            "FORESELL_TRACKING",
            "set it to on, or leave it out",
        )
    from foresell.wiring import mirroring as wiring  # noqa: PLC0415 - as below

    return wiring.reconcile(settings, _projects(settings, project), mending=mend)


def follow(project: str, home: str | Path | None = None) -> Followed:
    """Have MLflow show what has just changed in the registry of ``project``.

    It never undoes or fails that change: what goes wrong is in the answer.
    """
    settings = _settings(home)
    if not settings.tracked:
        return Followed(state="off")
    from foresell.wiring import mirroring as wiring  # noqa: PLC0415 - only when it is tracked

    return wiring.follow(settings, project)


def _settings(home: str | Path | None) -> Settings:
    """Return the settings with this home."""
    return read_settings(Path(home) if home is not None else None)


def _projects(settings: Settings, project: str | None) -> list[str]:
    """Return the projects asked for: one, or all that have versions.

    Raises:
        UsageError: there is no such project.
    """
    from foresell.wiring.registry import registry  # noqa: PLC0415 - as below
    from foresell.wiring.runs import declarations  # noqa: PLC0415

    there = list(registry(settings).ledger.projects())
    if project is None:
        return there
    known = {*there, *declarations(settings)}
    if project not in known:
        raise UsageError(f"there is no project {project!r}", "project", nearest(project, known))
    return [project]
