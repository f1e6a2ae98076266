"""refit: the judged recipe refitted on every row, packed with its scores as a bundle."""

from dataclasses import replace

import polars as pl

from foresell.answer.publishing import published_rows
from foresell.bundle.bundle import Bundle, write_bundle
from foresell.data.panel import Panel
from foresell.features.declared import feature_contract, panel_kinds
from foresell.models.effort import EFFORTS
from foresell.models.learner import Learner, refit_learner
from foresell.models.learner_files import read_learner, write_learner
from foresell.models.onnx_files import onnx_files
from foresell.pipeline.evidence import evidence, feature_facts, judged_rows
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
    texts = work.declarations
    bundle = Bundle(
        metadata=_metadata(work, final, panel),
        project_text=texts["project.yaml"],
        contract_text=texts["contract.yaml"],
        model=write_learner(final) | graphs,
        history=read_layer(work.inputs["processed"], learning_columns(project)),
        asked=_asked(work.inputs["asked"], project),
        judged=judged_rows(work, final.chosen),
    )
    work.note("forecasting what the bundle publishes")
    bundle = replace(bundle, published=published_rows(bundle))
    identity = write_bundle(bundle, work.outputs["bundle"])
    work.note(f"bundle {identity[:12]}, learnt to {panel.dates[panel.cutoff]}")


def _metadata(work: Work, final: Learner, panel: Panel) -> dict[str, object]:
    """Return what the bundle says of itself."""
    project, split = work.project, read_split(work.inputs["splits"])
    reads = project.with_role("key", "time", "static", "known_future", "past_only")
    made = feature_contract(project, panel_kinds(panel)).columns.values()
    return {
        **evidence(work),
        "frequency": project.frequency,
        "horizon": project.horizon,
        "champion": final.chosen,
        "features": feature_facts(reads, project, work.contract),
        "derived": [
            {"name": column.name, "type": column.logical_type, "required": column.required}
            for column in made
            if column.name.startswith("x_")
        ],
        "parameters": {name: dict(values) for name, values in final.settings.items()},
        "judged_cutoff": split.test_cutoff.isoformat(),
        "refit_cutoff": split.last_observed.isoformat(),
        "series": panel.n_series,
    }


def _asked(asked: Store, project: ProjectSpec) -> pl.DataFrame:
    """Return the rows asked for: keys, date, what is known of their future and what they are."""
    if "asked.parquet" not in asked.list():
        return pl.DataFrame()
    wanted = {*project.keys, project.time, *project.with_role("known_future", "static")}
    frame = asked.read_frame("asked.parquet")
    return frame.select(name for name in frame.columns if name in wanted)
