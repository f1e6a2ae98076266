"""What the generator costs: a year of 10 stores x 200 products; and, asked for, 100 million rows.

``python -m benchmarks.generator`` measures the year, written to disk, three times.
``python -m benchmarks.generator --soak`` writes 100 million rows of sales (and the stock and the
true demand of each) once, and watches the memory of the process. Both are read back and counted.
"""

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from foresell.spec.sources import Synthetic
from foresell.wiring.synthetic import sums, write_synthetic

YEAR = Synthetic(stores=10, products=200, start="2024-01-01", end="2024-12-31", seed=7)
# 274 stores x 500 products x 731 days: a little more than 100 million.
MANY = replace(YEAR, stores=274, products=500, start="2023-01-01")
SECONDS = 10.0
MEMORY_GB = 4.0


def measure(made: Synthetic, folder: Path, processes: int) -> Mapping[str, object]:
    """Write ``made`` below ``folder``, count what was written, remove it."""
    out = folder / "made"
    begun = time.perf_counter()
    files = write_synthetic(made, out, processes=processes)
    seconds = time.perf_counter() - begun
    tables = sums(files)
    rows = pl.scan_parquet(out / "sales", hive_partitioning=False).select(pl.len()).collect().item()
    shutil.rmtree(out)
    return {
        "stores": made.stores,
        "products": made.products,
        "days": f"{made.start} to {made.end}",
        "processes": processes,
        "seconds": round(seconds, 2),
        "sales_rows": rows,
        "all_rows": sum(table["rows"] for table in tables.values()),
        "sales_rows_per_second": round(rows / seconds),
        "files": len(files),
        "mb": round(sum(file.bytes for file in files) / 1e6, 1),
        "peak_gb": round(_peak(), 2),
    }


def _peak() -> float:
    """Return the most memory this process, or its largest child, ever held, in GB."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024**2


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 when it is slower, or takes more memory, than is promised."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--soak", action="store_true", help="write 100 million rows")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to write; by default the temporary one")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        folder = Path(place)
        if asked.soak:
            found = [measure(MANY, folder, asked.processes)]
            kept = _peak() < MEMORY_GB
        else:
            found = [measure(YEAR, folder, asked.processes) for _ in range(3)]
            kept = all(float(str(run["seconds"])) < SECONDS for run in found)
    sys.stdout.write(json.dumps({"kept": kept, "runs": found}, indent=2) + "\n")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
