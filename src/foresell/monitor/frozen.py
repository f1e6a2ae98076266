"""Columns that used to vary and stand still."""

from collections.abc import Sequence

import polars as pl

from foresell.monitor.columns import Column
from foresell.spec.monitoring import Finding, MonitoringSpec


def find_frozen(
    reference: pl.DataFrame,
    current: pl.DataFrame,
    columns: Sequence[Column],
    limits: MonitoringSpec,
    *,
    periods: str | None = None,
    series: Sequence[str] = (),
) -> tuple[Finding, ...]:
    """Return a finding for each column that stands still, over all rows or within each series."""
    raise NotImplementedError
