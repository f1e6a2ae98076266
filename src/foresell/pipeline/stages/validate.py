"""validate: rows that pass the contract go on, the others are set aside with the broken rule."""

from collections.abc import Mapping

import polars as pl

from foresell.contracts.gate import RULE, Rule, check_rows, refuse_duplicates, row_rules
from foresell.data.cleaning import flag_negative, group_rows
from foresell.errors import DataError, ForesellError, GateError, SpecError, nearest
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.spec.calendar import anchor_weekday, step
from foresell.spec.project import ProjectSpec


def run(work: Work) -> ForesellError | None:
    """Write ``processed/`` (Hive partitions by year), ``quarantine/`` and ``checks/``.

    Returns a ``GateError`` when more rows are set aside than the project allows; a key that stands
    twice is refused at once.

    Raises:
        DataError: no row passed.
    """
    project, contract = work.project, work.contract
    landed = work.inputs["landing"].read_frame("rows.parquet")
    refuse_duplicates(landed, contract.key, ", ".join(table.file for table in project.tables))
    rules = (*row_rules(contract), *_calendar_rules(project))
    verdict = check_rows(landed, rules)
    if verdict.kept.height == 0:
        raise DataError(
            f"no row passed the gate; rules broken: {_broken(verdict.counts)}",
            "contract.yaml",
            "compare the units and formats of the file with the contract",
        )
    grouping = project.grouping
    rows = group_rows(verdict.kept, grouping) if grouping is not None else verdict.kept
    refuse_duplicates(rows, (*project.keys, project.time), "the rows after the declared grouping")
    _refuse_varying_statics(rows, project)
    _refuse_other_step(rows, project)
    processed = flag_negative(_declared(rows, project), project)
    for (year,), part in processed.group_by(pl.col(project.time).dt.year(), maintain_order=True):
        work.outputs["processed"].write_frame(f"year={year}/part-0.parquet", part)
    work.outputs["quarantine"].write_bytes("rejected.csv", verdict.rejected.write_csv().encode())
    report = {
        "read": landed.height,
        "kept": verdict.kept.height,
        "quarantined": verdict.rejected.height,
        "processed": processed.height,
        "contract_version": contract.version,
        "rules": [
            {
                "rule": rule.name,
                "says": rule.says,
                "broken": verdict.counts[rule.name],
                "examples": verdict.examples.get(rule.name, []),
            }
            for rule in rules
        ],
    }
    work.outputs["checks"].write_bytes("checks.json", json_bytes(report))
    why = (
        f": {_broken(verdict.counts)}; see quarantine/rejected.csv" if report["quarantined"] else ""
    )
    work.note(
        f"{landed.height:,} read = {verdict.kept.height:,} kept + "
        f"{verdict.rejected.height:,} quarantined, {len(rules)} rules{why}"
    )
    share = verdict.rejected.height / landed.height
    if share > project.cleaning.max_rejected_share:
        return GateError(
            f"{verdict.rejected.height:,} of {landed.height:,} rows ({share:.1%}) broke the "
            f"contract, more than the {project.cleaning.max_rejected_share:.1%} allowed: "
            f"{_broken(verdict.counts)}",
            f"quarantine/rejected.csv, column {RULE}",
            "mend the rows at their source, or raise cleaning.max_rejected_share if that is right",
        )
    return None


def _refuse_varying_statics(rows: pl.DataFrame, project: ProjectSpec) -> None:
    """Refuse a static column that changes within a series: a later value would reach the past.

    Raises:
        SpecError: the first such column, with the first series it varies in.
    """
    keys = list(project.keys)
    for name in project.with_role("static"):
        varying = (
            rows.group_by(keys).agg(pl.col(name).n_unique()).filter(pl.col(name) > 1).sort(keys)
        )
        if varying.height:
            series = ", ".join(f"{key}={varying[key][0]}" for key in keys)
            raise SpecError(
                f"the static column {name!r} varies within {varying.height} series, {series} first",
                f"project {project.name!r}, columns",
                f"give {name!r} the role 'past_only' or 'known_future', or mend the data",
            )


def _refuse_other_step(rows: pl.DataFrame, project: ProjectSpec) -> None:
    """Refuse dates whose usual distance within a series is not the declared step.

    Raises:
        SpecError: it names the step found.
    """
    keys, time = list(project.keys), project.time
    gaps = (
        rows
        .sort([*keys, time])
        .select(pl.col(time).diff().dt.total_days().over(keys).alias("gap"))["gap"]
        .drop_nulls()
    )
    every = step(project.frequency).days
    usual = gaps.mode().sort()
    if len(usual) and every not in usual.to_list():
        raise SpecError(
            f"dates lie {usual[0]} days apart, and {project.frequency} means {every}",
            f"project {project.name!r}: frequency",
            "declare D for daily and W-MON ... W-SUN for weekly rows; group other rows first",
        )


def _broken(counts: Mapping[str, int]) -> str:
    """Return the rules that were broken, most often first, with their counts."""
    found = {name: count for name, count in counts.items() if count}
    return ", ".join(
        f"{name} ({n:,})" for name, n in sorted(found.items(), key=lambda i: -i[1])[:5]
    )


def _calendar_rules(project: ProjectSpec) -> tuple[Rule, ...]:
    """Return the rule that every date falls on the anchor of a weekly project."""
    anchor = anchor_weekday(project.frequency)
    if anchor is None:
        return ()
    off = (pl.col(project.time).dt.weekday() != anchor).fill_null(value=False)
    says = f"{project.time} must fall on the weekday of {project.frequency}"
    rule = Rule(name=f"{project.time}: frequency", column=project.time, says=says, breaks=off)
    return (rule,)


def _declared(rows: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return the columns with a role, in declared order, rows by series and date.

    Raises:
        SpecError: a column has no role, or a role names no column.
    """
    for name in project.columns:
        if name not in rows.columns:
            raise SpecError(
                f"the column {name!r} has a role and stands in no table",
                f"project {project.name!r}, columns",
                nearest(name, rows.columns),
            )
    for name in rows.columns:
        if name not in project.columns:
            raise SpecError(
                f"the column {name!r} has no role",
                f"project {project.name!r}, columns",
                f"add '{name}: past_only', or another role ('excluded' leaves it out)",
            )
    used = [name for name, role in project.columns.items() if role != "excluded"]
    return rows.select(used).sort([*project.keys, project.time])
