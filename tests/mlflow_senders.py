"""A process that tells MLflow of a training, and may be killed at any point of it."""

import os
import signal
import warnings
from typing import Any

from foresell.adapters.store import MemoryStore
from foresell.settings import calm_mlflow
from foresell.spec.ports import Store
from foresell.spec.tracking import Account, Dataset, Note
from tests.small_bundles import small_bundle, stored

calm_mlflow()

from mlflow import MlflowClient  # noqa: E402 - only now

from foresell.adapters.mlflow_tracker import MlflowTracker  # noqa: E402

with warnings.catch_warnings():  # of MLflow about its own tables, in a way SQLAlchemy will drop
    warnings.filterwarnings("ignore", "The ``noload`` loader strategy")
    # MLflow loads them when they are asked for, which takes each process seconds.
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401

DIGEST = "b" * 64
FILES = MemoryStore({"page": b"<p>all</p>", "csv": b"1,2"})
# What writes into MLflow: after each of them is a point to be killed at.
WRITES = (
    *("create_experiment", "create_run", "log_artifacts", "log_batch", "log_inputs"),
    *("create_logged_model", "log_model_artifacts", "log_outputs", "finalize_logged_model"),
    *("set_terminated", "update_run"),
)


def bundle_of(_: str) -> Store:
    """Make the bundle; not before, for a thread of Polars does not live through a fork."""
    return stored(small_bundle())


def note_of(project: str) -> Note:
    """A note with something of everything."""
    told = Account(
        params={"alpha": "0.5", "text": "x" * 7000},
        metrics={"rmse": 1.5, "mae": 1.0},
        tags={"preset": "fast"},
        files={"predictions.csv": "csv"},
    )
    return Note(
        project=project,
        training="T1",
        stage="train",
        at="2024-05-06T10:00:00.000000+00:00",
        whole=Account(params={"folds": "4"}, metrics={"rmse": 1.5}, files={"r": "page"}),
        candidates={"ridge": told},
        datasets=(Dataset(name="lines", digest="c" * 64, source="/data/l.csv", context="raw"),),
        bundle=DIGEST,
        version=1,
    )


def send(uri: str, artifacts: str | None, project: str, killed_at: int | None = None) -> None:
    """Tell of the training; the process kills itself at the point ``killed_at``, counted from 0."""
    if killed_at is not None:
        arm(killed_at)
    MlflowTracker(uri, artifacts, bundle_of).send(note_of(project), FILES)


def arm(killed_at: int, writes: tuple[str, ...] = WRITES) -> None:
    """Let each write count its point, and the one that is meant be the last."""
    passed = -1

    def point() -> None:
        nonlocal passed
        passed += 1
        if passed == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(write: Any) -> Any:
        def write_between(*given: Any, **named: Any) -> Any:
            done = write(*given, **named)
            point()
            return done

        return write_between

    for name in writes:
        setattr(MlflowClient, name, wrapped(getattr(MlflowClient, name)))
