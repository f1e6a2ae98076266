"""From what a peer left behind to its row: filled, counted and scored on the rows of all others."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from benchmarks.public_task import KEYS, TIME, Task, TaskScore, score_task
from foresell.errors import UsageError
from foresell.spec.forecast import quantile_columns


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One row of the table, as it is kept in ``peers.json``.

    ``whole``: the score of all rows of the task; None for a peer that failed or was asked for the
    sample only. ``sample``: the score of the rows of the sampled series; None for one that failed.
    ``seconds``, ``cpu_seconds`` and ``peak_gib`` of the process, and ``others``, the cores that
    were busy with other work meanwhile; None where it was not run or cannot be said.
    ``failed_rows`` of the ``rows`` asked were filled by the seasonal naive; they lie in
    ``failed_series`` series. ``reason``: why there is no score, or a remark; empty where there is
    nothing to say. ``when``: the day it was run.
    """

    name: str
    version: str
    settings: str
    series: int
    rows: int
    whole: Mapping[str, float | int | None] | None = None
    sample: Mapping[str, float | int | None] | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_gib: float | None = None
    others: float | None = None
    failed_rows: int = 0
    failed_series: int = 0
    reason: str = ""
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A forecast without holes, and how many rows and series had to be filled."""

    forecast: pl.DataFrame
    rows: int
    series: int


def read_answer(path: Path) -> pl.DataFrame:
    """Return Store, Dept, Date, ``prediction`` and the quantiles of a peer's ``forecast.csv``.

    Raises:
        UsageError: there is no such file, it has not the columns, or answers a row twice.
    """
    if not path.is_file():
        raise UsageError("wrote no forecast", str(path.name), "read what the process said")
    frame = pl.read_csv(path, infer_schema_length=None)
    if missing := {"unique_id", TIME, "prediction"} - set(frame.columns):
        raise UsageError(
            f"its forecast has no column {', '.join(sorted(missing))}",
            str(path.name),
            "write unique_id, Date and prediction",
        )
    parts = pl.col("unique_id").cast(pl.String).str.split_exact("_", 1)
    keys = [
        parts.struct.field(f"field_{i}").cast(pl.Int64).alias(key) for i, key in enumerate(KEYS)
    ]
    values = [name for name in ("prediction", *quantile_columns()) if name in frame.columns]
    named = frame.select(
        *keys,
        pl.col(TIME).cast(pl.String).str.slice(0, 10).str.to_date(),
        pl.col(values).cast(pl.Float64),
    )
    if twice := named.height - named.select(*KEYS, TIME).n_unique():
        raise UsageError(f"answers {twice} rows twice", str(path.name), "answer each row once")
    return named


def fill(task: Task, answer: pl.DataFrame, filler: pl.DataFrame) -> Filled:
    """Return ``answer`` on exactly the scored rows of ``task``.

    A row that is missing or has a number that is not finite takes the ``prediction`` of ``filler``,
    as point and as every quantile.
    """
    values = [name for name in answer.columns if name not in {*KEYS, TIME}]
    spare = filler.select(*KEYS, TIME, pl.col("prediction").alias("__spare"))
    asked = (
        task.truth
        .select(*KEYS, TIME)
        .join(answer, on=[*KEYS, TIME], how="left")
        .join(spare, on=[*KEYS, TIME], how="left")
        .with_columns(
            __answered=pl.all_horizontal(pl.col(values).is_finite().fill_null(value=False))
        )
    )
    holes = asked.filter(~pl.col("__answered"))
    whole = asked.with_columns(
        pl.when("__answered").then(pl.col(values)).otherwise(pl.col("__spare"))
    )
    return Filled(
        forecast=whole.select(*KEYS, TIME, *values),
        rows=holes.height,
        series=holes.select(KEYS).n_unique(),
    )


def wape_of(score: Mapping[str, float | int | None] | None) -> float:
    """Return the WAPE of a score, infinite where there is none, so that failures sort last."""
    found = None if score is None else score["wape"]
    return math.inf if found is None else float(found)


def scores(task: Task, forecast: pl.DataFrame) -> Mapping[str, float | int | None]:
    """Return the score of ``forecast`` on the rows of ``task``, as plain numbers."""
    found: TaskScore = score_task(task, forecast)
    return asdict(found)
