"""A bundle that an MLflow shows as a model with the alias prod."""

import hashlib
from dataclasses import dataclass
from typing import Any

from foresell.adapters.store import DirectoryStore, MemoryStore
from foresell.bundle.bundle import CHECKSUMS, Bundle, read_bundle
from foresell.settings import calm_mlflow
from foresell.spec.tracking import Account, Note


@dataclass(frozen=True)
class Shown:
    """A bundle, and the URI of the MLflow that shows it as the model ``project``."""

    bundle: Bundle
    uri: str
    project: str

    def load(self, model: str = "") -> Any:
        """Load a model by its id, or what prod points to, with nothing but MLflow."""
        import mlflow  # noqa: PLC0415 - takes seconds

        mlflow.set_tracking_uri(self.uri)
        try:
            return mlflow.pyfunc.load_model(f"models:/{model or f'{self.project}@prod'}")
        finally:
            mlflow.set_tracking_uri(None)  # type: ignore[arg-type] # and from the environment

    def models(self, name: str) -> list[Any]:
        """Return the models of that name, of the training and of its candidates."""
        from mlflow import MlflowClient  # noqa: PLC0415

        client = MlflowClient(self.uri, self.uri)
        found = client.get_experiment_by_name(f"foresell/{self.project}")
        assert found is not None
        models = client.search_logged_models([found.experiment_id])
        return [one for one in models if one.name == name]


def show(
    store: DirectoryStore, uri: str, artifacts: str | None, candidates: tuple[str, ...]
) -> Shown:
    """Tell MLflow of a training with the bundle in ``store``, and point prod to its model."""
    calm_mlflow()
    from mlflow import MlflowClient  # noqa: PLC0415

    from foresell.adapters.mlflow_tracker import MlflowTracker  # noqa: PLC0415

    bundle = read_bundle(store)
    project = str(bundle.metadata["project"])
    note = Note(
        project=project,
        training="T1",
        stage="refit",
        at="2024-05-06T10:00:00.000000+00:00",
        candidates={name: Account(params={"name": name}) for name in candidates},
        bundle=hashlib.sha256(store.read_bytes(CHECKSUMS)).hexdigest(),
    )
    MlflowTracker(uri, artifacts, lambda _: store).send(note, MemoryStore())
    shown = Shown(bundle=bundle, uri=uri, project=project)
    client = MlflowClient(uri, uri)
    client.create_registered_model(project)
    (model,) = shown.models("bundle")
    version = client.create_model_version(
        project, model.artifact_location, run_id=model.source_run_id, model_id=model.model_id
    )
    client.set_registered_model_alias(project, "prod", version.version)
    return shown
