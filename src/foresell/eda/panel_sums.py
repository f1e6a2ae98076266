"""What a panel adds up to: by period, segment, key, and part of the year."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl

from foresell.eda.grid import Grid, Numbers
from foresell.eda.profile import as_text, shown
from foresell.spec.project import ProjectSpec

_FEW = 12  # a static number of so few values is told value by value, else by quarters
_MOST = 50
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OTHERS = "(others)"


def totals(grid: Grid, project: ProjectSpec, events: Mapping[date, Sequence[str]]) -> pl.DataFrame:
    """Return the table ``totals``: one row for every period, also one without rows.

    ``events``: the names of the events by the period they fall in.
    """
    count = grid.by_period(np.isfinite(grid.y).astype(np.float64))
    expected = grid.by_period(grid.expected)
    total = grid.by_period(grid.y)
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.where(expected > 0, total / expected, np.nan)
    return pl.DataFrame(
        {
            "date": grid.dates,
            "y": np.where(count > 0, total, np.nan),
            "series": count.astype(np.int64),
            "level": level,
            "holiday": holidays(grid, project),
            "events": [", ".join(events.get(day, ())) for day in grid.dates],
        },
        schema_overrides={"date": pl.Date, "holiday": pl.Boolean},
    ).with_columns(pl.col("y", "level").fill_nan(None))


def holidays(grid: Grid, project: ProjectSpec) -> Sequence[bool | None]:
    """Return (n periods,) whether any row of it has the declared holiday; None: none declared."""
    weight = project.holiday_weight
    if weight is None or weight.column not in grid.frame.columns:
        return [None] * len(grid.dates)
    flag = grid.frame[weight.column].cast(pl.Float64).fill_null(0.0).to_numpy()
    return [bool(some) for some in grid.by_period(flag) > 0]


def segment_totals(grid: Grid, project: ProjectSpec) -> pl.DataFrame:
    """Return the table ``segment_totals`` of the declared segments."""
    parts = []
    for name in project.segments:
        labels, rows = _labels(grid, name)
        for at, label in enumerate(labels):
            mine = (rows == at) & np.isfinite(grid.y)
            series = grid.by_period(mine.astype(np.float64)).astype(np.int64)
            parts.append(
                pl.DataFrame(
                    {
                        "date": grid.dates,
                        "segment": [name] * len(grid.dates),
                        "value": [label] * len(grid.dates),
                        "y": grid.by_period(np.where(mine, grid.y, 0.0)),
                        "series": series,
                    },
                    schema_overrides={"date": pl.Date, "value": pl.String},
                )
            )
    return pl.concat(parts).filter(pl.col("series") > 0) if parts else pl.DataFrame()


def by_segment(grid: Grid, project: ProjectSpec) -> pl.DataFrame:
    """Return the table ``by_segment`` of every static column."""
    static = [name for name in project.with_role("static") if name in grid.frame.columns]
    parts = [
        _told(grid, *_labels(grid, name)).with_columns(segment=pl.lit(name)) for name in static
    ]
    return (
        pl.concat([part.sort("y", descending=True, maintain_order=True) for part in parts])
        if parts
        else pl.DataFrame()
    )


def top(grid: Grid, key: str) -> pl.DataFrame:
    """Return the table ``top_<key>``: every value of ``key``, largest total first."""
    labels, rows = _labels(grid, key, whole=True)
    found = _told(grid, labels, rows).sort("y", descending=True, maintain_order=True)
    share = found["share"].fill_null(0.0).to_numpy()
    return found.with_columns(
        pl.Series("cumulative", np.cumsum(share)),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("rank"),
    )


def levels(totals: pl.DataFrame, frequency: str) -> pl.DataFrame:
    """Return the table ``levels`` from the table ``totals``."""
    day = pl.col("date").dt
    parts = {"year": day.year(), "month": day.month()}
    parts |= {"weekday": day.weekday()} if frequency == "D" else {"week": day.week()}
    found = []
    for part, place in parts.items():
        at = totals.select(place.cast(pl.Int64))["date"].to_numpy()
        y, level = totals["y"].to_numpy(), totals["level"].to_numpy()
        for one in np.unique(at):
            own = y[(at == one) & np.isfinite(y)]
            high = level[(at == one) & np.isfinite(level)]
            mean = float(own.mean()) if len(own) else None
            stands = float(high.mean()) if len(high) else None
            found.append((part, int(one), _label(part, int(one)), len(own), mean, stands))
    return pl.DataFrame(
        found,
        orient="row",
        schema={
            "part": pl.String,
            "place": pl.Int64,
            "label": pl.String,
            "periods": pl.Int64,
            "mean": pl.Float64,
            "level": pl.Float64,
        },
    )


def _label(part: str, place: int) -> str:
    """Return what a part of the year or the week is called."""
    if part == "month":
        return _MONTHS[place - 1]
    return _DAYS[place - 1] if part == "weekday" else str(place)


def _told(grid: Grid, labels: Sequence[str | None], rows: Numbers) -> pl.DataFrame:
    """Return series, rows, total, share, mean, median of the rows with each label."""
    whole = float(np.nansum(grid.y))
    there = np.isfinite(grid.y) & (rows >= 0)
    y, series_of, at = grid.y[there], grid.series[there], rows[there].astype(np.int64)
    order = np.argsort(at, kind="stable")
    parts = np.split(order, np.searchsorted(at[order], np.arange(1, len(labels))))
    found = []
    for label, part in zip(labels, parts, strict=True):
        own = y[part]
        series, total = len(np.unique(series_of[part])), float(own.sum())
        mean, median = (float(own.mean()), float(np.median(own))) if len(own) else (None, None)
        found.append((
            label,
            series,
            len(own),
            total,
            total / whole if whole else None,
            mean,
            median,
            total / series if series else None,
        ))
    return pl.DataFrame(
        found,
        orient="row",
        schema={
            "value": pl.String,
            "series": pl.Int64,
            "rows": pl.Int64,
            "y": pl.Float64,
            "share": pl.Float64,
            "mean": pl.Float64,
            "median": pl.Float64,
            "per_series": pl.Float64,
        },
    )


def _labels(grid: Grid, name: str, *, whole: bool = False) -> tuple[Sequence[str | None], Numbers]:
    """Return the labels of the values of a column, and (n rows,) the place of each row's label.

    A column of many numbers is cut into quarters of its series, one of many texts keeps those of
    most rows; not where it is to be told ``whole``.
    """
    values = grid.frame[name]
    single = values.unique().sort(nulls_last=True)
    if not whole and values.dtype.is_numeric() and len(single) > _FEW:
        return _quarters(grid, name)
    texts = as_text(single.to_list())
    places = pl.DataFrame({name: single, "__at": pl.arange(len(single), eager=True)})
    at = (
        grid.frame
        .select(name)
        .join(places, on=name, how="left", nulls_equal=True, maintain_order="left")["__at"]
        .cast(pl.Int64)
        .to_numpy()
    )
    if not whole and len(single) > _MOST:
        count = np.bincount(at, minlength=len(single))
        kept = np.sort(np.argsort(-count, kind="stable")[: _MOST - 1])
        new = np.full(len(single), len(kept))
        new[kept] = np.arange(len(kept))
        return [*(texts[int(one)] for one in kept), OTHERS], new[at]
    return texts.to_list(), at


def _quarters(grid: Grid, name: str) -> tuple[Sequence[str | None], Numbers]:
    """Return the labels of four ranges of a static number, each of as many series, and places."""
    values = grid.frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    known = np.isfinite(values)
    of_series = np.full(grid.keys.height, np.nan)
    of_series[grid.series[known]] = values[known]
    own = np.sort(of_series[np.isfinite(of_series)])
    cuts = np.unique(np.quantile(own, [0.25, 0.5, 0.75], method="inverted_cdf"))
    edges = [own[0], *cuts, own[-1]]
    place = np.searchsorted(cuts, values, side="left").astype(np.float64)
    place[~np.isfinite(values)] = -1
    labels: list[str | None] = []
    for low, high in pairwise(edges):
        inside = own[(own > low) & (own <= high)] if labels else own[own <= high]
        labels.append(
            f"{shown(float(inside[0]))} to {shown(float(inside[-1]))}" if len(inside) else ""
        )
    return labels, place
