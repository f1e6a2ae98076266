"""What a stage tells follows from what it left, and from nothing else."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from foresell.adapters.projects import read_declaration
from foresell.adapters.sources import DirectorySource
from foresell.adapters.store import MemoryStore
from foresell.adapters.workspace import MemoryWorkspace
from foresell.contracts.contract import parse_contract
from foresell.errors import DataError
from foresell.pipeline.telling import Told, tell
from foresell.pipeline.telling_charts import with_charts
from foresell.pipeline.telling_draft import Teller
from foresell.pipeline.telling_numbers import raw_data
from foresell.pipeline.work import Request
from foresell.spec.reading import parse_project
from foresell.spec.tracking import Dataset

AT = "2026-11-21T10:00:10.000000+00:00"
COMPARED = [
    {"metric": "rmse", "baseline": 4.0, "best_baseline": "naive"},
    {"metric": "wmae", "baseline": 3.0, "best_baseline": "naive"},
]
BOARD = "candidate,kind,n,rmse,wmae,r2\nridge,candidate,9,3.0,2.0,\nnaive,baseline,9,4.0,3.0,0.5\n"
FOLDS = (
    "cutoff,candidate,kind,chosen,n,abs_error,wape,fold\n"
    "2011-01-07,ridge,candidate,true,2,1.0,0.2,true\n2011-02-04,ridge,candidate,true,2,1.0,0.4,true\n"
)
LEARNER = {
    "chosen": "ridge",
    "settings": {"ridge": {"penalty": 2.0}},
    "ensembles": {"ensemble_mean": [{"ridge": 1.0, "naive": 0.0}]},
    "interval_method": "conformal_intervals",
}
MANIFEST = {
    "synthetic": False,
    "files": [{"name": "train.csv", "bytes": 3, "sha256": "ab" * 32, "rows": 9}],
}
SOURCES = {"files": [{"name": "train.csv", "uri": "file:///data/train.csv"}]}


def request(project: str = "walmart", **changed: Any) -> Request:
    """A run of a shipped project that was asked for."""
    texts = read_declaration(project, ())
    whole = Request(
        project=parse_project(texts.project_text, project),
        contract=parse_contract(texts.contract_text, project),
        source=DirectorySource(Path()),
        preset="fast",
        project_text=texts.project_text,
        contract_text=texts.contract_text,
    )
    return replace(whole, **changed)


def workspace(**changed: bytes) -> MemoryWorkspace:
    """What a run of a panel leaves, as far as it is told of; ``changed``: records by stage."""
    verdict = {"champion": "ridge", "passed": True, "comparisons": COMPARED}
    protocol = {"champion": "ridge", "verdict": verdict}
    test = {
        "champion": "ridge",
        "failed": {"lad": "it did not converge"},
        "verdict": verdict,
        "protocols": {"frozen": protocol, "one-step": protocol},
        "rows": 9,
        "result_id": "found",
    }
    truth = pl.DataFrame({"Store": [1, 2], "y": [1.0, 2.0]})
    said = pl.DataFrame({"Store": [1, 2], "prediction": [1.5, 2.0]})
    outputs: dict[str, dict[str, bytes | pl.DataFrame | dict[str, Any]]] = {
        "manifest": {"manifest.json": MANIFEST},
        "sources": {"sources.json": SOURCES},
        "processed": {"passed.json": {"files": {"a.parquet": "cd" * 32}, "rows": 8}},
        "splits": {
            "split.json": {
                "first": "2010-02-05",
                "test_cutoff": "2012-01-27",
                "last_observed": "2012-10-26",
            }
        },
        "judged": {"learner.json": LEARNER},
        "predictions": {"ridge.parquet": said, "naive.parquet": said},
        "evaluation": {
            "test.json": test,
            "leaderboard.csv": BOARD.encode(),
            "one_step/leaderboard.csv": BOARD.replace("3.0", "1.0").encode(),
            "backtest.csv": FOLDS.encode(),
            "truth.parquet": truth,
            "provenance.json": {},
        },
        "bundle": {
            "metadata.json": {"gate": {"passed": True, "override": None}},
            "checksums.json": {},
        },
        "registration": {"registration.json": {"version": 3, "digest": "ef" * 32}},
        "report": {"report.html": b"<html>"},
    }
    records = {
        stage: json.dumps({
            "run_id": "run-1",
            "seconds": 2.5,
            "libraries": {"polars": "2"},
        }).encode()
        for stage in ("train", "evaluate", "refit", "register", "report")
    }
    return MemoryWorkspace(
        published={name: _stored(files) for name, files in outputs.items()},
        records={**records, **changed},
    )


def _stored(files: dict[str, Any]) -> MemoryStore:
    """An output: frames as Parquet, mappings as JSON."""
    store = MemoryStore()
    for name, content in files.items():
        if isinstance(content, pl.DataFrame):
            store.write_frame(name, content)
        else:
            text = content if isinstance(content, bytes) else json.dumps(content).encode()
            store.write_bytes(name, text)
    return store


def told(stage: str, place: MemoryWorkspace | None = None, **asked: Any) -> Told:
    """What a stage of the walmart project tells."""
    teller = Teller(workspace=place or workspace(), request=request(**asked), commit="c0ffee")
    found = tell(stage, teller, AT)
    assert found is not None
    return found


def test_training_tells_how_it_was_set_up_and_what_was_chosen() -> None:
    note = told("train").note

    assert (note.project, note.training, note.stage, note.at) == ("walmart", "run-1", "train", AT)
    assert {name: note.whole.params[name] for name in ("preset", "champion", "candidates")} == {
        "preset": "fast",
        "champion": "ridge",
        "candidates": "ensemble_mean, naive, ridge",
    }
    assert note.whole.params["cutoff.test"] == "2012-01-27"
    assert note.whole.params["seed"] == str(request().project.seed)
    assert {name: one.params for name, one in note.candidates.items()} == {
        "ridge": {"penalty": "2.0"},
        "ensemble_mean": {"weight.ridge": "1"},
        "naive": {},
    }


def test_training_tells_what_it_was_made_of() -> None:
    note = told("train").note

    assert note.whole.metrics == {"seconds/train": 2.5}
    assert note.whole.tags["foresell.started"] == "2026-11-21T10:00:07.500000+00:00"
    assert note.whole.tags["mlflow.source.git.commit"] == "c0ffee"
    assert note.whole.tags["foresell.library.polars"] == "2"
    assert note.whole.tags["foresell.contract.version"] == request().contract.version
    assert [(one.name, one.context, one.rows) for one in note.datasets] == [
        ("train.csv", "raw", 9),
        ("processed", "training", 8),
    ]


def test_every_leaderboard_is_told_of_every_candidate_and_of_the_champion_above() -> None:
    note = told("evaluate").note

    ridge = {
        "rmse": 3.0,
        "wmae": 2.0,
        "rows": 9.0,
        "value_added/rmse": 0.25,
        "value_added/wmae": pytest.approx(1 / 3),
        "folds/1/wape": 0.2,
        "folds/2/wape": 0.4,
        "folds/wape": pytest.approx(0.3),
        "one-step/rmse": 1.0,
        "one-step/wmae": 2.0,
        "one-step/rows": 9.0,
        "one-step/value_added/rmse": 0.75,
        "one-step/value_added/wmae": pytest.approx(1 / 3),
    }
    assert note.candidates["ridge"].metrics == ridge
    above = {"gate_passed": 1.0, "seconds/evaluate": 2.5}
    baseline = {"baseline/rmse": 4.0, "baseline/wmae": 3.0}
    other = {f"one-step/{name}": value for name, value in baseline.items()}
    assert note.whole.metrics == {**ridge, **above, **baseline, **other}
    assert note.candidates["naive"].metrics["r2"] == 0.5
    assert note.candidates["lad"].tags == {"foresell.failed": "it did not converge"}
    assert note.whole.tags["foresell.gate"] == "passed"


def test_predictions_go_with_their_candidate_and_tables_with_the_training() -> None:
    found = told("evaluate")

    assert found.note.candidates["ridge"].files == {
        "predictions.parquet": "candidates/ridge/predictions.parquet"
    }
    assert found.files["candidates/ridge/predictions.parquet"] == ("predictions", "ridge.parquet")
    assert sorted(found.note.whole.files) == [
        "evaluation/backtest.csv",
        "evaluation/leaderboard.csv",
        "evaluation/one_step/leaderboard.csv",
        "evaluation/test.json",
        "evaluation/truth.parquet",
    ]


def test_of_very_many_rows_only_two_candidates_are_sent_and_the_tag_says_so() -> None:
    place = workspace()
    evaluation, predictions = place.output("evaluation"), place.output("predictions")
    test = json.loads(evaluation.read_bytes("test.json"))
    evaluation.write_bytes("test.json", json.dumps({**test, "rows": 10_000_000}).encode())
    predictions.files["lad.parquet"] = predictions.files["ridge.parquet"]

    note = told("evaluate", place).note

    sent = [name for name, one in note.candidates.items() if one.files]
    assert sorted(sent) == ["naive", "ridge"]
    assert note.whole.tags["foresell.predictions"].endswith("of 3 stay in the workspace")


def test_registering_names_the_bundle_and_its_version() -> None:
    note = told("register").note

    assert (note.bundle, note.version) == ("ef" * 32, 3)
    assert note.whole.metrics == {"seconds/refit": 2.5, "seconds/register": 2.5}


def test_the_same_outputs_say_the_same_whenever_and_from_wherever_they_are_told() -> None:
    first = told("train")
    slower = json.dumps({"run_id": "run-1", "seconds": 9.9, "libraries": {"polars": "2"}}).encode()
    moved = workspace(train=slower)
    moved.output("sources").write_bytes("sources.json", json.dumps(SOURCES).encode() + b" ")
    other = Teller(workspace=moved, request=request(), commit=None)
    again = tell("train", other, "2027-01-01T00:00:00.000000+00:00")

    assert again is not None
    assert again.identity == first.identity
    assert told("train", preset="default").identity != first.identity


def test_nothing_is_told_of_a_stage_without_a_training_or_without_a_word() -> None:
    silent = Teller(workspace=workspace(train=b"{}"), request=request())

    assert tell("evaluate", silent, AT) is None
    assert tell("split", Teller(workspace=workspace(), request=request()), AT) is None


def test_outputs_that_are_not_those_of_the_stage_are_told_of_by_name() -> None:
    place = workspace()
    place.output("judged").write_bytes("learner.json", b'{"chosen": "ridge"}')

    with pytest.raises(DataError, match="what the stage train left cannot be told: KeyError"):
        told("train", place)


def test_files_of_one_folder_are_one_data_set() -> None:
    names = ("sales/year=2022/a.csv", "sales/year=2023/a.csv", "shops.csv")
    files = [{"name": name, "bytes": 1, "sha256": name, "rows": 2} for name in names]
    places = [{"name": name, "uri": f"s3://b/raw/{name.replace('=', '%3D')}"} for name in names]

    sales, shops = raw_data({"files": files}, {"files": places})

    assert (sales.name, sales.source, sales.rows) == ("sales", "s3://b/raw/sales", 4)
    assert shops == Dataset(
        name="shops.csv", digest="shops.csv", source="s3://b/raw/shops.csv", context="raw", rows=2
    )


def test_objects_that_are_named_by_uri_are_one_data_set_a_folder_of_their_bucket() -> None:
    names = ("s3://a/sales/2022/1.csv", "s3://a/sales/2023/1.csv", "s3://b/shops.csv")
    files = [{"name": name, "bytes": 1, "sha256": name, "rows": 2} for name in names]
    places = [{"name": name, "uri": name} for name in names]

    found = raw_data({"files": files}, {"files": places})

    assert [(one.name, one.source, one.rows) for one in found] == [
        ("s3://a/sales", "s3://a/sales", 4),
        ("s3://b/shops.csv", "s3://b/shops.csv", 2),
    ]


def test_charts_are_drawn_of_what_comes_with_the_note_and_what_cannot_be_is_said() -> None:
    found, place = told("evaluate"), workspace()
    files = MemoryStore({
        name: part if isinstance(part, bytes) else place.output(part[0]).read_bytes(part[1])
        for name, part in found.files.items()
    })
    files.write_bytes("evaluation/value_added_by.csv", b"by,value\nDept,1\n")

    note, kept = with_charts(found.note, files)

    drawn = [name for name in note.whole.files if name.startswith("charts/")]
    assert drawn == [
        "charts/folds.svg",
        "charts/folds.vl.json",
        "charts/errors.svg",
        "charts/errors.vl.json",
    ]
    assert kept.read_bytes("charts/folds.svg").startswith(b"<svg")
    assert set(json.loads(kept.read_bytes("charts/errors.vl.json"))) >= {"layer", "config"}
    assert note.whole.tags["foresell.charts"].startswith("value_added is not drawn: ")
    assert with_charts(told("train").note, files) == (told("train").note, files)
