"""What is to come of the declared segments of a table, and how its single rows were answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import polars as pl

from foresell.dashboard.page import Context, Download, Table, Trouble, Visit
from foresell.dashboard.reading.shown import Declared, tried
from foresell.dashboard.segments.ahead import Ahead
from foresell.dashboard.segments.answered import Answered
from foresell.dashboard.segments.asked import Asked
from foresell.dashboard.segments.choosing import Rows, rows_of_page
from foresell.dashboard.segments.judged import EVALUATION, TEST, TRUTH, cases_of
from foresell.dashboard.segments.listed import Listed, segments_of_page
from foresell.dashboard.segments.standing import standing_of
from foresell.errors import nearest
from foresell.report.wording import NBSP, count
from foresell.serving.problems import Refused

_NOT_FOUND = 404
_MEDIA = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


@dataclass(frozen=True, kw_only=True)
class Segments(Context):
    """What the page shows.

    ``listed``: all declared segments in a table, None where none is; ``absent``: those that have no
    numbers, and why; ``ahead``: the one that is looked at. ``hint``: what to do about a project
    without months. ``rows``: the form and what is asked by it, None where nothing was judged;
    ``answered``: what is told of the chosen rows, None where there is none. ``standing``: which
    version judged them.
    """

    listed: Table | None = None
    absent: Sequence[tuple[str, str]] = ()
    ahead: Ahead | None = None
    hint: str = ""
    rows: Rows | None = None
    answered: Answered | None = None
    standing: str = ""

    @property
    def asked(self) -> Asked | None:
        """What is asked of the rows."""
        return self.rows.asked if self.rows is not None else None


def context(visit: Visit) -> Segments:
    """Return what the page shows."""
    shown, troubles = visit.shown, dict[str, Trouble]()
    declared = tried(troubles, "declared", shown.declared)
    listed = segments_of_page(visit, declared, troubles)
    rows = _rows(visit, declared, troubles)
    answered = rows.answered if rows is not None else None
    ahead = listed.ahead
    figures = {
        **(ahead.figures if ahead is not None else {}),
        **(answered.figures if answered is not None else {}),
    }
    return Segments(
        heading=_heading(ahead, rows),
        standfirst=_standfirst(listed, rows),
        figures=figures,
        listed=listed.table,
        absent=listed.absent,
        ahead=ahead,
        hint=listed.hint,
        rows=rows,
        answered=answered,
        standing=standing_of(shown, troubles) if rows is not None else "",
        troubles=troubles,
    )


def _rows(visit: Visit, declared: Declared | None, troubles: dict[str, Trouble]) -> Rows | None:
    """Return what is asked of the judged rows and told of them; None where that cannot be."""
    if declared is None:
        return None
    shown, spec = visit.shown, declared.spec
    at = f"{shown.name}/{EVALUATION}"
    cases = tried(troubles, "rows", lambda: cases_of(shown, spec), f"{at}/{TEST}")
    if cases is None:
        return None
    return tried(
        troubles,
        "rows",
        lambda: rows_of_page(visit, declared, cases, troubles),
        f"{at}/{TRUTH}",
    )


def _heading(ahead: Ahead | None, rows: Rows | None) -> str:
    """Return the finding of the page."""
    if ahead is not None:
        return ahead.finding
    if rows is None:
        return "Nothing was forecast yet"
    return rows.answered.finding if rows.answered is not None else "No row is chosen"


def _standfirst(listed: Listed, rows: Rows | None) -> str:
    """Return what the page is about."""
    judged = count(rows.judged.rows.height, "row") if rows is not None else ""
    if listed.ahead is not None:
        last = f"{listed.ahead.last:%B}{NBSP}{listed.ahead.last.year}" if listed.ahead.last else ""
        until = f" from what is known up to {last}" if last else ""
        below = f" Below: how each of {judged} of the test was answered." if judged else ""
        return f"Sums of a declared segment by month, forecast{until}.{below}"
    if rows is None:
        return ""
    return f"How each of {judged} of the test was answered, none of which the model had seen."


def download(visit: Visit, name: str) -> Download:
    """Return the rows that the page shows, or the months, as CSV or Parquet.

    Raises:
        Refused: 404, there is no such file, or nothing to put into it.
    """
    stem, _, form = name.rpartition(".")
    known = [f"{one}.{ending}" for one in ("rows", "months") for ending in _MEDIA]
    if name not in known:
        raise Refused(
            f"there is no file {name[:60]!r}", "path", nearest(name[:60], known), status=_NOT_FOUND
        )
    page = context(visit)
    part = page.answered.kept if page.answered else None
    if stem == "months":
        part = page.ahead.months if page.ahead else None
    if part is None:
        raise Refused(
            "there is nothing to put into this file",
            "query",
            "see the page: it says what is missing",
            status=_NOT_FOUND,
        )
    called = f"{visit.shown.name}_{stem}.{form}"
    return Download(name=called, media_type=_MEDIA[form], content=_written(part, form))


def _written(frame: pl.DataFrame, form: str) -> bytes:
    """Return a frame as the bytes of a file."""
    if form == "csv":
        return frame.write_csv().encode()
    held = BytesIO()
    frame.write_parquet(held)
    return held.getvalue()
