"""One protocol judged: every file that says how good the forecasts made under it are."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from foresell.evaluate.gate import Verdict, deciding_metrics, judge
from foresell.evaluate.leaderboard import align, leaderboard, value_added
from foresell.evaluate.protocols import ONE_STEP, Protocol
from foresell.evaluate.row_segments import PREDICTED
from foresell.evaluate.segments import segment_scores
from foresell.evaluate.value_added import value_added_by
from foresell.models.baselines import BASELINES
from foresell.models.learner import NO_FOLD, Learner
from foresell.pipeline.fingerprint import digest
from foresell.pipeline.layer import read_files
from foresell.pipeline.work import Work
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
    truth, folder = _parted(case, project), case.protocol.folder
    board = leaderboard(truth, case.forecasts, project, case.baselines)
    constant = truth.height > 1 and truth["y"].n_unique() == 1
    verdict = judge(board, case.champion, deciding_metrics(project), constant=constant)
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
        "champion": case.champion,
        "rows": truth.height,
        "scores": next(row for row in rows if row["candidate"] == case.champion),
        "best_baseline": next(row for row in rows if row["candidate"] == best),
        "verdict": verdict.to_json(),
    }


def _parted(case: Case, project: ProjectSpec) -> pl.DataFrame:
    """Return the truth; of a table with what the champion says, by which rows are parted, too."""
    if project.kind == "panel":
        return case.truth
    own = align(case.truth, case.forecasts[case.champion], project, case.champion)
    return own.select(*case.truth.columns, pl.col("prediction").alias(PREDICTED))


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


def forecast_frames(store: Store, folder: str = "") -> dict[str, pl.DataFrame]:
    """Return every candidate's forecasts right in ``folder``, "" or ending with a slash."""
    names = [name for name in store.list() if name.startswith(folder) and name.endswith(".parquet")]
    inside = {name: name.removeprefix(folder).removesuffix(".parquet") for name in names}
    return {plain: store.read_frame(name) for name, plain in inside.items() if "/" not in plain}


def result_id(work: Work, out: Store) -> str:
    """Return what names this result: the judged model and all that was found about it.

    It follows from the bytes alone, so the same result has the same name whoever ran it.
    """
    judged = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in read_files(work.inputs["judged"]).items()
    }
    found = {name: hashlib.sha256(out.read_bytes(name)).hexdigest() for name in out.list()}
    return digest([work.project.name, judged, found])[:16]
