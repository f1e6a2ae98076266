"""The rows in which leaks are looked for: a sample, the same every time, as plain arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.spec.calendar import step
from foresell.spec.project import ProjectSpec, Role

Numbers = NDArray[np.float64]

LOOKED_AT: tuple[Role, ...] = ("feature", "known_future", "static", "past_only", "excluded")
MOST_ROWS = 200_000
_MOST_DECIMALS = 6
_MIXING, _TURN = 2_654_435_761, 2**32  # Knuth's multiplicative hash


@dataclass(frozen=True, kw_only=True)
class Clue:
    """Something that ties ``columns`` to the target.

    ``share``: of the rows looked at, those it holds on. ``certain``: the target can be told from
    the columns, and hardly by chance. ``ahead``: from an earlier row than its own.
    """

    columns: tuple[str, ...]
    kind: str
    share: float
    says: str
    certain: bool = True
    ahead: bool = False


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows with a target, by series and time where the project has them.

    ``target``: finite. ``unit``: the grid it lies on, 0.01 where it is in cents. ``numbers``: the
    numeric columns, and texts that are all numbers; NaN where null. ``classes``: columns of any
    kind but dates, as codes in the order of their values; -1 where null. ``labels``: what the codes
    stand for. ``moment``: the series' number and the period of each row, None in a table.
    ``timed``: whether the rows are in the order of time.
    """

    frame: pl.DataFrame
    target: Numbers
    unit: float
    numbers: Mapping[str, Numbers]
    classes: Mapping[str, NDArray[np.int64]]
    labels: Mapping[str, list[str]]
    moment: tuple[NDArray[np.int64], NDArray[np.int64]] | None
    timed: bool


def sample_rows(frame: pl.DataFrame | pl.LazyFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return at most about ``MOST_ROWS`` rows with a target: whole series of a panel, else any.

    The same rows for the same data and seed, in the order of series and time, or of the frame. A
    lazy frame is read in batches, and never held whole.
    """
    target, lazy = project.target, frame.lazy()
    names = lazy.collect_schema().names()
    kept = {*project.with_role("key", "time", "target"), *project.with_role(*LOOKED_AT)}
    told = lazy.select(name for name in names if name in kept).filter(
        pl.col(target).is_not_null(), pl.col(target).cast(pl.Float64).is_finite()
    )
    order = [*(project.keys if project.kind == "panel" else ()), *project.with_role("time")]
    if project.kind == "panel":
        told = _whole_series(told, project)
    else:
        told = _any_rows(told, project.seed)
    rows = told.collect(engine="streaming")
    return rows.sort(order, maintain_order=True) if order else rows


def _any_rows(told: pl.LazyFrame, seed: int) -> pl.LazyFrame:
    """Keep rows by a hash of their place, so that no rhythm of the file shows in the sample."""
    count = cast("int", told.select(pl.len()).collect(engine="streaming").item())
    if count <= MOST_ROWS:
        return told
    place = pl.col("__place").cast(pl.UInt64)
    drawn = (place * _MIXING + seed) % _TURN < MOST_ROWS * _TURN // count
    return told.with_row_index("__place").filter(drawn).drop("__place")


def _whole_series(told: pl.LazyFrame, project: ProjectSpec) -> pl.LazyFrame:
    """Keep whole series, drawn by the seed, until there are enough rows."""
    keys = list(project.keys)
    series = told.group_by(keys).len().collect(engine="streaming").sort(keys)
    if int(series["len"].sum()) <= MOST_ROWS:
        return told
    shuffled = series[np.random.default_rng(project.seed).permutation(series.height)]
    wanted = shuffled.filter(
        (pl.col("len").cum_sum() <= MOST_ROWS) | (pl.int_range(pl.len()) == 0)
    ).select(keys)
    return told.join(wanted.lazy(), on=keys, how="semi")


def read_rows(sample: pl.DataFrame, project: ProjectSpec) -> Rows:
    """Return a sample as arrays."""
    target = sample[project.target].cast(pl.Float64).to_numpy()
    names = [name for name in project.with_role(*LOOKED_AT) if name in sample.columns]
    numbers: dict[str, Numbers] = {}
    classes: dict[str, NDArray[np.int64]] = {}
    labels: dict[str, list[str]] = {}
    for name in names:
        column = sample[name]
        if column.dtype.is_temporal() or column.dtype.is_nested() or not column.count():
            continue
        if (read := _as_numbers(column)) is not None:
            numbers[name] = read
        classes[name], labels[name] = _as_classes(column)
    return Rows(
        frame=sample,
        target=target,
        unit=_unit(target),
        numbers=numbers,
        classes=classes,
        labels=labels,
        moment=_moment(sample, project) if project.kind == "panel" else None,
        timed=project.timed,
    )


def _as_numbers(column: pl.Series) -> Numbers | None:
    """Return the values of a numeric column, or of a text whose every value is a number."""
    if column.dtype.is_numeric():
        read = column.cast(pl.Float64)
    elif column.dtype == pl.String:
        read = column.cast(pl.Float64, strict=False)
        if read.null_count() > column.null_count():
            return None
    else:
        return None
    values = read.to_numpy().astype(np.float64)
    values[~np.isfinite(values)] = np.nan
    return values


def _as_classes(column: pl.Series) -> tuple[NDArray[np.int64], list[str]]:
    """Return the codes of a column's values in their order, -1 for null, and the values."""
    plain = column.cast(pl.String) if column.dtype == pl.Categorical else column
    values = plain.unique().drop_nulls().sort()
    codes = (
        plain
        .to_frame("value")
        .join(
            values.to_frame("value").with_row_index("code"),
            on="value",
            how="left",
            maintain_order="left",
        )["code"]
        .cast(pl.Int64)
        .fill_null(-1)
    )
    return codes.to_numpy(), [str(value) for value in values.head(1000)]


def _moment(
    sample: pl.DataFrame, project: ProjectSpec
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of each row's series and of its period, both from 0."""
    every = step(project.frequency).days
    days = (pl.col(project.time) - pl.col(project.time).min()).dt.total_days() // every
    series = pl.struct(project.keys).rle_id().cast(pl.Int64)
    both = sample.select(series.alias("series"), days.cast(pl.Int64).alias("period"))
    return both["series"].to_numpy(), both["period"].to_numpy()


def _unit(target: Numbers) -> float:
    """Return the largest of 1, 0.1, 0.01 ... of which nearly all values are multiples."""
    if not target.size:
        return 1.0
    slack = 1e-9 * float(np.abs(target).max())
    for decimals in range(_MOST_DECIMALS + 1):
        off = np.abs(target - np.rint(target * 10.0**decimals) / 10.0**decimals)
        if np.mean(off <= slack) >= 0.999:
            return 10.0**-decimals
    return 2e-6 * float(np.median(np.abs(target)))
