"""What a table's versions answered, beside what came true: logged, or answered again."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from foresell.answer.learnt import PLAIN
from foresell.answer.predicting import answer_with, row_model
from foresell.bundle.bundle import Bundle
from foresell.monitor.performance import Unmatched
from foresell.monitor.weekly import PERIOD, Every, period_of
from foresell.settings import Settings
from foresell.spec.ordered_sums import one_piece
from foresell.spec.project import ProjectSpec
from foresell.wiring.given_actuals import REQUEST, ROW
from foresell.wiring.request_log import read_requests_log
from foresell.wiring.watch_learnt import LEARNT, learnt_rows

BASELINE = "median"  # of the rows that were learnt from: of all constants it has the least error
RECOMPUTED = (
    "rows without a request_id were answered again by the served version: what was answered at the "
    "time is not known"
)
MIXED = (
    "rows were told in more than one way (by request_id, by the key, by all they hold): one that "
    "was told in two ways counts twice; --replace keeps one file alone"
)
_LEAST = 30  # rows that a period should have on average
_TIME, _VERSION = "__time", "version"
_BANDS = {"low_80": "q0.1", "high_80": "q0.9", "low_95": "q0.025", "high_95": "q0.975"}


def answered_rows(
    actuals: pl.DataFrame, bundle: Bundle, version: int, spec: ProjectSpec, settings: Settings
) -> tuple[pl.DataFrame, Every, list[Unmatched], bool]:
    """Return rows as `foresell.monitor.weekly` has them, what a period is, what is unmatched.

    ``actuals``: as `foresell.wiring.given_actuals.read_actuals` returns them, kept together. Those
    that the version learnt from are no proof and are not answered again. The last: whether rows had
    to be.
    """
    parts, unmatched, again = [], [], False
    if REQUEST in actuals.columns:
        told = actuals.filter(pl.col(REQUEST).is_not_null())
        found, lost = _logged(told, spec, settings)
        parts.append(found)
        if lost.height:
            total = float(one_piece(lost[spec.target].cast(pl.Float64).abs()).sum())
            named = tuple(lost[REQUEST].head(5).to_list())
            unmatched.append(
                Unmatched(why="not logged", rows=lost.height, actual=total, named=named)
            )
        actuals = actuals.filter(pl.col(REQUEST).is_null())
    known = learnt_rows(actuals, bundle.snapshot, spec)
    if known.any():
        held = one_piece(actuals.filter(known)[spec.target].cast(pl.Float64).abs())
        unmatched.append(Unmatched(why=LEARNT, rows=held.len(), actual=float(held.sum())))
        actuals = actuals.filter(~known)
    if actuals.height:
        parts.append(_again(actuals, bundle, version, spec))
        again = True
    rows = pl.concat([_none(), *parts], how="diagonal_relaxed")
    naive = _constant(bundle)
    every = _every(rows)
    rows = rows.with_columns(
        pl.lit(naive, dtype=pl.Float64).alias("naive"),
        pl.lit(None, dtype=pl.Float64).alias("step"),
        period_of(pl.col(_TIME), every).alias(PERIOD),
    ).drop(_TIME)
    return rows.sort(PERIOD, "y", "prediction", maintain_order=True), every, unmatched, again


def judged_rows(bundle: Bundle) -> pl.DataFrame:
    """Return the rows that the model was judged on, in the same form; they have no time."""
    judged = bundle.judged
    return judged.with_columns(
        pl.lit("all").alias(PERIOD),
        pl.lit(None, dtype=pl.Float64).alias("step"),
        pl.lit(_constant(bundle), dtype=pl.Float64).alias("naive"),
        **{
            name: pl.col(own) if own in judged.columns else pl.lit(None, dtype=pl.Float64)
            for name, own in _BANDS.items()
        },
    )


def _logged(
    told: pl.DataFrame, spec: ProjectSpec, settings: Settings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return rows that a server answered and logged, and those of which there is no log."""
    log = read_requests_log(spec.name, settings)
    parts = [one for one in spec.segments if one in log.features.columns]
    known = pl.concat(
        [
            log.answers.select(
                REQUEST,
                pl.col(ROW).cast(pl.Int64),
                pl.col("timestamp").dt.date().alias(_TIME),
                pl.col("version").cast(pl.Int64, strict=False),
                "prediction",
                pl.col("p10").alias("low_80"),
                pl.col("p90").alias("high_80"),
            ),
            log.features.select(parts),
        ],
        how="horizontal",
    ).unique([REQUEST, ROW], keep="last", maintain_order=True)
    truth = told.select(REQUEST, ROW, pl.col(spec.target).cast(pl.Float64).alias("y"))
    found = truth.join(known, on=[REQUEST, ROW], how="inner").sort(REQUEST, ROW)
    lost = told.join(known, on=[REQUEST, ROW], how="anti").sort(REQUEST, ROW)
    return found.drop(REQUEST, ROW), lost


def _again(actuals: pl.DataFrame, bundle: Bundle, version: int, spec: ProjectSpec) -> pl.DataFrame:
    """Return rows that are answered now, by ``bundle``."""
    given = actuals.with_columns(
        pl.lit(None).alias(name)
        for name in spec.with_role("feature")
        if name not in actuals.columns
    )
    answers = answer_with(row_model(bundle), given)
    time = spec.time if spec.timed and spec.time in given.columns else None
    parts = [one for one in spec.segments if one in given.columns]
    return pl.concat(
        [
            given.select(
                pl.col(spec.target).cast(pl.Float64).alias("y"),
                *parts,
                (pl.col(time) if time else pl.lit(None, dtype=pl.Date)).alias(_TIME),
                pl.lit(version, dtype=pl.Int64).alias(_VERSION),
            ),
            answers.select("prediction", **_BANDS),
        ],
        how="horizontal",
    )


def _every(rows: pl.DataFrame) -> Every:
    """Return what a period is: a week where they have enough rows, else a month, else all."""
    days = rows[_TIME]
    if not rows.height or days.null_count():
        return "all"
    if rows.height >= _LEAST * days.dt.truncate("1w").n_unique():
        return "week"
    return "month" if rows.height >= _LEAST * days.dt.truncate("1mo").n_unique() else "all"


def _constant(bundle: Bundle) -> float | None:
    """Return what the baseline says to every row, None where the bundle does not tell."""
    told: Mapping[str, Any] = json.loads(bundle.model.get(PLAIN, b"{}"))
    found = told.get("baselines", {}).get(BASELINE)
    return None if found is None else float(found)


def _none() -> pl.DataFrame:
    """Return no rows, with every column."""
    floats = dict.fromkeys(("y", "prediction", *_BANDS), pl.Float64)
    return pl.DataFrame(schema={**floats, _TIME: pl.Date, _VERSION: pl.Int64})
