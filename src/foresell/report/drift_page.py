"""The report of drift as one page: what moved, worst first, beside what it was compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from markupsafe import Markup

from foresell.charts.drawing import inline_svg
from foresell.charts.drift import share_bars
from foresell.charts.theme import TOKENS
from foresell.monitor.columns import ColumnDrift, Drift
from foresell.monitor.drift_words import share
from foresell.monitor.schema import SchemaChanges
from foresell.monitor.segments_moved import Segments
from foresell.report.page_templates import page_templates
from foresell.spec.monitoring import Finding, MonitoringSpec

_PICTURES = 24  # columns that are drawn; the table holds all
_SEGMENTS = 15
_MEND = {
    "column_renamed": "Give the column its name back where rows are made, or declare the new one.",
    "column_missing": "Restore the column where the rows are made.",
    "column_type": "Look how the column is written: a decimal comma, a text for a missing value.",
    "frozen": "Look whether the column's source is still filled: it may repeat its last value.",
    "missing": "Look why values are missing: a join that finds nothing, a source that is late.",
    "unseen": "Look whether the new values are right. If they stay, train again with such rows.",
    "segment": "Look at the segment's rows: doubled loads and changed units look like this.",
    "shift": "Look how the column is made. If the world changed, train again with newer rows.",
    "prediction": "Look at the features that moved, and compare forecasts with what came true.",
    "target": "Compare forecasts with what came true, and train again if errors have grown.",
}


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What was compared with what, in words for a reader.

    ``alias``: prod or staging. ``reference``: such as "120 training rows of version 3, 2010-02-05
    to 2012-10-26"; ``current``: such as "the log, 2,300 rows from 2012-12-01 to 2012-12-07";
    ``season``: why this part of the reference, one or two sentences. ``notes``: further sentences.
    ``synthetic``: the training rows are made up.
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
    synthetic: bool = False


@dataclass(frozen=True, kw_only=True)
class _Drawn:
    """A column with its picture, and what is said of it after its name."""

    column: ColumnDrift
    says: str
    picture: Markup


def drift_html(
    compared: Compared,
    limits: MonitoringSpec,
    drift: Drift,
    *,
    schema: SchemaChanges | None = None,
    frozen: Sequence[Finding] = (),
    segments: Segments | None = None,
) -> str:
    """Return the page; nothing is fetched when it is looked at.

    ``schema``, ``segments``: null where they were not compared.
    """
    pages = page_templates(share=share, number=_number)
    findings = [
        *(schema.findings if schema else ()),
        *frozen,
        *(segments.findings if segments else ()),
        *drift.findings,
    ]
    alarms = [one for one in findings if one.weight == "alarm"]
    return pages.get_template("drift.html").render(
        compared=compared,
        limits=limits,
        drift=drift,
        schema=schema,
        segments=segments,
        levels=segments.levels[:_SEGMENTS] if segments else (),
        alarms=alarms,
        notes=[one for one in findings if one.weight == "note"],
        mends=list(dict.fromkeys(_MEND[one.seen] for one in alarms if one.seen in _MEND)),
        drawn=[_drawn(place, one) for place, one in enumerate(drift.columns[:_PICTURES])],
        tokens=TOKENS,
    )


def _drawn(place: int, one: ColumnDrift) -> _Drawn:
    """Return a column with the shares of its bins drawn."""
    frame = pl.DataFrame({
        "label": one.bins.labels,
        "reference": one.bins.reference,
        "current": one.bins.current,
    })
    text = "Shares of the rows by bin: broad bars before, slim bars now."
    svg = inline_svg(share_bars(frame), name=f"drift-{place}", title=one.says, text=text)
    says = one.says.removeprefix(one.column.name).lstrip(": ")
    return _Drawn(column=one, says=says, picture=Markup(svg))  # noqa: S704 - its texts were escaped


def _number(value: float | None, digits: int = 2) -> str:
    """Return a number of statistics.

    >>> _number(0.1234), _number(None), _number(0.00001, 4), _number(12345.6)
    ('0.12', '–', '< 0.0001', '12,345.60')
    """
    if value is None:
        return "–"
    least = 10**-digits
    return f"< {least:.{digits}f}" if 0 < value < least / 2 else f"{value:,.{digits}f}"
