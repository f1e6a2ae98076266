"""The charts of a segment: its months with what is to come, and how much they swing."""

import math
from collections.abc import Sequence
from datetime import date

import polars as pl

from foresell.charts.monthly import Between, Line, monthly_chart, returns_chart
from foresell.charts.theme import ACCENT, BASE, INK
from foresell.dashboard.page import Figure
from foresell.dashboard.segments.gauged import YEAR, Gauged
from foresell.dashboard.segments.naive import NAIVE, RULES, SEASONAL, better_naive
from foresell.report.wording import NBSP, amount, count, measured, signed

_BANDS = (
    Between(low="lower_95", high="upper_95", name="95 % band", opacity=0.12),
    Between(low="lower_80", high="upper_80", name="80 % band", opacity=0.2),
)


def pictures(found: Gauged) -> dict[str, Figure]:
    """Return the charts that there is something to draw in, by name."""
    figures = (months_chart(found), swings_chart(found))
    return {one.name: one for one in figures if one is not None}


def rival_of(found: Gauged) -> str:
    """Return the better of both naive forecasts, or the plain one where that cannot be drawn.

    It cannot where none was judged, and where the year before lacks a month: `_rival_text` says so.
    "" where it is the forecast itself, or where there is no forecast.
    """
    if found.ahead.is_empty():
        return ""
    best = better_naive(found)
    name = best.name if best else NAIVE
    days = found.ahead["date"].to_list()
    if name == SEASONAL and found.months_before(_within_a_year(days)) is None:
        name = NAIVE
    return "" if name == found.method else name


def _rival_text(found: Gauged, rival: str) -> str:
    """Return what the dashed line is: called the better naive forecast only where it is that."""
    best = better_naive(found)
    if best is None:
        return f"{RULES[rival]}; no backtest says which naive forecast is the better one"
    if best.name != rival:
        return f"{RULES[rival]}; the better naive forecast, the {RULES[best.name]}, lacks a month"
    return f"{RULES[rival]}, the better naive forecast"


def _within_a_year(days: Sequence[date]) -> Sequence[date]:
    """Return those months ahead whose month of the year before is behind."""
    return days[:YEAR]


def months_of(found: Gauged) -> pl.DataFrame:
    """Return every month that is drawn, ascending, null where there is nothing.

    ``date``, ``actual``, ``prediction``, the edges of both bands, and the naive forecast of
    `rival_of` under its own name, where it is not the forecast itself.
    """
    past = found.history.select("date", actual="y")
    ahead = found.ahead
    if rival := rival_of(found):
        days = ahead["date"].to_list()
        said = _naive(found, days) if rival == NAIVE else _seasonal(found, days)
        ahead = ahead.with_columns(pl.Series(rival, said, dtype=pl.Float64))
    return pl.concat([past, ahead], how="diagonal").sort("date")


def _naive(found: Gauged, days: Sequence[date]) -> list[float]:
    """Return the last month again."""
    return [found.history["y"][-1]] * len(days)


def _seasonal(found: Gauged, days: Sequence[date]) -> list[float]:
    """Return the same months of the year before, again and again."""
    year = found.months_before(_within_a_year(days)) or []
    return [year[place % YEAR] for place in range(len(days))]


def months_chart(found: Gauged) -> Figure | None:
    """Return the chart of the months; None where there is none."""
    if found.history.is_empty():
        return None
    months, rival = months_of(found), rival_of(found)
    lines = [Line(column="actual", name="actual", color=INK)]
    bands: Sequence[Between] = ()
    start = None
    if rival:
        naive = Line(
            column=rival, name=RULES[rival], color=BASE, stroke=1.5, dashed=True, after="actual"
        )
        lines = [naive, *lines]
    if found.ahead.height:
        own = Line(column="prediction", name="foresell", color=ACCENT, stroke=2.5, after="actual")
        lines, bands, start = [*lines, own], _BANDS, found.ahead["date"][0]
    unit = f", {found.unit}" if found.unit else ""
    return Figure(
        name="months",
        title=_strongest(found),
        note=f"Sum of each month{unit}. {_drawn(found, rival)}".strip(),
        says=_heard(found),
        draw=lambda width: monthly_chart(months, lines, bands=bands, start=start, width=width),
        rows=months,
        size=(1140, 340),
    )


def _drawn(found: Gauged, rival: str) -> str:
    """Return how to read the chart of the months."""
    if found.ahead.is_empty():
        return ""
    dashed = f" Dashed: {_rival_text(found, rival)}." if rival else ""
    by = f"{found.method}, {found.model}" if found.model else found.method
    return f"Forecast by {by}; shaded: the 80 and 95{NBSP}% bands.{dashed}"


def _strongest(found: Gauged) -> str:
    """Return which of the months to come is the strongest; of those behind, where none is."""
    if found.ahead.is_empty():
        best = found.history.sort("y", "date", descending=[True, False]).row(0, named=True)
        size = amount(best["y"], found.unit)
        return f"The strongest month was {month_named(best['date'])}, with {size}."
    best = found.ahead.sort("prediction", "date", descending=[True, False]).row(0, named=True)
    size = amount(best["prediction"], found.unit)
    edges = " to ".join(amount(best[name], found.unit) for name in ("lower_80", "upper_80"))
    return (
        f"The strongest month ahead is {month_named(best['date'])}, with {size} "
        f"(80{NBSP}% band: {edges})."
    )


def _heard(found: Gauged) -> str:
    """Return the chart of the months for who cannot see it."""
    days, values = found.history["date"].to_list(), found.history["y"].to_list()
    span = f"from {month_named(days[0])} to {month_named(days[-1])}"
    least, most = (amount(one, found.unit) for one in (min(values), max(values)))
    behind = f"{found.title}: {count(len(days), 'month')} {span}, between {least} and {most}."
    said = [
        f"{month_named(row['date'])} {amount(row['prediction'], found.unit)}"
        for row in found.ahead.iter_rows(named=True)
    ]
    return f"{behind} Forecast: {', '.join(said)}." if said else behind


def swings_chart(found: Gauged) -> Figure | None:
    """Return the chart of the returns; None where there are none."""
    if found.returns.is_empty():
        return None
    values = found.returns["value"].to_list()
    said = f"{count(len(values), 'month')} on the one before, {_moved(min(values), max(values))}."
    title = "How far each month moved from the one before."
    if found.volatility is not None:
        swing = found.volatility.monthly
        within = sum(abs(one) <= swing for one in values)
        title = (
            f"{within} of {count(len(values), 'month')} moved within one standard deviation of "
            f"the next month, {_moved(-swing, swing)}."
        )
        said += f" Volatility of the next month: {measured(swing)} in logarithms."
    returns, path = (one.select("date", "value") for one in (found.returns, found.path))
    rows = pl.concat(
        [returns.rename({"value": "return"}), path.rename({"value": "volatility"})], how="diagonal"
    )
    return Figure(
        name="swings",
        title=title,
        note="Change of each month on the one before, on a logarithmic scale; shaded: one standard "
        "deviation of the months ahead.",
        says=said,
        draw=lambda width: returns_chart(returns, path, width=width),
        rows=rows,
        size=(520, 260),
    )


def _moved(least: float, most: float) -> str:
    r"""Return two logarithmic returns as changes on the month before.

    >>> _moved(-0.75, 0.75)
    'from −52.8\xa0% to +111.7\xa0%'
    """
    return f"from {signed(math.expm1(least))} to {signed(math.expm1(most))}"


def month_named(day: date) -> str:
    """Return a month in words."""
    return f"{day:%B}{NBSP}{day.year}"
