"""``python -m benchmarks.folds DIR/walmart [PRESET]``: what each candidate errs on earlier cutoffs.

The learner is fitted as for the public task and its folds are printed: windows that end before the
task's test begins. Nothing after 2012-01-27 is looked at, so it may be run as often as one likes;
this is what settings are chosen by.
"""

import sys
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.foresell_on_task import fitted_learner
from benchmarks.public_task import load_task, task_project
from foresell.models.effort import EFFORTS


def fold_errors(folder: Path, preset: str) -> pl.DataFrame:
    """Return one row a candidate: its WAPE on each fold, by ``cutoff_WEEKS``, and their mean."""
    task, project = load_task(folder), task_project()
    learner = fitted_learner(task, project, task.origins()[0][0], EFFORTS[preset])
    weeks = learner.folds.with_columns(weeks=pl.format("cutoff_{}", pl.col("cutoff") + 1))
    wide = weeks.pivot(on="weeks", index="candidate", values="wape")
    cutoffs = [name for name in wide.columns if name != "candidate"]
    return wide.with_columns(mean=pl.mean_horizontal(cutoffs)).sort("mean", "candidate")


def main() -> None:
    """Print the table for the folder and preset of the command line."""
    folder, preset = Path(sys.argv[1]), (sys.argv[2:] or ["default"])[0]
    errors = fold_errors(folder, preset)
    table = Table(title=f"WAPE on folds by weeks of history, {preset}", title_justify="left")
    for name in errors.columns:
        table.add_column(
            name.removeprefix("cutoff_"), justify="left" if name[0:2] == "ca" else "right"
        )
    for name, *values in errors.iter_rows():
        table.add_row(name, *(f"{value:.4f}" for value in values))
    Console().print(table)


if __name__ == "__main__":
    main()
