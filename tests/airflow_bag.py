"""Says what Airflow reads of a folder of DAGs: ``python airflow_bag.py FOLDER``, in Airflow's.

What it prints last is one line of JSON. What every DAG needs is imported before, as the processor
of DAGs does for the processes in which it reads files; hence the seconds are of the files alone.
"""

import json
import sys
from pathlib import Path
from typing import Any

import airflow.providers.standard.operators.bash
import airflow.sdk
from airflow.dag_processing.dagbag import DagBag

_BEFORE = (airflow.sdk, airflow.providers.standard.operators.bash)


def seconds_of(given: Any) -> float | None:
    """Return a length of time in seconds."""
    return None if given is None else float(given.total_seconds())


def described(dag: Any) -> dict[str, Any]:
    """Return what Airflow will go by for a DAG and its tasks."""
    said = dag.schedule
    return {
        "schedule": [str(one.uri) for one in said] if isinstance(said, list) else said,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "params": {name: dag.params.get_param(name).schema for name in dag.params},
        "tasks": {
            task.task_id: {
                "upstream": sorted(task.upstream_task_ids),
                "retries": task.retries,
                "retry_delay_s": seconds_of(task.retry_delay),
                "backoff": task.retry_exponential_backoff,
                "timeout_s": seconds_of(task.execution_timeout),
                "rule": str(task.trigger_rule),
                "callbacks": len(task.on_failure_callback or ()),
                "command": getattr(task, "bash_command", None),
                "outlets": sorted(str(getattr(one, "uri", one)) for one in task.outlets),
            }
            for task in dag.tasks
        },
    }


if __name__ == "__main__":
    before = set(sys.modules)
    bag = DagBag(dag_folder=sys.argv[1])
    new = {name.partition(".")[0] for name in set(sys.modules) - before}
    ours = new - set(sys.stdlib_module_names) - {"airflow"}
    told = {
        "errors": {Path(file).name: text for file, text in bag.import_errors.items()},
        "seconds": {one.file: one.duration.total_seconds() for one in bag.dagbag_stats},
        "dags": {name: described(dag) for name, dag in sorted(bag.dags.items())},
        "imported": sorted(name for name in ours if not name.startswith("unusual_prefix")),
    }
    sys.stdout.write(json.dumps(told) + "\n")
