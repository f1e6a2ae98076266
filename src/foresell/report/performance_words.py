"""What is said of how forecasts fared, in words: for the report and for the pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from foresell.errors import counted
from foresell.report.wording import day, percent, signed

Told = Mapping[str, Any]

DASH = "–"
ADVICE = {
    "steady": "nothing is to be done.",
    "watch": "look again when the next period is known; this is too little to train for.",
    "retrain": "train a challenger, and let the gate decide:",
    "unknown": "give what came true as it becomes known.",
}
HEADS = {
    "steady": "The forecasts hold",
    "watch": "The forecasts are to be watched",
    "retrain": "It is time to train again",
    "unknown": "Nothing has been judged yet",
}


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number that matters, as it is shown. ``key``: its name in ``recent`` and ``backtest``."""

    key: str
    value: str
    label: str
    note: str


def or_dash(say: Callable[[float], str]) -> Callable[[float | None], str]:
    """Return ``say``, and a dash for nothing."""
    return lambda value: DASH if value is None else say(value)


def span(told: Told) -> str:
    """Return which periods the verdict is about."""
    recent = told["recent"]
    if recent is None:
        return "no period"
    if told["every"] == "all":
        return f"all {recent['n']:,} rows"
    return f"the last {counted(recent['periods'], told['every'])}, to {iso_day(recent['to'])}"


def standfirst(told: Told) -> str:
    """Return what is looked at, in one sentence."""
    recent = told["recent"]
    if recent is None:
        others = any(one != told["version"] for one in told["versions"])
        who = f"version {told['version']} forecast" if others else "was forecast"
        return f"Nothing that {who} has come true yet."
    ratio = recent["ratio"]
    beside = f", {ratio:.2f} times what the backtest lets us expect" if ratio is not None else ""
    error = percent(recent["wape"]) if recent["wape"] is not None else "not known"
    return f"In {span(told)}, the error was {error} of the truth{beside}."


def first_numbers(told: Told) -> list[Number]:
    """Return the first numbers, each beside the backtest's."""
    recent, backtest = told["recent"], told["backtest"]
    if recent is None:
        return []
    share, sign = or_dash(percent), or_dash(signed)
    rows = (
        ("wape", "error (WAPE)", share),
        ("bias_share", "bias", sign),
        ("coverage_80", "within the 80\u00a0% band", share),
        ("value_added", "of the baseline's error saved", sign),
    )
    return [
        Number(
            key=name,
            value=say(recent[name]),
            label=label,
            note=f"{say(backtest[name])} in the backtest",
        )
        for name, label, say in rows
        if recent[name] is not None
    ]


def compared(told: Told) -> list[tuple[str, str]]:
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
        ends = f"{iso_day(told['cutoff'])}; its forecasts end on {iso_day(told['forecast_to'])}"
        lines.append((f"Version {told['judged_by']}", f"last saw {ends}"))
    within = ""
    if backtest["from"] is not None:
        within = f", {iso_day(backtest['from'])} to {iso_day(backtest['to'])}"
    lines.append(("Backtest", f"{counted(backtest['n'], 'row')} it was judged on{within}"))
    for one in told["unmatched"]:
        named = f": {'; '.join(one['named'])}" if one["named"] else ""
        lines.append((one["why"].capitalize(), f"{counted(one['rows'], 'row')}{named}"))
    return lines


def iso_day(text: str) -> str:
    """Return an ISO date as a person reads it."""
    return day(date.fromisoformat(text))
