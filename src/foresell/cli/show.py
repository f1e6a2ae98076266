"""What the commands print: tables for people, JSON for programs; errors on standard error."""

import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from foresell.cli.numbers import amount, amounts
from foresell.cli.show_data import show_data
from foresell.cli.show_registration import show_registration
from foresell.cli.show_tracking import show_tracking
from foresell.cli.tables import print_table
from foresell.cli.terminal import plain, print_json, screen
from foresell.errors import ForesellError, counted

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console
    from rich.table import Table

    from foresell.adapters.machine import Check
    from foresell.api import ProjectSummary, RunResult

_METRICS = ("wmae", "rmse", "mae", "wape", "bias_share", "mase", "wql", "coverage_80")
_OF_ROWS = ("wmae", "rmse", "mae", "wape", "r2", "bias_share", "coverage_80", "width_80")
_TITLES = {"bias_share": "BIAS", "coverage_80": "IN 80%", "width_80": "80% WIDTH"}
_SHARES = ("coverage_80", "bias_share", "wape", "wql", "r2", "mase")  # no amounts
_ANSWERS = ("prediction", "interval_method", "level_used")
_MORE = "--format json has them all"
_HEAD = 14  # rows of a forecast that fit on a screen beside what came before


class Format(StrEnum):
    """For people or for programs."""

    table = "table"
    json = "json"


def show_error(error: ForesellError) -> None:
    """Print the three parts of an error."""
    console = screen(stderr=True)
    console.print(f"[bold red]error[/bold red] {plain(error.what)}", soft_wrap=True)
    console.print(f"  [dim]where[/dim] {plain(error.where)}", soft_wrap=True)
    console.print(f"  [dim]mend [/dim] {plain(error.mend)}", soft_wrap=True)


def show_projects(found: "Sequence[ProjectSummary]", form: Format) -> None:
    """Print the projects."""
    if form is Format.json:
        print_json([asdict(project) for project in found])
        return
    table = _table("project", "what", "kind", "target", "step", "horizon", "data")
    for project in found:
        if project.kind == "broken":
            table.add_row(f"[red]{project.name}[/red]", f"[red]{plain(project.title)}[/red]")
            continue
        table.add_row(
            f"[bold]{project.name}[/bold]",
            plain(project.title),
            project.kind,
            project.target,
            project.frequency or "–",
            "–" if project.horizon is None else str(project.horizon),
            _data_of(project),
        )
    print_table(screen(), table)


def _data_of(project: "ProjectSummary") -> str:
    """Return where the rows of a project come from, as a person gives them."""
    files = "made by foresell" if project.synthetic else "--data DIR"
    words = {"files": files, "s3": "S3", "postgres": "PostgreSQL"}
    return ", ".join(words[place] for place in project.reads) or files


def show_checks(checks: "Sequence[Check]", form: Format) -> None:
    """Print what was looked at."""
    if form is Format.json:
        print_json([asdict(check) for check in checks])
        return
    table = _table("", "what", "found", "mend")
    for check in checks:
        mark = "[green]✓[/green]" if check.state == "ok" else "[red]✗[/red]"
        table.add_row(mark, check.name, check.found, check.mend)
    print_table(screen(), table)


def show_run(result: "RunResult", form: Format) -> None:
    """Print the leaderboard, the value added, the verdict, and where everything lies."""
    if form is Format.json:
        print_json(run_json(result))
        return
    console = screen()
    board, added = result.leaderboard, result.value_added
    if board is None or added is None or result.verdict is None:
        show_data(result, console)
        _say_places({"EDA": result.eda}, console)
        show_tracking(result.tracking, console)
        return
    console.print()
    print_table(console, _leaderboard(board, str(result.champion), result.kind), more=_MORE)
    print_table(console, _value_added(added, str(result.champion)), more=_MORE)
    _say_gate(result, console)
    show_registration(result.project, result.registration, console)
    for title, other in list(result.protocols.items())[1:]:
        console.print(_other(title, other, result), highlight=False, soft_wrap=True)
    console.print()
    _say_drift(result.drift, console)
    places = {
        "EDA": result.eda,
        "Forecast": result.forecast,
        "Report": result.report,
        "Quality": result.quality,
        "Run": result.run_id or None,
    }
    _say_places(places, console)
    show_tracking(result.tracking, console)
    if not result.passed and not result.override:
        noun = "Forecast" if result.kind == "panel" else "Answers "
        console.print(
            f"[bold]{noun}[/bold]  not delivered; --override REASON delivers and records why",
            highlight=False,
        )
    elif result.kind == "tabular":
        console.print(f"[bold]Answers[/bold]   foresell predict {result.project} --show-schema")


def _say_places(places: Mapping[str, object], console: "Console") -> None:
    """Print where everything lies; None is not there."""
    for name, place in places.items():
        if place is not None:
            console.print(f"[bold]{name:<9}[/bold] {place}", highlight=False, soft_wrap=True)


def _say_drift(drift: Mapping[str, Any] | None, console: "Console") -> None:
    """Print whether the data moved away, where there was something to compare."""
    if drift is None or not drift["available"]:
        return
    alarms = [one["says"] for one in drift["findings"] if one["weight"] == "alarm"]
    said = "no alarm" if not alarms else f"[red]{counted(len(alarms), 'alarm')}[/red]"
    console.print(f"[bold]{'Drift':<9}[/bold] {said}", highlight=False)
    for sentence in alarms:
        console.print(f"  {plain(sentence)}", highlight=False, soft_wrap=True)


def _say_gate(result: "RunResult", console: "Console") -> None:
    """Print the verdict with its reasons, and what training could not do as declared."""
    passed = bool(result.passed)
    units = f"; errors in {plain(result.unit)}" if result.unit else ""
    mark = "[bold green]passed[/bold green]" if passed else "[bold red]not passed[/bold red]"
    if not passed and result.override:
        mark += f", overridden: {plain(result.override)}"
    console.print(f"\n[bold]Gate[/bold]  {mark}{units}", highlight=False)
    for reason in (result.verdict or {"reasons": ()})["reasons"]:
        console.print(f"  {plain(reason)}", highlight=False, soft_wrap=True)
    for note in result.notes:
        console.print(f"[bold]Note[/bold]  {plain(note)}", highlight=False, soft_wrap=True)


def show_unanswered(left: "pl.DataFrame") -> None:
    """Say, on standard error, how many rows the source asked for are out of reach, and why."""
    if left.height:
        reasons = "; ".join(sorted(set(left["reason"].to_list()))[:3])
        screen(stderr=True).print(
            f"[yellow]{left.height:,} rows that the source asked for are out of reach[/yellow]: "
            f"{plain(reasons)}",
            highlight=False,
            soft_wrap=True,
        )


def show_unplanned(untold: Mapping[str, int], changed: Container[str] = ()) -> None:
    """Say, on standard error, which columns of the plan were taken as usual, in one line.

    ``untold``: how many rows do not tell a column; ``changed``: columns that were told otherwise.
    """
    named = [
        f"{name} ({counted(count, 'row')})" for name, count in untold.items() if name not in changed
    ]
    if named:
        screen(stderr=True).print(
            "[yellow]not told, so taken as usual for the series[/yellow]: "
            f"{plain(', '.join(named))}",
            highlight=False,
            soft_wrap=True,
        )


def show_forecast(answered: "pl.DataFrame", form: Format, unit: str = "") -> None:
    """Print all of ``answered`` for a program, its first rows for a person, with the ``unit``."""
    if form is Format.json:
        sys.stdout.write(answered.write_json() + "\n")
        return
    head, console = answered.head(_HEAD), screen()
    identity = [name for name in head.columns if name not in _ANSWERS and name[:2] != "q0"]
    banded, levelled = "q0.9" in head.columns, "level_used" in head.columns
    columns = ["FORECAST", "80% FROM", "TO"] if banded else ["FORECAST"]
    numbers = ["prediction", "q0.1", "q0.9"] if banded else [head.columns[-1]]
    names = [name for name in identity if name not in numbers]
    table = _table(*names, *columns, *(["level"] if levelled else []))
    if unit:
        table.title = f"Forecast, in {plain(unit)}"
    for row in head.to_dicts():
        cells = [str(row[name]) for name in names] + [f"{row[name]:,.2f}" for name in numbers]
        table.add_row(*cells, *([str(row["level_used"])] if levelled else []))
    print_table(console, table, more="--out FILE writes them all")
    if answered.height > head.height:
        console.print(
            f"[dim]{head.height} of {answered.height:,} rows; --out FILE writes them all, with "
            "every quantile[/dim]",
            highlight=False,
        )


def _leaderboard(board: "pl.DataFrame", champion: str, kind: str) -> "Table":
    """Return the table of all candidates, the champion marked."""
    metrics = _METRICS if kind == "panel" else _OF_ROWS
    shown = [name for name in metrics if board[name].null_count() < board.height]
    table = _table("", "candidate", *(_TITLES.get(name, name.upper()) for name in shown))
    protocol = "frozen origin, the test window" if kind == "panel" else "rows of the test,"
    table.title = f"Leaderboard: {protocol} scored once"
    table.columns[1].no_wrap = True  # a name in two pieces is no name
    cells = [_numbers(board[name].to_list(), name) for name in shown]
    for at, row in enumerate(board.to_dicts()):
        best, baseline = row["candidate"] == champion, row["kind"] == "baseline"
        style = "bold" if best else "dim" if baseline else ""
        own = [column[at] for column in cells]
        table.add_row("★" if best else "", row["candidate"], *own, style=style)
    return table


def _other(title: str, board: "pl.DataFrame", result: "RunResult") -> str:
    """Return how a champion fares under another protocol than the deciding one, in one line."""
    champion = result.champions.get(title, str(result.champion))
    own = board.filter(board["candidate"] == champion)
    best = board.filter(board["kind"] == "baseline").head(1)
    metric = "wmae" if own["wmae"].count() else "rmse"
    names = [f"{champion} {metric.upper()} {_number(own[metric][0], metric)}"]
    names += [f"{row['candidate']} {_number(row[metric], metric)}" for row in best.to_dicts()]
    return f"\n[bold]{title}[/bold]  {', best baseline '.join(names)}; decides nothing"


def _value_added(added: "pl.DataFrame", champion: str) -> "Table":
    """Return how much of each baseline's error the champion takes away."""
    own = added.filter(added["candidate"] == champion)
    shown = [n for n in ("wmae", "rmse", "mae", "wape") if own[n].null_count() < own.height]
    table = _table("over the baseline", *(name.upper() for name in shown))
    table.title = f"Forecast value added by {champion}"
    for row in own.to_dicts():
        cells = ["" if row[name] is None else f"{row[name]:+.1%}" for name in shown]
        table.add_row(row["baseline"], *cells)
    return table


def _numbers(values: "Sequence[float | None]", name: str) -> list[str]:
    """Return the cells of a metric's column."""
    if name in _SHARES:
        return [_number(value, name) for value in values]
    return amounts(values)


def _number(value: float | None, name: str) -> str:
    """Return a metric as a person reads it."""
    if value is None:
        return "–"
    match name:
        case "coverage_80":
            return f"{value:.1%}"
        case "bias_share":
            return f"{value:+.1%}"
        case "wape" | "wql" | "r2":
            return f"{value:.4f}"
        case "mase":
            return f"{value:.3f}"
        case _:
            return amount(value)


def run_json(result: "RunResult") -> dict[str, Any]:
    """Return a run's result as plain values."""

    def rows(frame: "pl.DataFrame | None") -> list[dict[str, Any]] | None:
        return None if frame is None else frame.to_dicts()

    return {
        "project": result.project,
        "run_id": result.run_id,
        "result_id": result.result_id,
        "kind": result.kind,
        "workspace": str(result.workspace),
        "checks": result.checks,
        "cleaning": result.cleaning,
        "leakage": result.leakage,
        "champion": result.champion,
        "passed": result.passed,
        "verdict": result.verdict,
        "override": result.override,
        "version": result.version,
        "aliases": result.aliases,
        "registration": result.registration,
        "tracking": asdict(result.tracking),
        "leaderboard": rows(result.leaderboard),
        "protocols": {title: rows(board) for title, board in result.protocols.items()},
        "notes": list(result.notes),
        "value_added": rows(result.value_added),
        "report": None if result.report is None else str(result.report),
        "figures": None if result.figures is None else str(result.figures),
        "forecast": None if result.forecast is None else str(result.forecast),
        "eda": None if result.eda is None else str(result.eda),
        "risks": result.risks,
        "drift": result.drift,
        "quality": None if result.quality is None else str(result.quality),
        "stages": result.stages,
        "seconds": result.seconds,
    }


def _table(*columns: str) -> "Table":
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for i, name in enumerate(columns):
        number = name.isupper() or name == "horizon"
        whole = number or name == "project"
        table.add_column(name, justify="right" if number and i else "left", no_wrap=whole)
    return table
