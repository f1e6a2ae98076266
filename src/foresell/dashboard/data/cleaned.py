"""What was changed on the way to the layer, what tells the target, and what stands out in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from foresell.dashboard.data.shares import share
from foresell.dashboard.page import Cell, Table
from foresell.report.wording import count, day, listed

_DROP = "drop"  # the step that leaves out a column as it is read
_TOLD = 6  # findings of the exploration that are told here; its report has them all


Step = Mapping[str, Any]  # as `cleaning.json` has it


@dataclass(frozen=True, kw_only=True)
class Leaks:
    """What tells the target. ``says``: what was looked for; ``table``: None: nothing was found."""

    says: str
    table: Table | None


@dataclass(frozen=True, kw_only=True)
class Explored:
    """The main findings of the exploration; ``more``: how many its report has beside these.

    ``says``: which rows were explored, for the page tells of all of them elsewhere.
    """

    says: str
    findings: tuple[str, ...]
    more: int


def cleaning_of(steps: Sequence[Step]) -> Table:
    """Return the steps of ``cleaning.json``, in their order, and what each changed."""
    return Table(
        caption="Steps from the rows as they came to those that models learn from.",
        heads=("Step", "Column", "Changed", "Rows before", "Rows after", "Why"),
        words=("Column", "Why"),
        rows=[
            (
                Cell(text=str(one["step"])),
                Cell(text=", ".join(columns)),
                Cell(text=f"{one['changed']:,}"),
                Cell(text=f"{one['rows_in']:,}"),
                Cell(text=f"{one['rows_out']:,}"),
                Cell(text=str(one["why"])),
            )
            for one, columns in _together(steps)
        ],
    )


def _together(steps: Sequence[Step]) -> Sequence[tuple[Step, Sequence[str]]]:
    """Return the steps with their columns: what did the same for the same reason is one."""
    found: list[tuple[Step, list[str]]] = []
    for one in steps:
        own = [str(one["column"])] if one["column"] else []
        if found and own and {**found[-1][0], "column": ""} == {**one, "column": ""}:
            found[-1][1].extend(own)
        else:
            found.append((one, own))
    return found


def cleaning_says(steps: Sequence[Step], *, went_on: bool = True) -> str:
    """Return what came of the steps, in a sentence. ``went_on``: the gate did not stop the run."""
    changed = [one for one in steps if one["changed"] and one["step"] != _DROP]
    dropped = sum(one["step"] == _DROP for one in steps)
    if not steps:
        return "No step was taken."
    came, left = steps[0]["rows_in"], steps[-1]["rows_out"]
    if not went_on:
        told = count(left) if left else "none"
        return f"{count(came, 'row')} came in and {told} passed. The run was stopped: none went on."
    rows = (
        f"All {count(came, 'row')} went on"
        if came == left
        else f"{count(came, 'row')} came in and {count(left)} went on"
    )
    rows += f", without {count(dropped, 'column')}" if dropped else ""
    if not changed:
        return f"{rows}; no step changed a value."
    names = listed(list(dict.fromkeys(str(one["step"]) for one in changed)))
    return f"{rows}. What changed them: {names}."


def leaks_of(leakage: Mapping[str, Any]) -> Leaks:
    """Return what ``leakage.json`` says."""
    looked = (
        f"{count(len(leakage['columns']), 'column')} looked at on {count(leakage['rows'], 'row')}"
    )
    findings: Sequence[Mapping[str, Any]] = leakage["findings"]
    if not findings:
        return Leaks(says=f"No column tells the target by itself: {looked}.", table=None)
    return Leaks(
        says=f"{count(len(findings), 'finding')}; {looked}. A column that tells the target makes a "
        "model look better than it is.",
        table=Table(
            caption="Columns that tell the target, and what is done about them.",
            heads=("Columns", "What was found", "Rows", "What is done"),
            words=("What was found", "What is done"),
            rows=[
                (
                    Cell(text=" and ".join(one["columns"])),
                    Cell(text=str(one["evidence"])),
                    Cell(text=share(one["share"], 1)),
                    Cell(
                        text=one["note"] or str(one["verdict"]),
                        mark="warn" if one["verdict"] == "refuse" else "",
                    ),
                )
                for one in findings
            ],
        ),
    )


def explored_of(report: Mapping[str, Any], processed: int | None) -> Explored:
    """Return the first findings of ``eda_report.json``, by rank.

    ``processed``: how many rows went on last, None where that is not known; where the report tells
    of another number it is of an earlier run.
    """
    older = processed is not None and report["rows"]["of"] != processed
    ranked = sorted(report["findings"], key=lambda one: int(one["rank"]))
    return Explored(
        says=f"{'Of an earlier run. ' if older else ''}{_rows_explored(report['rows'])}",
        findings=tuple(str(one["says"]) for one in ranked[:_TOLD]),
        more=max(len(ranked) - _TOLD, 0),
    )


def _rows_explored(rows: Mapping[str, Any]) -> str:
    r"""Return which rows were explored, in the words of the report.

    >>> _rows_explored({"which": "all", "n": 10, "of": 10, "cutoff": None})
    'Seen in all 10\xa0rows that went on, those of the test among them.'
    """
    if rows["which"] == "all":
        return f"Seen in all {count(rows['of'], 'row')} that went on, those of the test among them."
    until = f", up to {day(date.fromisoformat(rows['cutoff']))}" if rows["cutoff"] else ""
    left = rows["of"] - rows["n"]
    return (
        f"Seen in the {count(rows['n'], 'row')} that models may learn from{until}; the "
        f"{count(left)} that the test keeps were not looked at."
    )
