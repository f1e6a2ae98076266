"""What is to be told of which judged rows, and what each of them is called."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from foresell.dashboard.segments.facets import Facet
from foresell.dashboard.segments.judged import BASELINE, Judged
from foresell.report.wording import amount
from foresell.spec.project import ProjectSpec


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is to be told of which rows.

    ``by``: what they are parted by, None for nothing. ``telling``: features that say most of a row,
    the first ones most. ``kept``: the rows chosen of those ``judged``, with `BASELINE` where it
    could be read.
    """

    judged: Judged
    spec: ProjectSpec
    by: Facet | None
    telling: Sequence[str] = ()
    kept: pl.DataFrame = field(repr=False)

    @property
    def against(self) -> bool:
        """Whether there is a baseline to compare with."""
        return BASELINE in self.kept.columns


def row_names(asked: Question) -> pl.Expr:
    """Return what each row is called: its key, or its place in the data."""
    parts = [
        pl.concat_str(pl.lit(f"{name} "), pl.col(name).cast(pl.String).fill_null("–"))
        for name in asked.judged.naming
    ]
    return pl.concat_str(parts, separator=", ")


def finding(asked: Question) -> str:
    """Return by how much the answers miss."""
    misses = (asked.kept["prediction"] - asked.kept["y"]).abs()
    unit = asked.spec.unit
    most = misses.quantile(0.9, "linear")
    if misses.len() < 10 or most is None:
        worst = misses.max()
        size = amount(float(worst) if isinstance(worst, float) else 0.0, unit)
        if misses.len() == 1:
            return f"The answer to this row missed by {size}"
        return f"None of these {misses.len()} answers missed by more than {size}"
    return f"Nine answers in ten miss by less than {amount(most, unit)}"
