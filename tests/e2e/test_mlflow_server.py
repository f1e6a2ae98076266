"""Tracking on a real MLflow server with PostgreSQL and S3, which may be down."""

import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.adapters.store import DirectoryStore, MemoryStore
from foresell.adapters.tracker_memory import MemoryTracker
from foresell.answer.predicting import answer_rows
from foresell.answer.reach import default_rows
from foresell.answer.rows import answer
from foresell.api import RunResult
from foresell.errors import MachineError
from foresell.spec.ports import Tracker
from foresell.spec.tracking import Account, Dataset, Note
from tests.e2e.mlflow_shown import show
from tests.e2e.order_rows import FEATURES, LINE
from tests.services import S3, MlflowServer
from tests.small_bundles import small_bundle, stored

LATE_S = 15  # by then a server that does not answer has been given up
FILES = MemoryStore({"page": b"<p>all</p>", "csv": b"1,2"})
PART = Account(params={"alpha": "0.5"}, metrics={"rmse": 1.5}, files={"predictions.csv": "csv"})
NOTE = Note(
    project="toy",
    training="T1",
    stage="train",
    at="2024-05-06T10:00:00.000000+00:00",
    whole=Account(
        params={"text": "x" * 7000},
        metrics={"rmse": 1.5},
        tags={"foresell.champion": "ridge"},
        files={"reports/report.html": "page"},
    ),
    candidates={"ridge": PART, "lad": PART},
    datasets=(Dataset(name="lines", digest="c" * 64, source="s3://raw/l.csv", context="raw"),),
    bundle="b" * 64,
    version=1,
)


def tracker_at(uri: str) -> Tracker:
    from foresell.settings import calm_mlflow  # noqa: PLC0415

    calm_mlflow()
    from foresell.adapters.mlflow_tracker import MlflowTracker  # noqa: PLC0415 - takes seconds

    return MlflowTracker(uri, None, lambda _: stored(small_bundle()))


def in_memory(note: Note) -> MemoryTracker:
    twin = MemoryTracker(lambda _: stored(small_bundle()))
    twin.send(note, FILES)
    return twin


def as_told(tracker: Tracker, note: Note) -> bool:
    """Whether the tracker holds what one in memory does that was told once."""
    there = tracker.recall(note.project, note.training)
    here = in_memory(note).recall(note.project, note.training)
    assert here is not None
    return there is not None and replace(there, run="") == replace(here, run="")


def test_a_training_is_kept_in_postgresql_and_its_files_in_s3(
    mlflow_server: MlflowServer, s3: S3
) -> None:
    import boto3  # noqa: PLC0415

    tracker = tracker_at(mlflow_server.uri)
    client = boto3.client("s3")
    bucket = mlflow_server.artifacts.split("/")[2]

    def listed() -> set[str]:
        found = client.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {one["Key"] for one in found}

    before = listed()  # of other tests that the same server serves
    run = tracker.send(NOTE, FILES)
    assert tracker.send(NOTE, FILES) == run
    assert as_told(tracker, NOTE)
    keys = listed() - before
    client.close()
    assert sum(key.endswith(f"{run}/artifacts/reports/report.html") for key in keys) == 1
    assert sum(key.endswith("data/bundle/checksums.json") for key in keys) == 1


def test_a_bundle_of_a_table_answers_from_the_server_as_from_foresell(
    mlflow_server: MlflowServer, orders_home: Path
) -> None:
    store = DirectoryStore(orders_home / "sales_orders" / "bundle")
    shown = show(store, mlflow_server.uri, None, ("ridge", "mean"))
    rows = pl.DataFrame([LINE, {**LINE, "COUNTRY": "Atlantis"}])
    ours = answer_rows(shown.bundle, rows.select(FEATURES)).drop("unseen", "outside")
    theirs = shown.load().predict(rows.to_pandas())[ours.columns]
    assert_frame_equal(pl.from_pandas(theirs), ours, check_exact=True)
    (graph,) = shown.models("graph")
    assert graph.tags["foresell.candidate"] == "ridge"


def test_a_bundle_of_a_panel_answers_from_the_server_as_from_foresell(
    mlflow_server: MlflowServer, whole: tuple[Path, RunResult]
) -> None:
    store = DirectoryStore(whole[0] / "home" / "walmart" / "bundle")
    shown = show(store, mlflow_server.uri, None, ("ridge",))
    rows = default_rows(shown.bundle)[0].gather_every(11)
    said = pl.from_pandas(shown.load().predict(rows.to_pandas(date_as_object=False)))
    said = said.with_columns(pl.col("Date").cast(pl.Date))
    assert_frame_equal(said, answer(shown.bundle, rows), check_exact=True)


@dataclass(frozen=True)
class LastWords(MemoryStore):
    """Files, and a server that ends when the one of that name is asked for."""

    server: MlflowServer | None = None
    name: str = ""

    def read_bytes(self, name: str) -> bytes:
        if name == self.name and self.server is not None:
            self.server.stop()
        return super().read_bytes(name)


def test_a_server_that_dies_is_given_up_in_seconds_and_told_the_rest_when_it_is_back(
    mlflow_server: MlflowServer,
) -> None:
    begun, later = replace(NOTE, training="T2"), replace(NOTE, training="T3")
    tracker = tracker_at(mlflow_server.uri)
    began = time.monotonic()
    with pytest.raises(MachineError):
        tracker.send(begun, LastWords(FILES.files, server=mlflow_server, name="page"))
    assert time.monotonic() - began < 2 * LATE_S

    began = time.monotonic()
    with pytest.raises(MachineError) as refused:
        tracker_at(mlflow_server.uri.replace("//", "//jo:secret@")).send(later, FILES)
    assert time.monotonic() - began < LATE_S
    assert refused.value.where == mlflow_server.uri
    assert "secret" not in str(refused.value)

    mlflow_server.start()
    half = tracker.recall("toy", "T2")
    assert half is not None
    assert set(half.candidates) == {"ridge", "lad"}
    assert tracker.recall("toy", "T3") is None
    assert tracker.send(begun, FILES) == half.run
    tracker.send(later, FILES)
    assert as_told(tracker, begun)
    assert as_told(tracker, later)


def test_a_server_that_never_answers_is_given_up_in_seconds() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        began = time.monotonic()
        with pytest.raises(MachineError, match="MLflow is out of reach"):
            tracker_at(f"http://127.0.0.1:{deaf.getsockname()[1]}").recall("toy", "T1")
        assert time.monotonic() - began < LATE_S
