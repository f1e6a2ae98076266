"""Columns that used to vary and stand still."""

from collections.abc import Sequence

import polars as pl

from foresell.monitor.columns import Column
from foresell.spec.monitoring import Finding, MonitoringSpec
from foresell.spec.ordered_sums import ordered_sum

_STILL = 0.95  # of the rows of a series equal the row before, for the column to stand still
_LIVELY = 0.8  # at most, in every period of the reference
_LEAST_PERIODS = 3


def find_frozen(
    reference: pl.DataFrame,
    current: pl.DataFrame,
    columns: Sequence[Column],
    limits: MonitoringSpec,
    *,
    periods: str | None = None,
    series: Sequence[str] = (),
) -> tuple[Finding, ...]:
    """Return a finding for each feature that stands still, over all rows or within each series.

    Over all rows: every current row with a value has the same one, which as few rows of the
    reference, drawn at random, would not have (``limits.false_alarms`` over all columns), and of
    no period of the reference more than 80 % have one value (other than the usual one of all, where
    they now have another). Within series (``series`` names their
    columns): nearly every row has the value of the period before, of the reference in no period
    more than 80 %; a single current period is compared with the last one of the reference before
    it. Fewer than ``limits.least_rows`` rows tell
    nothing. Columns in ``limits.ignored`` are left out. The order of the rows changes nothing.
    """
    found = []
    features = [one for one in columns if one.part == "feature" and one.name not in limits.ignored]
    for column in features:
        chance = limits.false_alarms / len(features)
        if _is_one(reference, current, column.name, limits.least_rows, chance, periods):
            value = f" ({_told(current[column.name])})" if column.shown else ""
            says = (
                f"{column.name} is the same in all {current.height:,} rows{value}, and used to vary"
            )
        elif (
            periods
            and series
            and _repeats(reference, current, column.name, periods, series, limits)
        ):
            says = f"{column.name} no longer changes from one period to the next, and used to"
            if current[periods].n_unique() == 1:
                says = f"{column.name} repeats the values of the period before, and used to change"
        else:
            continue
        found.append(
            Finding(
                seen="frozen",
                weight="alarm",
                about=column.name,
                says=says,
                numbers={"current_rows": current.height},
            )
        )
    return tuple(found)


def _is_one(
    reference: pl.DataFrame,
    current: pl.DataFrame,
    name: str,
    least: int,
    chance: float,
    periods: str | None,
) -> bool:
    """Tell whether all current values are one, and those of the reference never nearly so."""
    now, before = current[name].drop_nulls(), reference[name].drop_nulls()
    if now.len() < least or now.n_unique() > 1 or before.n_unique() < 2:
        return False
    counts = before.alias("value").value_counts(name="n").sort(["n", "value"], descending=True)
    if (counts["n"][0] / before.len()) ** now.len() > chance:
        return False
    if periods is None:
        return True
    # A week in which all are the usual value, as no promotion, does not explain one of another.
    usual = (
        pl.col(name) == counts["value"][0] if now[0] != counts["value"][0] else pl.lit(value=False)
    )
    rows = reference.select(periods, name).drop_nulls()
    most = (
        rows
        .group_by(periods, name)
        .agg(n=pl.len())
        .group_by(periods)
        .agg(
            share=pl.when(usual).then(0).otherwise(pl.col("n")).max() / ordered_sum(pl.col("n")),
        )
    )
    return most.height >= _LEAST_PERIODS and float(most["share"].max()) <= _LIVELY  # type: ignore[arg-type]


def _repeats(
    reference: pl.DataFrame,
    current: pl.DataFrame,
    name: str,
    periods: str,
    series: Sequence[str],
    limits: MonitoringSpec,
) -> bool:
    """Tell whether nearly all values equal those of the period before, in no earlier period so."""
    now = _repeated(_with_last(reference, current, periods), name, periods, series)
    if int(now["rows"].sum()) < limits.least_rows:
        return False
    if int(now["same"].sum()) < _STILL * int(now["rows"].sum()):
        return False
    before = _repeated(reference, name, periods, series)
    least = before.filter(pl.col("rows") >= limits.least_rows)
    usual = least if least.height >= _LEAST_PERIODS else before
    if usual.height < _LEAST_PERIODS:
        return False
    return float((usual["same"] / usual["rows"]).max()) <= _LIVELY  # type: ignore[arg-type]


def _with_last(reference: pl.DataFrame, current: pl.DataFrame, periods: str) -> pl.DataFrame:
    """Return the current rows, before those of a single period the last ones of the reference."""
    named = current[periods].drop_nulls()
    if named.n_unique() != 1:
        return current
    earlier = reference.filter(pl.col(periods) < named[0])
    last = earlier.filter(pl.col(periods) == pl.col(periods).max())
    both = [name for name in reference.columns if name in current.columns]
    return pl.concat([last.select(both), current.select(both)], how="vertical_relaxed")


def _repeated(frame: pl.DataFrame, name: str, periods: str, series: Sequence[str]) -> pl.DataFrame:
    """Return for each period how many ``rows`` have one before in their series, and ``same``."""
    values = frame.select(*series, periods, value=pl.col(name)).drop_nulls()
    rows = values.unique([*series, periods, "value"]).sort([*series, periods, "value"])
    before = pl.col("value").shift(1).over(list(series))
    return (
        rows
        .with_columns(same=pl.col("value") == before)
        .drop_nulls("same")
        .group_by(periods)
        .agg(rows=pl.len(), same=ordered_sum(pl.col("same").cast(pl.Int64)))
        .sort(periods)
    )


def _told(values: pl.Series) -> str:
    """Return the one value of a column, short."""
    return str(values.drop_nulls()[0])[:20]
