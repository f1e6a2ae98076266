"""What is said of a model once the truth is known: one document for files, pages and gauges."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from foresell.spec.monitoring import Finding

Verdict = Literal["steady", "watch", "retrain", "unknown"]  # the last: nothing was judged


@dataclass(frozen=True, kw_only=True, eq=False)
class Performance:
    """How forecasts fared against what came true.

    ``told``: every key of `performance_summary.json`, as docs/monitoring.md lists them: plain
    values. ``weeks``: a row a period, oldest first; ``segments``: a row a segment, worst first;
    see `foresell.monitor.weekly` and `foresell.monitor.segment_errors`.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    told: Mapping[str, Any]
    weeks: pl.DataFrame
    segments: pl.DataFrame
