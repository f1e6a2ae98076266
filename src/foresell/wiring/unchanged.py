"""A run that can change nothing, told as such without the libraries that a run needs.

A run in which every stage was kept leaves a seal: what told apart every file it depended on. The
next one, asked for the same, reads the raw files and looks at all others; where they are those of
then, it would keep every stage again, and says so. Whatever differs, or was written a moment before
the seal, makes it an ordinary run, which alone decides. So does a program that is younger than the
process that judged by it: that one leaves no seal. Deleting a seal loses nothing.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any

import foresell
from foresell.adapters.digest_cache import (
    files_below,
    read_json,
    sha256_of,
    stamps_at_rest,
    write_json,
)
from foresell.adapters.sources import DirectorySource
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.pipeline.fingerprint import digest, libraries
from foresell.pipeline.graph import stages_of
from foresell.pipeline.runner import Runner
from foresell.pipeline.scheduling import Part
from foresell.pipeline.source_files import package_of
from foresell.pipeline.work import Event, Stage
from foresell.settings import Settings
from foresell.spec.directories import DATA, PIPELINE
from foresell.spec.project import ProjectSpec
from foresell.wiring.asked import Asked
from foresell.wiring.freshness import BEGAN
from foresell.wiring.runs import RUN_ID, declaration, keep_facts, runner, workspace
from foresell.wiring.tracking_result import RunTracking

if TYPE_CHECKING:
    from foresell.wiring.prepared import Prepared

_SEALS = "seals"
_OUTBOX = "_tracking"
_SQLITE = "sqlite:///"
_PASSING, _DRAFTS = (".pyc", ".lock"), ".draft/"  # files that say nothing of a run
_OWN = ("run_id", "run.json", "run.log", ".lock")  # what every run writes anew


@dataclass(frozen=True, kw_only=True)
class Unchanged:
    """A run that has kept every stage; in the words of a run that was made ready."""

    project: ProjectSpec
    asked: Asked
    place: DirectoryWorkspace
    stages: tuple[Stage, ...]
    runner: Runner
    tracking: RunTracking


def unchanged(
    project: str,
    asked: Asked,
    part: Part,
    settings: Settings,
    listen: Callable[[Event], None],
    *,
    track: bool,
) -> Unchanged | None:
    """Run a project whose last run left a seal that holds; None where a run has to look closer.

    A ``MachineError``: another run is at work in the workspace.
    """
    kept = read_json(_seal_of(project, settings))
    if not kept or asked.force or part != Part():
        return None
    texts, spec = declaration(project, settings)
    place, stages = workspace(project, settings), stages_of(spec)
    with place.locked():
        said = [texts.project_text, texts.contract_text, texts.where, track]
        if kept.get("token") != _token(said, asked, place, settings, time_ns()):
            return None
        raw = _raw(Path(str(kept.get("folder"))), spec)
        if raw is None or kept.get("raw") != raw:
            return None
        run = runner(place, listen)
        for stage in stages:
            run.listen(Event(kind="kept", stage=stage.name, text=stage.says, run_id=run.run_id))
        keep_facts(place, run.run_id, [stage.name for stage in stages], texts.where)
    return Unchanged(
        project=spec,
        asked=asked,
        place=place,
        stages=stages,
        runner=run,
        tracking=RunTracking(**kept["tracking"]),
    )


def seal(one: "Prepared", tracking: RunTracking) -> None:
    """Leave a seal where a whole run has kept every stage, and all that it read is at rest."""
    source, settings = one.request.source, one.settings
    if not isinstance(source, DirectorySource) or len(one.stages) < len(one.every):
        return
    if tracking.state not in {"off", "sent"} or (
        one.asked.given.data is None and DATA in settings.directories
    ):
        return
    if any(
        read_json(_record(one.place, each)).get("run_id") == one.runner.run_id
        for each in one.stages
    ):
        return
    began = (one.place.root / RUN_ID).stat().st_mtime_ns  # nothing may be younger than the run
    said = [one.request.project_text, one.request.contract_text, one.texts, tracking.state != "off"]
    token = _token(said, one.asked, one.place, settings, began)
    raw = _raw(source.root.absolute(), one.project)
    if token is None or raw is None or _listed(raw) != _published(one.place):
        return
    if not _is_what_runs(BEGAN):  # asked last: what is edited later has another token
        return
    write_json(
        _seal_of(one.project.name, settings),
        {
            "token": token,
            "folder": str(source.root.absolute()),
            "raw": raw,
            "tracking": {**vars(tracking), "seconds": 0.0},
        },
    )


def _seal_of(project: str, settings: Settings) -> Path:
    """Return where the seal of a project lies."""
    return settings.home / PIPELINE / _SEALS / f"{project}.json"


def _record(place: DirectoryWorkspace, stage: Stage) -> Path:
    """Return the file that holds the record of a stage."""
    return place.root / ".state" / f"{stage.name}.json"


def _token(
    said: Sequence[object], asked: Asked, place: DirectoryWorkspace, settings: Settings, now: int
) -> str | None:
    """Return one digest of all that a run depends on but its raw files.

    What was ``said``: declarations and words; the working folder, in which relative names lie; what
    the environment says; the program and the libraries that can be imported; the files of the
    workspace, linked folders included, of the registry and of the outbox. None where one is younger
    than ``now``, in nanoseconds, less a moment, or where the registry is on another machine.
    """
    files = _registry(settings)
    if files is None:
        return None
    installed = _installed()
    own = {place.root, *(each.folder for each in place.places.values())}
    folders = {Path(foresell.__file__).parent, settings.home / _OUTBOX / place.root.name, *own}
    for folder in folders.union(*map(_linked, own)):
        files |= {f"{folder}/{name}": path for name, path in _lasting(folder).items()}
    stamps = stamps_at_rest(files | installed, now)
    if stamps is None:
        return None
    return digest([
        *said,
        [str(asked), str(settings), settings.registry, settings.tracking, sys.version],
        [str(Path.cwd()), *installed],
        sorted(stamps.items()),
    ])


def _lasting(folder: Path) -> dict[str, Path]:
    """Return the files below ``folder`` that say something of a run, by name."""
    return {
        name: path
        for name, path in files_below(folder).items()
        if name not in _OWN and not name.endswith(_PASSING) and not name.startswith(_DRAFTS)
    }


def _linked(folder: Path) -> set[Path]:
    """Return what in ``folder`` is a link to another one, as of an output on another disk."""
    found = folder.iterdir() if folder.is_dir() else ()
    return {path for path in found if path.is_symlink() and path.is_dir()}


def _installed() -> dict[str, Path]:
    """Return the folders in which libraries are, with what tells their versions, and archives.

    In the order in which Python looks for a library.
    """
    found: dict[str, Path] = {}
    for place in map(Path, sys.path):
        told = sorted(place.glob("*-info"))  # name-1.0.dist-info, name.egg-info
        if told or place.is_file():
            found |= {str(path): path for path in (place, *told)}
    return found


def _is_what_runs(began: int) -> bool:
    """Tell whether a process that ``began`` then has judged by the program as it lies there now.

    It looks at each file and at each version once in its life: whatever was added, edited or taken
    away since is not known to it.
    """
    package = package_of(foresell.__name__)
    looked = [
        *package.modules.values(),
        *(path for some in package.others.values() for path in some),
    ]
    there = _lasting(Path(foresell.__file__).parent).values()
    at_rest = stamps_at_rest({str(path): path for path in (*looked, *there)}, began)
    try:
        return at_rest is not None and libraries.__wrapped__() == libraries()
    except PackageNotFoundError:  # one is being installed just now
        return False


def _registry(settings: Settings) -> dict[str, Path] | None:
    """Return the files of the registry; None where it is not all on this machine."""
    database, vault = settings.registry, settings.artifacts
    file = Path(database.removeprefix(_SQLITE))
    if not database.startswith(_SQLITE) or "://" in vault or not file.is_file():
        return None
    found = {str(one): one for one in (file, Path(f"{file}-wal")) if one.is_file()}
    return found | {f"{vault}/{name}": path for name, path in files_below(Path(vault)).items()}


def _raw(folder: Path, project: ProjectSpec) -> dict[str, Any] | None:
    """Read the raw files of a project; return name, sha256 and time of each, and what lies beside.

    Raw files are read whole in every run: a size and a time vouch for no data. None where one is
    taken away meanwhile.
    """
    source = DirectorySource(folder)
    asked = [project.asked.file] if project.asked is not None else []
    patterns = [*(table.file for table in project.tables), *asked]
    try:
        found = {file.name: file for pattern in patterns for file in source.files(pattern)}
        beside = sorted(folder.iterdir()) if folder.is_dir() else []
        return {
            "files": [
                [name, sha256_of(folder / name), found[name].modified] for name in sorted(found)
            ],
            "beside": [[path.name, path.stat().st_mtime_ns] for path in beside],
        }
    except FileNotFoundError:
        return None


def _listed(raw: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Return name and sha256 of raw files as they are."""
    return {(name, sha256) for name, sha256, _ in raw["files"]}


def _published(place: DirectoryWorkspace) -> Iterable[tuple[str, str]]:
    """Return name and sha256 of the raw files that the run has found."""
    told = read_json(place.folder("sources") / "sources.json")
    return {(file["name"], file["sha256"]) for file in told.get("files", ())}
