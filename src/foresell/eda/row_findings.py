"""What a reader should know of a table of rows first: sentences made from the tables."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from foresell.eda.chance import SURE
from foresell.eda.column_findings import Tables, column_findings
from foresell.eda.context import Found
from foresell.eda.row_groups import LEAST_ROWS, OTHERS
from foresell.eda.saying import amount, count, in_unit, listed, named, signed, times
from foresell.spec.project import ProjectSpec

_LEAST_RATIO = 1.1
_TOLD = 3


def row_findings(tables: Tables, facts: Mapping[str, Any], project: ProjectSpec) -> list[Found]:
    """Return the findings of a tabular project, in the order in which equal ones are told."""
    return [
        _overview(facts, project),
        *_groups(tables, facts),
        *column_findings(tables, project),
        *_strongest(tables, project),
        *_categories(tables, project),
        *_months(tables),
        *_duplicates(tables),
    ]


def _overview(facts: Mapping[str, Any], project: ProjectSpec) -> Found:
    """Return how many rows there are and what their target is."""
    target, unit = facts["target"], in_unit(project.unit)
    span = f" from {facts['first']} to {facts['last']}" if facts["first"] else ""
    says = f"{count(target['n'], 'row')}{span}"
    if target["n"]:
        says += (
            f"; {project.target} is {amount(target['mean'])}{unit} on the average, "
            f"{amount(target['median'])} or less on half of them, and goes from "
            f"{amount(target['min'])} to "
            f"{amount(target['max'])}"
        )
    return Found(weight=100, about="columns", says=says + ".", numbers=target)


def _groups(tables: Tables, facts: Mapping[str, Any]) -> Iterator[Found]:
    """Yield how rows belong together."""
    sizes = tables.get("groups")
    if sizes is None:
        return
    n, rows = int(sizes["groups"].sum()), int(sizes["rows"].sum())
    least, most = sizes["size"][0], sizes["size"][-1]
    yield Found(
        weight=96,
        about="groups",
        says=f"The rows belong to {n:,} groups by {listed(list(facts['groups']))}, of {least} to "
        f"{most} rows, {rows / n:.1f} on the average: rows of one group are not independent.",
        numbers={"groups": n, "rows": rows, "smallest": least, "largest": most},
    )


def _strongest(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield the features that go most with the target, by ranks."""
    pairs = tables.get("correlations", pl.DataFrame(schema={"a": pl.String}))
    own = pairs.filter(pl.col("a") == project.target)
    rows = [
        (row["b"], row["spearman"])
        for row in own.iter_rows(named=True)
        if row["spearman"] is not None and project.columns.get(row["b"]) == "feature"
    ]
    if rows:
        told = listed([f"{name} ({signed(rho)})" for name, rho in rows[:_TOLD]])
        yield Found(
            weight=74,
            about="correlations",
            says=f"Of the numbers, {told} go most with {project.target} (correlation of ranks).",
            numbers=dict(rows[:_TOLD]),
        )
        yield from _tenths(tables, project, rows[0][0])


def _tenths(tables: Tables, project: ProjectSpec, name: str) -> Iterator[Found]:
    """Yield the mean of the target where a number is lowest and where it is highest."""
    table = tables.get("target_by_bin", pl.DataFrame(schema={"column": pl.String}))
    own = table.filter(pl.col("column") == name)
    if own.height > 1:
        low, high = own.row(0, named=True), own.row(-1, named=True)
        yield Found(
            weight=73,
            about="target_by_bin",
            says=f"The mean of {project.target} is {amount(low['mean'])} where {name} is "
            f"{amount(low['high'])} or less ({count(low['rows'], 'row')}) and "
            f"{amount(high['mean'])} where it is {amount(high['low'])} or more "
            f"({count(high['rows'], 'row')}).",
            numbers={"lowest": low["mean"], "highest": high["mean"]},
        )


def _categories(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield, for each text that is learnt from, how far its values lie apart, beyond chance."""
    table = tables.get("by_category")
    if table is None:
        return
    enough = table.filter(
        (pl.col("rows") >= LEAST_ROWS)
        & pl.col("value").ne_missing(OTHERS)
        & pl.col("mean").is_not_null()
        & (pl.col("chance") <= SURE)
    )
    for name in enough["column"].unique(maintain_order=True):
        own = enough.filter(pl.col("column") == name).sort("mean", maintain_order=True)
        if own.height < 2 or project.columns.get(name) != "feature":
            continue
        low, high = own.row(0, named=True), own.row(-1, named=True)
        if not (low["mean"] > 0 and high["mean"] > low["mean"]):
            continue
        ratio = high["mean"] / low["mean"]
        if ratio < _LEAST_RATIO:
            continue
        yield Found(
            weight=min(70, 40 + round(20 * (ratio - 1))),
            about="by_category",
            says=f"Of the values of {name} on {LEAST_ROWS} rows or more, the mean of "
            f"{project.target} goes from {_mean_of(low)} to {_mean_of(high)}: {times(ratio)}, more "
            "than chance leaves.",
            numbers={"lowest": low["mean"], "highest": high["mean"], "ratio": ratio},
        )


def _mean_of(row: Mapping[str, Any]) -> str:
    """Return the mean of a value, with the value and its rows."""
    return f"{amount(row['mean'])} ({named(row['value'])}, {count(row['rows'], 'row')})"


def _months(tables: Tables) -> Iterator[Found]:
    """Yield the largest month, and months without rows."""
    table = tables.get("months")
    if table is None or table.height < 2:
        return
    most = table.sort("y", "month", descending=[True, False]).row(0, named=True)
    usual = float(table["y"].median() or 0.0)  # type: ignore[arg-type]
    month = f"{most['month']:%B %Y}"
    if usual > 0:
        yield Found(
            weight=60,
            about="months",
            says=f"Of {table.height} months, the rows told of add up to most in {month}: "
            f"{amount(most['y'])} on "
            f"{count(most['rows'], 'row')}, {times(most['y'] / usual)} the usual month.",
            numbers={"month": str(most["month"]), "y": most["y"], "rows": most["rows"]},
        )
    if none := int((table["rows"] == 0).sum()):
        yield Found(
            weight=72,
            about="months",
            says=f"{count(none, 'month')} between the first and the last hold no row.",
            numbers={"months": none},
        )


def _duplicates(tables: Tables) -> Iterator[Found]:
    """Yield rows that say the same."""
    words = {
        "whole rows": "are the same in every column",
        "features": "are the same in all that is learnt from",
        "key": "share their key with another",
    }
    for row in tables["duplicates"].filter(pl.col("rows") > 0).iter_rows(named=True):
        differ = ""
        if row["disagreeing"]:
            differ = f"; {row['disagreeing']:,} of them differ in the target"
        yield Found(
            weight=76 if row["kind"] != "features" else 66,
            about="duplicates",
            says=f"{count(row['rows'], 'row')} {words[row['kind']]}{differ}.",
            numbers={"rows": row["rows"], "disagreeing": row["disagreeing"]},
        )
