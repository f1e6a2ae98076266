"""A task of a scheduler that failed: an alert that stands until a later run has ended well."""

import re
from collections.abc import Iterator

from foresell.errors import UsageError, nearest
from foresell.monitor.alerts import Observed, Sight
from foresell.monitor.unsaid import password_of, without_secrets
from foresell.settings import Settings
from foresell.spec.directories import PIPELINE
from foresell.spec.monitoring import Finding
from foresell.wiring.alerting import Settled, settle
from foresell.wiring.monitor_places import watched_projects
from foresell.wiring.runs import declarations
from foresell.wiring.standing import read_standing

_WORD = re.compile(r"[A-Za-z0-9_.-]{1,250}")
_RUN = re.compile(r"[A-Za-z0-9_.~:+-]{1,250}")  # as Airflow's allowed_run_id_pattern


def whose(project: str | None, settings: Settings) -> str:
    """Return the name under which alerts of a pipeline stand.

    Raises:
        UsageError: there is no such project.
    """
    if project is None:
        return PIPELINE
    known = {*declarations(settings), *watched_projects(settings), PIPELINE}
    if project not in known:
        raise UsageError(f"there is no project {project!r}", "--project", nearest(project, known))
    return project


def refuse_odd_word(word: str, option: str) -> None:
    """Refuse the name of a schedule or a task that is no plain word.

    Raises:
        UsageError: it is none.
    """
    if not _WORD.fullmatch(word):
        raise UsageError(
            f"{word[:80]!r} is no name of a schedule or a task",
            option,
            "use 1 to 250 letters, digits and _ . -",
        )


def refuse_odd_id(run: str) -> None:
    """Refuse the id of a run that no scheduler gives; here it has not to be the name of a folder.

    Raises:
        UsageError: it is none.
    """
    if not _RUN.fullmatch(run):
        raise UsageError(
            f"{run[:80]!r} is no id of a run",
            "--run",
            "use 1 to 250 letters, digits and _ . ~ : + -",
        )


def failed(project: str, dag: str, task: str, run: str, says: str, settings: Settings) -> Settled:
    """Let the alert of a task that failed fire, or stand with one more; tell whoever is named."""
    said = without_secrets(says, _secrets(settings))
    words = f": {said}" if said else ""
    finding = Finding(
        seen="task_failed",
        weight="alarm",
        about=_about(dag, task),
        says=f"the task {task} of {dag} failed in the run {run}{words}",
        numbers={"dag": dag, "task": task, "run": run},
    )
    sight = Sight(seen=frozenset({finding.about}))
    return settle(_observed(project, (finding,), sight), settings)


def ended_well(project: str, dag: str, task: str | None, settings: Settings) -> Settled | None:
    """Take away what stands of a schedule, or of one of its tasks; None where nothing does."""
    standing = read_standing(project, settings).get("pipeline")
    names = [] if standing is None or not standing.firing else list(standing.alarms)
    stood = [name.partition(" ")[2] for name in names]
    over = [
        one
        for one in stood
        if (one.startswith(_about(dag, "")) if task is None else one == _about(dag, task))
    ]
    if not over:
        return None
    return settle(_observed(project, (), Sight(seen=frozenset(over))), settings)


def _observed(project: str, findings: tuple[Finding, ...], sight: Sight) -> Observed:
    """Return what was seen of a pipeline, of no version in particular."""
    return Observed(
        project=project, subject="pipeline", version=None, findings=findings, sight=sight
    )


def _about(dag: str, task: str) -> str:
    """Return what an alarm is about: neither name can hold the sign between them.

    >>> _about("drift_monitor", "drift")
    'drift_monitor/drift'
    """
    return f"{dag}/{task}"


def _secrets(settings: Settings) -> Iterator[str]:
    """Yield the secrets that the settings hold."""
    yield settings.database.password
    for place in settings.webhooks:
        yield from (place.url, place.token)
    for url in (settings.registry, settings.tracking, *(place.url for place in settings.webhooks)):
        yield password_of(url)
