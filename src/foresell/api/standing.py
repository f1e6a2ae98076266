"""What is stale: which stages a run would do again, and because of what."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.api.runs import refuse_unknown_words
from foresell.errors import DataError, UsageError
from foresell.pipeline.graph import stages_of
from foresell.pipeline.staleness import StageState, states
from foresell.pipeline.work import Request
from foresell.settings import Settings, read_settings
from foresell.spec.modelling import Selection
from foresell.spec.project import Origin, Preset, ProjectSpec
from foresell.wiring.asked import RAW, Asked, asked_request
from foresell.wiring.freshness import code_in
from foresell.wiring.origins import Given
from foresell.wiring.runs import declaration, declarations, workspace

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class ProjectStatus:
    """How the stages of one project stand, in their order; see `StageState`.

    ``unseen``: why the raw files could not be looked at, empty where they were.
    """

    project: str
    workspace: Path
    stages: tuple[StageState, ...]
    unseen: str = ""

    @property
    def stale(self) -> tuple[str, ...]:
        """The stages that a run would do again, or may."""
        return tuple(one.stage for one in self.stages if one.state != "fresh")

    @property
    def never(self) -> bool:
        """Whether no stage was ever done."""
        return all(one.state == "never" for one in self.stages)


def status(
    projects: Sequence[str] = (),
    *,
    data: str | Path | None = None,
    source: Origin | None = None,
    preset: Preset = "default",
    selection: Selection | None = None,
    override: str | None = None,
    home: str | Path | None = None,
) -> list[ProjectStatus]:
    """Return what a run of each project would do, and why; nothing is done and nothing is written.

    ``projects``: by default, and for ``all``, every one that is declared. All else as of
    `foresell.run`. Raw files that are nowhere to be found, and no ``data`` was given, are not
    looked at: see ``unseen``. No such project, preset, selection or source is a UsageError, and so
    is a folder of ``data`` for several projects.
    """
    refuse_unknown_words(preset=preset, selection=selection, source=source)
    settings = read_settings(Path(home) if home is not None else None)
    names = list(dict.fromkeys(projects))
    if not names or ALL in names:
        names = list(declarations(settings))
    _refuse_shared(data, names)
    asked = Asked(
        given=Given(data=data, source=source),
        preset=preset,
        selection=selection,
        override=override,
    )
    return [_status(name, asked, settings) for name in names]


def _refuse_shared(data: str | Path | None, names: Sequence[str]) -> None:
    """Refuse one folder of raw files for several projects.

    Raises:
        UsageError: there are several.
    """
    if data is not None and len(names) > 1:
        raise UsageError(
            f"one folder of raw files is given, and {len(names)} projects are looked at",
            "--data",
            "name one project, or stage the files of each: foresell stage PROJECT DIR",
        )


def _status(name: str, asked: Asked, settings: Settings) -> ProjectStatus:
    """Return the status of one project."""
    _, spec = declaration(name, settings)
    place, every = workspace(name, settings), stages_of(spec)
    if all(place.record(stage.name) is None for stage in every):
        found = tuple(
            StageState(stage=stage.name, state="never", looks=stage.looks) for stage in every
        )
        return ProjectStatus(project=name, workspace=place.root, stages=found)
    request, unseen = _request(spec, asked, place, settings)
    found = states(every, request, place, code_in(settings.home))
    told = next((one.unseen for one in found if one.unseen), "")
    return ProjectStatus(project=name, workspace=place.root, stages=found, unseen=unseen or told)


def _request(
    spec: ProjectSpec, asked: Asked, place: DirectoryWorkspace, settings: Settings
) -> tuple[Request, str]:
    """Return what a run would be asked for, and why the raw files cannot be looked at, if so.

    Raises:
        UsageError: they cannot, though it was said where they are.
        DataError: the same.
    """
    try:
        return asked_request(spec.name, asked, place, RAW, settings), ""
    except (UsageError, DataError) as error:
        if asked.given.data is not None or "manifest.json" not in place.output("manifest").list():
            raise
        return asked_request(spec.name, asked, place, (), settings), error.what
