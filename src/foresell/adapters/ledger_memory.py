"""A ledger that lives as long as the process: the twin of the one in a database."""

from collections.abc import Sequence
from threading import Lock

from foresell.errors import ConflictError
from foresell.spec.registry import Head, Transition


class MemoryLedger:
    """Keeps transitions in memory; threads may share it."""

    def __init__(self) -> None:
        self._kept: dict[str, list[Transition]] = {}
        self._lock = Lock()

    def projects(self) -> Sequence[str]:
        """Return the projects that have transitions, sorted."""
        with self._lock:
            return sorted(self._kept)

    def head(self, project: str) -> Head:
        """Return where the list ends; ``Head()`` when there is none."""
        with self._lock:
            return self._head(project)

    def transitions(self, project: str) -> Sequence[Transition]:
        """Return all transitions, by number."""
        with self._lock:
            return tuple(self._kept.get(project, ()))

    def append(self, transition: Transition) -> None:
        """Keep one more.

        Raises:
            ConflictError: the list ends elsewhere than the transition says.
        """
        with self._lock:
            if self._head(transition.project) != follows(transition):
                raise outrun(transition, self.label)
            self._kept.setdefault(transition.project, []).append(transition)

    @property
    def label(self) -> str:
        """What to call this place in an error."""
        return "memory"

    def _head(self, project: str) -> Head:
        """Return where the list ends; the lock is held."""
        kept = self._kept.get(project)
        return Head(number=kept[-1].number, hash=kept[-1].hash) if kept else Head()


def follows(transition: Transition) -> Head:
    """Return the head that ``transition`` was made upon.

    >>> from foresell.spec.registry import GENESIS
    >>> first = Transition(project="toy", number=1, at="", who="", action="register", version=1,
    ...     reason="", previous=GENESIS, hash="ab")
    >>> follows(first) == Head()
    True
    """
    return Head(number=transition.number - 1, hash=transition.previous)


def outrun(transition: Transition, place: str) -> ConflictError:
    """Return the error that says that somebody else was quicker."""
    return ConflictError(
        f"transition {transition.number} of {transition.project} does not follow the last one kept",
        place,
        "somebody else wrote first: read the registry again, and ask again",
    )
