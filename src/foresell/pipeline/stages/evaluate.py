"""evaluate: the test window, scored once, on the same rows for baselines and models.

Two protocols, never mixed (`foresell.evaluate.protocols`): the frozen origin, whose predictions the
stage ``train`` made before any truth of the window was looked at, decides the gate; one step ahead
is made here, by the judged learner as it is, each period from what was known the period before.
"""

from collections.abc import Sequence

import polars as pl

from foresell.evaluate.leaderboard import truth_frame
from foresell.evaluate.protocols import FROZEN, ONE_STEP
from foresell.models.learner_files import read_learner
from foresell.models.learning_series import FEWEST, learning_rows
from foresell.models.one_step import judged_periods, one_step_ahead
from foresell.pipeline.judgement import (
    Case,
    backtest_table,
    forecast_frames,
    judge_case,
    result_id,
)
from foresell.pipeline.layer import as_learnt, read_files, read_raw_panel, read_split
from foresell.pipeline.level_scores import level_scores
from foresell.pipeline.metrics import write_test
from foresell.pipeline.work import Work
from foresell.spec.forecast import quantile_columns


def run(work: Work) -> None:
    """Write ``evaluation/``: truth, leaderboards, value added, segments, folds, and the verdict.

    Baselines of the frozen origin are those of the stage ``baselines``; their intervals were made
    by ``train`` in the same way as the candidates' own. What is judged one step ahead lies in
    ``one_step/``, with its predictions; of very many series, those of a draw
    (`learning_rows`). ``hierarchy.csv``: errors of the levels and their sums.

    The champion was chosen on earlier cutoffs by the stage ``train``; here it is only judged.
    """
    project, out = work.project, work.outputs["evaluation"]
    panel = read_raw_panel(work.inputs["processed"], project)
    split = read_split(work.inputs["splits"])
    steps, cutoff = project.split.test, panel.dates.index(split.test_cutoff)
    truth = truth_frame(panel, project, cutoff, steps)
    learner = read_learner(read_files(work.inputs["judged"]))
    frozen = Case(
        protocol=FROZEN, truth=truth, forecasts=_frozen_forecasts(work), champion=learner.chosen
    )
    verdict, told = judge_case(frozen, project, out)
    learnt_from = as_learnt(panel, project)
    drawn = learnt_from.select(learning_rows(learnt_from, project, learner.recipe, FEWEST))
    periods = judged_periods(drawn.n_series, steps)
    moving = one_step_ahead(learner, drawn, project, periods, work.note)
    for name, frame in moving.items():
        out.write_frame(f"{ONE_STEP.folder}predictions/{name}.parquet", frame)
    next_truth = _next_truth(truth, drawn.keys, periods)
    out.write_frame(f"{ONE_STEP.folder}truth.parquet", next_truth)
    one_step = Case(protocol=ONE_STEP, truth=next_truth, forecasts=moving, champion=learner.chosen)
    next_verdict, next_told = judge_case(one_step, project, out)
    folds = backtest_table(learner, project, panel.dates[0])
    out.write_bytes("backtest.csv", folds.write_csv().encode())
    known = learnt_from.until(cutoff)
    levels = level_scores(known, project, truth, frozen.forecasts, learner)
    out.write_bytes("hierarchy.csv", levels.write_csv().encode())
    out.write_frame("truth.parquet", truth)
    for name in ("importance.csv", "parts.csv"):
        out.write_bytes(name, work.inputs["predictions"].read_bytes(name))
    test = {
        "champion": learner.chosen,
        "failed": dict(learner.failures),
        "notes": list(learner.notes),
        "verdict": verdict.to_json(),
        "scores": told["scores"],
        "protocol": "frozen origin",
        "protocols": {FROZEN.name: told, ONE_STEP.name: next_told},
        "cutoff": split.test_cutoff.isoformat(),
        "last": split.last_observed.isoformat(),
        "steps": steps,
        "rows": truth.height,
        "result_id": result_id(work, out),
    }
    write_test(out, test)
    gain = next_verdict.comparisons[-1].value_added
    ahead = "" if gain is None else f"; one step ahead {gain:+.1%} value added"
    work.note(f"{truth.height:,} rows; {verdict.reasons[-1]}{ahead}")


def _next_truth(truth: pl.DataFrame, keys: pl.DataFrame, periods: Sequence[int]) -> pl.DataFrame:
    """Return what is judged one step ahead: the ``periods`` of the series ``keys``, all step 1."""
    own = truth.join(keys, on=keys.columns, how="semi", maintain_order="left")
    return own.filter(pl.col("step").is_in(periods)).with_columns(step=pl.lit(1, pl.Int64))


def _frozen_forecasts(work: Work) -> dict[str, pl.DataFrame]:
    """Return every candidate's forecast from the test cutoff, baselines among them."""
    project = work.project
    forecasts = forecast_frames(work.inputs["predictions"])
    identity = [*project.keys, project.time]
    for name, points in forecast_frames(work.inputs["baselines"]).items():
        bands = forecasts[name].select(*identity, *quantile_columns())
        forecasts[name] = points.join(bands, on=identity, how="left", maintain_order="left")
    return forecasts
