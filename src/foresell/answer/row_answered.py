"""Answers to rows of a table, by column."""

from collections.abc import Callable
from dataclasses import dataclass

from foresell.features.levels import Vector
from foresell.models.tabular.ranges import Flags, Matrix


@dataclass(frozen=True, kw_only=True, slots=True)
class AnsweredColumns:
    """Answers to rows (n,), in their order, in the unit of the target.

    ``p10`` and ``p90``: two of the quantiles. ``every``: computes all of them, which few ask for.
    ``unseen`` and ``outside``: (n,) by column whether a row's text was never seen, or its number or
    day lies outside what was; columns of which that is true of no row are left out.
    """

    prediction: Vector
    p10: Vector
    p90: Vector
    every: Callable[[], Matrix]
    interval_method: str
    unseen: Flags
    outside: Flags

    @property
    def quantiles(self) -> Matrix:
        """(n, levels) all quantiles, rising along the levels, as `quantile_columns` names them."""
        return self.every()
