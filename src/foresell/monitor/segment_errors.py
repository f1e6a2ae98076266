"""Which parts of the rows fare worse than in the backtest: one store, one department, one kind."""

from collections.abc import Mapping, Sequence
from math import exp
from typing import Any

import numpy as np
import polars as pl

from foresell.monitor.expectations import Expectation, learned, oddity, of_rows
from foresell.monitor.reference import ERROR_SPREAD
from foresell.monitor.rules import RECENT, Recent
from foresell.monitor.weekly import PERIOD, numbers, sums
from foresell.spec.monitoring import Finding, Weight
from foresell.spec.ordered_sums import ordered_mean, ordered_sum

APART, STANDS = 1.5, 2.0  # times its own expected error: to be named, to be an alarm
SURE, STANDS_SURE = 0.01, 0.002  # chances, over all segments together
# Of the error of all rows, what it has beyond what is expected: to be named, to be an alarm.
MATTERS, WEIGHS = 0.02, 0.05
LEVEL = 0.5  # of its error: so much bias is another level, and calls for training
LUCK = 1.0  # so far below its median, as a logarithm, an error of a segment counts no further
NAMED = 5
COLUMNS = ("by", "value")


def segment_errors(
    rows: pl.DataFrame,
    backtest: pl.DataFrame,
    by: Sequence[str],
    *,
    table: bool,
    last: int = RECENT,
) -> pl.DataFrame:
    """Return how every segment fares in the ``last`` periods, beside its own backtest, worst first.

    ``rows`` and ``backtest``: as `foresell.monitor.weekly` says, with the columns ``by`` in
    ``rows``; one that the backtest lacks is told without comparison. Columns: ``by`` and ``value``
    (text), ``n``, ``actual``, ``share`` (of the truth), ``wape``, ``backtest_wape``, ``ratio`` (to
    what is expected), ``excess`` (error beyond that, in the unit of the target), ``bias_share``,
    ``coverage_80``, ``value_added``, ``chance`` (of so large a ratio in any segment, were all as
    expected). Null where it cannot be said.
    """
    periods = rows[PERIOD].unique().sort().tail(last)
    recent = rows.filter(pl.col(PERIOD).is_in(periods.implode()))
    parts = [_by(recent, backtest, name, table=table) for name in by if name in rows.columns]
    if not parts:
        return pl.DataFrame(schema=_SCHEMA)
    found = pl.concat(parts)
    tests = found["chance"].is_not_null().sum()
    return (
        found
        .with_columns(
            pl.min_horizontal(pl.col("chance") * tests, pl.lit(1.0)).alias("chance"),
            pl
            .when(ordered_sum(pl.col("actual")).over("by") > 0)
            .then(pl.col("actual") / ordered_sum(pl.col("actual")).over("by"))
            .alias("share"),
        )
        .select([*_SCHEMA])
        .sort(
            [pl.col("excess"), pl.col("by"), pl.col("value")],
            descending=[True, False, False],
            nulls_last=True,
        )
    )


_SCHEMA: dict[str, type[pl.DataType]] = {
    "by": pl.String,
    "value": pl.String,
    "n": pl.Int64,
    **dict.fromkeys(
        (
            *("actual", "share", "wape", "backtest_wape", "ratio", "excess"),
            *("bias_share", "coverage_80", "value_added", "chance"),
        ),
        pl.Float64,
    ),
}


def _by(recent: pl.DataFrame, backtest: pl.DataFrame, name: str, *, table: bool) -> pl.DataFrame:
    """Return the segments of one column."""
    told = numbers(sums(recent, [name])).drop(PERIOD, strict=False)
    weekly = numbers(sums(recent, [name, PERIOD]))
    wapes, expected, floors = _expected(backtest, weekly, name, table=table)
    live = dict(weekly.group_by(name, maintain_order=True))
    tests: list[tuple[Any, float | None, float | None]] = []
    for value in told[name].to_list():
        own = live[(value,)].filter(pl.col("log_error").is_not_null())
        known = expected.get(value)
        if known is None or own.is_empty():
            tests.append((value, None, None))
            continue
        steps = own["step"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        odd = oddity(
            np.maximum(own["log_error"].to_numpy(), floors.get(value, -np.inf)), steps, known
        )
        tests.append((value, exp(odd.apart), odd.above))
    beside = pl.DataFrame(
        [one[1:] for one in tests],
        schema={"ratio": pl.Float64, "chance": pl.Float64},
        orient="row",
    )
    joined = pl.concat([told, beside], how="horizontal").join(
        wapes, on=name, how="left", maintain_order="left", nulls_equal=True
    )
    error = pl.col("wape") * pl.col("actual")
    return joined.with_columns(
        by=pl.lit(name),
        value=pl.col(name).cast(pl.String).fill_null("missing"),
        excess=error * (1 - 1 / pl.col("ratio")),
    ).select(one for one in _SCHEMA if one != "share")


def _expected(
    backtest: pl.DataFrame, weekly: pl.DataFrame, name: str, *, table: bool
) -> tuple[pl.DataFrame, dict[object, Expectation], dict[object, float]]:
    """Return the error of each segment in the backtest, and what is expected of a period of it.

    The last: by segment, the least logarithm that counts. The error of a single series is now and
    then next to nothing by luck, and such luck says nothing of how large errors get.
    """
    if name not in backtest.columns:
        none = pl.DataFrame(schema={name: weekly.schema[name], "backtest_wape": pl.Float64})
        return none, {}, {}
    shares = numbers(sums(backtest, [name])).select(name, pl.col("wape").alias("backtest_wape"))
    if table:
        usual = dict(
            weekly.group_by(name, maintain_order=True).agg(ordered_mean(pl.col("n"))).iter_rows()
        )
        found = {
            key[0]: of_rows(
                (part["prediction"] - part["y"]).abs(),
                part["y"].abs(),
                float(usual.get(key[0]) or part.height),
                log=True,
            )
            for key, part in backtest.group_by(name, maintain_order=True)
        }
        return shares, {key: one for key, one in found.items() if one is not None}, {}
    own = numbers(sums(backtest, [name, PERIOD])).filter(pl.col("log_error").is_not_null())
    least = (pl.col("log_error").median() - LUCK).over(name)
    own = own.with_columns(least=least, log_error=pl.max_horizontal("log_error", least))
    parts = dict(own.group_by(name, maintain_order=True))
    spreads = [
        float(np.std(part["log_error"].to_numpy(), ddof=1))
        for part in parts.values()
        if part.height > 2
    ]
    prior = max(ERROR_SPREAD, float(np.median(spreads)) if spreads else 0.0)
    known = {
        key[0]: learned(part["log_error"].to_list(), part["step"].to_list(), prior)
        for key, part in parts.items()
    }
    floors = {key[0]: float(part["least"][0]) for key, part in parts.items()}
    return shares, {key: one for key, one in known.items() if one is not None}, floors


def segment_findings(
    segments: pl.DataFrame, seen: Recent, known: Sequence[Finding] = ()
) -> list[Finding]:
    """Return the segments that moved away from their backtest, the worst few, largest excess first.

    ``segments``: as `segment_errors` returns them. ``known``: findings whose segments are not told
    again.
    """
    total = ordered_sum(pl.col("wape") * pl.col("actual")).over("by")
    odd = segments.with_columns(part=pl.col("excess") / total).filter(
        (pl.col("ratio") >= APART) & (pl.col("chance") <= SURE) & (pl.col("part") >= MATTERS)
    )
    found: list[Finding] = []
    told = {one.about for one in known}
    for row in odd.head(NAMED).iter_rows(named=True):
        if f"{row['by']}={row['value']}" in told:
            continue
        stands = row["ratio"] >= STANDS and row["chance"] <= STANDS_SURE and _one_sided(row)
        weight: Weight = "alarm" if stands and seen.sustained and row["part"] >= WEIGHS else "note"
        side = "" if row["bias_share"] is None else _side(row["bias_share"])
        says = (
            f"{row['by']} {row['value']}: errors of {seen.word} are {row['ratio']:.1f} times those "
            f"expected from its own backtest{side}"
        )
        found.append(
            Finding(
                seen="segment",
                weight=weight,
                about=f"{row['by']}={row['value']}",
                says=says,
                numbers={name: row[name] for name in ("ratio", "chance", "share", "bias_share")},
            )
        )
    return found


def _one_sided(row: Mapping[str, Any]) -> bool:
    """Tell whether a segment's errors lie mostly on one side: it is sold at another level.

    Errors to both sides may be a season that the segment's backtest does not hold, and pass.
    """
    return row["bias_share"] is not None and abs(row["bias_share"]) >= LEVEL * row["wape"]


def _side(bias: float) -> str:
    """Return to which side a segment's forecasts are off, beside how much came true.

    >>> _side(-0.5), _side(0.25)
    ('; 2.00 times what was forecast came', '; 0.80 times what was forecast came')
    """
    return "" if bias <= -0.999 else f"; {1 / (1 + bias):.2f} times what was forecast came"
