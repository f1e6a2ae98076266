"""validate: rows that pass the contract go on, the others are set aside with the broken rules."""

from collections.abc import Mapping

import polars as pl

from foresell.contracts.gate import ROW, RULES
from foresell.contracts.rules import Rule
from foresell.data.cleaning import check_cleaning
from foresell.data.continuity import SeriesWatch
from foresell.data.leakage import check_leaks
from foresell.errors import DataError, ForesellError, GateError, SpecError, counted, nearest
from foresell.pipeline.cleaned import CLEANS, Step, grouped, make_cleaner
from foresell.pipeline.gating import Gate, gate_report, open_gate
from foresell.pipeline.keys import find_repeats, key_examples
from foresell.pipeline.landing import Landing, open_landing
from foresell.pipeline.layering import Years, layer_shape, list_passed, scan_layer, write_layer
from foresell.pipeline.rejects import write_rejected
from foresell.pipeline.repairs import read_repairs
from foresell.pipeline.spill import Spill
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.spec.project import ProjectSpec

_SHOWN = 3  # rules in a line; checks.json has them all


def run(work: Work) -> ForesellError | None:
    """Write ``processed/`` (Hive partitions by year), ``quarantine/`` and ``checks/``.

    Order: columns dropped as they were read, gate, repairs, grouping, fill, outliers, the policy
    for a negative target, then the guard against leakage. Every row read is kept or in quarantine.
    Nothing needs all rows at once.

    Returns a ``GateError`` when more rows are set aside, or more values are missing, than the
    project allows, or no row passes; then ``processed/`` stays empty. Returns a ``SpecError`` for a
    column that tells the target; then no file is listed as passed.
    """
    project, contract = work.project, work.contract
    check_cleaning(project)
    spill = Spill(work.scratch)
    landing = open_landing(work.inputs["landing"], contract)
    _refuse_other_columns(landing, project)
    gate = open_gate(landing, contract, project, read_repairs(work.inputs["repairs"]), spill)
    years = Years(spill, project.time if project.timed else None)
    watch = SeriesWatch(project, landing.rows) if project.kind == "panel" else None
    for frame in grouped(gate.kept(), project.grouping, landing.rows, spill):
        years.add(frame)
        if watch is not None:
            watch.add(frame)
    write_rejected(work.outputs["quarantine"], gate.rejected, landing.schema)
    failure = _failure(gate)
    if failure is None and watch is not None:
        _refuse_repeated(years, project, contract.key, spill)
        watch.refuse_varying_statics()
        watch.refuse_other_step()
    steps, processed = _gate_steps(gate), 0
    if failure is None:
        cleaner = make_cleaner(years, project, contract)
        out = work.outputs["processed"]
        processed = write_layer(years, layer_shape(project, contract), cleaner.clean, out)
        steps += [*_grouping_steps(gate, years, project), *cleaner.steps()]
        failure = _leak(work, project)
        if failure is None:
            list_passed(out, contract, processed)
    work.outputs["checks"].write_bytes("checks.json", json_bytes(gate_report(gate, processed)))
    work.outputs["checks"].write_bytes("cleaning.json", json_bytes(steps))
    _tell(work, gate, steps, processed, failure)
    return failure


def _leak(work: Work, project: ProjectSpec) -> SpecError | None:
    """Look for columns that tell the target; write what is found, and return what is refused."""
    report = check_leaks(scan_layer(work.outputs["processed"]), project)
    work.outputs["checks"].write_bytes("leakage.json", json_bytes(report.as_json()))
    return report.refusal()


def _failure(gate: Gate) -> ForesellError | None:
    """Return why the rows did not pass as a whole, or None."""
    read, aside = gate.landing.rows, gate.rejected.rows
    if gate.tally.kept == 0:
        return GateError(
            f"no row passed the gate; rules broken: {_broken(gate.tally.counts)}",
            "contract.yaml",
            "compare the units and formats of the file with the contract",
        )
    where, mend, reasons = [], [], []
    if gate.too_many:
        what = f"{aside:,} of {read:,} rows ({aside / read:.1%})"
        if gate.sample is not None:
            drawn, broken = gate.sample.len(), gate.tally.drawn_broken
            what = (
                f"{broken:,} of {drawn:,} checked rows ({broken / drawn:.1%}) and {aside:,} of "
                f"{read:,} rows in all"
            )
        reasons.append(
            f"{what} broke the contract, more than the {gate.allowed:.1%} allowed: "
            f"{_broken(gate.tally.counts)}"
        )
        reasons += [
            f"keys that stand on more than one row: {'; '.join(shown)}"
            for shown in gate.key_examples().values()
        ]
        where.append(f"quarantine/rejected.csv, column {RULES}")
        mend.append("raise cleaning.max_rejected_share if that is right")
    limits = {rule.name: rule for rule in gate.limits}
    for name, share in gate.missing().items():
        column, limit = limits[name].columns[0], limits[name].limit
        reasons.append(f"{share:.1%} of {column!r} is missing, more than the {limit:.1%} allowed")
        where.append(f"contract.yaml, column {column!r}, quality nullValues")
        mend.append("raise the limit if so much may be missing")
    if not reasons:
        return None
    return GateError(
        "; ".join(reasons),
        "; ".join(where),
        f"mend the rows at their source, or {' and '.join(mend)}",
    )


def _tell(
    work: Work, gate: Gate, steps: list[Step], processed: int, failure: ForesellError | None
) -> None:
    """Say what cleaning changed, and last, in one line, what was kept, set aside and changed."""
    dropped = ", ".join(gate.landing.dropped)
    if dropped:
        work.note(f"dropped as they were read: {dropped}")
    for step in steps:
        if step.changed and step.step not in {"drop", "gate"}:
            work.note(str(step))
    tally, aside, stale = gate.tally, gate.rejected.rows, len(gate.settled.stale)
    why = f": {_broken(tally.counts)}" if aside else ""
    rules = len(gate.checks) + len(gate.keys) + len(gate.limits)
    checked = f" ({gate.sample.len():,} checked)" if gate.sample is not None else ""
    said = (
        f"{gate.landing.rows:,} read{checked} = {tally.kept:,} kept + {aside:,} quarantined, "
        f"{rules} rules{why}"
    )
    if failure is None and processed != tally.kept:
        said += f"; {processed:,} rows in the layer"
    done = [step for step in steps if step.changed and step.step.split()[0] in CLEANS]
    if done:
        said += "; cleaning changed " + ", ".join(
            f"{step.column} {step.changed:,} ({step.step.split()[0]})" for step in done
        )
    if stale:
        said += f"; {counted(stale, 'repair')} {'does' if stale == 1 else 'do'} not apply any more"
    work.note(said)


def _gate_steps(gate: Gate) -> list[Step]:
    """Return what was done up to the gate and by repairs."""
    read, tally = gate.landing.rows, gate.tally
    passed = tally.kept - tally.repaired
    found = [
        Step(step="drop", column=name, rows_in=read, rows_out=read, changed=read, why=why)
        for name, why in gate.landing.dropped.items()
    ]
    why = "rows that break the contract are set aside"
    found.append(
        Step(
            step="gate", column=None, rows_in=read, rows_out=passed, changed=read - passed, why=why
        )
    )
    if gate.settled.fixed.height or gate.settled.stale:
        found.append(
            Step(
                step="repairs",
                column=None,
                rows_in=passed,
                rows_out=tally.kept,
                changed=tally.repaired,
                why="mended rows that pass take the places of the originals",
            )
        )
    return found


def _grouping_steps(gate: Gate, years: Years, project: ProjectSpec) -> list[Step]:
    """Return what the declared grouping did."""
    if project.grouping is None:
        return []
    by = ", ".join(project.grouping.by)
    return [
        Step(
            step="grouping",
            column=None,
            rows_in=gate.tally.kept,
            rows_out=years.rows,
            changed=gate.tally.kept,
            why=f"one row for each ({by})",
        )
    ]


def _broken(counts: Mapping[str, int]) -> str:
    """Return the three rules that were broken most often, with their counts."""
    found = {name: count for name, count in counts.items() if count}
    return ", ".join(
        f"{name} ({n:,})" for name, n in sorted(found.items(), key=lambda i: -i[1])[:_SHOWN]
    ) + (f", and {len(found) - _SHOWN} more rules" if len(found) > _SHOWN else "")


def _refuse_other_columns(landing: Landing, project: ProjectSpec) -> None:
    """Refuse columns without a role, and roles without a column.

    Raises:
        SpecError: what the sentence above names.
    """
    grouping = project.grouping
    there = landing.columns if grouping is None else (*grouping.by, *grouping.columns)
    for name, role in project.columns.items():
        if name not in there and not (role == "excluded" and name in landing.dropped):
            why = f"is dropped as {landing.dropped[name]}" if name in landing.dropped else "stands"
            raise SpecError(
                f"the column {name!r} has a role and {why}"
                + ("" if name in landing.dropped else " in no table"),
                f"project {project.name!r}, columns",
                nearest(name, there),
            )
    for name in there:
        if name not in project.columns:
            raise SpecError(
                f"the column {name!r} has no role",
                f"project {project.name!r}, columns",
                f"add '{name}: past_only', or another role ('excluded' leaves it out)",
            )


def _refuse_repeated(
    years: Years, project: ProjectSpec, key: tuple[str, ...], spill: Spill
) -> None:
    """Refuse keys and time that do not tell the rows of a panel apart.

    Where they are the columns that the gate compared, or that rows were grouped by, they do.

    Raises:
        DataError: it shows up to three keys that stand on more than one row.
    """
    names = (*project.keys, project.time)
    apart = project.grouping.by if project.grouping is not None else key
    if set(names) == set(apart):
        return
    rule = Rule(name="rows", kind="primaryKey", columns=names, limit=None, says="")
    parts = (
        part.select(pl.row_index(ROW).cast(pl.UInt64), *names)
        for pieces in years.pieces.values()
        for part in pieces.read(names)
    )
    twice = find_repeats(parts, [rule], years.rows, spill)["rows"]
    if many := twice.select(names).n_unique():
        raise DataError(
            f"{counted(many, 'key')} {'stands' if many == 1 else 'stand'} on more than one row: "
            + "; ".join(key_examples(twice, names)),
            "the rows after the declared grouping",
            f"keep one row for each ({', '.join(names)}), or declare what tells them apart",
        )
