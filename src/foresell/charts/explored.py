"""A series or a sum as people explore it: what was, what was said of the test, what is to come."""

from collections.abc import Sequence
from datetime import date

import altair as alt
import polars as pl

from foresell.charts.axes import (
    Domain,
    End,
    end_labels,
    event_names,
    mark_at,
    time_axis,
    value_axis,
    value_domain,
)
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
)

COLUMNS = ("date", "part", "y", "prediction", "q0.025", "q0.1", "q0.9", "q0.975", "baseline")
_NARROW = 500
Pen = tuple[str, float, bool]  # colour, width, and whether it is broken
_BANDS = (("q0.025", "q0.975", 0.13), ("q0.1", "q0.9", 0.2))  # the wider one lies below


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
    marked = _marked(lines, events)
    box = _box(width, small=small, events=not marked.is_empty())
    drawn = ("y", "prediction", "q0.025", "q0.975", "q0.1", "q0.9", "baseline")
    domain = value_domain(value for name in drawn for value in lines[name].to_list())
    span = _span(lines)
    x = time_axis(*span, 4 if small or width < _NARROW else 12)
    layers = [*_bands(lines, x, domain), *_cuts(lines, small=small or width < _NARROW)]
    if baseline:
        layers.append(_line(lines, "baseline", (BASE, 1.5, False), x, domain))
    truth = (INK, 1.4 if small else 1.8, False)
    layers.append(_line(lines.filter(pl.col("part") != FUTURE), "y", truth, x, domain))
    said = (ACCENT, 2.0 if small else 2.4, False)
    layers += [_line(part, "prediction", said, x, domain) for part in _parts(lines)]
    layers += _came_true(lines, domain)
    layers += event_names(marked, span, box.inner_width) if not small else _triangles(marked)
    if not small:
        layers += end_labels(_ends(lines), span[1], domain, box.inner_height)
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
    longest = max(len(name) for name, _ in shown)
    right = min(int(7.2 * longest) + 16, 190 if width >= _NARROW else 116)
    top = 10
    box = Box(width=width, height=420 if width >= _NARROW else 300, left=48, right=right, top=top)
    domain = value_domain(
        value
        for _, rows in shown
        for column in ("y", "prediction")
        for value in _told(rows, column)
    )
    span = _span(shown[0][1])
    x = time_axis(*span, 4 if width < _NARROW else 10)
    layers: list[Layers] = [*_cuts(shown[0][1], small=width < _NARROW)]
    ends = []
    for at, (name, rows) in reversed(list(enumerate(shown))):
        color = ACCENT if at == 0 else INK if at == 1 else BASE
        stroke = 2.4 if at == 0 else 1.5
        layers.append(
            _line(rows.filter(pl.col("part") != FUTURE), "y", (color, stroke, False), x, domain)
        )
        ahead = rows.filter(pl.col("part") == FUTURE)
        layers.append(_line(ahead, "prediction", (color, stroke, True), x, domain))
        told = [*_told(rows, "y"), *_told(ahead, "prediction")]
        ends.append(End(text=_cut_short(name, right), value=told[-1], color=color, bold=at == 0))
    layers += end_labels(ends, span[1], domain, box.inner_height)
    layers += strips_of_several(shown, box)
    return finished(layers, box)


def _box(width: int, *, small: bool, events: bool) -> Box:
    """Return the frame of a chart."""
    if small:
        return Box(width=width, height=int(0.58 * width), left=42, right=8, top=18)
    narrow = width < _NARROW
    top = 46 if events else 12
    height = (250 if narrow else 360) + top
    return Box(width=width, height=height, left=48, right=62 if narrow else 78, top=top)


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


def _line(rows: pl.DataFrame, name: str, pen: Pen, x: alt.X, domain: Domain) -> Layers:
    """Return a line through a column, broken where nothing is known."""
    chart: alt.Chart = alt.Chart(inline(rows.select("date", name)))
    color, stroke, dashed = pen
    dash: list[float] = [5, 3] if dashed else []
    drawn: alt.Chart = chart.mark_line(
        color=color, strokeWidth=stroke, strokeDash=dash or alt.Undefined, clip=True
    )
    return drawn.encode(x=x, y=value_axis(name, domain))


def _bands(lines: pl.DataFrame, x: alt.X, domain: Domain) -> list[Layers]:
    """Return the bands of 95 and 80 % where there are any, of the test and of what is to come."""
    layers: list[Layers] = []
    for low, high, opacity in _BANDS:
        for part in _parts(lines):
            rows = part.select("date", low=low, high=high)
            if rows["low"].count():
                area: alt.Chart = alt.Chart(inline(rows)).mark_area(
                    color=ACCENT, opacity=opacity, clip=True
                )
                layers.append(area.encode(x=x, y=value_axis("low", domain), y2=alt.Y2("high:Q")))
    return layers


def _cuts(lines: pl.DataFrame, *, small: bool) -> list[Layers]:
    """Return a rule where the test begins, and one where the forecast does, with what it is."""
    layers: list[Layers] = []
    for part, text in ((TEST, "judged from here"), (FUTURE, "forecast from here")):
        days = lines.filter(pl.col("part") == part)["date"]
        if len(days) and (days[0] != lines["date"][0]):
            layers += mark_at(days[0], None if small else text)
    return layers


def _came_true(lines: pl.DataFrame, domain: Domain) -> list[Layers]:
    """Return a dot for each truth that came after the forecast was made."""
    rows = lines.filter((pl.col("part") == FUTURE) & pl.col("y").is_not_null()).select("date", "y")
    if rows.is_empty():
        return []
    dots: alt.Chart = alt.Chart(inline(rows)).mark_point(color=INK, filled=True, opacity=1, size=22)
    return [dots.encode(x=alt.X("date:T"), y=value_axis("y", domain))]


def _ends(lines: pl.DataFrame) -> list[End]:
    """Return what the forecast and the edges of its bands are called, at their right ends."""
    told = lines.filter(pl.col("part") == FUTURE)
    told = told.filter(pl.col("prediction").is_not_null())
    if told.is_empty() or told["date"][-1] != lines["date"][-1]:
        return []
    last = told.row(-1, named=True)
    ends = [End(text="forecast", value=last["prediction"], color=ACCENT, bold=True)]
    for text, name in (("95 % band", "q0.975"), ("80 % band", "q0.9")):
        if last[name] is not None:
            ends.append(End(text=text, value=last[name], color=MUTED))
    return ends


def _marked(lines: pl.DataFrame, events: pl.DataFrame | None) -> pl.DataFrame:
    """Return ``date``, ``name`` of the events on dates that are drawn, largest value first.

    The larger of its own value and the one before counts, for people buy ahead of a feast.
    """
    if events is None or events.is_empty():
        return pl.DataFrame()
    own = pl.coalesce("y", "prediction")
    size = lines.select("date", size=pl.max_horizontal(own, own.shift(1)))
    found = events.select("date", "name").unique().join(size, on="date", how="inner")
    return found.sort("size", "date", "name", descending=[True, False, False], nulls_last=True)


def _triangles(events: pl.DataFrame) -> list[Layers]:
    """Return a triangle above a small chart for each event."""
    if events.is_empty():
        return []
    days = events.select("date").unique().sort("date")
    marks: alt.Chart = alt.Chart(inline(days)).mark_point(
        shape="triangle-down", size=22, filled=True, opacity=1, color=BASE, y=-7
    )
    return [marks.encode(x=alt.X("date:T"))]


def _cut_short(name: str, room: int) -> str:
    """Return a name that fits into ``room`` pixels."""
    most = max(6, int((room - 12) / 7.2))
    return name if len(name) <= most else f"{name[: most - 1]}…"
