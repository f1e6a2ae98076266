"""What the backtest of a version lets us expect of its periods, all four numbers together."""

from dataclasses import dataclass

import polars as pl

from foresell.monitor.expectations import Expectation, around_zero, learned, of_rows
from foresell.monitor.weekly import numbers, sums, whole
from foresell.spec.ordered_sums import one_piece

# Usual spreads of one week around its level: of the logarithm of an error, of a coverage, and of a
# bias as a share of the usual error. They count for four weeks, and a backtest of a year for more.
ERROR_SPREAD, COVERAGE_SPREAD, BIAS_SPREAD = 0.10, 0.04, 0.25


@dataclass(frozen=True, kw_only=True, eq=False)
class Reference:
    """What is expected; each None where the backtest cannot say it.

    ``error`` and ``value``: of the logarithms of the error and of the error over the baseline's;
    ``bias`` and ``coverage``: of shares. ``wape``, ``bias_share``, ``coverage_80``,
    ``value_added``: of all judged rows. ``usual_bias``: the mean absolute error of a whole period,
    in the unit of the target. ``weeks``: its periods, as `foresell.monitor.weekly.numbers`; of a
    table one row, for its judged rows have no time.
    """

    error: Expectation | None
    value: Expectation | None
    bias: Expectation | None
    coverage: Expectation | None
    wape: float | None
    bias_share: float | None
    coverage_80: float | None
    value_added: float | None
    usual_bias: float
    weeks: pl.DataFrame


def reference_of(rows: pl.DataFrame, table_rows: float | None) -> Reference:
    """Return what the judged ``rows`` let us expect.

    ``rows``: as `foresell.monitor.weekly` says. ``table_rows``: of a table, how many rows a period
    has that is compared with this one; None for a panel, whose backtest has periods of its own.
    """
    totals = sums(rows)
    weeks = numbers(totals)
    kept = weeks.filter(whole(weeks))
    told = numbers(sums(rows.with_columns(period=pl.lit("all"))))
    about: dict[str, float | None] = dict.fromkeys(_TOLD)
    if told.height:
        about = {name: told[name][0] for name in _TOLD}
    if table_rows is None:
        usual = one_piece((kept["bias_share"] * kept["actual"]).abs()).mean()
        expected = _of_weeks(kept, about["wape"])
    else:
        usual = one_piece(rows["prediction"] - rows["y"]).std()
        usual = usual * table_rows**0.5 if isinstance(usual, float) else 0.0
        expected = _of_rows(rows, table_rows)
    return Reference(
        error=expected["error"],
        value=expected["value"],
        bias=expected["bias"],
        coverage=expected["coverage"],
        wape=about["wape"],
        bias_share=about["bias_share"],
        coverage_80=about["coverage_80"],
        value_added=about["value_added"],
        usual_bias=float(usual) if isinstance(usual, float) else 0.0,
        weeks=weeks,
    )


_TOLD = ("wape", "bias_share", "coverage_80", "value_added")


def _of_weeks(weeks: pl.DataFrame, wape: float | None) -> dict[str, Expectation | None]:
    """Return what is expected, of a panel."""

    def learn(name: str, prior: float) -> Expectation | None:
        there = weeks.filter(pl.col(name).is_not_null())
        return learned(there[name].to_list(), _steps(there), prior)

    bias = around_zero(weeks["bias_of"].drop_nulls().to_list(), BIAS_SPREAD * (wape or 0.0))
    return {
        "error": learn("log_error", ERROR_SPREAD),
        "value": learn("log_beside", ERROR_SPREAD),
        "coverage": learn("coverage_80", COVERAGE_SPREAD),
        "bias": bias,
    }


def _of_rows(rows: pl.DataFrame, count: float) -> dict[str, Expectation | None]:
    """Return what is expected of ``count`` rows, of a table."""
    error, size = (rows["prediction"] - rows["y"]).abs(), rows["y"].abs()
    banded = rows.filter(pl.col("low_80").is_not_null())
    inside = (banded["y"] >= banded["low_80"]) & (banded["y"] <= banded["high_80"])
    coverage = of_rows(inside.cast(pl.Float64), pl.Series([1.0] * len(inside)), count, log=False)
    return {
        "error": of_rows(error, size, count, log=True),
        "value": of_rows(error, (rows["naive"] - rows["y"]).abs(), count, log=True)
        if rows["naive"].null_count() == 0
        else None,
        "coverage": coverage,
        "bias": _no_bias(of_rows(rows["prediction"] - rows["y"], size, count, log=False)),
    }


def _no_bias(found: Expectation | None) -> Expectation | None:
    """Return an expectation of no bias: what the judged rows were off is added to its spread."""
    if found is None:
        return None
    return Expectation(
        level=0.0,
        spread=(found.spread**2 + found.level**2) ** 0.5,
        worth=found.worth,
        freedom=found.freedom,
    )


def _steps(weeks: pl.DataFrame) -> list[float]:
    """Return how far ahead each period was, NaN where that is not known."""
    return [float("nan") if one is None else float(one) for one in weeks["step"].to_list()]
