"""What if the plan were another one: the forecast of a changed plan beside that of the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from foresell.answer.rows import answer
from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.gate import row_checks
from foresell.contracts.values import Place, typed
from foresell.errors import UsageError, nearest
from foresell.spec.forecast import quantile_columns
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from foresell.spec.sources import Table

_SHOWN = 20


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

    ``rows``: as in `answer`. Returns the rows of the series named by ``change.where``, days that
    are not changed included, in their order: key columns and date; ``prediction`` of the changed
    plan, ``prediction_planned``, ``effect`` (the first less the second, unit of the target); the
    quantiles of the changed plan, ``interval_method``, ``level_used``; and the quantiles by the
    plan, their names ending in ``_planned``.

    Raises:
        UsageError: a column is unknown or is not known in advance, a value is not of its type or
            breaks the contract, or no row is meant.
    """
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    contract = parse_contract(bundle.contract_text, "bundle/contract.yaml")
    values = _new_values(change, project, contract)
    mine = _mentioned(bundle, rows, change, project, contract)
    time = pl.col(project.time)
    meant = pl.lit(value=True)
    if change.first is not None:
        meant &= time >= change.first
    if change.last is not None:
        meant &= time <= change.last
    if not mine.select(meant.any()).item():
        days = mine[project.time].unique().sort().cast(pl.String)
        raise UsageError(
            f"no row lies from {change.first or 'the first day'} to {change.last or 'the last'}",
            "--from, --to",
            f"the rows run from {days[0]} to {days[-1]}",
        )
    kept = [pl.col(name) if name in mine.columns else pl.lit(None).alias(name) for name in values]
    changed = mine.with_columns(kept).with_columns(
        pl.when(meant).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )
    _refuse_broken(changed.filter(meant), tuple(values), contract, project)
    return _beside(answer(bundle, changed), answer(bundle, mine))


def _beside(made: pl.DataFrame, planned: pl.DataFrame) -> pl.DataFrame:
    """Return the answers ``made`` of a changed plan with those of the plan beside them."""
    bands = quantile_columns()
    identity = made.columns[: made.columns.index("prediction")]
    return made.select(
        *identity,
        "prediction",
        planned["prediction"].alias("prediction_planned"),
        (made["prediction"] - planned["prediction"]).alias("effect"),
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
                "--set",
                nearest(name, known) if known else "the project has no known_future column",
            )
    return {
        name: _value(name, value, contract, "--set")[0] for name, value in change.values.items()
    }


def _value(name: str, given: object, contract: Contract, option: str) -> pl.Series:
    """Return one value, or each of several, in the type of the column of ``contract``."""
    several = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in several]
    table, place = Table(name=option, file=option), Place(file=option, row=lambda _: name)
    return typed(pl.Series(name, texts, pl.String), contract.columns[name], table, place)


def _mentioned(
    bundle: Bundle,
    rows: pl.DataFrame,
    change: Change,
    project: ProjectSpec,
    contract: Contract,
) -> pl.DataFrame:
    """Return the rows of the series that ``change.where`` names, in their order.

    Raises:
        UsageError: a column does not tell series apart, or no row has the value.
    """
    keys = list(project.keys)
    allowed = project.with_role("key", "static")
    for name in change.where:
        if name not in allowed:
            raise UsageError(
                f"{name!r} is no key or static column", "--where", nearest(name, allowed)
            )
    static = [name for name in project.with_role("static") if name in change.where]
    told = rows.select(*keys)
    if static:
        known = bundle.history.group_by(keys).agg(pl.col(static).drop_nulls().last())
        told = told.join(known, on=keys, how="left", maintain_order="left")
    mine = rows
    for name, given in change.where.items():
        wanted = _value(name, given, contract, "--where").cast(told[name].dtype)
        there = set(told[name].unique().to_list())
        for value in wanted:
            if value not in there:
                words = [str(other) for other in sorted(there - {None}, key=str)][:_SHOWN]
                raise UsageError(
                    f"no row has {name}={value}", "--where", nearest(str(value), words)
                )
        held = told[name].is_in(wanted.to_list())
        mine, told = mine.filter(held), told.filter(held)
    if not mine.height:
        shown = ", ".join(f"{name}={value}" for name, value in change.where.items())
        raise UsageError(f"no row has {shown}", "--where", "name fewer columns")
    return mine


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
                f"{held} breaks the contract: {rule.says}", "--set", f"change {' or '.join(mine)}"
            )
