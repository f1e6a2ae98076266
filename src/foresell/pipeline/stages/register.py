"""register: the judged recipe refitted on every row, packed with its scores as a bundle."""

import json

import polars as pl

from foresell.bundle.bundle import Bundle, write_bundle
from foresell.models.effort import EFFORTS
from foresell.models.learner import refit_learner
from foresell.models.learner_files import read_learner, write_learner
from foresell.models.onnx_files import onnx_files
from foresell.pipeline.fingerprint import libraries
from foresell.pipeline.layer import (
    feature_frames,
    learning_columns,
    read_files,
    read_layer,
    read_panel,
    read_split,
)
from foresell.pipeline.work import Work
from foresell.spec.ports import Store
from foresell.spec.project import ProjectSpec


def run(work: Work) -> None:
    """Write ``bundle/``. It names both cutoffs; scores and calibration are the judged model's.

    Beside each part's own files lies its ONNX graph, compared with it on rows of the last frame: a
    part that cannot be exported, or whose graph says something else, fails the stage by name.
    """
    project, effort = work.project, EFFORTS[work.preset]
    judged = read_files(work.inputs["judged"])
    panel = read_panel(work.inputs["processed"], project)
    frames = feature_frames(work.inputs["features"], panel)
    final = refit_learner(read_learner(judged), panel, project, effort, frames, work.note)
    work.note(f"writing {len(final.fitted.parts)} parts as ONNX graphs and comparing them")
    graphs = onnx_files(final.fitted.parts, frames(panel.cutoff), project, final.shape)
    test = json.loads(work.inputs["evaluation"].read_bytes("test.json"))
    manifest = json.loads(work.inputs["manifest"].read_bytes("manifest.json"))
    split, texts, override = read_split(work.inputs["splits"]), work.declarations, work.override
    metadata = {
        "project": project.name,
        "target": project.target,
        "unit": project.unit,
        "frequency": project.frequency,
        "horizon": project.horizon,
        "preset": work.preset,
        "champion": final.chosen,
        "judged_cutoff": split.test_cutoff.isoformat(),
        "refit_cutoff": split.last_observed.isoformat(),
        "series": panel.n_series,
        "scores": test["scores"],
        "result_id": test["result_id"],
        "gate": {**test["verdict"], "override": override},
        "data": manifest,
        "contract_version": work.contract.version,
        "contract_sha256": work.contract.digest,
        "libraries": libraries(),
        "seed": project.seed,
    }
    bundle = Bundle(
        metadata=metadata,
        project_text=texts["project.yaml"],
        contract_text=texts["contract.yaml"],
        model=write_learner(final) | graphs,
        history=read_layer(work.inputs["processed"], learning_columns(project)),
        asked=_asked(work.inputs["asked"], project),
    )
    identity = write_bundle(bundle, work.outputs["bundle"])
    work.note(f"bundle {identity[:12]}, learnt to {split.last_observed}")


def _asked(asked: Store, project: ProjectSpec) -> pl.DataFrame:
    """Return the rows asked for: keys, date, what is known of their future and what they are."""
    if "asked.parquet" not in asked.list():
        return pl.DataFrame()
    wanted = {*project.keys, project.time, *project.with_role("known_future", "static")}
    frame = asked.read_frame("asked.parquet")
    return frame.select(name for name in frame.columns if name in wanted)
