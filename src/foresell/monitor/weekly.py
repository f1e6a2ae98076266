"""Errors, bias, coverage and value added by period: a week, a month, or all there is.

Rows that are judged, here and in the modules beside: ``period`` (text: the ISO date of its first
day, of a weekly panel its date; ``all`` where nothing tells the time), ``step`` (periods from the
last observed one, null where there is none), ``y`` and ``prediction`` in the unit of the target,
the bands ``low_80``, ``high_80``, ``low_95``, ``high_95`` and ``naive`` (the baseline's answer),
null where nobody gave one; any other column parts rows. They are in an order that their content
gives, for sums of floats hang on it.
"""

import math
from collections.abc import Sequence
from datetime import date
from typing import Literal

import polars as pl

from foresell.spec.ordered_sums import ordered_mean, ordered_sum

Every = Literal["week", "month", "all"]
ALL = "all"
PERIOD = "period"
NUMBERS = ("step", "y", "prediction", "low_80", "high_80", "low_95", "high_95", "naive")
BANDS = (80, 95)
_Z = 1.959963984540054  # of a normal distribution: 95 % lie within
_LEAST = 1e-4  # of the truth: an error below it is none, and has no logarithm
_TENTH = 0.1


def period_of(time: pl.Expr, every: Every, *, weekly: bool = False) -> pl.Expr:
    """Return the period of each day as text; of a ``weekly`` panel that is the day itself.

    >>> from datetime import date
    >>> days = pl.DataFrame({"day": [date(2012, 2, 3)]})
    >>> days.select(period_of(pl.col("day"), "week")).item()
    '2012-01-30'
    """
    if every == ALL:
        return pl.lit(ALL)
    if weekly:
        return time.cast(pl.Date).dt.to_string("iso")
    return time.cast(pl.Date).dt.truncate("1w" if every == "week" else "1mo").dt.to_string("iso")


def sums(rows: pl.DataFrame, by: Sequence[str] = (PERIOD,)) -> pl.DataFrame:
    """Return the sums over the rows of each part, sorted by what parts them.

    ``rows`` as the module says. Columns beside ``by``: ``n`` rows, ``step`` (their mean),
    ``actual`` (sum of |y|), ``said`` (of |prediction|), ``error`` (of |prediction - y|), ``bias``
    (of prediction - y), ``naive_error`` and ``error_beside`` (both errors where the baseline has an
    answer), ``in_80`` and ``of_80`` (rows within the band, rows that have one), ``width_80`` (sum),
    the same of 95.
    """
    error = (pl.col("prediction") - pl.col("y")).alias("bias")
    beside = pl.col("naive").is_not_null()
    told = rows.with_columns(
        error,
        pl.col("y").abs().alias("actual"),
        pl.col("prediction").abs().alias("said"),
        error.abs().alias("error"),
        (pl.col("naive") - pl.col("y")).abs().alias("naive_error"),
        pl.when(beside).then(error.abs()).alias("error_beside"),
        *(one for percent in BANDS for one in _within(percent)),
    )
    totals = ["actual", "said", "error", "bias", "naive_error", "error_beside"]
    totals += [f"width_{percent}" for percent in BANDS]
    counts = [f"{name}_{percent}" for percent in BANDS for name in ("in", "of")]
    return (
        told
        .group_by(by, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("n"),
            ordered_mean(pl.col("step").cast(pl.Float64)),
            *(ordered_sum(pl.col(name)) for name in totals),
            *(ordered_sum(pl.col(name).cast(pl.Int64)) for name in counts),
        )
        .sort(by)
    )


def _within(percent: int) -> list[pl.Expr]:
    """Return of each row whether it has a band, whether the truth lies in it, and its width."""
    low, high = pl.col(f"low_{percent}"), pl.col(f"high_{percent}")
    there = low.is_not_null() & high.is_not_null()
    return [
        there.alias(f"of_{percent}"),
        (there & (pl.col("y") >= low) & (pl.col("y") <= high)).alias(f"in_{percent}"),
        (high - low).alias(f"width_{percent}"),
    ]


def numbers(totals: pl.DataFrame) -> pl.DataFrame:
    """Return what `sums` made, as shares, each null where it cannot be said.

    Beside the columns that part the rows, ``n`` and ``step``: ``actual``, ``wape``, ``bias_share``
    (above 0: forecasts too high), ``coverage_80`` and ``coverage_95`` with ``coverage_80_low`` and
    ``..._high``, between which it lies with 95 % were the rows independent and the promise kept,
    ``width_80`` (of the mean truth), ``baseline_wape``, ``value_added`` (share of the baseline's
    error that is saved) and three for tests: ``log_error``, ``log_beside`` (of the error over the
    baseline's), and ``bias_of``, the bias over the truth.
    """

    def over(above: str, below: str) -> pl.Expr:
        return pl.when(pl.col(below) > 0).then(pl.col(above) / pl.col(below))

    # Where next to nothing was sold against what was forecast, an error says little as its share.
    base = pl.max_horizontal("actual", _TENTH * pl.col("said"))
    guarded = pl.when(base > 0).then((pl.col("error") / base).clip(_LEAST).log())
    # An error of nothing, or next to it, counts as a share of the truth that is hardly an error.
    floor = _LEAST * base
    beside = (pl.max_horizontal("error_beside", floor)).log() - (
        pl.max_horizontal("naive_error", floor)
    ).log()
    part = [one for one in totals.columns if one not in _SUMMED]
    return totals.select(
        *part,
        "n",
        "step",
        "actual",
        over("error", "actual").alias("wape"),
        over("bias", "actual").alias("bias_share"),
        *(over(f"in_{percent}", f"of_{percent}").alias(f"coverage_{percent}") for percent in BANDS),
        *_promised(),
        over("width_80", "actual").alias("width_80"),
        (over("error", "actual") * over("naive_error", "error_beside")).alias("baseline_wape"),
        (1 - over("error_beside", "naive_error")).alias("value_added"),
        guarded.alias("log_error"),
        pl.when((pl.col("naive_error") > 0) & (base > 0)).then(beside).alias("log_beside"),
        pl.when(base > 0).then(pl.col("bias") / base).alias("bias_of"),
    )


_SUMMED = frozenset({
    *("n", "step", "actual", "said", "error", "bias", "naive_error", "error_beside"),
    *(f"{name}_{percent}" for percent in BANDS for name in ("in", "of", "width")),
})


def _promised() -> list[pl.Expr]:
    """Return between what a kept promise of 80 % lies with 95 %, rows being independent."""
    reach = _Z * (0.8 * 0.2 / pl.col("of_80")).sqrt()
    there = pl.col("of_80") > 0
    return [
        pl.when(there).then((0.8 - reach).clip(0, 1)).alias("coverage_80_low"),
        pl.when(there).then((0.8 + reach).clip(0, 1)).alias("coverage_80_high"),
    ]


def whole(weeks: pl.DataFrame, among: pl.DataFrame | None = None) -> pl.Series:
    """Return which periods are whole: they have at least half the rows of the middle one.

    The first and the last of daily rows are often parts of a week. ``among``: the periods of which
    the middle one is taken, where they are others.
    """
    middle = (weeks if among is None else among)["n"].median()
    least = float(middle) / 2 if isinstance(middle, int | float) else 0.0
    return weeks["n"] >= least


def last_day(period: str, every: Every, *, weekly: bool = False) -> str:
    """Return the last day of a period as people name it.

    >>> last_day("2012-01-30", "week"), last_day("2012-02-03", "week", weekly=True)
    ('2012-02-05', '2012-02-03')
    """
    if every == ALL or weekly:
        return period
    first = date.fromisoformat(period)
    days = 6 if every == "week" else 31 - first.day
    last = date.fromordinal(first.toordinal() + days)
    while every == "month" and last.month != first.month:
        last = date.fromordinal(last.toordinal() - 1)
    return last.isoformat()


def finite(value: float | None) -> float | None:
    """Return ``value``, None where it is no number that JSON can hold."""
    return None if value is None or not math.isfinite(value) else float(value)
