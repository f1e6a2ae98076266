"""Whether the data moved away from what the version learnt: the last look, and those before."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from foresell.dashboard.monitoring.looks import column_label, measured
from foresell.dashboard.page import Cell, Fact, Table
from foresell.dashboard.reading.shown import AbsentError, Shown
from foresell.errors import counted
from foresell.report.performance_words import iso_day, or_dash
from foresell.report.wording import listed, percent

OUTPUT, SUMMARY, TABLE = "monitor", "drift_summary.json", "drift.csv"
RUN, REASON = "monitored", "monitored.json"  # what the stage of a run leaves
_SEGMENTS = 10
_ISO = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
Told = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What the last look found.

    ``headline``: the finding; ``sides``: what was compared with what; ``alarms`` and ``notes``:
    sentences. ``caution``: why quiet is no proof, "" where it is. ``by_run``: a run looked, and no
    alert was settled. ``columns``: every column, worst first.
    """

    headline: str
    sides: str
    version: int
    alarms: Sequence[str]
    notes: Sequence[str]
    caution: str
    by_run: bool
    facts: Sequence[Fact]
    columns: Table | None
    segments: Table | None


def told_of(shown: Shown, folder: str) -> tuple[Told, bool]:
    """Return what the last look found, and whether it was that of a run.

    Raises:
        AbsentError: nobody has looked; with why a run had nothing to compare, where one tried.
    """
    if shown.stamp(OUTPUT, f"{folder}{SUMMARY}") is not None:
        told: Told = shown.json(OUTPUT, f"{folder}{SUMMARY}")
        return told, False
    if not folder and shown.stamp(RUN, SUMMARY) is not None:
        told = shown.json(RUN, SUMMARY)
        return told, True
    tried = not folder and shown.stamp(RUN, REASON) is not None
    why = f": {shown.json(RUN, REASON)['reason']}" if tried else ""
    raise AbsentError(
        f"nothing was compared with what was learnt yet{why}",
        f"{shown.name}/{OUTPUT}",
        f"foresell monitor drift {shown.name} --current FILE",
    )


def drift_of(shown: Shown, folder: str, address: str) -> Drift:
    """Return what the last look found. ``address``: of this page, "?" or "&" at its end."""
    told, by_run = told_of(shown, folder)
    source = f"{RUN if by_run else OUTPUT}/{folder}{SUMMARY}"
    columns = [column_of(one) for one in told["columns"]]
    findings = told["findings"]
    return Drift(
        headline=headline(told),
        sides=_sides(told),
        version=int(told["version"]),
        alarms=[str(one["says"]) for one in findings if one["weight"] == "alarm"],
        notes=[
            *(str(one["says"]) for one in findings if one["weight"] != "alarm"),
            *map(str, told["notes"]),
        ],
        caution=str(told["caution"]),
        by_run=by_run,
        facts=_facts(columns, told, source),
        columns=_table(columns, told["limits"], address) if columns else None,
        segments=_segments(told["segments"]),
    )


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the summary, with what decides of it in its types."""

    told: Told
    name: str
    part: str
    drifted: bool
    trending: bool

    @property
    def counts(self) -> bool:
        """Whether it drifted, and was not expected to."""
        return self.drifted and not self.trending


def column_of(told: Told) -> Column:
    """Return a column of the summary."""
    return Column(
        told=told,
        name=str(told["name"]),
        part=str(told["part"]),
        drifted=bool(told["drifted"]),
        trending=bool(told["trending"]),
    )


def headline(told: Told) -> str:
    """Return the finding of a look as a sentence."""
    if told["withheld"]:
        return "Too few rows to compare"
    columns = [column_of(one) for one in told["columns"]]
    moved = [column_label(one.name, one.part) for one in columns if one.counts]
    segments = told["segments"]
    apart = sum(bool(one["moved"]) for one in segments["levels"]) if segments else 0
    also = f", and {counted(apart, 'segment')} moved away from all others" if apart else ""
    if not columns:
        return f"No column was compared{also.replace(', and', ', but')}"
    if not moved:
        quiet = f"None of {counted(len(columns), 'column')} moved beyond what chance gives"
        return f"{quiet}{also}" if not apart else f"{quiet}{also.replace(', and', ', but')}"
    return f"{moved[0]} moved{also}" if len(moved) == 1 else f"{listed(moved, 4)} moved{also}"


def _sides(told: Told) -> str:
    """Return what was compared with what."""
    current, reference = told["current"], told["reference"]
    now = f"{current['told']}: {counted(int(current['rows']), 'row')}{_span(current)}"
    before = f"{counted(int(reference['rows']), 'row')} that version {told['version']} learnt from"
    if told["withheld"]:
        return f"{now}. {told['withheld']}."
    says = _ISO.sub(lambda found: iso_day(found[0]), str(reference["says"]).rstrip("."))
    return f"{now}, beside {before}{f' ({says})' if says else _span(reference)}."


def _span(side: Told) -> str:
    """Return the days of one side, where its rows have any."""
    return f", {iso_day(side['first'])} to {iso_day(side['last'])}" if side["first"] else ""


def _facts(columns: Sequence[Column], told: Told, source: str) -> list[Fact]:
    """Return the numbers of a look that matter."""
    if told["withheld"] or not columns:
        return []
    moved = sum(one.counts for one in columns)
    expected = sum(one.drifted and one.trending for one in columns)
    facts = [
        Fact(
            value=str(moved),
            label=f"of {counted(len(columns), 'column')} moved",
            note=f"and {expected} as expected" if expected else "beyond what chance gives",
            source=source,
            tone="bad" if moved else "",
        )
    ]
    for part, label in (("prediction", "PSI of the answers"), ("target", "PSI of the target")):
        for one in columns:
            if one.part == part:
                chance = f"{float(one.told['psi_expected']):.2f} by chance"
                value = f"{float(one.told['psi']):.2f}"
                facts.append(Fact(value=value, label=label, note=chance, source=source))
    return facts


def _table(columns: Sequence[Column], limits: Told, address: str) -> Table:
    """Return every column with its numbers."""
    number = or_dash(lambda value: f"{value:.2f}")
    share = or_dash(percent)
    rows = []
    for one in columns:
        told = one.told
        state = measured(told, limits).state
        label = column_label(one.name, one.part)
        rows.append([
            Cell(text=label, href=f"{address}column={quote(one.name, safe='')}#column"),
            Cell(text=str(told["verdict"]), mark="warn" if state == "moved" else ""),
            Cell(text=number(told["psi"])),
            Cell(text=number(told["psi_expected"])),
            Cell(text=number(told["ks"])),
            Cell(text=_chance(float(told["adjusted"]))),
            Cell(text=share(told["reference_missing"])),
            Cell(text=share(told["current_missing"])),
            Cell(text=share(told["unseen_share"])),
        ])
    return Table(
        caption="Every column: those that moved, then the others, the farthest first",
        heads=(
            *("Column", "Verdict", "PSI", "by chance", "KS", "Chance"),
            *("Missing before", "now", "Unseen"),
        ),
        rows=rows,
        words=("Verdict",),
    )


def _chance(value: float) -> str:
    """Return a chance.

    >>> _chance(0.00001), _chance(0.034), _chance(1.0)
    ('< 0.0001', '0.034', '1')
    """
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def _segments(told: Told | None) -> Table | None:
    """Return the segments, in the order of the look: moved, large, small; the surest of each first.

    None where none were compared.
    """
    if told is None or not told["levels"]:
        return None
    levels = told["levels"]
    rows = [
        [
            Cell(text=f"{one['by']} {one['level']}"),
            Cell(text=f"{float(one['ratio']):.2f}", mark="warn" if one["moved"] else ""),
            Cell(text=f"{float(one['others']):.2f}"),
            Cell(text=_chance(float(one["adjusted"]))),
            Cell(text=f"{int(one['current_rows']):,}"),
        ]
        for one in levels[:_SEGMENTS]
    ]
    return Table(
        caption="Segments: those that moved, then large before small ones",
        heads=("Segment", "Now / before", "All others", "Chance", "Rows now"),
        rows=rows,
        left_out=len(levels) - len(rows),
    )
