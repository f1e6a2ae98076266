"""The chain of ``walmart`` in Airflow, on tiny files: ingestion, features, training."""

from pathlib import Path

from tests.airflow_cluster import Cluster
from tests.builders import weekly_files, write_files
from tests.retail_runs import ask

CHAIN = ("walmart_ingestion", "walmart_features", "walmart_training")


def staged(folder: Path) -> Path:
    """Return a home with the raw files of a tiny ``walmart`` in place."""
    data, home = write_files(folder / "data", weekly_files()), folder / "home"
    ask(home, "stage", "walmart", str(data))
    return home


def stage_at_work(running: Cluster, stage: str) -> bool:
    """Tell whether a task does this stage now."""
    return any(f"run walmart --stage {stage} " in words for words in running.at_work())


def runs_of(running: Cluster, dag_id: str) -> dict[str, str]:
    """Return the runs of a DAG with their states, as soon as there is one and all are over."""

    def over() -> bool:
        states = set(running.runs(dag_id).values())
        return bool(states) and states <= {"success", "failed"}

    running.until(f"{dag_id} has run", over, seconds=900)
    return running.runs(dag_id)
