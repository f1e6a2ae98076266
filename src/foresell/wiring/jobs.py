"""What a run and the processes that do its stages say to each other."""

from dataclasses import dataclass
from pathlib import Path

from foresell.pipeline.work import Event
from foresell.wiring.asked import Asked


@dataclass(frozen=True, kw_only=True)
class Job:
    """One stage of one project, to be done for the run ``run_id``.

    ``declared``: the texts of project.yaml and contract.yaml as the run has read them.
    """

    project: str
    stage: str
    home: Path
    asked: Asked
    run_id: str
    declared: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A job came to its end; ``error``: what ended it, None where all went well."""

    error: Exception | None = None


Said = Event | Ended
