"""How forecasts fared by period: their error, their bias, and how often a band held."""

from collections.abc import Sequence
from datetime import date, timedelta

import altair as alt
import polars as pl

from foresell.charts.axes import Domain, time_axis, value_axis, value_domain
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
    x = _time(weeks, width)
    usual = (
        alt
        .Chart(inline(weeks.select("date", "usual_low", "usual_high")))
        .mark_area(color=FAINT, opacity=0.45)
        .encode(x=x, y=value_axis("usual_low", domain, label=PERCENT_LABEL), y2="usual_high:Q")
    )
    lines: list[Layers] = [usual]
    for name, color, thick in (("baseline_wape", BASE, 1.5), ("wape", ACCENT, 2.5)):
        own = alt.Chart(inline(weeks.select("date", name)))
        y = value_axis(name, domain, label=PERCENT_LABEL)
        lines.append(own.mark_line(color=color, strokeWidth=thick).encode(x=x, y=y))
    dots = alt.Chart(inline(weeks.select("date", "wape")))
    y = value_axis("wape", domain, label=PERCENT_LABEL)
    lines.append(dots.mark_point(color=ACCENT, filled=True, opacity=1, size=34).encode(x=x, y=y))
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
    x, y = _time(weeks, width), value_axis("bias_share", domain, label=PERCENT_LABEL, ticks=3)
    room = box.inner_width / weeks.height
    bars = (
        alt
        .Chart(inline(weeks.select("date", "bias_share").with_columns(zero=pl.lit(0.0))))
        .mark_bar(color=ACCENT, opacity=0.8, width=max(2.0, min(18.0, 0.6 * room)))
        .encode(x=x, y=y, y2="zero:Q")
    )
    return finished([bars, _rule(0.0, domain, INK, ticks=3)], box)


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
    low = min(0.75, *known) - 0.02
    domain = (low, 1.005)
    x = _time(weeks, width)
    layers: list[Layers] = [_rule(0.8, domain, INK), _rule(0.95, domain, INK)]
    if backtest is not None and backtest > low:
        layers.append(_rule(backtest, domain, BASE, dash=(4, 3)))
    for name, color in (("coverage_95", BASE), ("coverage_80", ACCENT)):
        own = alt.Chart(inline(weeks.select("date", name).drop_nulls()))
        y = value_axis(name, domain, label=PERCENT_LABEL)
        layers.append(own.mark_line(color=color, strokeWidth=2).encode(x=x, y=y))
    return finished(layers, box)


def _box(width: int, height: int) -> Box:
    """Return the frame of a chart over time."""
    return Box(width=width, height=height, left=52, right=16, top=12, bottom=44)


def _time(weeks: pl.DataFrame, width: int) -> alt.X:
    """Return the axis of the periods."""
    days: Sequence[date] = weeks["date"].to_list()
    return time_axis(min(days), max(days), 5 if width < _NARROW else 10, margin=_DAYS)


def _rule(
    value: float,
    domain: Domain,
    color: str,
    dash: tuple[int, int] | None = None,
    *,
    ticks: int = 4,
) -> Layers:
    """Return a line across at a value; ``ticks``: as many as the other layers have."""
    own: alt.Chart = alt.Chart(inline(pl.DataFrame({"at": [value]})))
    y = value_axis("at", domain, label=PERCENT_LABEL, ticks=ticks)
    rule: Layers = own.mark_rule(color=color, strokeWidth=1).encode(y=y)
    if dash is not None:
        rule = own.mark_rule(color=color, strokeWidth=1, strokeDash=list(dash)).encode(y=y)
    return rule
