"""What the champion is made of, as tables: members, parts, columns, levels of the hierarchy."""

import polars as pl

from foresell.report.context import Result, RunReport
from foresell.report.standing import Standing
from foresell.report.tables import Cell, Row, Table
from foresell.report.wording import capitalized, column, meaning, percent
from foresell.spec.ordered_sums import ordered_sum

MOST = 10  # rows in the table of importance


def weights(report: RunReport) -> Table | None:
    """Return the members of the champion and their weight in each horizon bucket, or None."""
    rows = report.weights
    if rows.is_empty():
        return None
    buckets = list(dict.fromkeys(rows["bucket"].to_list()))
    total = rows.group_by("member").agg(ordered_sum(pl.col("weight")))
    members = total.sort("weight", "member", descending=[True, False])["member"].to_list()
    known = {(row["member"], row["bucket"]): row["weight"] for row in rows.iter_rows(named=True)}
    return Table(
        caption=f"Weight of each member, by {report.facts.every}s ahead.",
        head=(("Member", ""), *((str(bucket).replace("-", "–"), "") for bucket in buckets)),
        rows=tuple(
            Row(
                head=member,
                means=meaning(member),
                cells=tuple(_weight(known.get((member, bucket))) for bucket in buckets),
            )
            for member in members
        ),
        tight=True,
    )


def _weight(value: float | None) -> Cell:
    """Return a weight with its bar; nothing where the member has none."""
    return Cell(text=percent(value, 0), bar=value) if value else Cell(text="·")


def importance(report: Result, held: Standing, kind: str) -> Table | None:
    """Return what the champion is made of, ``part`` or ``column``, or None where nobody asked."""
    rows = report.importance
    if rows.is_empty():
        return None
    own = rows.filter((pl.col("candidate") == held.champion) & (pl.col("kind") == kind))
    shown = own.sort("share", "name", descending=[True, False]).head(MOST)
    if shown.is_empty():
        return None
    largest = max([1e-12, *shown["share"].to_list()])
    captions = {
        "part": "Share of each part in what the forecast is made of, sizes summed over the window.",
        "column": "Share of each column of the data in what was learnt beside the seasonal base.",
    }
    return Table(
        caption=captions[kind],
        head=((capitalized(kind), ""), ("Share", "")),
        rows=tuple(
            Row(head=label, cells=(Cell(text=percent(share), bar=max(share, 0.0) / largest),))
            for label, share in shown.select("name", "share").iter_rows()
        ),
    )


def _held(shares: pl.Series) -> Cell:
    """Return the one share that is known; nothing where none is."""
    return Cell(text=percent(float(shares[0]))) if len(shares) else Cell(text="–")


def levels(report: RunReport) -> Table | None:
    """Return the WAPE of each level of the hierarchy, one column a way to forecast it, or None."""
    rows = report.levels
    if rows.is_empty():
        return None
    ways = list(dict.fromkeys(rows["forecast"].to_list()))
    known = {(row["level"], row["forecast"]): row["wape"] for row in rows.iter_rows(named=True)}
    bands = [name for name in ("coverage_80", "coverage_95") if name in rows.columns]
    found = []
    for level in dict.fromkeys(rows["level"].to_list()):
        wapes = [known.get((level, way)) for way in ways]
        least = min((wape for wape in wapes if wape is not None), default=None)
        cells = tuple(
            Cell(text="–") if wape is None else Cell(text=percent(wape), best=wape == least)
            for wape in wapes
        )
        held = rows.filter(pl.col("level") == level)
        cells += tuple(_held(held[name].drop_nulls()) for name in bands)
        found.append(Row(head=capitalized(column(str(level))), cells=cells))
    inside = " Then how often the bands of what is delivered held." if bands else ""
    return Table(
        caption=f"WAPE by level of the hierarchy, each level forecast in these ways.{inside}",
        head=(
            ("Level", ""),
            *((column(way), "") for way in ways),
            *((f"in {name.removeprefix('coverage_')} %", "") for name in bands),
        ),
        rows=tuple(found),
    )
