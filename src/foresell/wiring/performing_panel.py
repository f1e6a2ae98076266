"""What the versions of a panel forecast, beside what came true."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

import polars as pl

from foresell.bundle.bundle import Bundle
from foresell.data.panel import Matrix, Panel, build_panel
from foresell.models.baselines import seasonal_naive
from foresell.monitor.performance import Unmatched
from foresell.monitor.rules import RECENT
from foresell.monitor.weekly import PERIOD, period_of, whole
from foresell.spec.calendar import step
from foresell.spec.ordered_sums import one_piece
from foresell.spec.project import ProjectSpec
from foresell.wiring.watch_learnt import LEARNT, learnt_rows

BASELINE = "seasonal_naive"
_NAMED = 5
_BANDS = {"low_80": "q0.1", "high_80": "q0.9", "low_95": "q0.025", "high_95": "q0.975"}
_FORECAST = ("prediction", *_BANDS)
_WEEK = 7
_APART = 2  # periods: further from the one before, a single period may be a date written wrongly


@dataclass(frozen=True, kw_only=True, eq=False)
class Answered:
    """A version that forecast: its number, bundle and last observed period."""

    version: int
    bundle: Bundle
    cutoff: date


def parts_of(spec: ProjectSpec) -> tuple[str, ...]:
    """Return the columns by which errors are told apart: segments, levels of sums, keys."""
    levels = spec.hierarchy.levels if spec.hierarchy is not None else ()
    return tuple(
        dict.fromkeys([*spec.segments, *(one for level in levels for one in level), *spec.keys])
    )


def forecast_rows(
    actuals: pl.DataFrame, versions: Sequence[Answered], spec: ProjectSpec
) -> tuple[pl.DataFrame, list[Unmatched]]:
    """Return rows as `foresell.monitor.weekly` has them, with ``version``, and what is unmatched.

    ``actuals``: key columns, time and target. Each is answered by the version with the latest last
    period before it; of several with the same, the last one of ``versions``.
    """
    keys, time = list(spec.keys), spec.time
    best = {one.cutoff: one for one in versions}
    cutoffs = pl.DataFrame({"__cutoff": sorted(best)}, schema={"__cutoff": pl.Date})
    rows = actuals.sort(time).join_asof(
        cutoffs, left_on=time, right_on="__cutoff", strategy="backward", allow_exact_matches=False
    )
    matched = [
        _by_version(part, best[cast("date", key[0])], spec)
        for key, part in rows.filter(pl.col("__cutoff").is_not_null()).group_by(
            "__cutoff", maintain_order=True
        )
    ]
    early = rows.filter(pl.col("__cutoff").is_null()).drop("__cutoff")
    learnt = learnt_rows(early, best[min(best)].bundle.history, spec)
    all_rows = pl.concat(matched, how="diagonal_relaxed") if matched else _none(actuals, spec)
    known = pl.col("prediction").is_not_null()
    late = ~known & (pl.col("__ahead") > spec.horizon)
    newest = pl.col("__cutoff") == max(best)
    beyond, astray = _beyond(all_rows, late & newest, spec)
    unmatched = [
        _unmatched(LEARNT, early.filter(learnt), spec),
        _unmatched("before the forecasts", early.filter(~learnt), spec),
        _unmatched("between versions", all_rows.filter(late & ~newest), spec),
        _unmatched("beyond the horizon", beyond, spec),
        _unmatched("dated apart from the rest", astray, spec),
        _unmatched("not forecast", all_rows.filter(~known & ~late), spec, all_rows.filter(known)),
    ]
    kept = all_rows.filter(known).drop("__cutoff", "__ahead").sort(time, *keys)
    return kept, [one for one in unmatched if one.rows]


def _beyond(
    rows: pl.DataFrame, late: pl.Expr, spec: ProjectSpec
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows that are ``late``, and those of them whose date may be a slip.

    The second: of periods with less than half the usual rows, or of a single one that does not
    follow on the others.
    """
    counts = rows.group_by(PERIOD).agg(
        pl.len().cast(pl.Int64).alias("n"),
        late.any().alias("late"),
        pl.col(spec.time).min().alias("first"),
    )
    counts = counts.filter(whole(counts)).sort("first")
    firm = counts.filter("late")
    if firm.height == 1 and (before := counts.filter(~pl.col("late"))).height:
        gap = (firm["first"][0] - before["first"][-1]).days
        if gap > _APART * max(_WEEK, step(spec.frequency).days):
            firm = firm.head(0)
    known = pl.col(PERIOD).is_in(firm[PERIOD].implode())
    return rows.filter(late & known), rows.filter(late & ~known)


def backtest_rows(one: Answered, spec: ProjectSpec) -> pl.DataFrame:
    """Return the rows that the model of a version was judged on, in the same form.

    The baseline knows what was known at the cutoff of that test.
    """
    judged = one.bundle.judged
    cutoff = date.fromisoformat(str(one.bundle.metadata["judged_cutoff"]))
    panel = build_panel(one.bundle.history, spec)
    known = panel.until(panel.dates.index(cutoff))
    told = judged.with_columns(
        **{
            name: pl.col(own) if own in judged.columns else pl.lit(None, dtype=pl.Float64)
            for name, own in _BANDS.items()
        },
    )
    return _placed(told, known, spec, cutoff)


def _by_version(rows: pl.DataFrame, one: Answered, spec: ProjectSpec) -> pl.DataFrame:
    """Return rows with what a version forecast for them, null where it did not."""
    identity = [*spec.keys, spec.time]
    published = one.bundle.published.select(
        *(pl.col(name).cast(rows.schema[name]) for name in identity),
        "prediction",
        *(pl.col(own).alias(name) for name, own in _BANDS.items()),
    )
    beside = rows.join(published, on=identity, how="left", maintain_order="left").rename({
        spec.target: "y"
    })
    panel = build_panel(one.bundle.history, spec)
    placed = _placed(beside, panel, spec, one.cutoff)
    return placed.with_columns(pl.lit(one.version, dtype=pl.Int64).alias("version"))


def _placed(rows: pl.DataFrame, panel: Panel, spec: ProjectSpec, cutoff: date) -> pl.DataFrame:
    """Return rows with their period, how many weeks ahead it is, the baseline and static columns.

    ``__ahead``: periods of the panel from ``cutoff``.
    """
    days = step(spec.frequency).days
    ahead = ((pl.col(spec.time) - cutoff).dt.total_days() // days).cast(pl.Int64)
    told = rows.with_columns(
        ahead.alias("__ahead"),
        period_of(pl.col(spec.time), "week", weekly=days == _WEEK).alias(PERIOD),
        pl.col("y").cast(pl.Float64),
    ).with_columns(((pl.col("__ahead") * days + _WEEK - 1) // _WEEK).cast(pl.Float64).alias("step"))
    naive = _looked_up(told, panel, seasonal_naive(panel, spec, spec.horizon), spec)
    static = [name for name in parts_of(spec) if name in panel.static.columns]
    described = pl.concat([panel.keys, panel.static.select(static)], how="horizontal")
    same = described.with_columns(pl.col(name).cast(told.schema[name]) for name in spec.keys)
    return told.with_columns(naive).join(
        same, on=list(spec.keys), how="left", maintain_order="left"
    )


def _looked_up(rows: pl.DataFrame, panel: Panel, answers: Matrix, spec: ProjectSpec) -> pl.Series:
    """Return the baseline's answer to each row, null where there is none."""
    series, period = panel.places(rows, spec)
    ahead = period - panel.cutoff - 1
    there = (series >= 0) & (ahead >= 0) & (ahead < answers.shape[1])
    found = pl.Series("naive", answers[series.clip(0), ahead.clip(0, answers.shape[1] - 1)])
    return found.to_frame().select(pl.when(pl.Series(there)).then("naive"))["naive"]


def _unmatched(
    why: str, rows: pl.DataFrame, spec: ProjectSpec, known: pl.DataFrame | None = None
) -> Unmatched:
    """Return what is said of rows that nothing was forecast for; ``known``: those beside them."""
    target = "y" if "y" in rows.columns else spec.target
    rows = rows.sort(spec.time, *spec.keys)
    lately = rows.head(0)
    if known is not None:
        last = known[PERIOD].unique().sort().tail(RECENT)
        lately = rows.filter(pl.col(PERIOD).is_in(last.implode()))
    return Unmatched(
        why=why,
        rows=rows.height,
        actual=_size(rows[target]),
        lately=_size(lately[target]),
        named=_series_of(rows, spec) if why == "not forecast" else _span_of(rows[spec.time]),
    )


def _series_of(rows: pl.DataFrame, spec: ProjectSpec) -> tuple[str, ...]:
    """Return the first few series of rows."""
    series = rows.select(spec.keys).unique().sort(spec.keys).head(_NAMED)
    return tuple(
        ", ".join(f"{name}={value}" for name, value in row.items())
        for row in series.iter_rows(named=True)
    )


def _span_of(days: pl.Series) -> tuple[str, ...]:
    """Return the first and the last day, once where they are one."""
    if days.is_empty():
        return ()
    return tuple(dict.fromkeys([f"{days[0]}", f"{days[-1]}"]))


def _size(values: pl.Series) -> float:
    """Return the sum of absolute values."""
    return float(one_piece(values.cast(pl.Float64).abs()).sum())


def _none(actuals: pl.DataFrame, spec: ProjectSpec) -> pl.DataFrame:
    """Return no rows, with every column."""
    floats = dict.fromkeys(("y", "step", "naive", *_FORECAST), pl.Float64)
    own = {name: actuals.schema[name] for name in (*spec.keys, spec.time)}
    more = {PERIOD: pl.String, "version": pl.Int64, "__ahead": pl.Int64, "__cutoff": pl.Date}
    return pl.DataFrame(schema={**own, **floats, **more})


def horizon_end(one: Answered, spec: ProjectSpec) -> date:
    """Return the last period that a version forecast."""
    return one.cutoff + timedelta(days=spec.horizon * step(spec.frequency).days)
