"""How forecasts fared, as one page."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from foresell.charts.drawing import inline_svg
from foresell.charts.performance import bias_over_time, coverage_over_time, error_over_time
from foresell.charts.theme import TOKENS, Spec
from foresell.errors import counted
from foresell.monitor.judging import Performance
from foresell.monitor.segment_errors import SURE
from foresell.report.figures import NARROW, WIDE, Figure
from foresell.report.rendering import Fact
from foresell.report.wording import day, percent, signed

_DASH = "–"
_SEGMENTS, _PERIODS = 20, 80  # rows of a table
_ADVICE = {
    "steady": "nothing is to be done.",
    "watch": "look again when the next period is known; this is too little to train for.",
    "retrain": "train a challenger, and let the gate decide:",
    "unknown": "give what came true as it becomes known.",
}
_HEADS = {
    "steady": "The forecasts hold",
    "watch": "The forecasts are to be watched",
    "retrain": "It is time to train again",
    "unknown": "Nothing has been judged yet",
}


def performance_html(performance: Performance) -> str:
    """Return the page of a judgement; nothing is fetched when it is looked at."""
    pages = Environment(
        loader=PackageLoader("foresell.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters.update(
        share=_or_dash(percent),
        share0=_or_dash(lambda value: percent(value, 0)),
        sign=_or_dash(signed),
        times=_or_dash(lambda value: f"{value:.2f}"),
        plus=_or_dash(lambda value: f"{value:+.1f}".replace("-", "−")),
    )
    told = performance.told
    segments = performance.segments.head(_SEGMENTS)
    return pages.get_template("performance.html").render(
        told=told,
        tokens=TOKENS,
        headline=_HEADS[told["verdict"]],
        standfirst=_standfirst(told),
        advice=_ADVICE[told["verdict"]],
        facts=_facts(told),
        figures=_figures(performance),
        segments=segments.with_columns(
            odd=(pl.col("chance") <= SURE).fill_null(value=False)
        ).to_dicts(),
        span=_capital(_span(told)),
        more=_more(performance.segments),
        weeks=performance.weeks.tail(_PERIODS).to_dicts(),
        compared=_compared(told),
    )


def _or_dash(say: Callable[[float], str]) -> Callable[[float | None], str]:
    """Return ``say``, and a dash for nothing."""
    return lambda value: _DASH if value is None else say(value)


def _span(told: Mapping[str, Any]) -> str:
    """Return which periods the verdict is about."""
    recent = told["recent"]
    if recent is None:
        return "no period"
    if told["every"] == "all":
        return f"all {recent['n']:,} rows"
    return f"the last {counted(recent['periods'], told['every'])}, to {_day(recent['to'])}"


def _capital(words: str) -> str:
    """Return words as the beginning of a sentence; those within keep their capitals."""
    return words[:1].upper() + words[1:]


def _standfirst(told: Mapping[str, Any]) -> str:
    """Return what is looked at, in one sentence."""
    recent = told["recent"]
    if recent is None:
        others = any(one != told["version"] for one in told["versions"])
        who = f"version {told['version']} forecast" if others else "was forecast"
        return f"Nothing that {who} has come true yet."
    words = _span(told)
    ratio = recent["ratio"]
    beside = f", {ratio:.2f} times what the backtest lets us expect" if ratio is not None else ""
    error = percent(recent["wape"]) if recent["wape"] is not None else "not known"
    return f"In {words}, the error was {error} of the truth{beside}."


def _facts(told: Mapping[str, Any]) -> list[Fact]:
    """Return the first numbers, each beside the backtest's."""
    recent, backtest = told["recent"], told["backtest"]
    if recent is None:
        return []
    share, sign = _or_dash(percent), _or_dash(signed)
    rows = (
        ("wape", "error (WAPE)", share),
        ("bias_share", "bias", sign),
        ("coverage_80", "within the 80\u00a0% band", share),
        ("value_added", "of the baseline's error saved", sign),
    )
    return [
        Fact(value=say(recent[name]), label=label, note=f"{say(backtest[name])} in the backtest")
        for name, label, say in rows
        if recent[name] is not None
    ]


def _figures(performance: Performance) -> dict[str, Figure]:
    """Return the charts, none where periods have no date."""
    told = performance.told
    weeks = performance.weeks.filter("whole").tail(_PERIODS)
    if told["every"] == "all" or weeks.height < 2:
        return {}
    dated = weeks.with_columns(date=pl.col("period").str.to_date())
    backtest = told["backtest"]["coverage_80"]
    base = str(told["baseline"]).replace("_", " ")
    every = told["every"]
    return {
        "error": _figure(
            lambda width: error_over_time(dated, width=width),
            "error",
            f"Error by {every}",
            f"share of the truth, beside the {base} and what is usual in the backtest",
        ),
        "bias": _figure(
            lambda width: bias_over_time(dated, width=width),
            "bias",
            f"Bias by {every}",
            "all rows together: above zero too much was forecast, below too little",
        ),
        "coverage": _figure(
            lambda width: coverage_over_time(dated, backtest=backtest, width=width),
            "coverage",
            "How often the bands held",
            "blue the 80\u00a0% band, grey that of 95\u00a0%; lines at what they promise, dashed "
            "what that of 80\u00a0% held in the backtest",
        ),
    }


def _figure(draw: Callable[[int], Spec], name: str, says: str, shows: str) -> Figure:
    """Return a chart for wide screens and one for phones."""

    def drawn(width: int, end: str) -> Markup:
        svg = inline_svg(draw(width), name=f"{name}-{end}", title=says, text=shows)
        return Markup(svg)  # noqa: S704 - every text in it was escaped by inline_svg

    return Figure(
        name=name, says=says, shows=shows, wide=drawn(WIDE, "w"), narrow=drawn(NARROW, "n")
    )


def _more(segments: pl.DataFrame) -> str:
    """Return where the other segments are."""
    left = segments.height - _SEGMENTS
    other = f"{counted(left, 'more part')}: " if left > 0 else ""
    return f"{other}performance_segments.csv has all of them."


def _compared(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what was compared with what, a line each."""
    actuals, backtest = told["actuals"], told["backtest"]
    versions = ", ".join(map(str, told["versions"])) or "none"
    made = "see below," if told.get("recomputed") else "as made at the time,"
    lines = [
        (
            "Truth",
            f"{counted(actuals['rows'], 'row')} known, of which {told['matched']:,} had a "
            f"forecast; {actuals['new']:,} new this time, {actuals['revised']:,} revised",
        ),
        ("Forecasts", f"{made} by version {versions}"),
    ]
    if told["cutoff"] is not None:
        ends = f"{_day(told['cutoff'])}; its forecasts end on {_day(told['forecast_to'])}"
        lines.append((f"Version {told['judged_by']}", f"last saw {ends}"))
    span = ""
    if backtest["from"] is not None:
        span = f", {_day(backtest['from'])} to {_day(backtest['to'])}"
    lines.append(("Backtest", f"{counted(backtest['n'], 'row')} it was judged on{span}"))
    for one in told["unmatched"]:
        named = f": {'; '.join(one['named'])}" if one["named"] else ""
        lines.append((one["why"].capitalize(), f"{counted(one['rows'], 'row')}{named}"))
    return lines


def _day(text: str) -> str:
    """Return an ISO date as a person reads it."""
    return day(date.fromisoformat(text))
