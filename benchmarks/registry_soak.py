"""Eight processes use one registry for a minute and are killed at random: is it whole afterwards?

``python -m benchmarks.registry_soak [--seconds 60] [--seed 1]`` does so in SQLite, then in a
PostgreSQL of its own, and prints what was counted. Exits with 1 when the history is not one line,
when something that was kept is gone or does not verify, or when a lock is left. What the processes
do is in ``tests/registry_herd.py``.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from foresell.govern.registry import read_state
from foresell.govern.verifying import verify
from tests.registry_herd import PROJECT, Place, bundles, faults, loose
from tests.services import held


def main() -> int:
    """Let both herds loose, judge, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each herd runs")
    parser.add_argument("--seed", type=int, default=1, help="what the kills are drawn by")
    asked = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/registry.db"
        found["sqlite"] = _soaked(url, Path(folder), asked.seconds, asked.seed)
    with tempfile.TemporaryDirectory() as folder, held("postgres") as url:
        found["postgresql"] = _soaked(url, Path(folder), asked.seconds, asked.seed)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 1 if any(one["faults"] for one in found.values()) else 0


def _soaked(url: str, folder: Path, seconds: float, seed: int) -> dict[str, Any]:
    """Return what a herd has done to a registry, and everything that is wrong with it then."""
    place = Place(url=url, artifacts=folder / "objects", folder=folder / "bundles")
    bundles(place.folder)
    sys.stderr.write(f"{seconds:.0f} s on {place.registry().ledger.label}\n")
    counts = loose(place, seconds, seed)
    wrong = faults(place)
    began = time.perf_counter()
    verified = verify(place.registry(), PROJECT)
    took = time.perf_counter() - began
    state = read_state(place.registry(), PROJECT)
    return {
        **counts,
        "transitions": verified.transitions,
        "versions": len(state.versions),
        "verified_s": round(took, 2),
        "faults": wrong,
    }


if __name__ == "__main__":
    sys.exit(main())
