"""What a reader should know of columns: gaps, caps, leaks, words that look like gaps."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from foresell.eda.context import Found
from foresell.eda.saying import amount, count, exact, listed, named, percent
from foresell.spec.project import ProjectSpec

_LIKE_GAPS = {"na", "n/a", "nan", "null", "none", "unknown", "-", "?", "", "missing"}
Tables = Mapping[str, pl.DataFrame]


def column_findings(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield the findings about columns of any project."""
    yield from _gaps(tables)
    yield from _piles(tables, project)
    yield from _leaks(tables, project)
    yield from _words(tables)
    personal = tables["columns"].filter(pl.col("role") == "personal")["column"].to_list()
    if personal:
        plural = "columns are" if len(personal) > 1 else "column is"
        yield Found(
            weight=35,
            about="columns",
            says=f"{len(personal)} {plural} personal and dropped when read: {listed(personal)}.",
            numbers={"columns": len(personal)},
        )


def _gaps(tables: Tables) -> Iterator[Found]:
    """Yield a finding for the columns that lack as many values from the same period on."""
    lacking = tables["columns"].filter(pl.col("missing") > 0)
    since = _known_from(tables)
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for row in lacking.iter_rows(named=True):
        groups.setdefault(since.get(row["column"]), []).append(row)
    for first, rows in groups.items():
        names = [row["column"] for row in rows]
        shares = sorted(row["missing_share"] for row in rows)
        some = percent(shares[0])
        if len(rows) > 1:
            some = f"{some} to {percent(shares[-1])}"
        when = "" if first is None else f"; no value is known before {first}"
        lack = "lacks" if len(rows) == 1 else "lack"
        numbers = all(row["type"] in {"integer", "number"} for row in rows)
        zero = " Unknown is not zero." if numbers else ""
        yield Found(
            weight=min(90, 50 + round(40 * float(shares[-1]))),
            about="missing_by_period" if "missing_by_period" in tables else "columns",
            says=f"{listed(names)} {lack} {some} of the values{when}.{zero}",
            numbers={**{row["column"]: row["missing_share"] for row in rows}, "known_from": first},
        )


def _known_from(tables: Tables) -> Mapping[str, str]:
    """Return, by column, the first period that has a value, where that is not the first of all."""
    gaps = tables.get("missing_by_period")
    if gaps is None:
        return {}
    known = gaps.filter(pl.col("missing") < pl.col("rows"))
    firsts = known.group_by("column").agg(pl.col("period").min()).sort("column")
    start = gaps["period"].min()
    return {name: str(day) for name, day in firsts.iter_rows() if day != start}


def _piles(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield a finding for each value that rows pile up at."""
    for row in tables.get("pile_ups", pl.DataFrame()).iter_rows(named=True):
        name, value = row["column"], exact(row["value"])
        share, rows = percent(row["share"]), count(row["rows"], "row")
        role = project.columns.get(name)
        weight = {"target": 92, "feature": 80}.get(role or "", 45)
        if row["where"] == "zero":
            weight, says = weight - 30, f"{name} is 0 on {rows} ({share})."
        else:
            other = row["other"]
            beside = "" if other is None else f" ({exact(other)} counted with it)"
            says = (
                f"{name} is {value}{beside} on {rows} ({share}), its {row['where']} value; none "
                f"near it is on more than {amount(row['beside'])}."
            )
            if role in {"target", "feature"}:  # in a panel it may be one series, which never varies
                says += " It looks like a cap: what lies beyond cannot be told apart."
        yield Found(
            weight=weight,
            about="pile_ups",
            says=says,
            numbers={"value": row["value"], "rows": row["rows"], "share": row["share"]},
        )


def _leaks(tables: Tables, project: ProjectSpec) -> Iterator[Found]:
    """Yield a finding for each way in which columns tell the target."""
    for row in tables.get("leaks", pl.DataFrame()).iter_rows(named=True):
        note = f" ({row['note']})" if row["note"] else ""
        names = row["columns"].split(", ")
        tell = "tells" if len(names) == 1 else "tell"
        yield Found(
            weight=78 if row["note"] else 99,
            about="leaks",
            says=f"{listed(names)} {tell} {project.target}: {row['evidence']}{note}.",
            numbers={"share": row["share"]},
        )


def _words(tables: Tables) -> Iterator[Found]:
    """Yield a finding for each text that reads like a gap and is a value."""
    for name in ("by_category", "by_segment"):
        table = tables.get(name)
        if table is None:
            continue
        column = "column" if name == "by_category" else "segment"
        like = table.filter(pl.col("value").str.to_lowercase().is_in(sorted(_LIKE_GAPS)))
        for row in like.iter_rows(named=True):
            yield Found(
                weight=84,
                about=name,
                says=f"'{named(row['value'])}' is a value of {row[column]} on "
                f"{count(row['rows'], 'row')} and reads like a gap: nothing is missing there.",
                numbers={"rows": row["rows"]},
            )
