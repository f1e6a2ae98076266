"""A worker of Airflow is killed in the midst of every stage: is the result the same bytes?

``python -m benchmarks.airflow_soak [--seed 1] [--longest 1.5] [--kills 13]`` runs the chain of a
tiny ``walmart`` over PostgreSQL and Celery on Redis (``make airflow``; Debian's ``redis-server``).
Once in each stage, at a random moment, it kills the worker with the task it is at, and starts
another one. What the chain has made is compared with an undisturbed ``foresell run``. Exits with 1
where a task did not succeed in the end, where a byte differs, or where fewer than half of the
stages were hit.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foresell.pipeline.graph import PANEL_STAGES
from tests.airflow_cluster import Cluster, cluster
from tests.airflow_home import DAGS
from tests.retail_runs import ask
from tests.same_bytes import artifacts
from tests.services import held
from tests.walmart_chain import CHAIN, runs_of, stage_at_work, staged

STAGES = [stage.name for stage in PANEL_STAGES if stage.name != "risk"]  # no segment is declared


def main() -> int:
    """Run the chain under fire, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1, help="what the moments are drawn by")
    parser.add_argument("--longest", type=float, default=1.5, help="seconds into a stage, at most")
    parser.add_argument("--kills", type=int, default=len(STAGES), help="how many, at most")
    asked = parser.parse_args()
    drawn = random.Random(asked.seed)  # noqa: S311 - moments, not secrets
    with tempfile.TemporaryDirectory() as name, held("postgres") as url:
        found = _soaked(Path(name), url, lambda: drawn.uniform(0, asked.longest), asked.kills)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 1 if found["faults"] else 0


def _soaked(folder: Path, url: str, moment: Callable[[], float], most: int) -> dict[str, Any]:
    """Return what was killed and what is wrong afterwards."""
    home, twin = staged(folder / "killed"), staged(folder / "whole")
    ask(twin, "run", "walmart", "--preset", "fast")
    began = time.monotonic()
    more = {"FORESELL_HOME": str(home), "FORESELL_TRACKING": "off"}
    with cluster(url, DAGS, **more) as running:
        running.switch_on(*reversed(CHAIN))
        kills = _let_loose(running, moment, most)
        tries = {
            f"{dag}.{task}": told
            for dag in CHAIN
            for run in runs_of(running, dag)
            for task, told in running.tasks(dag, run).items()
        }
    made, whole = artifacts(home, "walmart"), artifacts(twin, "walmart")
    faults = [f"{task} is {state}" for task, (state, _) in tries.items() if state != "success"]
    faults += sorted({f"{file} differs" for file, _ in made.items() ^ whole.items()})
    faults += [f"only {len(kills)} kills hit"] if 2 * len(kills) < most else []
    return {
        "kills": kills,
        "tries": {task: tried for task, (_, tried) in tries.items() if tried > 1},
        "files": len(whole),
        "seconds": round(time.monotonic() - began, 1),
        "faults": faults,
    }


def _let_loose(running: Cluster, moment: Callable[[], float], most: int) -> list[str]:
    """Kill the worker once in each stage that is seen, until the chain has ended; those stages."""
    killed: list[str] = []
    while len(killed) < most and not _over(running):
        for stage in STAGES:
            if stage in killed or not stage_at_work(running, stage):
                continue
            time.sleep(moment())
            if stage_at_work(running, stage):
                running.kill_worker()
                running.start_worker()
                killed.append(stage)
                sys.stderr.write(f"killed in {stage}\n")
        time.sleep(0.2)
    return killed


def _over(running: Cluster) -> bool:
    """Tell whether the chain has ended, well or not."""
    states = [state for dag in CHAIN for state in running.runs(dag).values()]
    return "failed" in states or (len(states) == len(CHAIN) and set(states) == {"success"})


if __name__ == "__main__":
    sys.exit(main())
