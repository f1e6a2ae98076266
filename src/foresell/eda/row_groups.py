"""What a table of rows adds up to: by category, by bins of a number, by month, by group."""

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
import polars as pl

from foresell.eda.chance import adjusted, alike
from foresell.eda.profile import as_text
from foresell.spec.ordered_sums import ordered_mean, ordered_sum
from foresell.spec.project import ProjectSpec

_FEW = 12  # a whole number of so few values is a category too
_MOST = 30
_BINS = 10
OTHERS = "(others)"
LEAST_ROWS = 30  # of a value whose mean is compared with others
_Y = "__y"


def categories(frame: pl.DataFrame, project: ProjectSpec) -> tuple[str, ...]:
    """Return the columns whose values are few: texts that repeat, yes and no, few whole numbers."""
    found = []
    for name, kind in frame.schema.items():
        if project.columns.get(name) in {"key", "group", "time", "target", "weight"}:
            continue
        values = frame[name].n_unique()
        text = kind == pl.String and 2 * values <= frame.height
        if text or kind == pl.Boolean or (kind.is_integer() and values <= _FEW):
            found.append(name)
    return tuple(found)


def by_category(frame: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return the table ``by_category``: of each column the values by how many rows have them.

    ``chance`` is of the whole column: how likely its values, those on 30 rows or more, lie so far
    apart by chance, in this column or another. Rows of one group are not independent, so what is
    compared are the means that the groups have by value. Null where fewer than two are compared.
    """
    target = frame[project.target].cast(pl.Float64)
    whole = float(target.to_numpy().sum())
    parts = []
    names = categories(frame, project)
    chances = dict(
        zip(names, adjusted([_by_chance(frame, name, project) for name in names]), strict=True)
    )
    for name in names:
        values = frame[name]
        count = (
            values
            .to_frame("value")
            .group_by("value")
            .len()
            .sort("len", "value", descending=[True, False], nulls_last=True)
        )
        kept = count["value"].head(_MOST)
        rows = pl.DataFrame({"value": values, _Y: target})
        shown = rows.with_columns(
            pl.col("value").is_in(kept.implode(), nulls_equal=True).alias("__kept")
        )
        told = (
            shown
            .with_columns(pl.when("__kept").then("value").otherwise(None).alias("value"))
            .group_by("__kept", "value", maintain_order=True)
            .agg(
                pl.len().cast(pl.Int64).alias("rows"),
                ordered_sum(pl.col(_Y)).alias("y"),
                *_middle(),
            )
            .sort(pl.col("__kept").not_(), -pl.col("rows"), "value", nulls_last=True)
        )
        label = as_text(told["value"].to_list())
        parts.append(
            told.with_columns(
                pl.lit(name).alias("column"),
                pl.when("__kept").then(label).otherwise(pl.lit(OTHERS)).alias("value"),
                (pl.col("rows") / frame.height).alias("share"),
                (pl.col("y") / (whole or None)).alias("y_share"),
                pl.lit(chances[name], dtype=pl.Float64).alias("chance"),
            ).drop("__kept")
        )
    return pl.concat(parts) if parts else pl.DataFrame()


def _by_chance(frame: pl.DataFrame, name: str, project: ProjectSpec) -> float | None:
    """Return how likely the values of a column lie so far apart by chance, see `by_category`."""
    groups = [one for one in project.with_role("group") if one in frame.columns]
    keys = pl.struct(groups) if groups else pl.int_range(pl.len())
    rows = frame.select(
        pl.col(name).rank("dense").fill_null(0).cast(pl.Int64).alias("value"),
        keys.rank("dense").alias("group"),
        pl.col(project.target).cast(pl.Float64).alias(_Y),
    ).drop_nulls(_Y)
    told = rows.filter(pl.len().over("value") >= LEAST_ROWS).sort("value", "group", _Y)
    means = told.group_by("value", "group", maintain_order=True).agg(ordered_mean(pl.col(_Y)))
    return alike(means[_Y].to_numpy(), means["value"].to_numpy()) if means.height else None


def target_by_bin(frame: pl.DataFrame, names: Iterable[str], target: str) -> pl.DataFrame:
    """Return the table ``target_by_bin`` of the columns ``names``; equal values share a bin.

    Ten bins of as many rows as can be, fewer where many rows have one value. Rows that lack the
    value are in none.
    """
    parts = []
    for name in names:
        rows = frame.select(
            pl.col(name).cast(pl.Float64).alias("at"), pl.col(target).cast(pl.Float64).alias(_Y)
        ).drop_nulls("at")
        values = rows["at"].to_numpy()
        if len(np.unique(values)) <= 1:
            continue
        inner = np.quantile(values, np.arange(1, _BINS) / _BINS, method="inverted_cdf")
        cuts = np.unique(inner[inner < values.max()])
        place = pl.Series("bin", np.searchsorted(cuts, values, side="left"), dtype=pl.Int64)
        told = (
            rows
            .with_columns(place)
            .group_by("bin", maintain_order=True)
            .agg(
                pl.col("at").min().alias("low"),
                pl.col("at").max().alias("high"),
                pl.len().cast(pl.Int64).alias("rows"),
                *_middle(),
            )
            .sort("bin")
            .with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("bin"))
        )
        parts.append(told.with_columns(pl.lit(name).alias("column")))
    return pl.concat(parts) if parts else pl.DataFrame()


def months(frame: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return the table ``months``, each from the first to the last row's; none without dates."""
    if not project.timed or project.time not in frame.columns or not frame[project.time].count():
        return pl.DataFrame()
    groups = [name for name in project.with_role("group") if name in frame.columns]
    month = pl.col(project.time).dt.truncate("1mo").alias("month")
    counted = (
        pl.struct(groups).n_unique().cast(pl.Int64) if groups else pl.lit(None, dtype=pl.Int64)
    )
    target = pl.col(project.target).cast(pl.Float64)
    told = (
        frame
        .filter(pl.col(project.time).is_not_null())
        .group_by(month, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("rows"),
            counted.alias("groups"),
            ordered_sum(target).alias("y"),
            ordered_mean(target).alias("mean"),
        )
    )
    every = pl.date_range(
        cast("pl.Expr", told["month"].min()),
        cast("pl.Expr", told["month"].max()),
        "1mo",
        eager=True,
    ).alias("month")
    filled = every.to_frame().join(told, on="month", how="left", maintain_order="left")
    zero = ["rows", "y", *(["groups"] if groups else [])]
    return filled.with_columns(pl.col(zero).fill_null(0))


def group_sizes(frame: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return the table ``groups``, of the columns with the role group; empty where none is."""
    groups = [name for name in project.with_role("group") if name in frame.columns]
    if not groups:
        return pl.DataFrame()
    return (
        frame
        .select(pl.struct(groups).alias("group"))
        .group_by("group")
        .agg(pl.len().cast(pl.Int64).alias("size"))
        .group_by("size")
        .agg(pl.len().cast(pl.Int64).alias("groups"))
        .sort("size")
        .with_columns((pl.col("size") * pl.col("groups")).alias("rows"))
    )


def duplicates(frame: pl.DataFrame, project: ProjectSpec, key: Sequence[str]) -> pl.DataFrame:
    """Return the table ``duplicates``: rows alike as a whole, in their features, in their key."""
    features = [name for name in project.with_role("feature") if name in frame.columns]
    own = [name for name in key if name in frame.columns]
    kinds = {"whole rows": frame.columns, "features": features, "key": own}
    found = []
    for kind, names in kinds.items():
        if not names:
            continue
        alike = (
            frame
            .group_by(names)
            .agg(pl.len().alias("__rows"), pl.col(project.target).n_unique().alias("__targets"))
            .filter(pl.col("__rows") > 1)
        )
        differ = alike.filter(pl.col("__targets") > 1)
        found.append((kind, int(alike["__rows"].sum()), alike.height, int(differ["__rows"].sum())))
    return pl.DataFrame(
        found,
        orient="row",
        schema={
            "kind": pl.String,
            "rows": pl.Int64,
            "distinct": pl.Int64,
            "disagreeing": pl.Int64,
        },
    )


def _middle() -> tuple[pl.Expr, ...]:
    """Return the mean, median and quarters of the target of a group."""
    y = pl.col(_Y)
    return (
        ordered_mean(y).alias("mean"),
        y.median().alias("median"),
        y.quantile(0.25, "linear").alias("p25"),
        y.quantile(0.75, "linear").alias("p75"),
    )
