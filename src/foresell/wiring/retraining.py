"""Where the decision to train again meets the summaries, the registry and the data at hand."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from foresell.adapters.file_locks import taken
from foresell.errors import MachineError, UsageError
from foresell.govern.registry import Registry, judged_version, read_state, resolve
from foresell.monitor.retraining import Evidence, of_drift, of_performance
from foresell.pipeline.writing import json_bytes
from foresell.settings import Settings
from foresell.spec.modelling import Selection
from foresell.spec.project import Preset, ProjectSpec
from foresell.spec.registry import Alias, Version
from foresell.wiring.monitor_files import monitor_folder, put, writing

if TYPE_CHECKING:
    from foresell.bundle.bundle import Evidence as Judged

RECORD = "retrain.json"
_LOCK = ".retrain.lock"
_PERFORMANCE, _DRIFT = "performance_summary.json", "drift_summary.json"


@dataclass(frozen=True, kw_only=True)
class Served:
    """The version that answers: what prod points to, else staging; its metadata and judged rows.

    ``moved``: staging points to its challenger by now, which a retraining that did not end has put
    there.
    """

    version: Version
    alias: Alias
    bundle: "Judged"
    moved: bool = False


def served(registry: Registry, project: str, begun: Mapping[str, Any] | None) -> Served:
    """Return the version that answers for ``project``.

    ``begun``: the record of a retraining that did not end. Where nothing is on prod, and staging
    points to what a run of that retraining has trained, the version that it began with is meant.

    Raises:
        UsageError: no version is on prod or staging.
    """
    state = read_state(registry, project)
    alias: Alias = "prod" if state.aliases["prod"] is not None else "staging"
    number = state.aliases[alias]
    if number is None:
        raise UsageError(
            f"no version of {project!r} is served, so none can be trained again",
            "registry",
            f"foresell run {project} trains the first",
        )
    version, moved = resolve(state, number), False
    if begun is not None and alias == begun["served"]["alias"] == "staging":
        before = int(begun["served"]["version"])
        moved = number != before and version.run_id in begun.get("runs", ())
        version = resolve(state, before) if moved else version
    bundle = judged_version(registry, version)
    return Served(version=version, alias=alias, bundle=bundle, moved=moved)


def preset_of(before: Served) -> Preset:
    """Return the effort that a version was trained with."""
    told = before.bundle.metadata.get("preset")
    return cast("Preset", told) if told in get_args(Preset) else "default"


def selection_of(before: Served, project: ProjectSpec, preset: Preset) -> Selection | None:
    """Return what was done about settings then, None where it would be done anyway."""
    from foresell.models.effort import EFFORTS  # noqa: PLC0415 - only where something is trained

    told = before.bundle.metadata.get("selection")
    usual = EFFORTS[preset].selection or project.models.selection
    return cast("Selection", told) if told in get_args(Selection) and told != usual else None


def place_of(data: str | Path | None) -> str | None:
    """Return a place of data as it can be told to a later process, which may stand elsewhere."""
    if data is None or "://" in str(data):
        return None if data is None else str(data)
    return str(Path(data).absolute())


def evidence(
    project: str, version: int, settings: Settings, now: datetime
) -> tuple[Evidence, Evidence]:
    """Return what the watch has written of ``version``: of its performance, and of drift."""
    folder = monitor_folder(project, settings)
    told, days = _summary(folder / _PERFORMANCE, now)
    command = f"foresell monitor performance {project} --actuals FILE"
    performance = of_performance(told, version, days, command)
    told, days = _summary(folder / _DRIFT, now)
    return performance, of_drift(told, version, days, f"foresell monitor drift {project}")


def _summary(path: Path, now: datetime) -> tuple[Mapping[str, Any] | None, float]:
    """Return the content of a summary and its age in days; None: no file, empty: not readable."""
    try:
        days = (now - datetime.fromtimestamp(path.stat().st_mtime, UTC)).total_seconds() / 86_400
        content = path.read_bytes()
    except FileNotFoundError:
        return None, 0.0
    except OSError:
        return {}, 0.0
    try:
        told = json.loads(content)
    except ValueError:
        return {}, days
    return (told if isinstance(told, dict) else {}), days


@contextmanager
def held(project: str, settings: Settings) -> Iterator[Path]:
    """Hold the retraining of one project; give the path of its record.

    The lock dies with the process. A folder that cannot be written is a MachineError.

    Raises:
        MachineError: another one is at work.
    """
    with writing(project, settings) as folder:  # held for a moment: a run may take hours
        handle = (folder / _LOCK).open("a", encoding="utf-8")
    with handle:
        if not taken(handle):
            raise MachineError(
                f"{project} is being trained again already", str(folder), "wait for it to end"
            )
        yield folder / RECORD


def begun_before(record: Path) -> Mapping[str, Any] | None:
    """Return the record of a retraining that began and did not end, None where none did."""
    try:
        told = json.loads(record.read_bytes())
        if told["state"] != "begun" or not {"alias", "version"} <= set(told["served"]):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # none, or nothing to go by: this one begins anew
    return dict(told)


def keep(project: str, told: Mapping[str, Any], settings: Settings) -> None:
    """Write the record, whole or not at all; a MachineError where it cannot be written."""
    with writing(project, settings) as folder:
        put(folder, {RECORD: json_bytes(told) + b"\n"})


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)
