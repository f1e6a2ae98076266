"""What the watch over a model has found, as the quality report tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from foresell.pipeline.quality_artifacts import Artifact, json_artifact, pointer, taken
from foresell.spec.ports import Store
from foresell.spec.quality import Section

DRIFT = "drift_summary.json"
SCHEMA = "schema_summary.json"
PERFORMANCE = "performance_summary.json"
_UNWATCHED = "monitored.json"
_SENTENCES = 5
_WORST = 3  # columns that are told


def drift(monitored: Store, project: str) -> Section:
    """Return what the run compared, or why it compared nothing."""
    names = monitored.list()
    if DRIFT in names:
        schema = None
        if SCHEMA in names:
            schema = json_artifact(f"monitored/{SCHEMA}", monitored.read_bytes(SCHEMA))
        found = json_artifact(f"monitored/{DRIFT}", monitored.read_bytes(DRIFT))
        return drift_found(found, schema)
    reason = "the run compared nothing"
    if _UNWATCHED in names:
        reason = json_artifact(_UNWATCHED, monitored.read_bytes(_UNWATCHED)).told["reason"]
    # A new model was asked nothing yet: nobody has left anything undone.
    return replace(drift_missing(str(reason), project), state="not yet")


def drift_missing(reason: str, project: str) -> Section:
    """Return that nothing was compared yet, and what compares."""
    return Section(
        name="drift",
        title="Drift",
        state="missing",
        says=f"Nothing was compared: {reason.rstrip('.')}.",
        mend=f"foresell monitor drift {project} --current FILE",
    )


def drift_found(found: Artifact, schema: Artifact | None) -> Section:
    """Return how far the columns moved that moved most, and whether that is an alarm.

    ``schema``: what was found of the columns themselves, at the same time.
    """
    columns: Sequence[Mapping[str, Any]] = found.told["columns"]
    worst = _worst(columns)
    moved = sum(bool(one.get("drifted")) and not one.get("trending") for one in columns)
    numbers = taken(
        found,
        [
            ("version", "/version", ""),
            ("training rows", "/reference/rows", ""),
            ("current rows", "/current/rows", ""),
        ],
    )
    numbers.append(found.number("columns", len(columns), "length of /columns"))
    how = "columns of /columns that drifted and are not trending"
    numbers.append(found.number("drifted", moved, how))
    for name in ("psi", "ks"):
        numbers += taken(
            found,
            [
                (f"{name.upper()} of {columns[at]['name']}", pointer("columns", at, name), "")
                for at in worst
            ],
        )
    alarms = _alarms(found)
    if schema is not None:
        alarms += _alarms(schema)
        said = len(schema.told.get("findings", []))
        numbers.append(schema.number("changes of columns", said, "length of /findings"))
    return Section(
        name="drift",
        title="Drift",
        state="found",
        says=_sentences(alarms) or "No alarm: what is asked looks like what was learnt.",
        failed=bool(alarms),
        numbers=tuple(one for one in numbers if one.value is not None),
    )


def _worst(columns: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the places of the columns to tell of: those that drifted, then the most moved.

    Trending columns that are expected to move come last, as their size means nothing.
    """
    sizes = {at: one["psi"] for at, one in enumerate(columns) if one.get("psi") is not None}

    def order(at: int) -> tuple[bool, bool, float, int]:
        one = columns[at]
        return bool(one.get("trending")), not one.get("drifted"), -sizes[at], at

    return sorted(sizes, key=order)[:_WORST]


def performance_found(found: Artifact) -> Section:
    """Return how forecasts fared against what came true, and the verdict."""
    verdict = str(found.told["verdict"])
    numbers = taken(
        found,
        [
            ("version", "/version", ""),
            ("verdict", "/verdict", ""),
            ("periods", "/periods", ""),
            ("wape", "/recent/wape", "share"),
            ("wape of the backtest", "/backtest/wape", "share"),
            ("coverage_80", "/recent/coverage_80", "share"),
            ("value added", "/recent/value_added", "share"),
            ("tracking signal", "/tracking_signal", ""),
        ],
    )
    reasons = [str(one) for one in found.told.get("reasons", [])]
    return Section(
        name="performance",
        title="Performance since",
        state="found",
        says=f"The verdict is {verdict}. {_sentences(reasons)}".strip(),
        failed=verdict == "retrain",
        numbers=tuple(one for one in numbers if one.value is not None),
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


def _sentences(said: Sequence[str]) -> str:
    """Return the first few sentences as one text, and how many are left out.

    >>> _sentences(["a moved", "b stands still."])
    'a moved. b stands still.'
    """
    shown = " ".join(f"{one.rstrip('.')}." for one in said[:_SENTENCES])
    more = len(said) - _SENTENCES
    return f"{shown} And {more} more." if more > 0 else shown
