"""What a bundle publishes: the answers that it will give, made once when it is made."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.answer.published import ANSWERS, BY_DEFAULT, PLANNED
from foresell.answer.reach import default_rows, horizon_rows
from foresell.answer.rows import Answering
from foresell.bundle.bundle import Bundle
from foresell.data.panel import Panel
from foresell.spec.project import ProjectSpec


def published_rows(bundle: Bundle) -> pl.DataFrame:
    """Return the answers of the rows nobody has to name, and of every series to the horizon.

    Key columns and date, unique and sorted; ``by_default``: whether it is one of `default_rows`;
    ``planned_NAME`` for each known-future column: the value that the answer rests on, in the
    column's own type, null where nobody knows it; then `foresell.answer.rows.answer`'s columns.
    """
    answering = Answering(bundle)
    project = answering.project
    identity = [*project.keys, project.time]
    rows = default_rows(bundle)[0]
    both = pl.concat(
        [
            rows.with_columns(pl.lit(value=True).alias(BY_DEFAULT)),
            horizon_rows(bundle).with_columns(pl.lit(value=False).alias(BY_DEFAULT)),
        ],
        how="diagonal_relaxed",
    ).unique(identity, keep="first", maintain_order=True)
    both = both.sort(identity)
    answers = answering.answer(both.drop(BY_DEFAULT))
    plan = planned_values(answering.panel(both), both, project)
    told = [_typed(name, values, bundle) for name, values in plan.items()]
    return answers.select(*identity, both[BY_DEFAULT], *told, *ANSWERS)


def planned_values(
    panel: Panel, rows: pl.DataFrame, project: ProjectSpec
) -> dict[str, NDArray[np.float64]]:
    """Return (rows,) what ``panel`` knows of each known-future column, NaN where it is unknown.

    ``rows``: series and periods that the panel has.
    """
    series, period = panel.places(rows, project)
    return {name: values[series, period] for name, values in panel.known.items()}


def _typed(name: str, values: NDArray[np.float64], bundle: Bundle) -> pl.Series:
    """Return planned values in the type that their column has in the history.

    As plain numbers where that would change one: what is summed up over rows may be a fraction.
    """
    plain = pl.Series(f"{PLANNED}{name}", values).fill_nan(None)
    own = plain.cast(bundle.history.schema[name], strict=False)
    return own if own.cast(pl.Float64).equals(plain) else plain
