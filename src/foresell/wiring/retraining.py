"""Where the decision to train again meets the summaries, the registry and the data at hand."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresell.adapters.file_locks import taken
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import DataError, GateError, MachineError, UsageError
from foresell.evaluate.gate import deciding_metrics
from foresell.govern.gate import against_live
from foresell.govern.promoting import promote
from foresell.govern.registry import Registry, judged_version, read_state, resolve
from foresell.monitor.retraining import Evidence, of_drift, of_performance
from foresell.pipeline.writing import json_bytes
from foresell.settings import Settings
from foresell.spec.project import ProjectSpec
from foresell.spec.registry import Alias, Version
from foresell.wiring.monitor_files import monitor_folder, put, writing

if TYPE_CHECKING:
    from foresell.bundle.bundle import Evidence as Judged

RECORD = "retrain.json"
_LOCK = ".retrain.lock"
_PERFORMANCE, _DRIFT = "performance_summary.json", "drift_summary.json"
_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Served:
    """The version that answers: what prod points to, else staging; its metadata and judged rows."""

    version: Version
    alias: Alias
    bundle: "Judged"


@dataclass(frozen=True, kw_only=True)
class NewData:
    """Whether the files at hand are others than those a version learnt from, in a sentence."""

    new: bool
    says: str


def served(registry: Registry, project: str, begun: Mapping[str, Any] | None) -> Served:
    """Return the version that answers for ``project``.

    ``begun``: the record of a retraining that did not end. Where it may have moved staging, and
    nothing is on prod, the version that it began with is meant.

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
    before = begun["served"] if begun is not None else {}
    if alias == "staging" and before.get("alias") == alias:
        number = int(before["version"])
    version = resolve(state, number)
    return Served(version=version, alias=alias, bundle=judged_version(registry, version))


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


def new_data(place: DirectoryWorkspace, before: "Judged", version: int) -> NewData:
    """Compare the raw files that a run has just read with those that ``version`` learnt from.

    Raises:
        DataError: the manifest of the run cannot be read.
    """
    try:
        listed = json.loads(place.output("manifest").read_bytes("manifest.json"))["files"]
    except (ValueError, KeyError, MachineError) as error:
        raise DataError(
            "the list of the raw files cannot be read",
            str(place.folder("manifest")),
            "run the project again: foresell run PROJECT --until manifest",
        ) from error
    now = {str(one["name"]): one for one in listed}
    data = before.metadata.get("data")
    files = data.get("files", ()) if isinstance(data, Mapping) else ()
    old = {str(one["name"]): one for one in files}
    other = [
        name
        for name in dict.fromkeys([*old, *now])
        if _digest(old.get(name)) != _digest(now.get(name))
    ]
    if not other:
        says = f"no new data since version {version}: the same {len(now)} files, byte for byte"
        return NewData(new=False, says=says if len(now) > 1 else _one_file(version))
    shown = [_change(name, old.get(name), now.get(name)) for name in other[:_SHOWN]]
    more = f" and {len(other) - _SHOWN} more" if len(other) > _SHOWN else ""
    return NewData(new=True, says=f"new data since version {version}: {', '.join(shown)}{more}")


def _one_file(version: int) -> str:
    return f"no new data since version {version}: the same file, byte for byte"


def _digest(file: Mapping[str, Any] | None) -> object:
    return None if file is None else file.get("sha256")


def _change(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    """Return what became of one file, in words."""
    if old is None or new is None:
        return f"{name} ({'added' if old is None else 'gone'})"
    rows = (old.get("rows"), new.get("rows"))
    if all(isinstance(one, int) for one in rows) and rows[0] != rows[1]:
        return f"{name} ({rows[0]:,} to {rows[1]:,} rows)"
    return f"{name} (changed)"


def beside(
    registry: Registry, challenger: int, before: Served, project: ProjectSpec
) -> dict[str, Any]:
    """Return how the challenger did beside the served version on rows both were judged on.

    As `foresell.govern.gate.against_live`, with ``metrics``, those that decide, and ``better``: on
    every one of them, over at least ``monitoring.least_rows`` rows; ``says``: a sentence.
    """
    version = resolve(read_state(registry, project.name), challenger)
    found = against_live(judged_version(registry, version), before.bundle)
    metrics = list(deciding_metrics(project))
    if not found["comparable"]:
        says = f"not comparable with version {before.version.version}: {found['why']}"
        return {**found, "metrics": metrics, "better": False, "says": says}
    pairs = {name: (found["new"][name], found["live"][name]) for name in metrics}
    enough = found["n"] >= project.monitoring.least_rows
    better = enough and all(
        new is not None and old is not None and new < old for new, old in pairs.values()
    )
    numbers = ", ".join(
        f"{name.upper()} {_number(new)} against {_number(old)}"
        for name, (new, old) in pairs.items()
    )
    says = f"on {found['n']:,} rows that both were judged on: {numbers}"
    if not enough:
        says += f"; fewer than {project.monitoring.least_rows} rows decide nothing"
    return {**found, "metrics": metrics, "better": better, "says": f"{says}{_apart(found)}"}


def _apart(found: Mapping[str, Any]) -> str:
    """Return a remark where the two were not judged from the same cutoff."""
    new, old = found["new"]["cutoff"], found["live"]["cutoff"]
    if new == old or new is None or old is None:
        return ""
    return f"; the challenger knew the data to {new}, the served version to {old}"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def promoted(
    registry: Registry, project: ProjectSpec, challenger: int, before: Served, says: str
) -> tuple[bool, str]:
    """Point prod to a challenger that passed and is better, if the project lets that happen.

    Return whether it was done, and what is to be said. A version that still waits for an approval,
    and a project of which nothing is on prod yet, are left to people; and so is a prod that was
    moved since the challenger was compared with what was there.
    """
    name = project.name
    by_hand = f"foresell registry promote {name} {challenger} --to prod --reason TEXT"
    if project.monitoring.promote == "never":
        return False, f"prod is left to you: {by_hand}"
    if before.alias != "prod":
        return False, f"nothing is on prod yet, and the first is for a person: {by_hand}"
    try:
        move = promote(
            registry,
            name,
            challenger,
            "prod",
            reason=f"retrained and better {says}",
            expected=before.version.version,
        )
    except GateError as error:
        return False, f"not promoted: {error.what}; {error.mend}"
    if move.transition is None:
        return False, f"somebody put version {challenger} on prod meanwhile"
    return True, f"promoted to prod: monitoring.promote is {project.monitoring.promote}"


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
