"""A ledger that lives as long as the process: the twin of the one in a database."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

from foresell.adapters.ledger_rows import followed_by, refuse_overtaken, row_of, transition_of
from foresell.spec.registry import Head, Transition


class MemoryLedger:
    """Keeps transitions in memory; threads may share it."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._lock = Lock()

    def projects(self) -> Sequence[str]:
        """Return the projects that have transitions, sorted."""
        with self._lock:
            return sorted(self._rows)

    def head(self, project: str) -> Head:
        """Return where the list ends; ``Head()`` when there is none."""
        with self._lock:
            return self._head(project)

    def transitions(self, project: str) -> Sequence[Transition]:
        """Return all transitions, by number, as they are kept."""
        with self._lock:
            rows = list(self._rows.get(project, ()))
        return tuple(transition_of(row, self.label) for row in rows)

    def append(self, transition: Transition) -> None:
        """Keep one more. Raises ConflictError when the list ends elsewhere than it says."""
        row = row_of(transition)
        with self._lock:
            if self._head(transition.project) != followed_by(transition):
                refuse_overtaken(transition, self.label)
            self._rows.setdefault(transition.project, []).append(row)

    @property
    def label(self) -> str:
        """What to call this place in an error."""
        return "memory"

    def _head(self, project: str) -> Head:
        """Return where the list ends; the lock is held."""
        rows = self._rows.get(project)
        return Head(number=rows[-1]["number"], hash=rows[-1]["hash"]) if rows else Head()
