"""The quality report in one table: a row a project, a column for what is asked first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foresell.report.quality_words import beside, label, shown

_GATE = {True: "failed", False: "passed"}
_ERRORS = ("wmae", "rmse")  # whichever the gate compares by


@dataclass(frozen=True, kw_only=True)
class Line:
    """One project: ``cells`` are text by column of `COLUMNS`; a dash where nothing is known."""

    project: str
    cells: Mapping[str, str]


COLUMNS = (
    "version",
    "gate",
    "error",
    "best baseline",
    "in 80 %",
    "calibration",
    "drift",
    "PSI",
    "p50",
    "p95",
    "slowest",
)


def overview(projects: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Return a line for each project of a report, in its order."""
    return [Line(project=str(one["project"]), cells=_cells(one)) for one in projects]


def _cells(told: Mapping[str, Any]) -> dict[str, str]:
    sections = {str(one["name"]): one for one in told["sections"]}
    found = {
        name: {str(number["name"]): number for number in one["numbers"]}
        for name, one in sections.items()
    }
    errors = found.get("errors", {})
    metric = next((name for name in _ERRORS if name in errors), "mae")
    latency = found.get("latency", {})
    shown_psi = [name for name in found.get("drift", {}) if name.startswith("PSI of ")]
    return {
        "version": _value(found.get("model", {}), "version"),
        "gate": _GATE[bool(sections["gate"]["failed"])] if "gate" in sections else "–",
        "error": _with_label(errors, metric),
        "best baseline": beside(errors, metric) or "–",
        "in 80 %": _value(found.get("intervals", {}), "coverage_80"),
        "calibration": _value(found.get("calibration", {}), "share"),
        "drift": _drift(sections.get("drift")),
        "PSI": _value(found.get("drift", {}), shown_psi[0]) if shown_psi else "–",
        "p50": _value(latency, "p50_ms"),
        "p95": _value(latency, "p95_ms"),
        "slowest": _value(latency, "max_ms"),
    }


def _value(numbers: Mapping[str, Any], name: str) -> str:
    return shown(numbers[name]) if name in numbers else "–"


def _with_label(numbers: Mapping[str, Any], name: str) -> str:
    return f"{label(name)} {shown(numbers[name])}" if name in numbers else "–"


def _drift(section: Mapping[str, Any] | None) -> str:
    if section is None or section["state"] in {"missing", "not yet"}:
        return "–"
    return "alarm" if section["failed"] else "none"
