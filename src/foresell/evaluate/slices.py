"""A slice of the judged rows: the forecast of one candidate beside the truth, and its scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from foresell.data.asked_values import known_values, typed_value
from foresell.errors import UsageError, nearest
from foresell.evaluate.leaderboard import align, rows_of
from foresell.evaluate.metrics import score
from foresell.evaluate.row_truth import ROW
from foresell.spec.forecast import BANDS, quantile_columns
from foresell.spec.ordered_sums import ordered_sum
from foresell.spec.project import ProjectSpec

Wanted = Mapping[str, Sequence[object]]


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Judged rows that were asked for.

    ``rows``: key columns, date, ``step``, the project's segments, ``holiday`` where declared,
    ``y``, ``prediction``, the quantiles (where the forecast has them), ``error`` (prediction - y)
    and ``in_80``, ``in_95``: whether the truth lies in the band, its edges included. ``by_date``:
    date, ``n``, ``y``, ``prediction``, ``error``: sums of those rows (quantiles have no sum); no
    row where a table has no date column. ``scores``: every metric of the slice. Of a table, the
    rows have the columns of its truth (`foresell.evaluate.row_truth`) instead of key columns, date,
    step and segments.
    """

    rows: pl.DataFrame
    by_date: pl.DataFrame
    scores: Mapping[str, float | int | None]

    def series(self, project: ProjectSpec) -> int:
        """Return how many series there are in the slice; of a table, each row is one."""
        if project.kind == "tabular":
            return self.rows.height
        return self.rows.select(project.keys).n_unique()


def take_slice(
    truth: pl.DataFrame, forecast: pl.DataFrame, project: ProjectSpec, where: Wanted
) -> Slice:
    """Return the rows of ``truth`` where every column of ``where`` has one of its values.

    ``truth`` and ``forecast`` as `foresell.evaluate.leaderboard` describes them; ``where`` may
    name key columns, the date, ``step``, ``holiday`` and the project's segments; of a table, key
    columns, groups, the date, features and ``row``. Values are given as they are or as text.

    Raises:
        UsageError: no such column, a value that is none of the column's, or no row has all.
    """
    aligned = align(truth, forecast, project, "inspected")
    known = _columns(truth, project)
    kept = aligned
    for name, values in where.items():
        if name not in known:
            raise UsageError(_no_column(name, project), "the slice asked for", nearest(name, known))
        kept = kept.filter(pl.col(name).is_in(_typed(aligned[name], values).implode()))
    if kept.is_empty():
        asked = ", ".join(f"{name}={value}" for name in where for value in where[name])
        raise UsageError(
            f"no judged row has {asked}",
            f"{aligned.height:,} rows of the test",
            "leave one condition out; each of them alone has rows",
        )
    return _made(kept, project, known)


def _columns(truth: pl.DataFrame, project: ProjectSpec) -> list[str]:
    """Return the columns by which rows may be asked for."""
    if project.kind == "tabular":
        return [name for name in truth.columns if name not in {"y", "weight"}]
    named = (*project.keys, project.time, "step", *project.segments, "holiday")
    return [name for name in named if name in truth.columns]


def _made(kept: pl.DataFrame, project: ProjectSpec, known: Sequence[str]) -> Slice:
    """Return the slice of the aligned rows ``kept``."""
    quantiles = [name for name in quantile_columns() if name in kept.columns]
    bands = {
        f"in_{percent}": pl.col("y").is_between(pl.col(f"q{low}"), pl.col(f"q{high}"))
        for percent, (low, high) in BANDS.items()
        if {f"q{low}", f"q{high}"} <= set(quantiles)
    }
    error = (pl.col("prediction") - pl.col("y")).alias("error")
    rows = kept.with_columns(error, **bands).select(
        *known, "y", "prediction", *quantiles, "error", *bands
    )
    dated = rows if project.timed else rows.clear().with_columns(__day=pl.lit(None, pl.Date))
    time = project.time if project.timed else "__day"
    by_date = (
        dated
        .group_by(time)
        .agg(pl.len().alias("n"), ordered_sum(pl.col("y", "prediction", "error")))
        .sort(time)
    )
    return Slice(rows=rows, by_date=by_date, scores=score(rows_of(kept)).to_json())


def _typed(column: pl.Series, values: Sequence[object]) -> pl.Series:
    """Return ``values`` in the type of ``column``.

    Raises:
        UsageError: one of them is not among the column's values.
    """
    typed = [typed_value(column.dtype, value) for value in values]
    there = set(column.unique().to_list())
    for value, given in zip(typed, values, strict=True):
        if column.dtype == pl.Date and isinstance(value, str):
            raise UsageError(
                f"{value!r} is no day", "the slice asked for", "write it as 2024-12-31"
            )
        if value not in there:
            listed = sorted(there, key=lambda one: (one is None, one))
            texts = ["no", "yes"] if column.dtype == pl.Boolean else [str(one) for one in listed]
            said, hint = f"no judged row has {column.name}={given}", known_values(str(given), texts)
            if column.name == ROW:
                said = f"row {given} is no row of the test"
                hint = f"rows are counted from 0; {hint}, --out FILE.csv lists them"
            raise UsageError(said, "the slice asked for", hint)
    return pl.Series(column.name, typed, dtype=column.dtype)


def _no_column(name: str, project: ProjectSpec) -> str:
    """Return why rows cannot be asked for by the column ``name``."""
    role = project.columns.get(name)
    if role is None:
        return f"there is no column {name!r}"
    what = "excluded" if role == "excluded" else f"the {role}"
    return f"the column {name!r} is {what}: rows are not named by it"
