"""Whether the registry, and what is served from it, are as they were: told without opening it."""

import time
from dataclasses import dataclass
from pathlib import Path

from foresell.adapters.digest_cache import files_below, read_json, stamps_at_rest, write_json
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.pipeline.fingerprint import digest, libraries
from foresell.pipeline.work import Request, Stage
from foresell.settings import Settings
from foresell.spec.directories import PIPELINE
from foresell.wiring.freshness import code_in

_LOOKS = "looks"
_KNOWN = frozenset({"registry", "served"})
_WATCHING = "foresell.wiring.watched"  # what the stage monitor calls, and does not import
_DOERS = ("train", "refit")  # stages of which register asks who did them
_SQLITE = "sqlite:///"


@dataclass(frozen=True, kw_only=True)
class Glances:
    """Remembers the world in which stages that look at it have found nothing new.

    Only what lies on this machine is known at a glance: a registry in a file of SQLite, and bundles
    in a folder. Of anything else, and of files that were written a moment ago, nothing is known.
    """

    place: DirectoryWorkspace
    settings: Settings

    def now(self, stage: Stage, request: Request) -> str | None:
        """Return a digest of all that a stage would find, None where that is not known.

        What the registry holds, the stage's own record, and who did the stages it asks about; of
        what is served also the declaration and the code that watches it.
        """
        if not stage.looks or not _KNOWN.issuperset(stage.looks):
            return None
        stamps = self._stamps()
        if stamps is None:
            return None
        records = [str(self.place.record(name)) for name in (stage.name, *_DOERS)]
        watching: list[object] = []
        if "served" in stage.looks:
            texts = [request.project_text, request.contract_text]
            code = code_in(self.settings.home)(_WATCHING)
            watching = [texts, dict(code), dict(libraries())]
        return digest([stamps, records, watching])

    def last(self, stage: Stage) -> str | None:
        """Return the digest of the world in which ``stage`` found nothing new."""
        return read_json(self._kept).get(stage.name)

    def keep(self, stage: Stage, seen: str) -> None:
        """Remember that in the world ``seen`` a stage has found nothing new."""
        write_json(self._kept, {**read_json(self._kept), stage.name: seen})

    @property
    def _kept(self) -> Path:
        return self.settings.home / PIPELINE / _LOOKS / f"{self.place.root.name}.json"

    def _stamps(self) -> object:
        """Return what tells every file of the registry apart; None where that is not known."""
        database, vault = self.settings.registry, self.settings.artifacts
        file = Path(database.removeprefix(_SQLITE))
        if not database.startswith(_SQLITE) or "://" in vault or not file.is_file():
            return None
        files = {str(one): one for one in (file, Path(f"{file}-wal")) if one.is_file()}
        return stamps_at_rest({**files, **files_below(Path(vault))}, time.time_ns())
