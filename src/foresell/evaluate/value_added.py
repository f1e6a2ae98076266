"""Where a model adds value over a baseline and where it destroys some: part by part."""

from collections.abc import Iterator

import polars as pl

from foresell.evaluate.leaderboard import align
from foresell.evaluate.segments import segments
from foresell.spec.ordered_sums import ordered_sum
from foresell.spec.project import ProjectSpec

SERIES = "series"


def value_added_by(
    truth: pl.DataFrame, own: pl.DataFrame, other: pl.DataFrame, project: ProjectSpec
) -> pl.DataFrame:
    """Return the value that forecast ``own`` adds over ``other`` in every part of the judged rows.

    ``truth``, ``own`` and ``other`` as `foresell.evaluate.leaderboard` describes them. Columns:
    ``by`` and ``value`` (texts: what the rows are parted by, and the part), ``n`` rows, ``actual``
    (sum of |y|), ``error`` and ``baseline_error`` (sums of absolute errors), ``saved`` (their
    difference, above 0 where ``own`` is better), all in the unit of the target; ``wape`` and
    ``baseline_wape``; ``value_added``: 1 - error / baseline error, null where the baseline has
    none. Parts: all rows; those of `segments` but for the top values of a key; every value of each
    key column, in its order; every series, its values joined by ", ". Of a table: all rows, and
    those of `segments`.
    """
    aligned = align(truth, own, project, "champion")
    rival = align(truth, other, project, "baseline")["prediction"]
    errors = aligned.with_columns(
        actual=pl.col("y").abs(),
        error=(pl.col("prediction") - pl.col("y")).abs(),
        baseline_error=(rival - pl.col("y")).abs(),
    )
    parts = [_of(errors, "all", "all rows")]
    for segment in segments(aligned, project):
        if segment.name not in project.keys:
            for place, value in enumerate(segment.values):
                parts.append(_of(errors.filter(segment.codes == place), segment.name, value))
    parts += list(_by_keys(errors, project))
    return pl.concat(parts).filter(pl.col("n") > 0)


def _by_keys(errors: pl.DataFrame, project: ProjectSpec) -> Iterator[pl.DataFrame]:
    """Yield the sums of every value of each key column, then of every series."""
    if project.kind == "tabular":  # a key names one row there
        return
    keys = list(project.keys)
    groups = [[key] for key in keys] + ([keys] if len(keys) > 1 else [])
    for names in groups:
        title = names[0] if len(names) == 1 else SERIES
        value = pl.concat_str(names, separator=", ")
        sums = errors.group_by(names, maintain_order=True).agg(*_sums()).sort(names)
        yield _shares(sums.with_columns(by=pl.lit(title), value=value))


def _of(rows: pl.DataFrame, by: str, value: str) -> pl.DataFrame:
    """Return the one row of a part."""
    return _shares(rows.select(*_sums()).with_columns(by=pl.lit(by), value=pl.lit(value)))


def _sums() -> list[pl.Expr]:
    """Return the sums over a part's rows."""
    totals = ordered_sum(pl.col("actual", "error", "baseline_error"))
    return [pl.len().cast(pl.Int64).alias("n"), totals]


def _shares(sums: pl.DataFrame) -> pl.DataFrame:
    """Return sums with their differences and ratios, columns in their order."""

    def ratio(above: str, below: str) -> pl.Expr:
        return pl.when(pl.col(below) > 0).then(pl.col(above) / pl.col(below))

    return sums.with_columns(saved=pl.col("baseline_error") - pl.col("error")).select(
        pl.col("by", "value").cast(pl.String),
        "n",
        "actual",
        "error",
        "baseline_error",
        "saved",
        ratio("error", "actual").alias("wape"),
        ratio("baseline_error", "actual").alias("baseline_wape"),
        ratio("saved", "baseline_error").alias("value_added"),
    )
