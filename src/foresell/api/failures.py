"""A task of a scheduler that failed: told, and taken back when a later run has ended well."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresell.monitor.alerts import FILES
from foresell.settings import Settings, read_settings
from foresell.wiring import failures as wiring
from foresell.wiring.alerting import Settled
from foresell.wiring.monitor_files import monitor_folder
from foresell.wiring.standing import read_standing


@dataclass(frozen=True, kw_only=True)
class PipelineAlert:
    """How the alert of a pipeline stands.

    ``project``: under whose name it does, ``_pipeline`` where no project was named. ``findings``:
    the tasks that failed, a sentence each; ``file``: the text that is there while it stands, else
    None. ``new``: it fires since this call; ``resolved``: it stood before and is over.
    ``delivered``: messages that were taken now, ``waiting``: those that wait, and ``trouble`` why.
    """

    project: str
    firing: bool
    new: bool = False
    resolved: bool = False
    findings: tuple[str, ...] = ()
    file: Path | None = None
    delivered: int = 0
    waiting: int = 0
    trouble: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        plain = ("project", "firing", "new", "resolved", "delivered", "waiting")
        told = {"findings": list(self.findings), "trouble": list(self.trouble)}
        file = None if self.file is None else str(self.file)
        return {**{name: getattr(self, name) for name in plain}, **told, "file": file}


def task_failed(
    dag: str,
    task: str,
    *,
    run: str,
    project: str | None = None,
    says: str = "",
    home: str | Path | None = None,
) -> PipelineAlert:
    """Keep that ``task`` of the schedule ``dag`` failed in the run ``run``, and tell webhooks.

    The alert ``pipeline`` of ``project`` fires, or stands with one more; without a project, that of
    the pipeline as such. ``says``: what the task said; secrets that the settings hold, and what
    looks like one, are left out. A place that is out of reach is no error: the message waits.
    ``home``: where all state lives.

    A name that is none, or an unknown project, is a ``UsageError``.
    """
    settings = read_settings(Path(home) if home is not None else None)
    wiring.refuse_odd_word(dag, "--dag")
    wiring.refuse_odd_word(task, "--task")
    wiring.refuse_odd_id(run)
    name = wiring.whose(project, settings)
    return _told(name, wiring.failed(name, dag, task, run, says, settings), settings)


def task_cleared(
    dag: str,
    task: str | None = None,
    *,
    project: str | None = None,
    home: str | Path | None = None,
) -> PipelineAlert:
    """Take away what stands of the schedule ``dag``, or of one ``task`` of it.

    Where nothing of another schedule stands, the alert is over, and whoever heard of it is told.
    Where nothing stands, nothing is done. ``project``, ``home`` and errors as of `task_failed`.
    """
    settings = read_settings(Path(home) if home is not None else None)
    wiring.refuse_odd_word(dag, "--dag")
    if task is not None:
        wiring.refuse_odd_word(task, "--task")
    name = wiring.whose(project, settings)
    return _told(name, wiring.ended_well(name, dag, task, settings), settings)


def _told(project: str, settled: Settled | None, settings: Settings) -> PipelineAlert:
    """Return how the alert stands after ``settled``; None: nothing was done."""
    standing = read_standing(project, settings).get("pipeline")
    firing = standing is not None and standing.firing
    alert = standing.alert if standing is not None and firing else None
    return PipelineAlert(
        project=project,
        firing=firing,
        new=settled is not None and settled.new,
        resolved=settled is not None and settled.resolved,
        findings=alert.findings if alert is not None else (),
        file=monitor_folder(project, settings) / FILES["pipeline"] if firing else None,
        delivered=settled.delivered if settled is not None else 0,
        waiting=settled.kept if settled is not None else 0,
        trouble=settled.trouble if settled is not None else (),
    )
