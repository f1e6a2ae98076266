"""What a version answers now beside what it answered of rows of the same season."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from foresell.monitor.clusters import Timing
from foresell.monitor.columns import Column, Drift
from foresell.monitor.drift import measure
from foresell.monitor.same_season import PERIOD, Compared, in_season
from foresell.spec.monitoring import MonitoringSpec
from foresell.spec.project import ProjectSpec

PREDICTION = "prediction"
ANSWER = "__answer"  # what a version says of a row of a table, in that row
_COLUMN = Column(name=PREDICTION, kind="number", part="prediction")
_MOST = 0.99  # a distance of cumulative shares that may still be passed
_TELLING = 0.02  # a distance worth a sentence


@dataclass(frozen=True, kw_only=True)
class Said:
    """Answers beside answers: ``before`` and ``now`` hold `PREDICTION` and, where known, `PERIOD`.

    ``own``: how far (KS, and PSI) answers to rows a version learnt from lie from those to rows it
    had not learnt from, beyond chance. That much may be no drift. ``notes``: why there is nothing
    to compare, where either side is empty, or what else is to be said.
    """

    before: pl.DataFrame
    now: pl.DataFrame
    own: tuple[float, float] = (0.0, 0.0)
    notes: tuple[str, ...] = ()


def said_of_panel(judged: pl.DataFrame, answers: pl.DataFrame, project: ProjectSpec) -> Said:
    """Return the answers of a panel beside the judged ones of the same series and season.

    Forecasts are never compared with what came true: a forecast is a mean, and what comes true
    lies around it.
    """
    if why := _unknown(judged, answers):
        return _nothing(why)
    by, time = list(project.keys), project.time
    before = judged.join(answers.select(by).unique(), on=by, how="semi", maintain_order="left")
    near = in_season(before, answers, time)
    if near.height < answers.height / 2:
        return _nothing(
            "no forecast of this season was judged: no drift of predictions is measured"
        )
    period = pl.col(time).dt.truncate("1w").alias(PERIOD)
    value = pl.col(PREDICTION).cast(pl.Float64)
    return Said(before=near.select(value, period), now=answers.select(value, period))


def said_of_table(
    cut: Compared,
    learnt: pl.DataFrame,
    judged: pl.DataFrame,
    project: ProjectSpec,
    limits: MonitoringSpec,
) -> Said:
    """Return the answers of a table beside those that the version gives to the reference rows.

    Where rows have a time, by it: with the weeks of both sides. The version has learnt from those
    rows, so how far its answers to such rows lie from the judged ones is told (``own``). Without a
    time the judged answers are the reference.
    """
    now = _answered(cut.current)
    if why := _unknown(judged, now):
        return _nothing(why)
    if not project.timed:
        return Said(before=judged.select(pl.col(PREDICTION).cast(pl.Float64)), now=now)
    before = _answered(cut.reference)
    if before.is_empty():
        return _nothing(
            "the version's answers to its training rows are not known: predictions are not compared"
        )
    alike = learnt
    if not project.split.test_share and project.split.test_from is not None:
        alike = learnt.filter(pl.col(project.time) >= project.split.test_from)
    own = _apart(_answered(alike), judged, limits)
    notes = (
        (
            f"answers to rows a version learnt from and to others differ by KS {own[0]:.2f}: by so "
            "much more they have to drift for an alarm",
        )
        if own[0] >= _TELLING
        else ()
    )
    return Said(before=before, now=now, own=own, notes=notes)


def measured(said: Said, limits: MonitoringSpec, part: float, *, lasting: bool) -> Drift:
    """Return the drift of predictions; ``part`` as `foresell.monitor.drift.measure` has it.

    ``lasting``: as `foresell.monitor.clusters.Timing` has it.

    Distances keep the triangle's inequality: what lies farther away than the limit and ``own``
    together lies beyond the limit from the answers to rows that were not learnt from, too. Of PSI
    the root is taken for a distance.
    """
    both = PERIOD in said.before.columns and PERIOD in said.now.columns
    timing = Timing(column=PERIOD, lasting=lasting) if both else None
    farther = replace(
        limits,
        ks=min(limits.ks + said.own[0], _MOST),
        psi=float((np.sqrt(limits.psi) + np.sqrt(said.own[1])) ** 2),
    )
    return measure(said.before, said.now, [_COLUMN], farther, periods=timing, part=part)


def _unknown(judged: pl.DataFrame, answers: pl.DataFrame) -> str:
    """Return why answers are not compared, empty where they can be."""
    if judged.is_empty():
        return "nothing was judged of this version: its answers are not compared"
    if answers.is_empty():
        return "the version's answers to these rows are not known: they are not compared"
    return ""


def _nothing(*notes: str) -> Said:
    """Return what is said where nothing is compared."""
    return Said(before=pl.DataFrame(), now=pl.DataFrame(), notes=notes)


def _answered(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the answers of those rows of a table that have one, and their periods."""
    if ANSWER not in rows.columns:
        return pl.DataFrame()
    periods: Sequence[str] = [PERIOD] if PERIOD in rows.columns else []
    there = rows.filter(pl.col(ANSWER).is_not_null())
    return there.select(pl.col(ANSWER).cast(pl.Float64).alias(PREDICTION), *periods)


def _apart(
    learnt: pl.DataFrame, judged: pl.DataFrame, limits: MonitoringSpec
) -> tuple[float, float]:
    """Return how far two sets of answers lie apart, KS and PSI beyond what chance gives of each."""
    if learnt.is_empty() or judged.is_empty():
        return 0.0, 0.0
    found = measure(learnt, judged, [_COLUMN], replace(limits, ignored=()), periods=None).columns
    if not found or found[0].ks is None:
        return 0.0, 0.0
    chance = np.sqrt(1 / learnt.height + 1 / judged.height)
    return (
        max(0.0, found[0].ks - float(chance)),
        max(0.0, found[0].psi - found[0].psi_expected),
    )
