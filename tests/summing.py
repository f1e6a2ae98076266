"""Sums floats many times over and prints what came out: ``python -m tests.summing``.

To be run with ``POLARS_MAX_THREADS`` set: that is read when Polars is imported, and never again.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta

import numpy as np
import polars as pl

from foresell.data.cleaning import learnt_fill
from foresell.data.grouping import group_rows, join_groups, partial_groups
from foresell.evaluate.diagnostics import calibration, errors_by_step, totals
from foresell.evaluate.row_diagnostics import by_prediction, calibration_error
from foresell.evaluate.slices import take_slice
from foresell.evaluate.value_added import value_added_by
from foresell.models.level_sums import level_sums
from foresell.spec.cleaning import Grouping
from foresell.spec.forecast import quantile_columns
from foresell.spec.ordered_sums import one_piece, ordered_mean, ordered_std, ordered_sum
from tests.unit.evaluate.test_leaderboard import PROJECT, WEEKS
from tests.unit.models.test_level_sums import band, known, rows

TIMES = 12
ITEMS, DAYS = 45, 72


def shapes() -> Mapping[str, Callable[[], object]]:
    """Return by name what sums floats."""
    frame, y, other = _frame(), pl.col("y"), pl.col("other")
    truth = frame.select(
        *("store", "item", "day", "type", "step", "y", "holiday"),
        weight=pl.lit(1.0),
        scale=pl.lit(1.0),
        volume=y.abs(),
    )
    named = frame.select("store", "item", "day", prediction=other)
    made = named.with_columns(pl.col("prediction").alias(name) for name in quantile_columns())
    rival = named.with_columns(pl.col("prediction") * 1.1)
    grouping = Grouping(by=("item",), columns={"y": "sum", "other": "mean"})
    pairs = frame.select(y="y", prediction="other")
    wide = pl.concat([rows(frame["y"].abs().to_list())]).with_columns(shop=frame["item"])
    nodes = known(frame["y"].abs().to_list())
    draw = np.random.default_rng(2)
    long = pl.DataFrame({"y": draw.normal(size=300_000), "other": draw.normal(size=300_000)})
    return {
        "by group": lambda: (
            frame
            .group_by("item")
            .agg(ordered_sum(y), m=ordered_mean(other), s=ordered_std(y * other))
            .sort("item")
        ),
        "by two columns": lambda: (
            frame.group_by("day", "type").agg(ordered_sum(y.filter(other > 0))).sort("day", "type")
        ),
        "over": lambda: frame.sort("item").select(ordered_sum(y).over("item")),
        "of what was sorted": lambda: long.sort("other").select(ordered_sum(y), ordered_std(other)),
        "of a column in chunks": lambda: float(one_piece(long.sort("other")["y"]).sum()),
        "lazily": lambda: frame.lazy().group_by("item").agg(ordered_sum(y)).sort("item").collect(),
        "streaming": lambda: (
            frame
            .lazy()
            .group_by("item")
            .agg(ordered_sum(y))
            .sort("item")
            .collect(engine="streaming")
        ),
        "group_rows": lambda: group_rows(frame.select("y", "item", "other"), grouping),
        "join_groups": lambda: join_groups(
            [partial_groups(part, grouping) for part in (frame.head(1700), frame.tail(2200))],
            grouping,
        ),
        "learnt_fill": lambda: learnt_fill(frame["y"], "mean"),
        "errors_by_step": lambda: errors_by_step(truth, {"a": named}, PROJECT),
        "totals": lambda: totals(truth, named, rival, PROJECT),
        "calibration": lambda: calibration(truth, made, PROJECT),
        "take_slice": lambda: take_slice(truth, named, PROJECT, {}).by_date,
        "value_added_by": lambda: value_added_by(truth, named, rival, PROJECT),
        "by_prediction": lambda: by_prediction(pairs),
        "calibration_error": lambda: calibration_error(by_prediction(pairs)),
        "level_sums": lambda: level_sums(wide, ["shop"], band(), nodes),
    }


def _frame() -> pl.DataFrame:
    """Return rows of 45 items on 72 days, in no order, whose sums are not exact."""
    draw = np.random.default_rng(1)
    count = ITEMS * DAYS
    item, day = np.divmod(np.arange(count), DAYS)
    return pl.DataFrame({
        "store": item % 3,
        "item": [f"i{one:03}" for one in item],
        "day": [WEEKS[0] + timedelta(weeks=int(one)) for one in day],
        "type": ["XY"[one % 2] for one in item],
        "step": day + 1,
        "holiday": day == 5,
        "y": draw.lognormal(5, 3, count) * draw.choice([-1, 1], count, p=[0.1, 0.9]),
        "other": draw.lognormal(5, 3, count),
    }).sample(fraction=1, shuffle=True, seed=1)


def digest(found: object) -> str:
    """Return a digest of a frame or a number, to its last bit."""
    if isinstance(found, pl.DataFrame):
        found = {name: [repr(one) for one in found[name]] for name in found.columns}
    return hashlib.sha256(repr(found).encode()).hexdigest()


if __name__ == "__main__":
    print(
        json.dumps({
            name: sorted({digest(shape()) for _ in range(TIMES)})
            for name, shape in shapes().items()
        })
    )
