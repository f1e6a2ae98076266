"""What a reader should know of a panel first: sentences made from the tables."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from foresell.eda.column_findings import Tables, column_findings
from foresell.eda.context import Found
from foresell.eda.effect_findings import effect_findings
from foresell.eda.saying import (
    amount,
    count,
    in_unit,
    listed,
    named,
    percent,
    period,
    signed,
    times,
)
from foresell.eda.tables import TOP
from foresell.spec.project import ProjectSpec

_FEW = 5
_HALF = 0.5
_ALIKE = 0.005
_YEAR = {"day": 364, "week": 52}


def panel_findings(tables: Tables, facts: Mapping[str, Any], project: ProjectSpec) -> list[Found]:
    """Return the findings of a panel, in the order in which equal ones are told."""
    return [
        *_overview(facts, project),
        *_asked(tables, facts, project),
        *column_findings(tables, project),
        *effect_findings(tables, project),
        *_season(tables, project),
        *_trend(tables, project),
        *_odd_values(facts, project),
        *_classes(tables),
        *_largest(tables),
        *_segments(tables),
        *_within(tables, project),
    ]


def _overview(facts: Mapping[str, Any], project: ProjectSpec) -> Iterator[Found]:
    """Yield what there is: periods, series, total."""
    each, target = period(project.frequency), facts["target"]
    unit = in_unit(project.unit)
    yield Found(
        weight=100,
        about="totals",
        says=f"{project.target} adds up to {amount(target['sum'])}{unit} in "
        f"{count(facts['periods'], each)} from {facts['first']} to {facts['last']}, over "
        f"{count(facts['series'], 'series')}.",
        numbers={"sum": target["sum"], "periods": facts["periods"], "series": facts["series"]},
    )
    if facts["complete"] == facts["series"]:
        says = f"Every series has all {count(facts['periods'], each)}."
    else:
        says = (
            f"Series have {facts['shortest']:,} to {facts['longest']:,} of "
            f"{count(facts['periods'], each)}: {facts['complete']:,} of {facts['series']:,} "
            f"({percent(facts['complete'] / facts['series'])}) have all, {facts['gapped']:,} lack "
            f"some in between. A missing {each} is unknown, not zero."
        )
    yield Found(
        weight=88,
        about="lengths",
        says=says,
        numbers={name: facts[name] for name in ("complete", "gapped", "shortest", "longest")},
    )


def _asked(tables: Tables, facts: Mapping[str, Any], project: ProjectSpec) -> Iterator[Found]:
    """Yield series with little or no history."""
    cold = tables.get("cold_starts")
    if cold is None:
        return
    new = cold.filter(pl.col("kind") == "new")
    short = cold.filter(pl.col("kind") == "short")
    each = period(project.frequency)
    if new.height:
        rows = int(new["asked"].sum())
        yield Found(
            weight=86,
            about="cold_starts",
            says=f"{count(new.height, 'series')} that the asked rows name ({count(rows, 'row')}) "
            f"{'have' if new.height > 1 else 'has'} no history in these rows.",
            numbers={"series": new.height, "rows": rows},
        )
    if short.height:
        share = short.height / facts["series"]
        yield Found(
            weight=70,
            about="cold_starts",
            says=f"{count(short.height, 'series')} ({percent(share)}) have less than one season, "
            f"{count(project.season, each)}.",
            numbers={"series": short.height, "share": share},
        )


def _season(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield the highest and lowest month, and day of the week or week of the year."""
    parts = {"month": 82, "weekday": 81} if project.frequency == "D" else {"month": 82, "week": 68}
    for part, weight in parts.items():
        own = tables["levels"].filter((pl.col("part") == part) & pl.col("level").is_not_null())
        if own.height < 2:
            continue
        by = own.sort("level", maintain_order=True)
        low, high = by.row(0, named=True), by.row(-1, named=True)
        what = "Week " if part == "week" else ""
        yield Found(
            weight=weight,
            about="levels",
            says=f"{what}{high['label']} stands highest, {times(high['level'])} the average "
            f"{period(project.frequency)}; {what.lower()}{low['label']} lowest, "
            f"{times(low['level'])}.",
            numbers={
                "highest": high["label"],
                "highest_level": high["level"],
                "lowest": low["label"],
                "lowest_level": low["level"],
            },
        )


def _trend(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield the last year against the one before, each series against its own mean."""
    year = _YEAR[period(project.frequency)]
    level = tables["totals"]["level"].drop_nulls().to_numpy()
    if len(level) < 2 * year:
        return
    now, then = float(level[-year:].mean()), float(level[-2 * year : -year].mean())
    if then > 0:
        change = now / then - 1
        way = f"{percent(abs(change))} {'above' if change >= 0 else 'below'}"
        if abs(change) < _ALIKE:
            way = "as high as"
        yield Found(
            weight=64,
            about="totals",
            says=f"The last {year} {period(project.frequency)}s stand {way} "
            f"the {year} before them, series for series.",
            numbers={"change": change},
        )


def _odd_values(facts: Mapping[str, Any], project: ProjectSpec) -> Iterator[Found]:
    """Yield how many values are below zero and zero."""
    target = facts["target"]
    if target["negatives"]:
        yield Found(
            weight=72,
            about="columns",
            says=f"{project.target} is below 0 on {count(target['negatives'], 'row')} "
            f"({percent(target['negatives'] / target['n'])}) and 0 on {target['zeros']:,}; the "
            f"least is {amount(target['min'])}.",
            numbers={name: target[name] for name in ("negatives", "zeros", "min")},
        )
    elif target["zeros"]:
        yield Found(
            weight=50,
            about="columns",
            says=f"{project.target} is 0 on {count(target['zeros'], 'row')} "
            f"({percent(target['zeros'] / target['n'])}), and never below.",
            numbers={"zeros": target["zeros"], "negatives": 0},
        )


def _classes(tables: Tables) -> Iterator[Found]:
    """Yield how much the series vary and how regular they are."""
    of = {row["volatility"]: row for row in tables["volatility"].iter_rows(named=True)}
    told = [
        f"{name} {of[name]['series']:,} with {percent(of[name]['share'] or 0.0)} of the total"
        for name in ("steady", "moderate", "volatile", "wild")
    ]
    yield Found(
        weight=62,
        about="volatility",
        says=f"Series by how much they vary around their mean: {listed(told)}.",
        numbers={name: row["series"] for name, row in of.items()},
    )
    kinds = {row["intermittency"]: row for row in tables["intermittency"].iter_rows(named=True)}
    odd = [kinds[name] for name in ("intermittent", "lumpy") if kinds[name]["series"]]
    if odd:
        names = listed([f"{row['series']:,} {row['intermittency']}" for row in odd])
        yield Found(
            weight=52,
            about="intermittency",
            says=f"The demand of {names} series comes now and then.",
            numbers={name: row["series"] for name, row in kinds.items()},
        )


def _largest(tables: Tables) -> Iterator[Found]:
    """Yield how much the largest values of each key make up."""
    for name, table in tables.items():
        if not name.startswith(TOP) or table.height <= _FEW or table["share"].null_count():
            continue
        key, first = name.removeprefix(TOP), table.row(0, named=True)
        few = float(table["cumulative"][_FEW - 1])
        half = int((table["cumulative"] < _HALF).sum()) + 1
        yield Found(
            weight=58,
            about=name,
            says=f"By {key}, {named(first['value'])} is the largest ({percent(first['share'])}); "
            f"the {_FEW} largest of {table.height:,} make up {percent(few)}, {half:,} make up "
            "half.",
            numbers={"largest": first["value"], "share": first["share"], "five": few, "half": half},
        )


def _segments(tables: Tables) -> Iterator[Found]:
    """Yield the largest value of each static column of names, and how high its rows stand."""
    table = tables.get("by_segment")
    if table is None:
        return
    for name in table["segment"].unique(maintain_order=True):
        own = table.filter(pl.col("segment") == name)
        if own.height < 2 or own["share"].null_count():
            continue
        most, means = (
            own.row(0, named=True),
            own.drop_nulls("mean").sort("mean", maintain_order=True),
        )
        low, high = means.row(0, named=True), means.row(-1, named=True)
        yield Found(
            weight=56,
            about="by_segment",
            says=f"{name} {named(most['value'])} makes up {percent(most['share'])}; a row of "
            f"{named(high['value'])} has {amount(high['mean'])} on the average, one of "
            f"{named(low['value'])} {amount(low['mean'])}.",
            numbers={named(row["value"]): row["share"] for row in own.iter_rows(named=True)},
        )


def _within(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield the column that goes most with the target within series."""
    pairs = tables.get("correlations")
    if pairs is None:
        return
    own = pairs.filter((pl.col("a") == project.target) & pl.col("within").is_not_null())
    if own.height:
        best = own.sort(-pl.col("within").abs(), maintain_order=True).row(0, named=True)
        plain = best["pearson"] or 0.0
        yield Found(
            weight=48,
            about="correlations",
            says=f"Within series, {best['b']} goes most with {project.target}: a correlation of "
            f"{signed(best['within'])} around the means of the series, of "
            f"{signed(plain)} over all "
            "rows.",
            numbers={"column": best["b"], "within": best["within"], "pearson": best["pearson"]},
        )
