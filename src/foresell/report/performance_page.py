"""How forecasts fared, as one page."""

from collections.abc import Callable

import polars as pl
from markupsafe import Markup

from foresell.charts.drawing import inline_svg
from foresell.charts.performance import bias_over_time, coverage_over_time, error_over_time
from foresell.charts.signs import minus
from foresell.charts.theme import TOKENS, Spec
from foresell.errors import counted
from foresell.monitor.judging import Performance
from foresell.monitor.segment_errors import SURE
from foresell.report.figures import NARROW, WIDE, Figure
from foresell.report.page_templates import page_templates
from foresell.report.performance_words import (
    ADVICE,
    HEADS,
    compared,
    first_numbers,
    or_dash,
    span,
    standfirst,
)
from foresell.report.wording import percent, signed

_SEGMENTS, _PERIODS = 20, 80  # rows of a table


def performance_html(performance: Performance) -> str:
    """Return the page of a judgement; nothing is fetched when it is looked at."""
    pages = page_templates(
        share=or_dash(percent),
        share0=or_dash(lambda value: percent(value, 0)),
        sign=or_dash(signed),
        times=or_dash(lambda value: f"{value:.2f}"),
        plus=or_dash(lambda value: minus(f"{value:+.1f}")),
    )
    told = performance.told
    segments = performance.segments.head(_SEGMENTS)
    return pages.get_template("performance.html").render(
        told=told,
        tokens=TOKENS,
        headline=HEADS[told["verdict"]],
        standfirst=standfirst(told),
        advice=ADVICE[told["verdict"]],
        facts=first_numbers(told),
        figures=_figures(performance),
        segments=segments.with_columns(
            odd=(pl.col("chance") <= SURE).fill_null(value=False)
        ).to_dicts(),
        span=_capital(span(told)),
        more=_more(performance.segments),
        weeks=performance.weeks.tail(_PERIODS).to_dicts(),
        compared=compared(told),
    )


def _capital(words: str) -> str:
    """Return words as the beginning of a sentence; those within keep their capitals."""
    return words[:1].upper() + words[1:]


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
