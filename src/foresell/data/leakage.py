"""The guard against leakage: columns that tell the target, and columns nobody can know in time.

What a column tells is found in the data, not in its name: classes cut from the target, copies and
scales of it, codes for it, the same series' target of another period, its running total, and
arithmetic on two columns that gives it. A model that may use such a column learns nothing else, and
has nothing when it is asked before the fact.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import polars as pl

from foresell.data.leak_classes import find_class
from foresell.data.leak_copies import find_code, find_copy
from foresell.data.leak_identities import find_equal, find_identities
from foresell.data.leak_rows import LOOKED_AT, Clue, Rows, read_rows, sample_rows
from foresell.data.leak_series import find_shift, find_total
from foresell.errors import SpecError, nearest
from foresell.spec.project import ProjectSpec

Verdict = Literal["refuse", "report", "allowed"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One way in which columns tell the target.

    ``kind``: classes, copy, code, shift, total, equal, identity, or ``allow`` for a name in
    ``leakage.allow`` that nothing was found about. ``share``: of the rows looked at, those it holds
    on. ``evidence``: what was found, in plain words. ``note``: why it is not refused; empty where
    it is.
    """

    columns: tuple[str, ...]
    kind: str
    verdict: Verdict
    share: float
    evidence: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class LeakReport:
    """What was found in ``rows`` rows; ``columns`` are those looked at."""

    project: str
    rows: int
    columns: tuple[str, ...]
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the content of ``checks/leakage.json``."""
        return asdict(self)

    def refusal(self) -> SpecError | None:
        """Return the error that stops a run, or None where nothing is refused."""
        refused = [finding for finding in self.findings if finding.verdict == "refuse"]
        if not refused:
            return None
        names = list(dict.fromkeys(name for finding in refused for name in finding.columns))
        return SpecError(
            "; ".join(_accuse(finding) for finding in refused),
            f"project {self.project!r}, columns",
            f"give {' or '.join(map(repr, names))} the role 'excluded', or allow it by name: "
            f"leakage: {{allow: [{', '.join(names)}]}}",
        )


def check_leaks(frame: pl.DataFrame | pl.LazyFrame, project: ProjectSpec) -> LeakReport:
    """Look for leaks in processed rows; the report says what to refuse (``refusal``).

    At most about 200,000 rows are looked at, drawn by the seed; a lazy frame is never held whole.

    Raises:
        SpecError: ``leakage.allow`` names a column that has no role.
    """
    for name in project.leakage.allow:
        if name not in project.columns:
            raise SpecError(
                f"{name!r} is no column of the project",
                f"project {project.name!r}, leakage.allow",
                nearest(name, project.columns),
            )
    sample = sample_rows(frame, project)
    looked_at = tuple(name for name in project.with_role(*LOOKED_AT) if name in sample.columns)
    return LeakReport(
        project=project.name,
        rows=sample.height,
        columns=looked_at,
        findings=_findings(sample, project),
    )


def find_leaks(frame: pl.DataFrame | pl.LazyFrame, project: ProjectSpec) -> tuple[Finding, ...]:
    """Return every way in which columns of processed rows tell the target, refused ones first."""
    return _findings(sample_rows(frame, project), project)


def check_known(asked: pl.DataFrame | None, project: ProjectSpec) -> None:
    """Refuse a known-future column that nobody knows for the rows asked for.

    ``asked``: the rows the source asks for, or None where it asks for none: then nothing is known
    of the future, and nothing can be checked.

    Raises:
        SpecError: the first such column.
    """
    if asked is None or asked.is_empty():
        return
    for name in project.with_role("known_future"):
        if name in asked.columns and asked[name].count():
            continue
        found = "has no value in" if name in asked.columns else "is missing from"
        raise SpecError(
            f"the column {name!r} has the role 'known_future' and {found} the rows asked for",
            f"project {project.name!r}, columns",
            f"give {name!r} the role 'past_only': it is not known when the forecast is made",
        )


def _findings(sample: pl.DataFrame, project: ProjectSpec) -> tuple[Finding, ...]:
    """Return the findings in a sample, refused ones first."""
    found = [_judge(clue, project) for clue in _clues(read_rows(sample, project), project)]
    told = {name for finding in found for name in finding.columns}
    for name in project.leakage.allow:
        if name not in told:
            evidence = f"leakage.allow names {name!r}, which was not found to tell {project.target}"
            note = "the name can go"
            found.append(
                Finding(
                    columns=(name,),
                    kind="allow",
                    verdict="report",
                    share=0.0,
                    evidence=evidence,
                    note=note,
                )
            )
    order = {"refuse": 0, "allowed": 1, "report": 2}
    return tuple(sorted(found, key=lambda finding: order[finding.verdict]))


def _clues(rows: Rows, project: ProjectSpec) -> Iterator[Clue]:
    """Yield what ties columns to the target; a column that tells it alone is in no pair."""
    alone = set()
    for name in rows.classes:
        clue = _alone(name, rows, project)
        if clue is not None:
            yield clue
        if clue is not None and clue.certain:
            alone.add(name)
    rest = [name for name in rows.numbers if name not in alone]
    yield from find_identities(rest, rows, project.target)


def _alone(name: str, rows: Rows, project: ProjectSpec) -> Clue | None:
    """Return how one column tells the target, or None."""
    target = project.target
    clue = find_class(name, rows, target) or find_copy(name, rows, target)
    if clue is None and project.columns[name] != "static":
        known = project.columns[name] == "known_future"
        clue = find_shift(name, rows, target, project.horizon, known=known)
        clue = clue or find_total(name, rows, target)
    return clue or find_code(name, rows, target) or find_equal(name, rows, target)


def _judge(clue: Clue, project: ProjectSpec) -> Finding:
    """Return the verdict on one clue."""
    verdict, note = _verdict(clue, project)
    return Finding(
        columns=clue.columns,
        kind=clue.kind,
        verdict=verdict,
        share=round(clue.share, 6),
        evidence=clue.says,
        note=note,
    )


def _verdict(clue: Clue, project: ProjectSpec) -> tuple[Verdict, str]:
    """Return what follows from a clue, and why it is no refusal."""
    roles = [project.columns[name] for name in clue.columns]
    out = [name for name, role in zip(clue.columns, roles, strict=True) if role == "excluded"]
    if not clue.certain:
        part = clue.kind in {"equal", "identity"}
        return "report", "on part of the rows" if part else "the world may be made so"
    if out:
        named = "" if len(clue.columns) == 1 else f"{' and '.join(out)} "
        return "report", f"{named}excluded, as it should be"
    if "past_only" in roles and not clue.ahead:
        return "report", "past_only: a forecast sees earlier rows of it only"
    if any(name in project.leakage.allow for name in clue.columns):
        return "allowed", "allowed by name"
    return "refuse", ""


def _accuse(finding: Finding) -> str:
    """Return one refused finding as a sentence."""
    if len(finding.columns) == 1:
        return f"the column {finding.columns[0]!r} tells the target away: it {finding.evidence}"
    names = " and ".join(map(repr, finding.columns))
    return f"the columns {names} tell the target away: {finding.evidence}"
