"""How forecasts fared by period: their error, their bias, and how often a band held."""

from collections.abc import Sequence
from datetime import date, timedelta

import altair as alt
import polars as pl

from foresell.charts.axes import Domain, time_axis, value_domain
from foresell.charts.theme import (
    ACCENT,
    BASE,
    FAINT,
    INK,
    PERCENT_LABEL,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
)
from foresell.charts.through_time import Plane

_FEW = "Nothing to draw: fewer than two periods have a date."
_NARROW = 500
_DAYS = timedelta(days=4)  # half a bar's room at both ends


def error_over_time(weeks: pl.DataFrame, *, width: int = 960) -> Spec:
    """Draw the error of each period, what is usual for the backtest, and the baseline's error.

    ``weeks``: ``date``, ``wape``, ``expected_wape``, ``usual_low``, ``usual_high``,
    ``baseline_wape`` (shares, null where unknown). A missing column is a DataError.
    """
    names = ["wape", "expected_wape", "usual_low", "usual_high", "baseline_wape"]
    require(weeks, ["date", *names], "error by period")
    if weeks.height < 2:
        return nothing(_FEW, width)
    box = _box(width, 280)
    domain = value_domain([one for name in names for one in weeks[name].to_list()], zero=True)
    over = _plane(weeks, domain, width)
    lines = [over.band(weeks, "usual_low", "usual_high", color=FAINT, opacity=0.45)]
    for name, color, thick in (("baseline_wape", BASE, 1.5), ("wape", ACCENT, 2.5)):
        lines.append(over.line(weeks, name, color, thick))
    dots: alt.Chart = alt.Chart(inline(weeks.select("date", "wape"))).mark_point(
        color=ACCENT, filled=True, opacity=1, size=34
    )
    lines.append(dots.encode(x=over.x, y=over.y("wape")))
    return finished(lines, box)


def bias_over_time(weeks: pl.DataFrame, *, width: int = 960) -> Spec:
    """Draw by how much the forecasts of each period were too high, or below 0 too low.

    ``weeks``: ``date``, ``bias_share`` (null where unknown). A missing column is a DataError.
    """
    require(weeks, ["date", "bias_share"], "bias by period")
    if weeks.height < 2:
        return nothing(_FEW, width)
    box = _box(width, 190)
    domain = value_domain([0.0, *weeks["bias_share"].to_list()])
    over = _plane(weeks, domain, width, ticks=3)
    room = box.inner_width / weeks.height
    bars = (
        alt
        .Chart(inline(weeks.select("date", "bias_share").with_columns(zero=pl.lit(0.0))))
        .mark_bar(color=ACCENT, opacity=1, width=max(2.0, min(18.0, 0.6 * room)))
        .encode(x=over.x, y=over.y("bias_share"), y2="zero:Q")
    )
    return finished([bars, _rule(0.0, over, INK)], box)


def coverage_over_time(weeks: pl.DataFrame, *, backtest: float | None, width: int = 960) -> Spec:
    """Draw how many truths the bands of 80 % and 95 % held, beside what they promise.

    ``weeks``: ``date``, ``coverage_80``, ``coverage_95`` (shares, null where there is no band).
    ``backtest``: how many the band of 80 % held there. A missing column is a DataError.
    """
    require(weeks, ["date", "coverage_80", "coverage_95"], "coverage by period")
    known = [*weeks["coverage_80"].drop_nulls(), *weeks["coverage_95"].drop_nulls()]
    if weeks.height < 2 or not known:
        return nothing(_FEW if known else "The forecasts have no bands.", width)
    box = _box(width, 190)
    low = min(0.75, *known, *([backtest] if backtest is not None else [])) - 0.02
    over = _plane(weeks, (low, 1.005), width)
    layers = [_rule(0.8, over, INK), _rule(0.95, over, INK)]
    if backtest is not None:
        layers.append(_rule(backtest, over, BASE, dash=(4, 3)))
    for name, color in (("coverage_95", BASE), ("coverage_80", ACCENT)):
        layers.append(over.line(weeks.drop_nulls(name), name, color, 2.0))
    return finished(layers, box)


def _box(width: int, height: int) -> Box:
    """Return the frame of a chart over time."""
    return Box(width=width, height=height, left=52, right=16, top=12, bottom=44)


def _plane(weeks: pl.DataFrame, domain: Domain, width: int, *, ticks: int = 4) -> Plane:
    """Return the axes of the periods and of shares within ``domain``."""
    days: Sequence[date] = weeks["date"].to_list()
    x = time_axis(min(days), max(days), 5 if width < _NARROW else 10, margin=_DAYS)
    return Plane(x=x, domain=domain, ticks=ticks, label=PERCENT_LABEL)


def _rule(value: float, over: Plane, color: str, dash: tuple[int, int] | None = None) -> Layers:
    """Return a line across at a value."""
    own: alt.Chart = alt.Chart(inline(pl.DataFrame({"at": [value]})))
    strokes = alt.Undefined if dash is None else list(dash)
    rule: alt.Chart = own.mark_rule(color=color, strokeWidth=1, strokeDash=strokes)
    return rule.encode(y=over.y("at"))
