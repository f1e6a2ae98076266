"""The driver's side of the exchange: the public task as files that any library can read."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.public_task import HORIZON, KEYS, TARGET, TIME, Task, task_project
from foresell.features.calendar import event_grids
from foresell.spec.forecast import QUANTILES

SEED = 20120127
_ID = pl.format("{}_{}", *KEYS).alias("unique_id")


def write_question(task: Task, folder: Path, threads: int, seconds: float) -> None:
    """Write request, history and future of every series of ``task`` into ``folder``.

    Every series ends at its own cutoff. The known columns are IsHoliday and, for each event that
    the packaged project declares, whether it falls in the week: what foresell knows as well.
    """
    known = _known(task)
    columns = [name for name in known.columns if name not in {"Store", TIME}]
    week, ahead = timedelta(weeks=1), timedelta(weeks=HORIZON)
    firsts = task.history.group_by(KEYS).agg(first=pl.col(TIME).min())
    spans = task.cutoffs.join(firsts, on=KEYS).with_columns(
        after=pl.col("cutoff") + week, last=pl.col("cutoff") + ahead
    )
    sales = task.history.select(*KEYS, TIME, pl.col(TARGET).alias("y"))
    past = _weeks(spans, "first", "cutoff").join(sales, on=[*KEYS, TIME], how="left")
    _write(past, known, folder / "history.csv")
    _write(_weeks(spans, "after", "last"), known, folder / "future.csv")
    request: Mapping[str, object] = {
        "horizon": HORIZON,
        "season": task_project().season,
        "levels": list(QUANTILES),
        "known": columns,
        "threads": threads,
        "seconds": seconds,
        "seed": SEED,
    }
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")


def sampled(task: Task, series: int) -> Task:
    """Return ``task`` narrowed to ``series`` of its series, drawn with `SEED`."""
    drawn = np.random.default_rng(SEED).choice(task.cutoffs.height, series, replace=False)
    return narrowed(task, task.cutoffs[np.sort(drawn)].select(KEYS))


def narrowed(task: Task, keys: pl.DataFrame) -> Task:
    """Return ``task`` with only the series named in ``keys``."""

    def kept(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(keys, on=KEYS, how="semi", maintain_order="left")

    return replace(
        task, history=kept(task.history), cutoffs=kept(task.cutoffs), truth=kept(task.truth)
    )


def _known(task: Task) -> pl.DataFrame:
    """Return Store, Date and the known columns, as 0 and 1, of all weeks of the calendar."""
    dates = task.calendar[TIME].unique().sort()
    first, last = dates[0], dates[-1]
    periods = (last - first).days // 7 + 1
    grid = {
        TIME: pl.Series([first + timedelta(weeks=i) for i in range(periods)], dtype=pl.Date),
        **{one.name: one.inside for one in event_grids(task_project(), first, periods)},
    }
    wide = task.calendar.join(pl.DataFrame(grid), on=TIME, how="left")
    return wide.with_columns(pl.exclude("Store", TIME).cast(pl.Int8))


def _weeks(spans: pl.DataFrame, first: str, last: str) -> pl.DataFrame:
    """Return one row a week of every series."""
    weeks = pl.date_ranges(first, last, "1w").alias(TIME)
    return spans.select(*KEYS, weeks).explode(TIME).sort(*KEYS, TIME)


def _write(frame: pl.DataFrame, known: pl.DataFrame, path: Path) -> None:
    wide = frame.join(known, on=["Store", TIME], how="left", maintain_order="left")
    wide.select(_ID, pl.all()).write_csv(path)
