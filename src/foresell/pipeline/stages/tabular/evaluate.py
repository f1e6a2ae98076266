"""evaluate, of a table: the test rows, scored once, the same ones for baselines and models.

Each protocol that the project declares (`foresell.evaluate.protocols.row_protocols`) is a case of
its own: its rows, its learner, its champion, which its own folds of training rows chose. The first
one decides the gate and is delivered.
"""

import json
from typing import Any

import polars as pl

from foresell.errors import counted
from foresell.evaluate.protocols import Protocol, row_protocols
from foresell.evaluate.row_diagnostics import by_prediction, calibration_error
from foresell.evaluate.row_truth import row_truth
from foresell.pipeline.judgement import Case, forecast_frames, judge_case, result_id
from foresell.pipeline.layer import learning_columns, read_layer, read_row_splits
from foresell.pipeline.metrics import write_test
from foresell.pipeline.work import Work
from foresell.spec.ports import Store

FEW_ROWS = 30  # a test of fewer says little, and a note says so
_COPIED = ("importance.csv",)  # what the stage ``train`` has told beside its predictions


def run(work: Work) -> None:
    """Write ``evaluation/``: truth, leaderboards, value added, segments, folds, and the verdict.

    ``calibration.csv``: the champion's mean prediction beside the mean truth, in tenths of the
    prediction. The files of a second protocol lie in ``chronological/``.
    """
    project, out = work.project, work.outputs["evaluation"]
    key = tuple(name for name in work.contract.key if name in project.columns)
    columns = tuple(dict.fromkeys((*key, *learning_columns(project))))
    frame = read_layer(work.inputs["processed"], columns)
    splits = read_row_splits(work.inputs["splits"])
    told: dict[str, dict[str, Any]] = {}
    for protocol in row_protocols(project):
        tested = pl.Series(splits[protocol.folder].side("test"))
        truth = row_truth(frame, tested, project, key)
        told[protocol.name] = _judged(work, protocol, truth)
    first, *others = (told[protocol.name] for protocol in row_protocols(project))
    test = {
        **{name: first[name] for name in ("champion", "failed", "verdict", "scores")},
        "notes": [
            *first["notes"],
            *(f"{one['title'].lower()}: {note}" for one in others for note in _few(one["rows"])),
        ],
        "interval_method": first["interval_method"],
        "protocol": row_protocols(project)[0].name,
        "protocols": told,
        "rows": first["rows"],
        "result_id": result_id(work, out),
    }
    write_test(out, test)
    later = "".join(f"; {one['title'].lower()}: {_sentence(one)}" for one in others)
    work.note(f"{first['rows']:,} rows; {_sentence(first)}{later}")


def _judged(work: Work, protocol: Protocol, truth: pl.DataFrame) -> dict[str, Any]:
    """Write the files of one protocol and return its summary."""
    project, out, folder = work.project, work.outputs["evaluation"], protocol.folder
    learner = json.loads(work.inputs["judged"].read_bytes(f"{folder}learner.json"))
    case = Case(
        protocol=protocol,
        truth=truth,
        forecasts=forecast_frames(work.inputs["predictions"], folder),
        champion=str(learner["chosen"]),
        baselines=tuple(learner["baselines"]),
    )
    _, found = judge_case(case, project, out)
    own = case.forecasts[case.champion].join(
        truth.select("row", "y"), on="row", maintain_order="left"
    )
    bins = by_prediction(own)
    folds = _folds(work.inputs["judged"], folder, case)
    out.write_frame(f"{folder}truth.parquet", truth)
    out.write_bytes(f"{folder}backtest.csv", folds.write_csv().encode())
    out.write_bytes(f"{folder}calibration.csv", bins.write_csv().encode())
    for name in _COPIED:
        if f"{folder}{name}" in work.inputs["predictions"].list():
            out.write_bytes(
                f"{folder}{name}", work.inputs["predictions"].read_bytes(f"{folder}{name}")
            )
    return {
        **found,
        "failed": dict(learner["failures"]),
        "notes": [*learner["notes"], *_few(truth.height)],
        "interval_method": learner["interval_method"],
        "calibration_error": calibration_error(bins),
    }


def _few(rows: int) -> list[str]:
    """Return what is to be said of a test of so many rows.

    >>> _few(3), _few(30)
    (['the test has 3 rows: its scores say little'], [])
    """
    said = f"the test has {counted(rows, 'row')}: its scores say little"
    return [said] if rows < FEW_ROWS else []


def _folds(judged: Store, folder: str, case: Case) -> pl.DataFrame:
    """Return the errors on the folds of training rows, with ``kind`` and ``chosen``.

    ``candidate``, ``kind``, ``chosen``, ``fold``, ``n``, ``rmse``, ``mae``; by fold, then by RMSE.
    """
    folds = judged.read_frame(f"{folder}folds.parquet")
    kind = pl.when(pl.col("candidate").is_in(list(case.baselines))).then(pl.lit("baseline"))
    return (
        folds
        .with_columns(
            kind=kind.otherwise(pl.lit("candidate")), chosen=pl.col("candidate") == case.champion
        )
        .select("candidate", "kind", "chosen", "fold", "n", "rmse", "mae")
        .sort("fold", "rmse", "candidate")
    )


def _sentence(told: dict[str, Any]) -> str:
    """Return the verdict on the deciding metric that is named first, in words."""
    reason: str = told["verdict"]["reasons"][0]
    return reason
