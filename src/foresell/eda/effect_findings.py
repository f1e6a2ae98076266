"""What a reader should know of events and covariates of a panel."""

from collections.abc import Iterator

import polars as pl

from foresell.eda.column_findings import Tables
from foresell.eda.context import Found
from foresell.eda.saying import count, listed, period, times
from foresell.spec.project import ProjectSpec

_WHEN = {-1: "in the {} before", 0: "in its own {}", 1: "in the {} after"}


def effect_findings(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield the findings about events, then those about covariates."""
    yield from _events(tables, project)
    yield from _covariates(tables)


def _events(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield each event whose level lies beyond what is usual, and a list of those without."""
    table = tables.get("event_effects")
    if table is None:
        return
    pooled = table.filter(pl.col("date").is_null() & pl.col("low").is_not_null())
    none: dict[str, float | None] = {}
    for name in pooled["event"].unique(maintain_order=True):
        own = pooled.filter(pl.col("event") == name)
        sure = own.filter((pl.col("low") > 1) | (pl.col("high") < 1))
        if sure.is_empty():
            none[name] = next(iter(own.filter(pl.col("offset") == 0)["ratio"]), None)
            continue
        each = period(project.frequency)
        parts = [
            f"{_WHEN[row['offset']].format(each)} at {row['ratio']:.2f} "
            f"({row['low']:.2f} to {row['high']:.2f})"
            for row in sure.iter_rows(named=True)
        ]
        most = max(abs(ratio - 1) for ratio in sure["ratio"])
        n = sum(row["n"] for row in sure.head(1).iter_rows(named=True))
        yield Found(
            weight=min(84, 60 + round(30 * most)),
            about="event_effects",
            says=f"With quiet {each}s near {name} as 1, {project.target} stands {listed(parts)}; "
            f"{count(n, 'occurrence')}.",
            numbers={f"offset {row['offset']}": row["ratio"] for row in sure.iter_rows(named=True)},
        )
    if none:
        told = [name if at is None else f"{name} ({times(at)})" for name, at in none.items()]
        yield Found(
            weight=40,
            about="event_effects",
            says=f"Quiet {period(project.frequency)}s differ as much among each other as those of "
            f"{listed(told)} do from them.",
            numbers=none,
        )


def _covariates(tables: Tables) -> Iterator[Found]:
    """Yield each comparison of covariates whose interval leaves out 1."""
    table = tables.get("covariate_effects")
    if table is None:
        return
    for row in table.iter_rows(named=True):
        if row["low"] <= 1 <= row["high"]:
            continue
        yield Found(
            weight=min(79, 50 + round(60 * abs(row["ratio"] - 1))),
            about="covariate_effects",
            says=f"Where {row['column']} is {_said(row['group'])}, series stand "
            f"{times(row['ratio'])} as high ({row['low']:.2f} to {row['high']:.2f}) as where it is "
            f"{_said(row['against'])}, in the same {row['periods']:,} periods. Other causes are "
            "not taken out.",
            numbers={name: row[name] for name in ("ratio", "low", "high", "periods")},
        )


def _said(group: str) -> str:
    """Return a group of rows as it stands in a sentence."""
    return f"in the {group} of its values" if group.endswith("half") else group
