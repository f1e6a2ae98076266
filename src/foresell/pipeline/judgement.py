"""One protocol judged: every file that says how good the forecasts made under it are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from foresell.evaluate.gate import Verdict, deciding_metrics, judge
from foresell.evaluate.leaderboard import leaderboard, value_added
from foresell.evaluate.protocols import ONE_STEP, Protocol
from foresell.evaluate.segments import segment_scores
from foresell.evaluate.value_added import value_added_by
from foresell.models.baselines import BASELINES
from foresell.models.learner import NO_FOLD, Learner
from foresell.spec.calendar import step
from foresell.spec.ports import Store
from foresell.spec.project import ProjectSpec

HORIZON = "horizon"


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is judged under one protocol: all forecasts answer the rows of ``truth``.

    ``forecasts``: long frames by candidate, baselines among them. ``champion``: chosen before the
    test on earlier cutoffs.
    """

    protocol: Protocol
    truth: pl.DataFrame
    forecasts: Mapping[str, pl.DataFrame]
    champion: str
    baselines: Collection[str] = tuple(BASELINES)


def judge_case(case: Case, project: ProjectSpec, out: Store) -> tuple[Verdict, dict[str, Any]]:
    """Write the tables of ``case`` into its folder of ``out``; return its verdict and summary.

    Files: ``leaderboard.csv``, ``value_added.csv``, ``value_added_by.csv`` (the champion over the
    best baseline, part by part), ``segments.parquet``.
    """
    truth, folder = case.truth, case.protocol.folder
    board = leaderboard(truth, case.forecasts, project, case.baselines)
    verdict = judge(board, case.champion, deciding_metrics(project))
    best = verdict.comparisons[-1].best_baseline
    own, other = case.forecasts[case.champion], case.forecasts[best]
    parts = value_added_by(truth, own, other, project)
    segments = segment_scores(truth, case.forecasts, project)
    if case.protocol is ONE_STEP:  # every row is step 1
        parts = parts.filter(pl.col("by") != HORIZON)
        segments = segments.filter(pl.col("segment") != HORIZON)
    out.write_bytes(f"{folder}leaderboard.csv", board.write_csv().encode())
    out.write_bytes(f"{folder}value_added.csv", value_added(board).write_csv().encode())
    out.write_bytes(f"{folder}value_added_by.csv", parts.write_csv().encode())
    out.write_frame(f"{folder}segments.parquet", segments)
    rows = board.to_dicts()
    return verdict, {
        "title": case.protocol.title,
        "answers": case.protocol.answers,
        "rows": truth.height,
        "scores": next(row for row in rows if row["candidate"] == case.champion),
        "best_baseline": next(row for row in rows if row["candidate"] == best),
        "verdict": verdict.to_json(),
    }


def backtest_table(learner: Learner, project: ProjectSpec, first: date) -> pl.DataFrame:
    """Return the folds of the judged learner with dates: what chose the champion.

    ``first``: the date of period 0. ``cutoff``: the last date a fold's models saw; then the columns
    of the learner's own table, with ``kind`` and ``chosen`` after ``candidate``; ``fold``: false
    where no fold was possible and these are the cutoffs of the residuals.
    """
    every = step(project.frequency)
    days = {place: first + place * every for place in learner.folds["cutoff"].unique().to_list()}
    folds = learner.folds.with_columns(
        pl.col("cutoff").replace_strict(days, return_dtype=pl.Date),
        kind=pl
        .when(pl.col("candidate").is_in(list(BASELINES)))
        .then(pl.lit("baseline"))
        .otherwise(pl.lit("candidate")),
        chosen=pl.col("candidate") == learner.chosen,
        fold=pl.lit(NO_FOLD not in learner.notes),
    )
    ahead = ["cutoff", "candidate", "kind", "chosen"]
    return folds.select(*ahead, *(name for name in folds.columns if name not in ahead))
