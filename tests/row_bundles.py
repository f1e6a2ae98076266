"""Bundles of tabular projects, trained on a table at hand and put where a run would leave them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from foresell.adapters.projects import read_declaration
from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import Bundle, write_bundle
from foresell.contracts.contract import parse_contract
from foresell.contracts.headers import dropped_columns
from foresell.contracts.reading import read_table
from foresell.data.row_splits import split_by_groups
from foresell.models.effort import TABULAR_EFFORTS
from foresell.models.tabular.artifacts import artifact_files
from foresell.models.tabular.learner import fit_tabular
from foresell.spec.reading import parse_project
from tests.small_bundles import small_bundle

FEW = ("ridge", "lightgbm")


def make_bundle(
    project: str,
    content: bytes,
    home: Path,
    *,
    candidates: Sequence[str] = FEW,
    passed: bool = True,
) -> Path:
    """Fit ``candidates`` on all rows of the raw file ``content``; return the bundle's folder."""
    texts = read_declaration(project, ())
    spec = parse_project(texts.project_text, project)
    contract = parse_contract(texts.contract_text, project)
    frame = read_table(content, spec.tables[0], contract, dropped_columns(contract, spec.cleaning))
    features = spec.with_role("feature")
    kinds = {name: contract.columns[name].logical_type for name in features}
    identity = spec.with_role("group") or features
    split = split_by_groups(frame, spec, identity)
    mine = split.side("train", "calibration")
    others = tuple(name for name in spec.models.candidates or () if name not in candidates)
    effort = replace(TABULAR_EFFORTS["fast"], without=others)
    rows = frame.filter(pl.Series(mine))
    learner = fit_tabular(rows, split.take(mine), spec, kinds, effort, lambda _: None)
    told = small_bundle(project, champion=learner.chosen, passed=passed).metadata
    bundle = Bundle(
        metadata={
            "project": project,
            "champion": learner.chosen,
            "gate": {"passed": passed, "override": None},
            "leaderboard": told["leaderboard"],
        },
        project_text=texts.project_text,
        contract_text=texts.contract_text,
        model=artifact_files(learner, frame.select(features), spec.seed),
        history=pl.DataFrame(),
        asked=pl.DataFrame(),
    )
    store = DirectoryStore(home / project / "bundle")
    write_bundle(bundle, store)
    state = home / project / ".state"
    state.mkdir(parents=True, exist_ok=True)
    (state / "refit.json").write_text("{}")
    return store.root
