"""A process that mirrors versions into MLflow, and may be killed at any point of it."""

from contextlib import nullcontext
from functools import cache

from foresell.govern.mirroring import mend
from foresell.spec.ports import Store
from foresell.spec.registry import State
from tests.mirrors import state_with, version_of
from tests.mlflow_senders import WRITES, arm
from tests.small_bundles import small_bundle, stored

from foresell.adapters.mlflow_registry import MlflowMirror  # isort: skip - telemetry is silent now

SHOWING = (
    *("create_registered_model", "create_model_version", "set_model_version_tag"),
    *("delete_model_version_tag", "delete_model_version", "set_registered_model_alias"),
    *("delete_registered_model_alias", "set_logged_model_tags"),
)


@cache
def bundle() -> Store:
    """The bundle, made in the process that wants it: as in `mlflow_senders`."""
    return stored(small_bundle())


def state_of(project: str) -> State:
    """A bundle registered twice, trained by T1; the second version is live."""
    versions = [version_of(bundle(), number, project, run_id="T1") for number in (1, 2)]
    return state_with(versions, {"prod": 2}, project)


def mirror_of(uri: str, artifacts: str) -> MlflowMirror:
    """The mirror, which nobody shares."""
    return MlflowMirror(uri, artifacts, lambda *_: nullcontext())


def show(uri: str, artifacts: str, project: str, killed_at: int | None = None) -> None:
    """Mend the mirror; the process kills itself at the point ``killed_at``, counted from 0."""
    if killed_at is not None:
        arm(killed_at, (*WRITES, *SHOWING))
    state = state_of(project)
    mend(lambda: state, mirror_of(uri, artifacts), lambda _: bundle())
