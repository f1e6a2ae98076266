"""All declared segments beside each other, and the one that is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from foresell.dashboard.addresses import path_to, query_text
from foresell.dashboard.page import Cell, Query, Table, Trouble, Visit
from foresell.dashboard.reading.shown import Declared, Shown, tried
from foresell.dashboard.segments.ahead import Ahead, ahead_of, change_of
from foresell.dashboard.segments.gauged import (
    LISTED,
    OUTPUT,
    DeclaredSegment,
    Gauged,
    declared_segments,
    gauged,
)
from foresell.dashboard.segments.naive import less_error
from foresell.errors import nearest
from foresell.report.wording import count, measured, percent, signed

_MOST = 40  # segments of the table
_PAGE = "forecast"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """The segments. ``table``: None where there is no month; ``hint``: what to do about that.

    ``absent``: segments that have no numbers, and why.
    """

    table: Table | None = None
    absent: Sequence[tuple[str, str]] = ()
    ahead: Ahead | None = None
    hint: str = ""


def segments_of_page(
    visit: Visit, declared: Declared | None, troubles: dict[str, Trouble]
) -> Listed:
    """Return the declared segments, and the one that the address names; the first one otherwise.

    What cannot be read is put into ``troubles``: under ``segments`` all of them, under ``segment``
    the one that is looked at.
    """
    shown = visit.shown
    if hint := _hint(declared):
        return Listed(hint=hint)
    found = tried(
        troubles, "segments", lambda: declared_segments(shown), f"{shown.name}/{OUTPUT}/{LISTED}"
    )
    if not found:
        return Listed()
    read = [(one, _read(shown, one, troubles)) for one in found[:_MOST]]
    chosen = _chosen(visit, read, troubles)
    return Listed(
        table=_table(visit, read, chosen, len(found)),
        absent=[
            (one.title, one.reason or f"{OUTPUT}/{one.file} cannot be read")
            for one, own in read
            if own is None
        ],
        ahead=ahead_of(chosen) if chosen is not None else None,
    )


def _hint(declared: Declared | None) -> str:
    """Return why a project has no segments, "" where it has some or may have."""
    if declared is None:
        return ""
    spec = declared.spec
    if spec.risk is not None:
        return ""
    if not spec.timed:
        return "The rows of this project have no date, so there is nothing to forecast by month."
    return (
        "No segment is declared. Add one to project.yaml, and every run forecasts it by month: "
        "risk: {segments: [{}]} is the sum of all rows."
    )


def _read(shown: Shown, one: DeclaredSegment, troubles: dict[str, Trouble]) -> Gauged | None:
    """Return a segment; None where no row has its values, or where its file is broken."""
    if not one.file:
        return None
    own: dict[str, Trouble] = {}
    found = tried(own, one.name, lambda: gauged(shown, one), f"{shown.name}/{OUTPUT}/{one.file}")
    for trouble in own.values():
        troubles.setdefault("segment", trouble)
    return found


def _chosen(
    visit: Visit,
    read: Sequence[tuple[DeclaredSegment, Gauged | None]],
    troubles: dict[str, Trouble],
) -> Gauged | None:
    """Return the segment that the address names, or the first that can be shown."""
    wanted = visit.one("segment")
    known = {one.name: found for one, found in read}
    if wanted and wanted not in known:
        troubles["segment"] = Trouble(
            what=f"there is no segment {wanted[:60]!r}",
            where="segment, in the address",
            mend=nearest(wanted[:60], known),
        )
        return None
    if wanted:
        return known[wanted]
    return next((found for _, found in read if found is not None), None)


def _table(
    visit: Visit,
    read: Sequence[tuple[DeclaredSegment, Gauged | None]],
    chosen: Gauged | None,
    total: int,
) -> Table:
    """Return the segments beside each other, each with a link to itself."""
    found = [one for _, one in read if one is not None and one.ahead.height]
    steps = count(max((one.ahead.height for one in found), default=0), "month")
    unit = f", sums in {found[0].unit}" if found and found[0].unit else ""
    largest = max((_total(one) for one in found), default=0.0) or 1.0
    return Table(
        caption=f"The declared segments; {steps} ahead{unit}. The better naive forecast: "
        "of the last month again and the year before, that of less RMSE.",
        heads=(
            "Segment",
            "Forecast, sum",
            "Against a year before",
            "Less RMSE than the better naive",
            "Volatility a month, in logarithms",
            "Value at risk, 95\u00a0%",
        ),
        rows=[[_named(visit, one, own), *_cells(own, largest)] for one, own in read],
        marks=["champion" if own is not None and own is chosen else "" for _, own in read],
        left_out=total - len(read),
    )


def _named(visit: Visit, one: DeclaredSegment, found: Gauged | None) -> Cell:
    """Return what a segment is called, with a link to itself where it can be looked at."""
    if found is None:
        return Cell(text=one.title)
    query: Query = {**visit.query, "segment": (one.name,)}
    at = f"{path_to(visit.shown.name, _PAGE)}{query_text(query)}"
    return Cell(text=found.title, href=at)


def _total(found: Gauged) -> float:
    """Return the sum of the months to come."""
    return max(float(sum(found.ahead["prediction"].to_list())), 0.0)


def _cells(found: Gauged | None, largest: float) -> list[Cell]:
    """Return what is told of a segment, dashes where nothing is."""
    if found is None:
        return [Cell(text="–") for _ in range(5)]
    total = Cell(text="–")
    if found.ahead.height:
        total = Cell(text=measured(_total(found)), share=_total(found) / largest)
    own = found.candidate(found.method)
    loss = next((each.var_share for each in found.losses if each.level == 95), None)
    change, volatility = change_of(found), found.volatility
    less = less_error(found, own)
    return [
        total,
        Cell(text="–" if change is None else signed(change)),
        Cell(text="–" if less is None else percent(less)),
        Cell(text="–" if volatility is None else measured(volatility.monthly)),
        Cell(text="–" if loss is None else percent(loss, 0)),
    ]
