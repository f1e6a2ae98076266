"""How forecasts fared, on the screen."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foresell.cli.numbers import MISSING
from foresell.cli.show_monitor import NOT_SERVED, unseen_words
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import plain, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from foresell.api.performing import PerformanceReport

_COLOURS = {"steady": "green", "watch": "yellow", "retrain": "red", "unknown": "yellow"}
_SEGMENTS = 5


def show_performance(found: "PerformanceReport") -> None:
    """Print the verdict with its reasons, the last periods beside the backtest, the files."""
    told, console = found.told, screen()
    alias = f" ({told['alias']})" if told["alias"] else ""
    others = any(one != told["version"] for one in told["versions"])
    before = "and those before it " if others else ""
    console.print(
        f"[bold]{plain(found.project)}[/bold]  {plain(told['target'])}: what version "
        f"{told['version']}{alias} {before}forecast, beside what came true",
        highlight=False,
        soft_wrap=True,
    )
    _show_actuals(told)
    if told["recent"] is not None:
        _show_recent(told)
        _show_segments(told)
    colour = _COLOURS[found.verdict]
    console.print(f"\n[bold {colour}]{found.verdict}[/bold {colour}]", highlight=False)
    for reason in told["reasons"]:
        console.print(f"- {plain(reason)}", highlight=False, soft_wrap=True)
    for note in told["notes"]:
        console.print(f"[dim]{plain(note)}[/dim]", highlight=False, soft_wrap=True)
    _show_alert(found)
    console.print(f"[dim]{plain(str(found.files[0]))}[/dim]", highlight=False, soft_wrap=True)


def _show_alert(found: "PerformanceReport") -> None:
    """Print how the alert stands, and who could not be told."""
    console, settled = screen(), found.settled
    if settled is None:
        console.print(f"[dim]{NOT_SERVED}[/dim]", highlight=False, soft_wrap=True)
        return
    for trouble in settled.trouble:
        console.print(f"[yellow]{plain(trouble)}[/yellow]", highlight=False, soft_wrap=True)
    if settled.resolved:
        console.print("[green]the alert is over[/green]", highlight=False)
    elif settled.firing:
        since = f" since {settled.since:%Y-%m-%d %H:%M} UTC" if settled.since else ""
        console.print(f"[red]the alert stands{since}[/red]", highlight=False)
    for words in unseen_words(settled):
        console.print(f"[yellow]{plain(words)}[/yellow]", highlight=False, soft_wrap=True)


def _show_actuals(told: Mapping[str, Any]) -> None:
    """Print how much of the truth is known, and how much of it had a forecast."""
    actuals = told["actuals"]
    said = f"{counted(actuals['rows'], 'row')} of truth, {told['matched']:,} with a forecast"
    parts = [f"{actuals[name]:,} {name}" for name in ("new", "revised") if actuals[name]]
    screen().print(
        said + (f" ({', '.join(parts)} this time)" if parts else ""),
        highlight=False,
        soft_wrap=True,
    )
    for one in told["unmatched"]:
        named = f": {'; '.join(one['named'])}" if one["named"] else ""
        more = ", ..." if len(one["named"]) > 4 else ""
        screen().print(
            f"[dim]{counted(one['rows'], 'row')} {one['why']}{plain(named)}{more}[/dim]",
            highlight=False,
            soft_wrap=True,
        )


def _show_recent(told: Mapping[str, Any]) -> None:
    """Print the last periods beside the backtest."""
    recent, backtest = told["recent"], told["backtest"]
    table = result_table("", "ERROR", "BIAS", "IN 80%", "IN 95%", "VALUE ADDED")
    span = "all rows"
    if told["every"] != "all":
        span = f"{counted(recent['periods'], told['every'])} to {recent['to']}"
    names = ("wape", "bias_share", "coverage_80", "coverage_95", "value_added")
    for name, numbers in ((span, recent), ("backtest", backtest)):
        table.add_row(name, *(_share(numbers.get(one), sign="bias" in one) for one in names))
    print_table(screen(), table, more="--format json has them all")


def _show_segments(told: Mapping[str, Any]) -> None:
    """Print the parts whose errors exceed what is expected most."""
    rows = [one for one in told["segments"] if (one["excess"] or 0) > 0][:_SEGMENTS]
    if not rows:
        return
    table = result_table("part", "ERROR", "BACKTEST", "TIMES EXPECTED", "BIAS")
    table.title = "Where errors exceed what is expected most"
    for row in rows:
        table.add_row(
            plain(f"{row['by']} {row['value']}"),
            _share(row["wape"]),
            _share(row["backtest_wape"]),
            f"{row['ratio']:.2f}",
            _share(row["bias_share"], sign=True),
        )
    print_table(screen(), table, more="--format json has them all")


def _share(value: float | None, *, sign: bool = False) -> str:
    """Return a share as a person reads it."""
    if value is None:
        return MISSING
    return f"{value:+.1%}" if sign else f"{value:.1%}"
