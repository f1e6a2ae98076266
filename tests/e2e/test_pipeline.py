"""``foresell pipeline show`` and ``check``: the graph as it is, drawn, and what is wrong."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

import foresell as platform
from foresell.api import RunResult
from foresell.pipeline import graph
from foresell.pipeline.graph import stages_of
from foresell.pipeline.reads import READS
from foresell.spec.project import Kind
from tests.e2e.command import Foresell
from tests.e2e.shop import Shop
from tests.unit.pipeline.conftest import shipped

# Parameters that a stage reads in some projects only: what they are read for.
RARE: Mapping[tuple[str, str], str] = {
    ("features", "seed"): "a draw of very many series",
    ("monitor", "monitoring"): "by the watch of the request, which is no part of the stage",
    ("validate", "split"): "what is filled or clipped is learnt from training rows",
    ("validate", "seed"): "a draw of the rows that are checked",
    ("eda", "seed"): "a draw of very many rows or series",
    ("register", "columns"): "weights, where holidays have none",
}


def test_the_stages_of_a_project_are_shown_as_a_tree(foresell: Foresell) -> None:
    shown = foresell("pipeline", "show", "retail")
    assert shown.code == 0
    lines = [line.rstrip() for line in shown.out.splitlines()]
    assert lines[0] == "retail: 15 stages, 22 outputs"
    names = [line[:30].split("  ")[0].strip() for line in lines[4:] if line.strip()]
    tree = [line for line in lines if line.startswith(" ")]
    stages = [name for name in names if name and not name.startswith("which")]
    for name in ("manifest", "└ ingest", "└ validate", "└ split", "├ eda", "│ └ train"):
        assert any(line.strip().startswith(name) for line in tree), (name, stages)
    assert any("repairs (by hand)" in line for line in lines)
    assert any("the raw files, each time" in line for line in lines)
    assert "last" not in lines[2]  # nothing was run in this home


def test_without_a_project_both_kinds_are_shown(foresell: Foresell) -> None:
    shown = foresell("pipeline", "show")
    assert shown.code == 0
    assert "A panel project: 16 stages, 23 outputs" in shown.out
    assert "A tabular project: 14 stages, 21 outputs" in shown.out


def test_a_program_is_told_all_that_a_stage_declares(foresell: Foresell) -> None:
    told = json.loads(foresell("pipeline", "show", "sales_orders", "--format", "json").out)
    assert (told["project"], told["kind"]) == ("sales_orders", "tabular")
    stages = {one["name"]: one for one in told["stages"]}
    assert list(stages) == [one.name for one in platform.pipeline_stages("sales_orders")]
    assert stages["validate"] == {
        "name": "validate",
        "run": "foresell.pipeline.stages.validate:run",
        "says": "rows against the contract",
        "needs": ["landing", "repairs"],
        "makes": ["processed", "quarantine", "checks"],
        "gated": ["processed"],
        "by_hand": ["repairs"],
        "always": False,
        "looks": [],
        "reads": list(READS["tabular"]["validate"]),
        "metrics": [],
        "plots": [],
        "after": ["ingest"],
        "depth": 2,
        "last": "never",
    }
    assert stages["risk"]["metrics"] == ["segment_risk/metrics.json"]
    assert stages["evaluate"]["plots"][0]["file"] == "evaluation/leaderboard.csv"


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_the_graph_is_drawn_beside_what_is_shown(
    foresell: Foresell, tmp_path: Path, ending: str
) -> None:
    place = tmp_path / f"graph.{ending}"
    drawn = foresell("pipeline", "show", "sales_orders", "--picture", place)
    assert (drawn.code, drawn.err.strip()) == (0, f"a picture in {place}")
    content = place.read_bytes()
    assert content.startswith({"svg": b"<svg", "png": b"\x89PNG"}[ending])
    if ending == "svg":
        assert b"<title>" in content or b"<title " in content
        assert b">segment_risk</text>" in content
        again = foresell("pipeline", "show", "sales_orders", "--picture", place)
        assert (again.code, place.read_bytes()) == (0, content)


def test_a_picture_of_another_kind_is_refused_before_anything_is_shown(
    foresell: Foresell, tmp_path: Path
) -> None:
    refused = foresell("pipeline", "show", "retail", "--picture", tmp_path / "graph.pdf")
    assert (refused.code, refused.out) == (2, "")
    assert "use .svg or .png" in refused.err


@pytest.mark.parametrize("verb", ["show", "check"])
def test_a_project_that_nobody_declared_is_refused_with_the_nearest(
    foresell: Foresell, verb: str
) -> None:
    refused = foresell("pipeline", verb, "walmat")
    assert refused.code == 2
    assert "did you mean 'walmart'?" in refused.err


def test_every_graph_that_ships_is_sound(foresell: Foresell) -> None:
    checked = foresell("pipeline", "check")
    assert checked.code == 0
    assert checked.out.splitlines() == [
        "✓ california_housing: 13 stages, 20 outputs",
        "✓ retail: 15 stages, 22 outputs",
        "✓ sales_orders: 14 stages, 21 outputs",
        "✓ walmart: 15 stages, 22 outputs",
    ]


def test_a_broken_graph_ends_with_1_and_says_what_is_wrong(
    foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one test that breaks the real table: what else it says, the unit tests know."""
    broken = tuple(
        replace(stage, needs=("manifst",)) if stage.name == "ingest" else stage
        for stage in graph.STAGES["panel"]
    )
    tables = {**graph.STAGES, "panel": broken}
    monkeypatch.setattr(graph, "STAGES", tables)
    monkeypatch.setattr("foresell.api.pipeline.STAGES", tables)
    checked = foresell("pipeline", "check", "retail")
    assert checked.code == 1
    said = " ".join(checked.out.split())
    assert "✗ retail: 2 findings" in said
    assert "stage 'ingest': it needs 'manifst', which no stage makes" in said
    assert "did you mean 'manifest'?" in said
    assert "its code takes the input 'manifest', which it does not declare" in said
    told = json.loads(foresell("pipeline", "check", "retail", "--format", "json").out)
    assert [one["where"] for one in told[0]["findings"]] == ["stage 'ingest'"] * 2


def _read(place: Path) -> dict[str, set[str]]:
    """What each stage of a workspace has read, as its records say."""
    kept = {one.stem: json.loads(one.read_bytes()) for one in (place / ".state").glob("*.json")}
    return {
        name: set(record["parameters"])
        for name, record in kept.items()
        if isinstance(record, dict) and "parameters" in record
    }


def _compared(place: Path, name: str, kind: Kind) -> None:
    """Compare what the stages of a run have read with what they declare."""
    stages = {one.name: set(one.reads or ()) for one in stages_of(shipped(name)[0])}
    read = _read(place)
    assert set(read) == set(stages)
    for stage, seen in read.items():
        assert seen <= stages[stage], stage
        left = {one for one in stages[stage] - seen if (stage, one) not in RARE}
        assert not left, (kind, stage, left)


def test_the_stages_of_a_panel_read_what_they_declare(
    shops: tuple[Path, RunResult],
) -> None:
    _compared(shops[1].workspace, "retail", "panel")


def test_the_stages_of_a_table_read_what_they_declare(foresell: Foresell, tmp_path: Path) -> None:
    shop = Shop(tmp_path, foresell)
    shop.declare(
        risk={"segments": [{"COUNTRY": "USA"}]},
        split={"test_share": 0.2, "test_from": "2004-10-01", "folds": 3},
    )
    shop.data()
    done = shop.run("--override", "a toy")
    assert done.code == 0, done.err
    place = tmp_path / "home" / "sales_orders"
    _compared(place, "sales_orders", "tabular")
    numbers = json.loads((place / "segment_risk" / "metrics.json").read_bytes())
    assert set(numbers) == {"sales_ts_risk_usa"}
    scores = json.loads((place / "evaluation" / "metrics.json").read_bytes())
    assert set(scores) == {"held_out", "chronological"}
    for name in ("metrics", "plots"):
        for stage in platform.pipeline_stages("sales_orders"):
            for one in getattr(stage, name):
                assert (place / getattr(one, "file", one)).is_file(), one
    for stage in platform.pipeline_stages("sales_orders"):
        for plot in stage.plots:
            assert {plot.x, plot.y} <= set(pl.read_csv(place / plot.file).columns)
