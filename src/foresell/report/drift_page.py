"""The report of drift as one page."""

from collections.abc import Sequence
from dataclasses import dataclass

from foresell.monitor.columns import Drift
from foresell.monitor.schema import SchemaChanges
from foresell.monitor.segments_moved import Segments
from foresell.spec.monitoring import Finding, MonitoringSpec


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What was compared with what, in words for a reader.

    ``alias``: prod or staging. ``reference``: such as "120 training rows of version 3, 2010-02-05
    to 2012-10-26"; ``current``: such as "the log, 2,300 rows from 2012-12-01 to 2012-12-07";
    ``season``: why this part of the reference, one or two sentences. ``notes``: further sentences.
    """

    project: str
    target: str
    unit: str
    version: int
    alias: str
    reference: str
    current: str
    season: str
    notes: tuple[str, ...] = ()


def drift_html(
    compared: Compared,
    limits: MonitoringSpec,
    drift: Drift,
    *,
    schema: SchemaChanges | None = None,
    frozen: Sequence[Finding] = (),
    segments: Segments | None = None,
) -> str:
    """Return the page; nothing is fetched when it is looked at."""
    raise NotImplementedError
