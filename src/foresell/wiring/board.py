"""What is to be done of several runs: whoever is free takes the next stage from here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Condition

from foresell.errors import ForesellError
from foresell.pipeline.scheduling import ranks, ready
from foresell.pipeline.work import Event, Stage
from foresell.wiring.prepared import Prepared

_POLL_S = 0.2  # a signal may come to another thread, and the main one is to look for it


@dataclass(eq=False)
class Walk:
    """How far one run has come. ``begun``: every stage that was, ``done``: to a good end.

    ``errors``: why others ended, by stage; what follows from them never begins.
    """

    one: Prepared
    done: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)
    errors: dict[str, ForesellError] = field(default_factory=dict)
    _stale: set[str] = field(default_factory=set, init=False)

    @property
    def at_work(self) -> int:
        """How many of its stages are being done."""
        return len(self.begun) - len(self.done) - len(self.errors)

    @property
    def error(self) -> ForesellError | None:
        """Why it did not come to a good end: the first of its stages that failed."""
        names = (stage.name for stage in self.one.stages)
        return next((self.errors[name] for name in names if name in self.errors), None)

    def ready(self) -> list[Stage]:
        """Return the stages that can begin; those that are fresh are told of, and done with."""
        while True:
            found = ready(self.one.stages, self.done, self.begun)
            kept = [stage.name for stage in found if self._is_kept(stage)]
            if not kept:
                return found
            self.begun.update(kept)
            self.done.update(kept)

    def _is_kept(self, stage: Stage) -> bool:
        """Tell whether a stage that can begin need not, and whoever listens where that is so."""
        one = self.one
        if stage.always or one.request.force or stage.name in self._stale:
            return False
        if not one.runner.is_fresh(stage, one.request):
            self._stale.add(stage.name)  # as all it needs is done, it stays so
            return False
        name, run_id = stage.name, one.runner.run_id
        one.runner.listen(Event(kind="kept", stage=name, text=stage.says, run_id=run_id))
        return True


@dataclass(frozen=True)
class Task:
    """One stage of one run, taken by somebody."""

    walk: Walk
    stage: Stage


class Board:
    """Hands out stages, each once, when all that it needs is there.

    First come runs of which least is at work, then the stages for which the longest chain waits.
    ``here`` is who works in this process, where nothing need be started: the first stage is left
    to it while it is free, and so is, as long as nothing was stale, what only looks at the world
    outside.
    """

    def __init__(self, runs: Sequence[Prepared]) -> None:
        self.walks = [Walk(one) for one in runs]
        self._ranks = {id(walk): ranks(walk.one.stages) for walk in self.walks}
        self._changed = Condition()
        self._busy_here = False
        self._stale = False
        self._closed = False
        self._bug: BaseException | None = None

    def take(self, *, here: bool) -> Task | None:
        """Wait for something to do, and return it; None when there is nothing more.

        A bug that ended somebody's work is raised where ``here`` is.
        """
        with self._changed:
            while not self._closed:
                found = self._found()
                if not found and not any(walk.at_work for walk in self.walks):
                    break
                if task := self._pick(found, here=here):
                    task.walk.begun.add(task.stage.name)
                    self._busy_here |= here
                    self._stale |= not task.stage.always
                    return task
                self._changed.wait(_POLL_S)
            self._changed.notify_all()
        if here and self._bug is not None:
            raise self._bug
        return None

    def end(self, task: Task, error: ForesellError | None, *, here: bool) -> None:
        """Note that a stage has ended, and how."""
        with self._changed:
            if error is None:
                task.walk.done.add(task.stage.name)
            else:
                task.walk.errors[task.stage.name] = error
            self._busy_here &= not here
            self._changed.notify_all()

    def close(self, bug: BaseException | None = None) -> None:
        """Hand out nothing more; a ``bug`` is the reason."""
        with self._changed:
            self._closed, self._bug = True, self._bug or bug
            self._changed.notify_all()

    def _found(self) -> list[Task]:
        """Return what can begin, in the order in which it is to."""
        found = [Task(walk, stage) for walk in self.walks for stage in walk.ready()]
        found.sort(key=lambda task: -self._ranks[id(task.walk)][task.stage.name])
        ordered: list[Task] = []
        held = {id(walk): walk.at_work for walk in self.walks}
        while found:
            task = min(found, key=lambda each: held[id(each.walk)])
            held[id(task.walk)] += 1
            found.remove(task)
            ordered.append(task)
        return ordered

    def _pick(self, found: Sequence[Task], *, here: bool) -> Task | None:
        """Return what is taken next, or None where all of it is somebody else's."""
        if not here:
            found = found if self._busy_here else found[1:]
            found = [task for task in found if self._stale or not task.stage.always]
        return found[0] if found else None
