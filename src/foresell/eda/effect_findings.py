"""What a reader should know of events and covariates of a panel."""

from collections.abc import Iterator

import polars as pl

from foresell.eda.chance import SURE
from foresell.eda.column_findings import Tables
from foresell.eda.context import Found
from foresell.eda.saying import count, happening, listed, percent, period, times
from foresell.spec.project import ProjectSpec

_WHEN = {
    "week": {-1: "in the week before", 0: "in its own week", 1: "in the week after"},
    "day": {-1: "on the day before", 0: "on its own day", 1: "on the day after"},
}
_FAR = 3.0
_ROUND = 0.005  # an end that reads as 1.00 says nothing


def effect_findings(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield the findings about events, then those about covariates."""
    yield from _events(tables, project)
    yield from _covariates(tables, project)


def _events(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield each event that chance leaves no room for, and lists of the others."""
    table = tables.get("event_effects")
    if table is None:
        return
    pooled = table.filter(pl.col("date").is_null() & pl.col("low").is_not_null())
    if pooled.is_empty():
        return
    each = period(project.frequency)
    spread = float(pooled["high"][0] - pooled["ratio"][0])
    outside = (pl.col("low") > 1) | (pl.col("high") < 1)
    rest: list[str] = []
    for name in pooled["event"].unique(maintain_order=True):
        own = pooled.filter(pl.col("event") == name)
        sure = own.filter((pl.col("chance") <= SURE) & outside)
        if sure.is_empty():
            rest.append(name)
            continue
        rows = list(sure.iter_rows(named=True))
        parts = [f"{_stands(row['ratio'])} {_WHEN[each][row['offset']]}" for row in rows]
        most = max(abs(row["ratio"] - 1) for row in rows)
        yield Found(
            weight=min(84, 60 + round(30 * most)),
            about="event_effects",
            says=f"{happening(name)}: beside quiet {each}s near it, {project.target} is "
            f"{listed(parts)} ({count(rows[0]['n'], 'occurrence')}); 19 of 20 quiet {each}s are "
            f"within {percent(spread)} of those near them.",
            numbers={f"offset {row['offset']}": row["ratio"] for row in rows},
        )
    yield from _not_sure(pooled.filter(pl.col("event").is_in(rest)), each, spread)


def _stands(ratio: float) -> str:
    """Return how a period stands beside quiet ones.

    >>> _stands(1.64), _stands(0.62), _stands(3.4)
    ('64 % higher', '38 % lower', '3.40 times as high')
    """
    if ratio >= _FAR:
        return f"{times(ratio)} as high"
    return f"{100 * abs(ratio - 1):.0f} % {'higher' if ratio > 1 else 'lower'}"


def _not_sure(rest: pl.DataFrame, each: str, spread: float) -> Iterator[Found]:
    """Yield one list of the events that may be chance, each with its own period's ratio."""
    if rest.is_empty():
        return
    own = {
        name: next(
            iter(rest.filter((pl.col("event") == name) & (pl.col("offset") == 0))["ratio"]), None
        )
        for name in rest["event"].unique(maintain_order=True)
    }
    told = [
        happening(name) if at is None else f"{happening(name)} ({times(at)})"
        for name, at in own.items()
    ]
    yield Found(
        weight=40,
        about="event_effects",
        says=f"{listed(told)}: no difference from quiet {each}s that chance could not make; "
        f"19 of 20 quiet {each}s are within {percent(spread)} of those near them, and many are "
        "compared.",
        numbers=own,
    )


def _covariates(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield each comparison of covariates that chance leaves no room for.

    Columns that tell the same rows apart are told of together.
    """
    table = tables.get("covariate_effects")
    if table is None:
        return
    away = (pl.col("low") >= 1 + _ROUND) | (pl.col("high") < 1 - _ROUND)
    sure = table.filter((pl.col("chance") <= SURE) & away)
    alike = [name for name in sure.columns if name != "column"]
    for row in (
        sure.group_by(alike, maintain_order=True).agg(pl.col("column")).iter_rows(named=True)
    ):
        many = len(row["column"]) > 1
        yield Found(
            weight=min(79, 50 + round(60 * abs(row["ratio"] - 1))),
            about="covariate_effects",
            says=f"Where {listed(row['column'])} {'are' if many else 'is'} "
            f"{_said(row['group'], many=many)}, series stand {times(row['ratio'])} as high "
            f"({row['low']:.2f} to {row['high']:.2f}) as where {'they are' if many else 'it is'} "
            f"{_said(row['against'], many=many)}, in the same "
            f"{count(row['periods'], period(project.frequency))}. Other causes are not taken out.",
            numbers={name: row[name] for name in ("ratio", "low", "high", "periods")},
        )


def _said(group: str, *, many: bool) -> str:
    """Return a group of rows as it stands in a sentence."""
    return (
        f"in the {group} of {'their' if many else 'its'} values"
        if group.endswith("half")
        else group
    )
