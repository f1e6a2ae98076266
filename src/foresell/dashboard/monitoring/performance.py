"""How forecasts fared since their truth is known: the verdict, by period, and where they fail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from foresell.charts.performance import bias_over_time, coverage_over_time, error_over_time
from foresell.charts.pointing import pointed
from foresell.charts.theme import Spec
from foresell.dashboard.page import Cell, Fact, Figure, Table
from foresell.dashboard.reading.shown import AbsentError, Shown
from foresell.errors import counted
from foresell.report.performance_words import (
    ADVICE,
    HEADS,
    compared,
    first_numbers,
    or_dash,
    standfirst,
)
from foresell.report.wording import day, name, percent, signed, typeset
from foresell.spec.ordered_sums import one_piece

Draw = Callable[[int], Spec]

OUTPUT = "monitor"
SUMMARY, WEEKS, SEGMENTS = (
    "performance_summary.json",
    "performance_weeks.csv",
    "performance_segments.csv",
)
_PERIODS = 104  # drawn, and rows of the table
_NUMBERS = (
    *("wape", "expected_wape", "usual_low", "usual_high", "baseline_wape", "ratio"),
    *("bias_share", "coverage_80", "coverage_95", "value_added"),
)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What is known of forecasts whose truth came. ``command``: what to do about it, "" nothing.

    ``version``: the one that is judged. ``weighed``: how the reasons come to their numbers, "" as
    the facts do.
    """

    verdict: str
    headline: str
    standfirst: str
    advice: str
    command: str
    reasons: Sequence[str]
    version: int
    facts: Sequence[Fact]
    compared: Sequence[tuple[str, str]]
    notes: Sequence[str]
    weighed: str


@dataclass(frozen=True, kw_only=True)
class Periods:
    """How forecasts fared by period. ``every``: what a period is; ``figures`` empty: no dates."""

    every: str
    baseline: str
    figures: Sequence[Figure]
    table: Table


def judged_of(shown: Shown, folder: str) -> Judged:
    """Return the verdict and its numbers; ``folder``: "" or that of a version, with its slash."""
    told = summary_of(shown, folder)
    verdict = str(told["verdict"])
    source = f"{OUTPUT}/{folder}{SUMMARY}"
    facts = [
        Fact(value=one.value, label=one.label, note=one.note, source=source)
        for one in first_numbers(told)
    ]
    return Judged(
        verdict=verdict,
        headline=HEADS[verdict],
        standfirst=standfirst(told),
        advice=ADVICE[verdict],
        command=_command(shown.name, verdict),
        reasons=[typeset(str(one)) for one in told["reasons"]],
        version=int(told["version"]),
        facts=facts,
        compared=compared(told),
        notes=[typeset(str(one)) for one in told["notes"]],
        weighed=_weighed(told),
    )


def _weighed(told: Mapping[str, Any]) -> str:
    """Return why the numbers of the reasons are not those of the facts, "" where they are.

    Rules take the mean of the periods, the facts take all rows of them together.
    """
    recent, every = told["recent"], str(told["every"])
    if recent is None or every == "all" or int(recent["periods"]) < 2:
        return ""
    if told["verdict"] not in {"watch", "retrain"}:
        return ""  # then the reasons hold no numbers
    return (
        f"These sentences count every {every} alike; the numbers above count every row of the "
        f"{counted(int(recent['periods']), every)}."
    )


def summary_of(shown: Shown, folder: str) -> Mapping[str, Any]:
    """Return the summary of performance.

    Raises:
        AbsentError: nothing was judged.
    """
    if shown.stamp(OUTPUT, f"{folder}{SUMMARY}") is None:
        raise AbsentError(
            "no forecast was compared with what came true yet",
            f"{shown.name}/{OUTPUT}",
            _command(shown.name, "unknown"),
        )
    told: Mapping[str, Any] = shown.json(OUTPUT, f"{folder}{SUMMARY}")
    return told


def _command(project: str, verdict: str) -> str:
    """Return what to do about a verdict."""
    return {
        "retrain": f"foresell retrain {project} --if-needed",
        "unknown": f"foresell monitor performance {project} --actuals FILE",
    }.get(verdict, "")


def periods_of(shown: Shown, folder: str) -> Periods:
    """Return how the forecasts fared by period, newest first in the table."""
    told = summary_of(shown, folder)
    every, baseline = str(told["every"]), name(str(told["baseline"]))
    weeks = _weeks(shown, folder)
    return Periods(
        every=every,
        baseline=baseline,
        figures=_figures(weeks, told, every, baseline),
        table=_period_table(weeks, every),
    )


def _weeks(shown: Shown, folder: str) -> pl.DataFrame:
    """Return the table of periods in its types."""
    return shown.csv(OUTPUT, f"{folder}{WEEKS}").select(
        pl.col("period").cast(pl.String),
        pl.col("n").cast(pl.Int64),
        pl.col("whole").cast(pl.Boolean),
        *(pl.col(one).cast(pl.Float64) for one in _NUMBERS),
    )


def _figures(
    weeks: pl.DataFrame, told: Mapping[str, Any], every: str, baseline: str
) -> list[Figure]:
    """Return the charts; none where periods have no date, or only one is whole."""
    whole = weeks.filter("whole").tail(_PERIODS)
    if every == "all" or whole.height < 2:
        return []
    dated = whole.with_columns(date=pl.col("period").str.to_date()).with_columns(
        day=pl.col("date").map_elements(day, return_dtype=pl.String)
    )
    backtest = told["backtest"]["coverage_80"]
    promised = None if backtest is None else float(backtest)
    return [
        _figure(
            "error",
            _error_says(whole, every, told),
            f"Error of each {every} as a share of the truth",
            lambda width: error_over_time(dated, width=width),
            dated,
            {"wape": "error", "expected_wape": "expected", "baseline_wape": baseline},
        ),
        _figure(
            "bias",
            _bias_says(whole, every),
            "All rows together: above zero too much was forecast, below too little",
            lambda width: bias_over_time(dated, width=width),
            dated,
            {"bias_share": "bias"},
        ),
        _figure(
            "coverage",
            _coverage_says(whole),
            "Blue the 80\u00a0% band, grey that of 95\u00a0%; lines at what they promise"
            + (", dashed at what that of 80\u00a0% held in the backtest" if promised else ""),
            lambda width: coverage_over_time(dated, backtest=promised, width=width),
            dated,
            {"coverage_80": "within 80 %", "coverage_95": "within 95 %"},
        ),
    ]


def _figure(
    key: str,
    title: str,
    note: str,
    draw: Draw,
    dated: pl.DataFrame,
    tips: Mapping[str, str],
) -> Figure:
    """Return a chart that tells the numbers under the pointer."""

    def pointed_at(width: int) -> Spec:
        words = {"day": "period", **tips}
        forms = dict.fromkeys(tips, ".1%")
        return pointed(draw(width), dated, "date", words, formats=forms)

    first, last = dated["day"][0], dated["day"][-1]
    return Figure(
        name=key,
        title=title,
        note=note,
        says=f"{title}. {note}, {first} to {last}.",
        draw=pointed_at,
        rows=dated.select("period", "n", *tips),
        size=(760, 280 if key == "error" else 190),
    )


def _error_says(whole: pl.DataFrame, every: str, told: Mapping[str, Any]) -> str:
    """Return what stands out of the errors."""
    known = whole.drop_nulls(["wape", "usual_high"])
    above = known.filter(pl.col("wape") > pl.col("usual_high")).height
    worse = whole.filter(pl.col("wape") > pl.col("baseline_wape")).height
    if known.is_empty():
        return f"What error is usual of {counted(whole.height, every)} is not known"
    base = name(str(told["baseline"]))
    first = (
        f"In {above} of {counted(known.height, every)} the error was beyond what is usual"
        if above
        else f"In none of {counted(known.height, every)} was the error beyond what is usual"
    )
    return f"{first}; in {worse} it was worse than the {base}" if worse else first


def _bias_says(whole: pl.DataFrame, every: str) -> str:
    """Return to which side the forecasts lean."""
    known = whole["bias_share"].drop_nulls()
    high = int((known > 0).sum())
    low = int((known < 0).sum())
    if known.is_empty():
        return "To which side the forecasts lean is not known"
    if max(high, low) * 4 < 3 * len(known):
        return f"Too high in {high}, too low in {low} of {counted(len(known), every)}"
    side, number = ("high", high) if high >= low else ("low", low)
    return f"The forecasts were too {side} in {number} of {counted(len(known), every)}"


def _coverage_says(whole: pl.DataFrame) -> str:
    """Return how much of the truth the band held."""
    known = whole.drop_nulls("coverage_80")
    rows = int(known["n"].sum())
    if not rows:
        return "The forecasts have no bands"
    held = float(one_piece(known["coverage_80"] * known["n"]).sum()) / rows
    return f"The 80\u00a0% band held {percent(held)} of the truth"


def _period_table(weeks: pl.DataFrame, every: str) -> Table:
    """Return the numbers by period, newest first."""
    share, sign = or_dash(percent), or_dash(signed)
    ratio = or_dash(lambda value: f"{value:.2f}")
    shown = weeks.reverse().head(_PERIODS)
    rows = [
        [
            Cell(text=_period(row["period"]) + ("" if row["whole"] else ", in part")),
            Cell(text=f"{row['n']:,}"),
            Cell(text=share(row["wape"])),
            Cell(text=share(row["expected_wape"])),
            Cell(text=ratio(row["ratio"])),
            Cell(text=sign(row["bias_share"])),
            Cell(text=share(row["coverage_80"])),
            Cell(text=share(row["coverage_95"])),
            Cell(text=sign(row["value_added"])),
        ]
        for row in shown.to_dicts()
    ]
    return Table(
        caption="Numbers by period" if every != "all" else "Numbers of all rows together",
        heads=(
            *(
                "Period" if every == "all" else f"{every.capitalize()} of",
                "Rows",
                "Error",
                "Expected",
                "Times expected",
                "Bias",
            ),
            *("In 80\u00a0%", "In 95\u00a0%", "Value added"),
        ),
        rows=rows,
        left_out=weeks.height - shown.height,
    )


def _period(text: str) -> str:
    """Return a period as a person reads it."""
    return "all rows" if text == "all" else day(date.fromisoformat(text))
