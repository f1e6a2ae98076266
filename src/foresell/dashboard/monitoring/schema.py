"""Whether the columns that come are those that were declared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foresell.dashboard.monitoring.drift import OUTPUT, RUN
from foresell.dashboard.page import Cell, Table
from foresell.dashboard.reading.shown import AbsentError, Shown
from foresell.errors import counted

SUMMARY = "schema_summary.json"
Told = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Schema:
    """How the columns differ. ``findings``: a sentence each, and whether it is an alarm."""

    headline: str
    told: str
    findings: Sequence[tuple[str, bool]]
    columns: Table


def schema_of(shown: Shown, folder: str) -> Schema:
    """Return how the columns of the last look differ from those that were declared.

    Raises:
        AbsentError: nobody has looked.
    """
    output = OUTPUT
    if shown.stamp(OUTPUT, f"{folder}{SUMMARY}") is None and not folder:
        output = RUN
    if shown.stamp(output, f"{folder}{SUMMARY}") is None:
        raise AbsentError(
            "no columns were compared with the declared ones yet",
            f"{shown.name}/{OUTPUT}/{folder}{SUMMARY}",
            f"foresell monitor drift {shown.name} --current FILE",
        )
    told: Told = shown.json(output, f"{folder}{SUMMARY}")
    findings = [(str(one["says"]), one["weight"] == "alarm") for one in told["findings"]]
    return Schema(
        headline=_headline(told, findings),
        told=f"{told['current']['told']}, beside contract {told['contract_version']}",
        findings=findings,
        columns=_columns(told),
    )


def _headline(told: Told, findings: Sequence[tuple[str, bool]]) -> str:
    """Return the finding as a sentence."""
    if not findings:
        return f"All {counted(len(told['expected']), 'column')} came as declared"
    alarms = sum(alarm for _, alarm in findings)
    if not alarms:
        noted = counted(len(findings), "note")
        return f"Every column that is needed came as declared, with {noted}"
    return f"{counted(alarms, 'column')} did not come as declared"


def _columns(told: Told) -> Table:
    """Return the declared columns beside those that came, changed ones marked."""
    found = {str(one["name"]): str(one["type"]) for one in told["found"]}
    renamed = {str(one["name"]): one for one in told["renamed"]}
    types = {str(one["name"]) for one in told["types"]}
    rows = []
    for one in told["expected"]:
        label, kind = str(one["name"]), str(one["type"])
        if label in renamed:
            now = str(renamed[label]["now"])
            seen = Cell(text=f"as {now}, by its {renamed[label]['by']}", mark="warn")
            found.pop(now, None)
        elif label in found:
            other = found.pop(label)
            seen = Cell(text=other, mark="warn" if label in types else "")
        else:
            seen = Cell(text="missing", mark="warn" if label in told["missing"] else "")
        rows.append([Cell(text=label), Cell(text=kind), seen])
    for label, kind in found.items():
        rows.append([Cell(text=label), Cell(text="not declared"), Cell(text=kind)])
    return Table(
        caption="Columns as declared, and as they came",
        heads=("Column", "Declared", "Came"),
        rows=rows,
        words=("Declared", "Came"),
    )
