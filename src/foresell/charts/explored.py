"""A series or a sum as people explore it: what was, what was said of the test, what is to come."""

from collections.abc import Sequence
from datetime import date

import altair as alt
import polars as pl

from foresell.charts.axes import End, end_labels, event_names, mark_at, triangles
from foresell.charts.pointed import FUTURE, TEST, strips, strips_of_several
from foresell.charts.theme import (
    ACCENT,
    BASE,
    INK,
    MUTED,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
    text_width,
)
from foresell.charts.through_time import Plane, largest_first, plane

COLUMNS = ("date", "part", "y", "prediction", "q0.025", "q0.1", "q0.9", "q0.975", "baseline")
_NARROW = 500
_BANDS = (("q0.025", "q0.975", 0.13), ("q0.1", "q0.9", 0.2))  # the wider one lies below
_WORDS = {  # what is said where a part begins, the longest first
    TEST: ("judged from here", "judged", ""),
    FUTURE: ("forecast from here", "forecast", ""),
}
_BESIDE = 10  # pixels before and after what is said beside a rule


def explored(
    lines: pl.DataFrame,
    events: pl.DataFrame | None = None,
    *,
    baseline: str = "",
    width: int = 1040,
    small: bool = False,
) -> Spec:
    """Draw the truth in ink, forecasts in the accent in their bands, the baseline of the test.

    ``lines``: a row per period, ascending, `COLUMNS`; numbers are null where nothing is known,
    which is drawn as a gap and never as zero. ``part``: ``history``, then ``test``, the forecast of
    which was made without it, then ``forecast``, where ``y`` is what came true since. ``events``:
    ``date``, ``name``; a mark at the top for each on a date that is drawn, with its name where
    there is room. ``small``: one of several side by side, with fewer words.

    A missing column is a DataError.
    """
    require(lines, COLUMNS, "explored")
    known = lines.filter(pl.any_horizontal(pl.col("y", "prediction").is_not_null()))
    if known.is_empty():
        return nothing("Nothing is known in this window.", width)
    marked = largest_first(lines, events)
    narrow = width < _NARROW
    box = _box(width, small=small, events=not marked.is_empty())
    drawn = ("y", "prediction", "q0.025", "q0.975", "q0.1", "q0.9", "baseline")
    values = (value for name in drawn for value in lines[name].to_list())
    span = _span(lines)
    over = plane(span, values, at_most=4 if small or narrow else 12)
    layers = [*_bands(lines, over), *_cuts(lines, box.inner_width, told=not small and not narrow)]
    if baseline:
        layers.append(over.line(lines, "baseline", BASE, 1.5))
    truth = lines.filter(pl.col("part") != FUTURE)
    layers.append(over.line(truth, "y", INK, 1.4 if small else 1.8))
    thick = 2.0 if small else 2.4
    layers += [over.line(part, "prediction", ACCENT, thick) for part in _parts(lines)]
    layers += _came_true(lines, over)
    layers += event_names(marked, span, box.inner_width) if not small else triangles(marked)
    if not small:
        layers += end_labels(_ends(lines, narrow=narrow), span[1], over.domain, box.inner_height)
    layers += strips(lines, box, baseline)
    return finished(layers, box)


def overlaid(lines: Sequence[tuple[str, pl.DataFrame]], *, width: int = 1040) -> Spec:
    """Draw several subjects in one chart, labelled at their ends: the first in the accent.

    ``lines``: what each is called, and its rows as `explored` takes them, all of the same dates.
    The truth is a whole line, what is forecast after it a broken one; bands would hide each other.

    A missing column is a DataError.
    """
    for _, rows in lines:
        require(rows, COLUMNS, "overlaid")
    shown = [
        (name, rows)
        for name, rows in lines
        if rows.select(pl.col("y", "prediction").count()).row(0) != (0, 0)
    ]
    if not shown:
        return nothing("Nothing is known in this window.", width)
    narrow = width < _NARROW
    longest = max(len(name) for name, _ in shown)
    right = min(int(7.2 * longest) + 16, 116 if narrow else 190)
    box = Box(width=width, height=300 if narrow else 420, left=48, right=right, top=10)
    values = (
        value
        for _, rows in shown
        for column in ("y", "prediction")
        for value in _told(rows, column)
    )
    span = _span(shown[0][1])
    over = plane(span, values, at_most=4 if narrow else 10)
    layers = _cuts(shown[0][1], box.inner_width, told=not narrow)
    ends = []
    for at, (name, rows) in reversed(list(enumerate(shown))):
        color = ACCENT if at == 0 else INK if at == 1 else BASE
        stroke = 2.4 if at == 0 else 1.5
        layers.append(over.line(rows.filter(pl.col("part") != FUTURE), "y", color, stroke))
        ahead = rows.filter(pl.col("part") == FUTURE)
        layers.append(over.line(ahead, "prediction", color, stroke, dashed=True))
        told = [*_told(rows, "y"), *_told(ahead, "prediction")]
        ends.append(End(text=_cut_short(name, right), value=told[-1], color=color, bold=at == 0))
    layers += end_labels(ends, span[1], over.domain, box.inner_height)
    layers += strips_of_several(shown, box)
    return finished(layers, box)


def _box(width: int, *, small: bool, events: bool) -> Box:
    """Return the frame of a chart."""
    if small:
        return Box(width=width, height=int(0.58 * width), left=42, right=8, top=18)
    narrow = width < _NARROW
    top = 46 if events else 12
    height = (250 if narrow else 360) + top
    return Box(width=width, height=height, left=48, right=74 if narrow else 78, top=top)


def _span(lines: pl.DataFrame) -> tuple[date, date]:
    """Return the first and the last date."""
    first, last = lines["date"][0], lines["date"][-1]
    return first, last


def _told(rows: pl.DataFrame, column: str) -> list[float]:
    """Return what is known of a column, in order."""
    return rows[column].drop_nulls().to_list()


def _parts(lines: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the rows of the test and those of the forecast: two forecasts, of two origins."""
    parts = [lines.filter(pl.col("part") == FUTURE), lines.filter(pl.col("part") != FUTURE)]
    return [part for part in parts if part["prediction"].count()]


def _bands(lines: pl.DataFrame, over: Plane) -> list[Layers]:
    """Return the bands of 95 and 80 % where there are any, of the test and of what is to come."""
    return [
        over.band(part, low, high, opacity=opacity)
        for low, high, opacity in _BANDS
        for part in _parts(lines)
        if part[low].count()
    ]


def _cuts(lines: pl.DataFrame, width: int, *, told: bool) -> list[Layers]:
    """Return a rule where the test begins, and one where the forecast does.

    ``told``: with what it is, in as many words as fit before the next rule or the end of the plot,
    which is ``width`` pixels wide.
    """
    first, last = _span(lines)
    per_day = width / max((last - first).days, 1)
    starts = [
        (part, days[0])
        for part in (TEST, FUTURE)
        if len(days := lines.filter(pl.col("part") == part)["date"]) and days[0] != first
    ]
    layers: list[Layers] = []
    for (part, day), (_, after) in zip(starts, [*starts[1:], ("", last)], strict=True):
        room = (after - day).days * per_day
        fitting = [text for text in _WORDS[part] if _BESIDE + text_width(text) <= room]
        layers += mark_at(day, fitting[0] if told and fitting else None)
    return layers


def _came_true(lines: pl.DataFrame, over: Plane) -> list[Layers]:
    """Return a dot for each truth that came after the forecast was made."""
    rows = lines.filter((pl.col("part") == FUTURE) & pl.col("y").is_not_null()).select("date", "y")
    if rows.is_empty():
        return []
    dots: alt.Chart = alt.Chart(inline(rows)).mark_point(color=INK, filled=True, opacity=1, size=22)
    return [dots.encode(x=alt.X("date:T"), y=over.y("y"))]


def _ends(lines: pl.DataFrame, *, narrow: bool) -> list[End]:
    """Return what the forecast and the edges of its bands are called, at their right ends."""
    ahead = lines.filter((pl.col("part") == FUTURE) & pl.col("prediction").is_not_null())
    if ahead.is_empty() or ahead["date"][-1] != lines["date"][-1]:
        return []
    last = ahead.row(-1, named=True)
    ends = [End(text="forecast", value=last["prediction"], color=ACCENT, bold=True)]
    for text, name in (("95 %", "q0.975"), ("80 %", "q0.9")):
        if last[name] is not None:
            told = text if narrow else f"{text} band"
            ends.append(End(text=told, value=last[name], color=MUTED))
    return ends


def _cut_short(name: str, room: int) -> str:
    """Return a name that fits into ``room`` pixels."""
    most = max(6, int((room - 12) / 7.2))
    return name if len(name) <= most else f"{name[: most - 1]}…"
