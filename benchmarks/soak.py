"""The long proof: 100 million made-up rows are written, read and judged in less than 4 GiB.

``python -m benchmarks.soak [--folder DIR]`` needs 6 GB of disk in ``DIR`` (the temporary folder by
default) and some minutes; each half is a process of its own, whose memory is sampled by stage.
Exits with 1 when rows are lost or the memory does not hold.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.generator import MANY

ROWS = 274 * 500 * 731
MEMORY_GIB = 4.0
_WRITE = """
import sys
from pathlib import Path
from benchmarks.generator import MANY
from foresell.wiring.synthetic import write_synthetic
write_synthetic(MANY, Path(sys.argv[1]))
"""


def main() -> int:
    """Write, read, judge, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--folder", type=Path, help="where to write; by default the temporary one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        made, home = Path(place) / "made", Path(place) / "home"
        sys.stderr.write(f"writing {ROWS:,} rows of {MANY.stores} stores\n")
        subprocess.run([sys.executable, "-c", _WRITE, str(made)], check=True)
        sys.stderr.write("reading and judging them\n")
        cost = _cost(made, home)
    cost["kept"] = cost["rows"] == ROWS and cost["peak_gib"] < MEMORY_GIB
    sys.stdout.write(json.dumps(cost, indent=2) + "\n")
    return 0 if cost["kept"] else 1


def _cost(made: Path, home: Path) -> dict[str, Any]:
    """Return what the run up to the gate took, by stage."""
    module = "benchmarks.run_cost"
    words = [sys.executable, "-m", module, "retail", "fast", str(home), str(made), "validate"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
