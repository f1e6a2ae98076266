"""evaluate: the test window, scored once, on the same rows for baselines and models."""

import polars as pl

from foresell.evaluate.gate import deciding_metrics, judge
from foresell.evaluate.leaderboard import leaderboard, truth_frame, value_added
from foresell.evaluate.segments import segment_scores
from foresell.models.learner_files import read_learner
from foresell.pipeline.layer import read_files, read_raw_panel, read_split
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.spec.forecast import quantile_columns
from foresell.spec.ports import Store


def run(work: Work) -> None:
    """Write ``evaluation/``: leaderboard, value added, segments, truth, and the gate's verdict.

    Baselines are those of the stage ``baselines``; their intervals were made by ``train`` in the
    same way as the candidates' own.

    The champion was chosen on earlier cutoffs by the stage ``train``; here it is only judged.
    """
    project, out = work.project, work.outputs["evaluation"]
    panel = read_raw_panel(work.inputs["processed"], project)
    split = read_split(work.inputs["splits"])
    cutoff = panel.dates.index(split.test_cutoff)
    truth = truth_frame(panel, project, cutoff, project.split.test)
    baselines = _frames(work.inputs["baselines"])
    forecasts = _frames(work.inputs["predictions"])
    bands = [*project.keys, project.time, *quantile_columns()]
    for name, points in baselines.items():
        forecasts[name] = points.join(
            forecasts[name].select(bands), on=bands[: len(project.keys) + 1], how="left"
        )
    learner = read_learner(read_files(work.inputs["judged"]))
    board = leaderboard(truth, forecasts, project, baselines)
    verdict = judge(board, learner.chosen, deciding_metrics(project))
    out.write_frame("truth.parquet", truth)
    out.write_frame("segments.parquet", segment_scores(truth, forecasts, project))
    out.write_bytes("leaderboard.csv", board.write_csv().encode())
    out.write_bytes("value_added.csv", value_added(board).write_csv().encode())
    test = {
        "champion": learner.chosen,
        "verdict": verdict.to_json(),
        "scores": board.filter(pl.col("candidate") == learner.chosen).to_dicts()[0],
        "protocol": "frozen origin",
        "cutoff": split.test_cutoff.isoformat(),
        "last": split.last_observed.isoformat(),
        "steps": project.split.test,
        "rows": truth.height,
    }
    out.write_bytes("test.json", json_bytes(test))
    work.note(f"{truth.height:,} rows; {verdict.reasons[-1]}")


def _frames(store: Store) -> dict[str, pl.DataFrame]:
    return {
        name.removesuffix(".parquet"): store.read_frame(name)
        for name in store.list()
        if name.endswith(".parquet")
    }
