"""Segments whose target moved away from that of all others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from foresell.spec.monitoring import Finding, MonitoringSpec


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One level of a segment column: its target per row now and in the reference.

    ``ratio``: current mean over reference mean; ``others``: the same of all other rows; ``z``: by
    how many standard errors the two differ on the log scale; ``p_value``, and ``adjusted`` over all
    levels of all columns.
    """

    by: str
    level: str
    reference_rows: int
    current_rows: int
    ratio: float
    others: float
    z: float
    p_value: float
    adjusted: float
    moved: bool


@dataclass(frozen=True, kw_only=True)
class Segments:
    """Every level that could be compared, farthest moved first, and what is to be said."""

    levels: tuple[Moved, ...]
    findings: tuple[Finding, ...]


def find_moved(
    reference: pl.DataFrame,
    current: pl.DataFrame,
    segments: Sequence[str],
    limits: MonitoringSpec,
    *,
    target: str,
    periods: str | None = None,
) -> Segments:
    """Compare each level of each of ``segments`` with all other rows."""
    raise NotImplementedError


def to_json(segments: Segments, *, most: int = 50) -> Mapping[str, Any]:
    """Return the ``most`` that moved farthest, and the findings, as plain values."""
    raise NotImplementedError
