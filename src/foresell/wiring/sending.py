"""What waits in the outbox, sent: by hand, or by a process of its own beside a run.

That process is ``python -m foresell.wiring.sending HOME PROJECT``. It sends what waits, again
whenever it reads something on standard input, and a last time when that is closed, which the system
does when the run ends, killed or not. How it ended stands in the outbox.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from foresell.adapters.outbox import Attempt, Letter, Outbox, Receipt
from foresell.errors import ForesellError, MachineError
from foresell.settings import Settings, calm_mlflow, read_settings
from foresell.spec.ports import Store, Tracker
from foresell.wiring.tracking_places import local_artifacts, outbox, served

_NICE = 10  # training goes first


@dataclass(frozen=True, kw_only=True)
class Drained:
    """What came of sending: what was ``sent``, in order.

    ``problems``: of notes that cannot be sent, a sentence each; ``trouble``: of the tracker.
    """

    where: str
    sent: tuple[Letter, ...] = ()
    problems: tuple[str, ...] = ()
    trouble: MachineError | None = None

    @property
    def why(self) -> str:
        """Why not all was sent, empty where it was."""
        return "; ".join([*([self.trouble.what] if self.trouble else []), *self.problems])

    @property
    def mend(self) -> str:
        """What to do about it."""
        return self.trouble.mend if self.trouble else ""


def tracker(settings: Settings) -> Tracker:
    """Return the tracker that the settings name.

    Raises:
        MachineError: MLflow is not installed, or the store is out of reach.
    """
    if find_spec("mlflow") is None:
        raise MachineError(
            "MLflow is not installed", "tracking", 'pip install "foresell[tracking]"'
        )
    calm_mlflow()
    from foresell.adapters.mlflow_tracker import MlflowTracker  # noqa: PLC0415 - takes seconds

    folder = None if served(settings) else local_artifacts(settings)

    def bundle(digest: str) -> Store:
        from foresell.adapters.vault import open_vault  # noqa: PLC0415 - S3 takes a while
        from foresell.govern.keeping import kept_bundle  # noqa: PLC0415

        return kept_bundle(open_vault(settings.artifacts), digest)

    found: Tracker = MlflowTracker(settings.tracking, folder, bundle)
    return found


def drain(box: Outbox, there: Tracker, letters: Iterable[Letter]) -> Drained:
    """Send ``letters``, in order, one training after the other; what was taken is sent no more.

    A note that cannot be read is left where it is and told of, and the later ones of its training
    are sent. Where the tracker is in trouble, the rest of the training waits; after two trainings
    in a row it is the tracker and not the notes, and everything waits.
    """
    sent: list[Letter] = []
    problems: list[str] = []
    first: MachineError | None = None
    last: MachineError | None = None
    for _, group in groupby(letters, key=lambda one: (one.project, one.training)):
        before, last = last, _drain_training(box, there, list(group), sent, problems)
        first = first or last
        if before is not None and last is not None:
            break
    return Drained(where=there.label, sent=tuple(sent), problems=tuple(problems), trouble=first)


def _drain_training(
    box: Outbox, there: Tracker, letters: list[Letter], sent: list[Letter], problems: list[str]
) -> MachineError | None:
    """Send the notes of one training; return what trouble there was with the tracker."""
    with box.held(letters[0]):
        for letter in letters:
            if not box.waits(letter):  # another sender was quicker
                continue
            try:
                box.taken(letter, _send(box, there, letter))
            except MachineError as error:
                return error
            except ForesellError as error:
                problems.append(f"{letter.name}: {error.what}")
            else:
                sent.append(letter)
    return None


def _send(box: Outbox, there: Tracker, letter: Letter) -> Receipt:
    """Send one note and return what is known of it there."""
    from foresell.pipeline.telling_charts import with_charts  # noqa: PLC0415 - Altair

    note, files = box.read(letter)
    run = there.send(*with_charts(note, files))
    return Receipt(where=there.label, run=run, at=_now())


def follow(settings: Settings, project: str) -> None:
    """Send what waits of a project while a run adds to it, then mirror its versions.

    How it ended is kept in the outbox, and is no failure of this process: the run tells of it.
    """
    box = outbox(settings)
    there: Tracker | None = None
    more = True
    while more:
        try:
            there = there or tracker(settings)
            attempt = _attempted(drain(box, there, box.waiting(project)))
        except ForesellError as error:
            attempt = _attempted(Drained(where=error.where), error)
        more = bool(os.read(sys.stdin.fileno(), 65536))
    box.tried(project, attempt if attempt.why else _mirrored(settings, project, attempt))


def send(settings: Settings, projects: Sequence[str]) -> Drained:
    """Send what waits of ``projects`` and mirror the versions of each; keep how it ended.

    A version that could not be mirrored is one of the ``problems``. Where MLflow is not installed,
    that is the ``trouble``.
    """
    box = outbox(settings)
    try:
        there = tracker(settings)
    except MachineError as error:
        for project in projects:
            box.tried(project, _attempted(Drained(where=error.where), error))
        return Drained(where=error.where, trouble=error)
    found = drain(box, there, [one for project in projects for one in box.waiting(project)])
    problems = list(found.problems)
    for project in projects:
        attempt = _attempted(found if box.waiting(project) else Drained(where=found.where))
        if not attempt.why:
            attempt = _mirrored(settings, project, attempt)
            problems += [attempt.why] if attempt.why else []
        box.tried(project, attempt)
    return replace(found, problems=tuple(problems))


def _mirrored(settings: Settings, project: str, attempt: Attempt) -> Attempt:
    """Mirror the versions of a project; return how that and the sending before it ended."""
    from foresell.wiring.mirroring import mirror_project  # noqa: PLC0415 - SQLAlchemy, MLflow

    try:
        found = mirror_project(settings, project)
    except ForesellError as error:
        left = [error.what]
    else:
        left = [f"{one.what}: {one.why}" for one in found if one.mendable and not one.mended]
    if not left:
        return attempt
    what = f"the versions of {project} are not mirrored: {'; '.join(left)}"
    return replace(attempt, why=what, mend=f"foresell registry reconcile {project}")


def _attempted(drained: Drained, error: ForesellError | None = None) -> Attempt:
    """Return how sending ended, now; ``error``: what kept it from beginning."""
    return Attempt(
        at=_now(),
        process=os.getpid(),
        where=drained.where,
        why=drained.why if error is None else error.what,
        mend=error.mend if error is not None else drained.mend,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


if __name__ == "__main__":
    os.nice(_NICE)
    follow(read_settings(Path(sys.argv[1])), sys.argv[2])
