"""What an MLflow shows of a project, as its own client reads it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresell.settings import calm_mlflow
from tests.builders import snapshot

PARENT = "mlflow.parentRunId"


@dataclass(frozen=True)
class Seen:
    """The only training of a project, with the runs of its candidates by name."""

    client: Any
    experiment: str
    project: str
    uri: str
    run: Any
    candidates: dict[str, Any]

    def files(self) -> dict[str, bytes]:
        """Every artifact of the training, by path."""
        import mlflow  # noqa: PLC0415 - takes seconds

        with tempfile.TemporaryDirectory() as folder:
            mlflow.artifacts.download_artifacts(
                artifact_uri=self.run.info.artifact_uri, dst_path=folder, tracking_uri=self.uri
            )
            inside = snapshot(Path(folder))
        return {name.removeprefix("artifacts/"): content for name, content in inside.items()}

    def bundles(self) -> list[Any]:
        """The models that hold a bundle."""
        models = self.client.search_logged_models([self.experiment])
        return [one for one in models if one.name == "bundle"]

    def versions(self) -> dict[int, str]:
        """The digest of every version of ours that is shown, by number."""
        shown = self.client.search_model_versions(f"name = '{self.project}'")
        return {int(one.tags["foresell.version"]): one.tags["foresell.digest"] for one in shown}

    def aliases(self) -> dict[str, int]:
        """The version of ours that each alias points to."""
        model = self.client.get_registered_model(self.project)
        found = {
            alias: self.client.get_model_version(self.project, number)
            for alias, number in model.aliases.items()
        }
        return {alias: int(one.tags["foresell.version"]) for alias, one in found.items()}


def look(uri: str, project: str) -> Seen:
    """Return what is shown of a project's only training; a second one is a failure."""
    calm_mlflow()
    from foresell.adapters.mlflow_place import client_at  # noqa: PLC0415 - takes seconds

    client = client_at(uri)
    experiment = client.get_experiment_by_name(f"foresell/{project}")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=500)
    (parent,) = [run for run in runs if PARENT not in run.data.tags]
    below = [run for run in runs if run.data.tags.get(PARENT) == parent.info.run_id]
    candidates = {run.info.run_name: run for run in below}
    assert len(candidates) == len(below) == len(runs) - 1
    return Seen(client, experiment.experiment_id, project, uri, parent, candidates)
