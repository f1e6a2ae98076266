"""What stages declare that they read is what runs of both kinds read: no more, and no less."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from foresell.pipeline.reads import READS
from foresell.spec.project import Kind
from tests.dvc_repo import PROJECT

pytestmark = [pytest.mark.dvc, pytest.mark.slow]

# What the runs looked at here do not read, by stage, and when it is read.
RARE: Mapping[Kind, Mapping[str, Mapping[str, str]]] = {
    "panel": {
        "validate": {
            "seed": "a gate that looks at a sample (gate.sample) of a larger table draws it",
            "split": "a step of cleaning that learns does so from training rows",
        },
        "eda": {"seed": "columns that tell the target are looked for in a sample of many rows"},
        "features": {"seed": "of very many series, those that are learnt from are drawn"},
    },
    "tabular": {
        "validate": {"split": "a step of cleaning that learns does so from training rows"},
        "split": {
            "name": "a cut by time (split.test_from) names the project where it is not possible"
        },
    },
}
STAGES = sorted({stage for named in READS.values() for stage in named})
# Whole stages that these runs have not: tests/unit/pipeline/stages/test_risk.py compares theirs.
ELSEWHERE = {"risk"}


def read(folders: list[Path]) -> dict[str, set[str]]:
    """What each stage read in one of the runs that left these folders."""
    seen: dict[str, set[str]] = {}
    for folder in folders:
        for stage in STAGES:
            path = folder / ".state" / f"{stage}.json"
            if path.is_file():
                seen.setdefault(stage, set()).update(json.loads(path.read_bytes())["parameters"])
    return seen


def exact(kind: Kind, seen: Mapping[str, set[str]]) -> None:
    expected = {
        stage: sorted(set(names) - set(RARE[kind].get(stage, ())))
        for stage, names in READS[kind].items()
        if stage not in ELSEWHERE
    }
    assert {stage: sorted(seen.get(stage, ())) for stage in expected} == expected


def test_a_panel_reads_what_its_stages_declare_and_nothing_that_is_declared_in_vain(
    whole: tuple[Path, object], shops: tuple[Path, object]
) -> None:
    exact("panel", read([whole[0] / "home" / "walmart", shops[0] / "home" / "retail"]))


def test_a_table_reads_what_its_stages_declare_and_nothing_that_is_declared_in_vain(
    orders_by_dvc: Path,
) -> None:
    exact("tabular", read([orders_by_dvc / "repository" / "workspace" / PROJECT]))
