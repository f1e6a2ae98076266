"""foresell itself: ``python -m benchmarks.peers.with_foresell DATA PRESET FOLDER``.

Unlike the others it reads the raw files, since the learner wants the task and not a flat history;
it too is a process of its own that gives a file and scores nothing.
"""

import sys
from pathlib import Path

import polars as pl

from benchmarks.foresell_on_task import foresell_forecast
from benchmarks.public_task import KEYS, load_task


def main(data: Path, preset: str, folder: Path) -> None:
    """Write the forecast of the whole task."""
    made, _ = foresell_forecast(load_task(data / "walmart"), preset)
    named = made.select(pl.format("{}_{}", *KEYS).alias("unique_id"), pl.exclude(KEYS))
    named.write_csv(folder / "forecast.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
