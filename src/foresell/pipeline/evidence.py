"""What a bundle says of itself and of how it was judged, in the same words for both kinds."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

import polars as pl

from foresell.contracts.contract import Contract
from foresell.evaluate.leaderboard import align
from foresell.evaluate.protocols import protocols_of
from foresell.models.candidates import selected
from foresell.models.effort import EFFORTS
from foresell.pipeline.fingerprint import libraries
from foresell.pipeline.judgement import forecast_frames
from foresell.pipeline.work import Work
from foresell.spec.features import FeatureSpec
from foresell.spec.ports import Store
from foresell.spec.project import ProjectSpec

_TOLD = ("title", "champion", "rows", "scores", "best_baseline", "verdict")
_BAND = ("q0.1", "q0.9")  # of 80 %


def evidence(work: Work) -> dict[str, Any]:
    """Return what the metadata of every bundle holds, of what the stages before have found.

    ``roles`` by column; ``declared``: what the project file derives; ``split``: where time or rows
    were cut; ``protocols`` and ``leaderboard`` by protocol; ``scores`` and ``gate`` of the one that
    decides, with the reason for an override; the fingerprint of the data, of the contract, of the
    libraries. Plain JSON values; equal results give equal ones.
    """
    project, contract, evaluation = work.project, work.contract, work.inputs["evaluation"]
    test = json.loads(evaluation.read_bytes("test.json"))
    return {
        "project": project.name,
        "kind": project.kind,
        "target": project.target,
        "unit": project.unit,
        "preset": work.preset,
        "selection": selected(project.models, EFFORTS[work.preset].selecting(work.selection)),
        "roles": {name: role for name, role in project.columns.items() if role != "excluded"},
        "declared": _declared(project.features),
        "split": json.loads(work.inputs["splits"].read_bytes("split.json")),
        "scores": test["scores"],
        "protocols": {
            protocol.name: {told: test["protocols"][protocol.name][told] for told in _TOLD}
            for protocol in protocols_of(project)
        },
        "leaderboard": {
            protocol.name: _board(evaluation, protocol.folder) for protocol in protocols_of(project)
        },
        "result_id": test["result_id"],
        "gate": {**test["verdict"], "override": work.override},
        "data": json.loads(work.inputs["manifest"].read_bytes("manifest.json")),
        "contract_version": contract.version,
        "contract_sha256": contract.digest,
        "libraries": libraries(),
        "seed": project.seed,
    }


def feature_facts(
    names: Iterable[str], project: ProjectSpec, contract: Contract
) -> list[dict[str, Any]]:
    """Return what a bundle says of each raw column that its model reads."""
    columns = {name: contract.columns[name] for name in names}
    return [
        {
            "name": name,
            "role": project.columns[name],
            "type": column.logical_type,
            "unit": column.unit,
            "required": column.required,
            "description": column.description,
        }
        for name, column in columns.items()
    ]


def judged_rows(work: Work, champion: str) -> pl.DataFrame:
    """Return what the champion said of the test's rows beside their truth: see `Bundle.judged`.

    Of the protocol that decides. Neither the order of rows nor their place in the layer shows.
    """
    project = work.project
    truth = work.inputs["evaluation"].read_frame("truth.parquet")
    said = forecast_frames(work.inputs["predictions"])[champion]
    names = _naming(project, work.contract.key)
    weight = ["weight"] if "weight" in truth.columns else []
    wanted = [*names, "y", *weight, "prediction", *_BAND]
    beside = align(truth, said, project, champion).select(wanted)
    return beside.sort(wanted, nulls_last=True)


def _naming(project: ProjectSpec, key: Sequence[str]) -> Sequence[str]:
    """Return the columns that name a judged row wherever it is met again."""
    if project.kind == "panel":
        return (*project.keys, project.time)
    whole = key and all(name in project.columns for name in key)
    return tuple(key) if whole else project.with_role("feature")


def _declared(features: FeatureSpec) -> dict[str, Any]:
    """Return what is declared to be derived, where it is not as it is by default."""
    plain, told = FeatureSpec(), asdict(features)
    return {
        one.name: told[one.name]
        for one in fields(FeatureSpec)
        if getattr(features, one.name) != getattr(plain, one.name)
    }


def _board(evaluation: Store, folder: str) -> list[dict[str, Any]]:
    """Return the rows of a protocol's leaderboard, best first."""
    return pl.read_csv(evaluation.read_bytes(f"{folder}leaderboard.csv")).to_dicts()
