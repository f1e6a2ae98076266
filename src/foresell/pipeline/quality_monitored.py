"""What the watch over a model has found, as the quality report tells it."""

from collections.abc import Mapping, Sequence
from typing import Any

from foresell.pipeline.quality_artifacts import Artifact, json_artifact, pointer, taken
from foresell.spec.ports import Store
from foresell.spec.quality import Number, Section

DRIFT = "drift_summary.json"
PERFORMANCE = "performance_summary.json"
_UNWATCHED = "monitored.json"
_WORST = 3  # columns that are told, the most moved first


def drift(monitored: Store, project: str) -> Section:
    """Return what the run compared, or why it compared nothing."""
    names = monitored.list()
    if DRIFT in names:
        return drift_found(json_artifact(f"monitored/{DRIFT}", monitored.read_bytes(DRIFT)))
    reason = "the run compared nothing"
    if _UNWATCHED in names:
        reason = json_artifact(_UNWATCHED, monitored.read_bytes(_UNWATCHED)).told["reason"]
    return drift_missing(str(reason), project)


def drift_missing(reason: str, project: str) -> Section:
    """Return that nothing was compared yet, and what compares."""
    return Section(
        name="drift",
        title="Drift",
        state="missing",
        says=f"Nothing was compared: {reason.rstrip('.')}.",
        mend=f"foresell monitor drift {project} --current FILE",
    )


def drift_found(found: Artifact) -> Section:
    """Return how far the columns moved that moved most, and whether that is an alarm."""
    columns: Sequence[Mapping[str, Any]] = found.told["columns"]
    sizes = {at: one["psi"] for at, one in enumerate(columns) if one.get("psi") is not None}
    worst = sorted(sizes, key=lambda at: (-sizes[at], at))
    moved = sum(bool(one.get("drifted")) for one in columns)
    numbers = taken(found, [("version", "/version", "")])
    numbers.append(found.number("columns", len(columns), "length of /columns"))
    numbers.append(found.number("drifted", moved, "columns of /columns whose drifted is true"))
    for at in worst[:_WORST]:
        numbers += taken(
            found, [(f"PSI of {columns[at]['name']}", pointer("columns", at, "psi"), "")]
        )
    alarms = _alarms(found)
    return Section(
        name="drift",
        title="Drift",
        state="found",
        says=_told(found, alarms, "No alarm about drift."),
        failed=bool(alarms),
        numbers=tuple(numbers),
    )


def performance_found(found: Artifact) -> Section:
    """Return how forecasts fared against what came true, and the verdict."""
    verdict = str(found.told["verdict"])
    numbers: list[Number] = taken(found, [("version", "/version", ""), ("verdict", "/verdict", "")])
    return Section(
        name="performance",
        title="Performance since",
        state="found",
        says=_told(found, _alarms(found), f"The verdict is {verdict}."),
        failed=verdict == "retrain",
        numbers=tuple(numbers),
    )


def performance_missing(project: str) -> Section:
    """Return that no truth was given yet, and what takes it."""
    return Section(
        name="performance",
        title="Performance since",
        state="missing",
        says="Nobody has told what came true.",
        mend=f"foresell monitor performance {project} --actuals FILE",
    )


def _alarms(found: Artifact) -> list[str]:
    """Return the sentences of the findings that raise an alert."""
    findings: Sequence[Mapping[str, Any]] = found.told.get("findings", [])
    return [str(one["says"]) for one in findings if one.get("weight") == "alarm"]


def _told(found: Artifact, alarms: Sequence[str], otherwise: str) -> str:
    """Return the sentence of a summary, else its alarms, else ``otherwise``."""
    says = found.told.get("says")
    return str(says) if isinstance(says, str) and says else " ".join(alarms) or otherwise
