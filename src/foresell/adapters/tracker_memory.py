"""A tracker in memory: the twin of MLflow's, for tests."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from foresell.adapters.tracker_words import (
    first_tags,
    fitting,
    is_taken,
    last_tags,
)
from foresell.errors import DataError
from foresell.spec.ports import Store
from foresell.spec.tracking import Account, Dataset, Note, Tracked


@dataclass
class Kept:
    """What is held of a training or of a candidate. ``times``: when each metric was told last."""

    account: Account = field(default_factory=Account)
    times: dict[str, str] = field(default_factory=dict)

    def take(self, told: Account, at: str, files: Store) -> None:
        """Add what was told ``at`` a time; a file that is named and missing is a ``DataError``."""
        fits = fitting(told, self.account.params)
        for name in fits.account.files.values():
            files.read_bytes(name)
        fresh = {
            name: value
            for name, value in fits.account.metrics.items()
            if at >= self.times.get(name, "")
        }
        self.times |= dict.fromkeys(fresh, at)
        paths = [*fits.account.files, *fits.texts]
        held = self.account
        self.account = Account(
            params={**held.params, **fits.account.params},
            metrics={**held.metrics, **fresh},
            tags={**held.tags, **fits.account.tags},
            files={**held.files, **{path: path for path in paths}},
        )

    def tag(self, tags: dict[str, str]) -> None:
        """Add tags."""
        self.account = replace(self.account, tags={**self.account.tags, **tags})


@dataclass
class MemoryTracker:
    """Holds trainings by project and id. ``bundles``: as of `MlflowTracker`; read, and not kept."""

    bundles: Callable[[str], Store]
    wholes: dict[tuple[str, str], Kept] = field(default_factory=dict)
    candidates: dict[tuple[str, str], dict[str, Kept]] = field(default_factory=dict)
    datasets: dict[tuple[str, str], dict[tuple[str, str], Dataset]] = field(default_factory=dict)
    models: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def send(self, note: Note, files: Store) -> str:
        """Take a note and the files it names; return the training's id.

        Raises:
            DataError: the bundle it names is empty.
        """
        key = (note.project, note.training)
        whole = self.wholes.setdefault(key, Kept())
        whole.tag(first_tags(note))
        if is_taken(note, whole.account.tags):
            return note.training
        for name, told in note.candidates.items():
            kept = self.candidates.setdefault(key, {}).setdefault(name, Kept())
            kept.tag(first_tags(note, name))
            kept.take(told, note.at, files)
        whole.take(note.whole, note.at, files)
        known = self.datasets.setdefault(key, {})
        for data in note.datasets:
            known.setdefault((data.name, data.digest), data)
        if note.bundle is not None and note.bundle not in self.models.setdefault(key, []):
            if not self.bundles(note.bundle).list():
                raise DataError(f"the bundle {note.bundle[:12]} is empty", self.label, "send it")
            self.models[key].append(note.bundle)
        whole.tag(last_tags(note))
        return note.training

    def recall(self, project: str, training: str) -> Tracked | None:
        """Return what is held of a training, None when nothing is."""
        key = (project, training)
        if key not in self.wholes:
            return None
        return Tracked(
            run=training,
            whole=self.wholes[key].account,
            candidates={name: kept.account for name, kept in self.candidates.get(key, {}).items()},
            datasets=tuple(self.datasets.get(key, {}).values()),
            models=tuple(self.models.get(key, [])),
        )

    @property
    def label(self) -> str:
        """What to call this place in an error."""
        return "memory"
