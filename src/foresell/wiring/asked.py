"""What projects are run with, in words that another process can be told, and what they come to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import UsageError
from foresell.pipeline.work import Request
from foresell.settings import Settings
from foresell.spec.modelling import Selection
from foresell.spec.ports import RawFile, Source
from foresell.spec.project import Preset
from foresell.wiring.origins import Given
from foresell.wiring.registry import registry
from foresell.wiring.runs import declared, raw_source

RAW = ("manifest", "ingest")  # the stages that look at raw files


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a run is asked for, beside its stages; see `foresell.run`."""

    given: Given = field(default_factory=Given)
    preset: Preset = "default"
    selection: Selection | None = None
    override: str | None = None
    force: bool = False


def asked_request(
    project: str,
    asked: Asked,
    place: DirectoryWorkspace,
    stages: Sequence[str],
    settings: Settings,
) -> Request:
    """Return what ``stages`` of a project need to know; raw files are looked for if they are read.

    Without them, of the raw files is known what the stage ``manifest`` has kept.
    """
    texts, spec, contract = declared(project, asked.given, settings)
    looks = set(RAW) & set(stages)
    return Request(
        project=spec,
        contract=contract,
        source=raw_source(spec, contract, asked.given, settings) if looks else read_before(place),
        preset=asked.preset,
        selection=asked.selection,
        override=asked.override,
        project_text=texts.project_text,
        contract_text=texts.contract_text,
        force=asked.force,
        registry=partial(registry, settings),
        monitor=partial(_monitored, project, settings),
    )


def _monitored(project: str, settings: Settings) -> Mapping[str, bytes]:
    """Return what the stage ``monitor`` writes; see `foresell.wiring.watched.monitored`."""
    from foresell.wiring.watched import monitored  # noqa: PLC0415 - heavy: when a run gets there

    return monitored(project, settings)


def read_before(place: DirectoryWorkspace) -> Source:
    """Return the raw files as the stage ``manifest`` has them."""
    kept = json.loads(place.output("manifest").read_bytes("manifest.json"))
    return ReadBefore(label=str(place.folder("manifest")), synthetic=bool(kept["synthetic"]))


@dataclass(frozen=True, kw_only=True)
class ReadBefore:
    """Raw files that an earlier run has read, and this one does not look at."""

    label: str
    synthetic: bool

    def files(self, pattern: str) -> Sequence[RawFile]:
        """Refuse to look: always a ``UsageError``."""
        raise self._refusal(pattern)

    def open(self, name: str) -> BinaryIO:
        """Refuse to look: always a ``UsageError``."""
        raise self._refusal(name)

    def _refusal(self, name: str) -> UsageError:
        """Return why not."""
        return UsageError(
            f"raw files ({name}) are read, and no stage of this run was to look at them",
            self.label,
            f"run the stages that read raw files: --stage {' --stage '.join(RAW)}",
        )
