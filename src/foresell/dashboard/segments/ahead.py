"""What is to come of a declared segment: the numbers that matter, its charts and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from foresell.dashboard.page import Fact, Figure, Table
from foresell.dashboard.segments.gauged import Gauged
from foresell.dashboard.segments.months import months_of, pictures
from foresell.dashboard.segments.naive import TITLES, better_naive, less_error
from foresell.dashboard.segments.tables import losses_table, tried_table
from foresell.report.wording import NBSP, amount, count, measured, percent

_PARTS = {
    "series": "months",
    "forecast": "forecast",
    "backtest": "backtest",
    "returns": "returns",
    "volatility": "volatility",
    "value_at_risk": "value at risk",
    "amounts": "value at risk in money",
}


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """The part of the page about one segment.

    ``missing``: what is not there, and why. ``months``: what the files give away.
    """

    title: str
    finding: str
    facts: Sequence[Fact]
    figures: Mapping[str, Figure]
    tried: Table | None
    losses: Table | None
    tested: str
    missing: Sequence[tuple[str, str]]
    limitations: Sequence[str]
    warnings: Sequence[str]
    last: date | None
    months: pl.DataFrame = field(repr=False)


def ahead_of(found: Gauged) -> Ahead:
    """Return what is told of a segment."""
    return Ahead(
        title=found.title,
        finding=finding(found),
        facts=facts_of(found),
        figures=pictures(found),
        tried=tried_table(found),
        losses=losses_table(found),
        tested=found.tested,
        missing=[(_PARTS[name], why) for name, why in found.reasons.items()],
        limitations=found.limitations,
        warnings=found.warnings,
        last=found.history["date"][-1] if found.history.height else None,
        months=months_of(found),
    )


def finding(found: Gauged) -> str:
    """Return what is to come, in one clause; why nothing is said where there is no forecast."""
    if found.ahead.is_empty():
        return f"{found.title}: no forecast by month"
    days = found.ahead["date"].to_list()
    total = float(sum(found.ahead["prediction"].to_list()))
    told = f"{found.title}: {amount(total, found.unit)} {_span(days)}"
    change = change_of(found)
    if change is None:
        return told
    if abs(change) < 0.005:
        return f"{told}, as much as a year before"
    side = "more" if change > 0 else "less"
    return f"{told}, {percent(abs(change), 0)} {side} than a year before"


def change_of(found: Gauged) -> float | None:
    """Return by what share the months to come lie above the same ones of the year before.

    None where one of these is not known, or where all of them together sold nothing.
    """
    before = found.months_before(found.ahead["date"].to_list())
    if not before or sum(before) <= 0:
        return None
    return float(sum(found.ahead["prediction"].to_list())) / sum(before) - 1


def _span(days: Sequence[date]) -> str:
    r"""Return the months from first to last, as a sentence goes on.

    >>> _span([date(2005, 6, 1)]), _span([date(2005, 11, 1), date(2006, 2, 1)])
    ('in Jun\xa02005', 'from Nov\xa02005 to Feb\xa02006')
    """
    first, last = (f"{one:%b}{NBSP}{one.year}" for one in (days[0], days[-1]))
    return f"in {first}" if len(days) == 1 else f"from {first} to {last}"


def facts_of(found: Gauged) -> list[Fact]:
    """Return the four or five numbers that matter, those that are known."""
    facts: list[Fact] = []
    unit, source = found.unit, found.source
    if found.ahead.height:
        row = found.ahead.row(0, named=True)
        low, high = (amount(row[name], unit) for name in ("lower_80", "upper_80"))
        facts.append(
            Fact(
                value=amount(row["prediction"], unit),
                label=f"forecast for {row['date']:%b}{NBSP}{row['date'].year}",
                note=f"80{NBSP}% band: {low} to {high}",
                source=source,
            )
        )
    if gain := _gain(found):
        facts.append(gain)
    if found.volatility is not None:
        facts.append(
            Fact(
                value=measured(found.volatility.monthly),
                label="volatility of a month, in logarithms",
                note=f"{measured(found.volatility.annualised)} of a year, by "
                f"{found.volatility.method.upper()}",
                source=source,
            )
        )
    return [*facts, *_at_risk(found)]


def _gain(found: Gauged) -> Fact | None:
    """Return how far the forecast's error lies below that of the better naive forecast.

    None where one of them was not judged, and where they are the same.
    """
    own, rival = found.candidate(found.method), better_naive(found)
    gain = less_error(found, own)
    if own is None or rival is None or gain is None or own is rival:
        return None
    errors = " against ".join(amount(one.rmse or 0.0, found.unit) for one in (own, rival))
    return Fact(
        value=percent(abs(gain), 0),
        label=f"{'less' if gain >= 0 else 'more'} error than the {TITLES[rival.name]} forecast",
        note=f"RMSE of {count(found.n, 'month')} of the backtest: {errors}; the method was chosen "
        "on the same months",
        source=found.source,
        tone="good" if gain > 0 else "bad",
    )


def _at_risk(found: Gauged) -> list[Fact]:
    """Return value at risk at the lowest level that was gauged."""
    if not found.losses:
        return []
    first = min(found.losses, key=lambda one: one.level)
    share = percent(first.var_share, 0)
    worse = f"in one month of {round(100 / (100 - first.level))} it falls further"
    if first.var is None or found.fell_from is None:
        value, note = share, f"of the last month; {worse}"
    else:
        value = amount(first.var, found.unit)
        note = f"{share} below {found.fell_from:%b}{NBSP}{found.fell_from.year}; {worse}"
    label = f"value at risk of the next month, {first.level}{NBSP}%"
    return [Fact(value=value, label=label, note=note, source=found.source)]
