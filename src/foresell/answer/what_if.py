"""What if the plan were another one: the forecast of a changed plan beside that of the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from foresell.answer.choosing import Known, meant_rows, typed_values
from foresell.answer.published import static_values
from foresell.answer.rows import Answering
from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import Contract
from foresell.contracts.gate import row_checks
from foresell.errors import UsageError, nearest
from foresell.spec.forecast import quantile_columns
from foresell.spec.project import ProjectSpec


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of the plan.

    ``values``: what known-future columns are to be. ``where``: the values of key or static columns
    of the series that are changed; several values of one column mean any of them. ``first`` and
    ``last``: the days that are changed, both included; None is no bound.
    """

    values: Mapping[str, object]
    where: Mapping[str, object]
    first: date | None = None
    last: date | None = None


def what_if(bundle: Bundle, rows: pl.DataFrame, change: Change) -> pl.DataFrame:
    """Answer ``rows`` by the plan and by the changed plan, for every series that is changed.

    ``rows``: as in `answer`; all of them are answered both times, for what other series plan has a
    say. Returns the rows of the series named by ``change.where``, days that are not changed
    included, in their order: key columns and date; ``prediction`` of the changed plan,
    ``prediction_planned``, ``effect`` (the first less the second, unit of the target), ``changed``
    (whether the row's own plan is another one); the quantiles of the changed plan,
    ``interval_method``, ``level_used``; and the quantiles by the plan, their names ending in
    ``_planned``.

    A ``UsageError``: a column is unknown or is not known in advance, a value is not of its type or
    breaks the contract, or no row is meant.
    """
    return changed_answers(Answering(bundle), rows, change)


def changed_answers(
    answering: Answering, rows: pl.DataFrame, change: Change, planned: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return what `what_if` returns; ``planned``: the answers of ``rows``, if they are at hand.

    Raises:
        UsageError: as there.
    """
    project, contract = answering.project, answering.contract
    values = _new_values(change, project, contract)
    statics = static_values(answering.bundle.history, project)
    mine = meant_rows(rows, change.where, Known(project, contract, statics))
    days = rows[project.time]
    moved = mine
    if change.first is not None:
        moved &= days >= change.first
    if change.last is not None:
        moved &= days <= change.last
    if not moved.any():
        there = days.filter(mine).sort().cast(pl.String)
        raise UsageError(
            f"no row lies from {change.first or 'the first day'} to {change.last or 'the last'}",
            "first, last",
            f"the rows run from {there[0]} to {there[-1]}",
        )
    kept = [pl.col(name) if name in rows.columns else pl.lit(None).alias(name) for name in values]
    changed = rows.with_columns(kept).with_columns(
        pl.when(moved).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )
    _refuse_broken(changed.filter(moved), tuple(values), contract, project)
    if planned is None:
        planned = answering.answer(rows)
    return _beside(answering.answer(changed), planned, moved).filter(mine)


def _beside(made: pl.DataFrame, planned: pl.DataFrame, moved: pl.Series) -> pl.DataFrame:
    """Return the answers ``made`` of a changed plan with those of the plan beside them."""
    bands = quantile_columns()
    identity = made.columns[: made.columns.index("prediction")]
    return made.select(
        *identity,
        "prediction",
        planned["prediction"].alias("prediction_planned"),
        (made["prediction"] - planned["prediction"]).alias("effect"),
        moved.alias("changed"),
        *bands,
        "interval_method",
        "level_used",
        *(planned[name].alias(f"{name}_planned") for name in bands),
    )


def _new_values(change: Change, project: ProjectSpec, contract: Contract) -> Mapping[str, object]:
    """Return the new values in the types of the contract.

    Raises:
        UsageError: a column is unknown or nobody can plan it.
    """
    known = project.with_role("known_future")
    for name in change.values:
        if name not in known:
            role = project.columns.get(name)
            what = f"{name!r} is {role}" if role else f"there is no column {name!r}"
            raise UsageError(
                f"{what}: only what is known in advance can be planned",
                "set",
                nearest(name, known) if known else "the project has no known_future column",
            )
    return {
        name: typed_values(name, value, contract, "set")[0] for name, value in change.values.items()
    }


def _refuse_broken(
    rows: pl.DataFrame, names: Sequence[str], contract: Contract, project: ProjectSpec
) -> None:
    """Refuse new values that break a rule of the contract.

    A column that is summed up over rows may leave the range of a single one.

    Raises:
        UsageError: the first rule that is broken.
    """
    how = project.grouping.columns if project.grouping is not None else {}
    judged = {name for name in names if how.get(name) != "sum"}
    for rule in row_checks(contract):
        mine = set(rule.columns) & judged
        if not mine or not set(rule.columns) <= set(rows.columns):
            continue
        bad = rows.filter(rule.breaks)
        if bad.height:
            held = ", ".join(f"{name}={bad[0, name]}" for name in rule.columns)
            raise UsageError(
                f"{held} breaks the contract: {rule.says}", "set", f"change {' or '.join(mine)}"
            )
