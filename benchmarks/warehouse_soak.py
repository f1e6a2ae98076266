"""Loads of the warehouse killed at every point: is it always as before or as after?

``python -m benchmarks.warehouse_soak [--seed 8] [--data DIR]`` kills a load of toy files before
each question that it asks the database, before and in each commit, and at times drawn at random;
with ``--data``, also a load of the real files (``DIR/walmart``) in the middle of every phase. The
tests do so at a few points. Prints what was found; exits with 1 when something else was left, or
when loading again did not mend it. How it is done is in ``tests/warehouse_kills.py``.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

import foresell
from foresell.spec.warehouse import PHASES
from tests.services import held
from tests.warehouse_kills import Found, Plan, kill_everywhere
from tests.warehouse_loads import Warehouse, deliveries, filled


def main() -> int:
    """Kill, judge, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=8, help="what the kills are drawn by")
    parser.add_argument("--data", type=Path, help="folder that holds walmart/")
    asked = parser.parse_args()
    found = {"toy": _told(_toy(asked.seed))}
    if asked.data:
        found["real"] = _told(_real(asked.data / "walmart", asked.seed))
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 1 if any(one["faults"] for one in found.values()) else 0


def _toy(seed: int) -> Sequence[Found]:
    with (
        tempfile.TemporaryDirectory() as folder,
        held("postgres") as url,
        pytest.MonkeyPatch.context() as patch,
    ):
        data = deliveries(Path(folder))
        before = filled(_fresh(url), Path(folder), patch)
        plan = Plan(host=before.host, before=before.name, data=str(data["second"]))
        return kill_everywhere(replace(plan, every=True, seed=seed))


def _real(data: Path, seed: int) -> Sequence[Found]:
    with held("postgres") as url, pytest.MonkeyPatch.context() as patch:
        before = Warehouse.at(_fresh(url))
        before.name_it(patch)
        foresell.migrate_warehouse("walmart")
        plan = Plan(host=before.host, before=before.name, data=str(data))
        return kill_everywhere(replace(plan, timed=len(PHASES), seed=seed))


def _fresh(url: str) -> str:
    """Make a database, which unlike the server's own one can be copied; return its URL."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("CREATE DATABASE soaked")
    return url.replace("/postgres?", "/soaked?")


def _told(found: Sequence[Found]) -> dict[str, object]:
    """Return how many kills left what, and every fault."""
    *disturbed, last = found
    faults = [one.point for one in disturbed if one.left == "other"]
    return {
        "kills": len(disturbed),
        "left": dict(Counter(one.left for one in disturbed)),
        "faults": [*faults, *([] if last.left == "after" else ["loading again"])],
    }


if __name__ == "__main__":
    sys.exit(main())
