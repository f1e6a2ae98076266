"""The errors of two versions by the size of the truth, on the rows that both were judged on."""

import polars as pl

from foresell.bundle.bundle import Evidence
from foresell.charts.errors_by import dumbbells
from foresell.charts.theme import Spec
from foresell.dashboard.leaderboard.weak_spots import HALF
from foresell.dashboard.page import Figure
from foresell.govern.gate import common_rows
from foresell.report.figures import label_margin
from foresell.report.standing import scale_limit
from foresell.report.wording import amount, percent
from foresell.spec.ordered_sums import ordered_sum

_GROUPS = 8  # of as many rows each
_BEFORE = "prediction__live"  # what `common_rows` calls what the earlier of the two said


def by_size(old: Evidence, new: Evidence, numbers: tuple[int, int], unit: str) -> Figure | None:
    """Return the errors of both in groups of rows; None where hardly a row was judged in both.

    ``numbers``: of the two versions.
    """
    both = common_rows(new, old)
    if isinstance(both, str) or both.height < _GROUPS:
        return None
    names = (f"version {numbers[0]}", f"version {numbers[1]}")
    frame = grouped(both, names)
    limit, left = scale_limit(frame), label_margin(frame["value"].to_list())

    def draw(width: int) -> Spec:
        """Draw a line for each group."""
        return dumbbells(
            frame, champion=names[1], baseline=names[0], limit=limit, left=left, width=width
        )

    told = [
        f"{row['value']}: {percent(row['wape'])} of {row['candidate']}"
        for row in frame.drop_nulls("wape").iter_rows(named=True)
    ]
    in_unit = f" in {unit}" if unit else ""
    return Figure(
        name="by-size",
        title=_better(frame, names),
        note=f"WAPE,\u00a0%, of the rows both were judged on, in groups by their truth{in_unit}; "
        f"{names[1]} blue, {names[0]} grey.",
        says=f"WAPE by the size of the truth. {'; '.join(told)}.",
        draw=draw,
        rows=frame,
        size=(HALF[0], 27 * frame["value"].n_unique() + 36),
    )


def grouped(both: pl.DataFrame, names: tuple[str, str]) -> pl.DataFrame:
    """Return ``value`` (a group of rows by truth), ``candidate``, ``n``, ``wape``; lowest first.

    ``both``: as `common_rows` returns them. Rows of equal truth are in one group, so there may be
    fewer than eight; groups whose ends look alike are one, too.
    """
    place = (pl.col("y").rank("max") - 1) * _GROUPS // pl.len()
    ends = both.select("y", place=place).group_by("place").agg(low=pl.min("y"), high=pl.max("y"))
    labels = {
        row[0]: f"{amount(row[1])} to {amount(row[2])}" for row in ends.sort("place").iter_rows()
    }
    value = place.replace_strict(labels, return_dtype=pl.String).alias("value")
    ranked = both.sort("y", maintain_order=True).with_columns(value)
    size = ordered_sum(pl.col("y").abs())
    parts = []
    for name, column in zip(names, (_BEFORE, "prediction"), strict=True):
        error = ordered_sum((pl.col(column) - pl.col("y")).abs())
        parts.append(
            ranked.group_by("value", maintain_order=True).agg(
                pl.lit(name).alias("candidate"),
                pl.len().cast(pl.Int64).alias("n"),
                pl.when(size > 0).then(error / size).alias("wape"),
            )
        )
    return pl.concat(parts)


def _better(frame: pl.DataFrame, names: tuple[str, str]) -> str:
    """Return in how many groups the second of the two errs less."""
    old, new = (frame.filter(pl.col("candidate") == name)["wape"].to_list() for name in names)
    pairs = [pair for pair in zip(old, new, strict=True) if None not in pair]
    less = sum(after < before for before, after in pairs)
    return f"{names[1].capitalize()} errs less in {less} of {len(pairs)} groups of rows by size"
