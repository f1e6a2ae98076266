"""``foresell inspect`` and ``foresell backtest``: what was judged, against the truth."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresell.cli.arguments import Candidate, Form, Project, Where
from foresell.cli.asking import parse_where
from foresell.cli.inspect_rows import show_row_backtest, show_row_inspection
from foresell.cli.numbers import amount, share
from foresell.cli.show import Format
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import plain, print_json, screen
from foresell.cli.writing import (
    PICTURES,
    ROWS,
    check_out,
    is_picture,
    write_forecast,
    write_picture,
)
from foresell.errors import counted

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from foresell.api.inspecting import Inspection

_HEAD = 60  # rows that a person reads on a screen
_MARKS = "▁▂▃▄▅▆▇█"
_WIDE = 100  # characters of a sparkline


class ProtocolName(StrEnum):
    """What was known when a judged row was forecast."""

    frozen = "frozen"
    one_step = "one-step"
    held_out = "held-out"
    chronological = "chronological"


Protocol = Annotated[
    ProtocolName | None,
    typer.Option(
        help="Panels: frozen (forecast once, at the cutoff) or one-step (from the period before). "
        "Tables: held-out or chronological, as declared. The first of them by default."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(inspect)
    app.command()(backtest)


def inspect(
    project: Project,
    where: Where = None,
    candidate: Candidate = None,
    protocol: Protocol = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it there: .svg, .png, .csv or .parquet."),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Show forecasts of the test against the truth."""
    from foresell.api import inspecting  # noqa: PLC0415 - keeps --help quick

    check_out(out, (*PICTURES, *ROWS))
    conditions = parse_where(where or [])
    found = inspecting.inspect(project, conditions, candidate=candidate, protocol=_name(protocol))
    if out is not None and is_picture(out):
        write_picture(inspecting.draw_inspection(found, png=out.suffix.lower() == ".png"), out)
    elif out is not None:
        write_forecast(found.rows, out, form)
    elif form is Format.json:
        print_json(_plain(found))
    elif found.kind == "tabular":
        show_row_inspection(found)
    else:
        show_inspection(found)


def backtest(
    project: Project,
    protocol: Protocol = None,
    form: Form = Format.table,
) -> None:
    """Show every candidate's error on the folds that chose the champion, before the test."""
    from foresell.api import inspecting  # noqa: PLC0415 - keeps --help quick

    folds = inspecting.backtest(project, protocol=_name(protocol))
    if form is Format.json:
        print_json(folds.to_dicts())
    elif "cutoff" in folds.columns:
        show_backtest(folds)
    else:
        show_row_backtest(folds)


def show_inspection(found: "Inspection") -> None:
    """Print a slice: what it is, two sparklines on one scale, the rows or their sums, the scores.

    A slice of one series is shown row by row, of several summed by date.
    """
    console = screen()
    star = " ★" if found.candidate == found.champion else ""
    console.print(f"[bold]{plain(found.candidate)}{star}[/bold]  {found.title}: {found.answers}")
    actual, forecast = found.by_date["y"].to_list(), found.by_date["prediction"].to_list()
    low, high = min(*actual, *forecast), max(*actual, *forecast)
    for title, values in (("actual", actual), ("forecast", forecast)):
        line = sparkline(values[-_WIDE:], low, high)
        console.print(f"  {title:<9}{line}", highlight=False)
    table = _rows_table(found) if found.series == 1 else _sums_table(found)
    print_table(console, table, more="--format json has them all")
    if found.rows.height > min(_HEAD, table.row_count):
        note = f"{found.rows.height:,} rows; --out FILE writes them all, with every quantile"
        console.print(f"[dim]{note}[/dim]")
    for line in _sentences(found):
        console.print(line, soft_wrap=True)


def sparkline(values: Iterable[float], low: float, high: float) -> str:
    """Return one mark a value, its height between ``low`` and ``high``.

    >>> sparkline([0.0, 1.0, 2.0], 0.0, 2.0)
    '▁▄█'
    """
    span = (high - low) or 1.0
    top = len(_MARKS) - 1
    return "".join(_MARKS[int((value - low) / span * top)] for value in values)


def show_backtest(folds: "pl.DataFrame") -> None:
    """Print the WAPE of every candidate at every fold, least over all folds first."""
    import polars as pl  # noqa: PLC0415 - keeps --help quick

    from foresell.spec.ordered_sums import ordered_sum  # noqa: PLC0415

    console = screen()
    if folds.is_empty():
        console.print("no fold was possible: the history is too short; see the notes of the report")
        return
    cutoffs = sorted(folds["cutoff"].unique().to_list())
    declared = bool(folds["fold"].all())
    table = result_table("", "candidate", *(str(day) for day in cutoffs), "ALL")
    of = "the folds" if declared else "the residuals"
    table.title = f"Backtest: WAPE of {of}, by the last date that was known"
    wape = {(row["cutoff"], row["candidate"]): row["wape"] for row in folds.to_dicts()}
    actual = pl.when(pl.col("wape") > 0).then(pl.col("abs_error") / pl.col("wape"))
    overall = (
        folds
        .group_by("candidate", "kind", "chosen")
        .agg((ordered_sum(pl.col("abs_error")) / ordered_sum(actual)).alias("all"))
        .sort("all", "candidate", nulls_last=True)
    )
    for row in overall.to_dicts():
        numbers = [wape.get((day, row["candidate"])) for day in cutoffs]
        style = "bold" if row["chosen"] else "dim" if row["kind"] == "baseline" else ""
        cells = [share(value) for value in [*numbers, row["all"]]]
        table.add_row("★" if row["chosen"] else "", row["candidate"], *cells, style=style)
    print_table(console, table, more="--format json has them all", keep=1)
    if not declared:
        console.print(
            "[dim]no fold was possible, the history is too short: these are the cutoffs of the "
            "residuals that the bands are made of[/dim]",
            highlight=False,
            soft_wrap=True,
        )


def _rows_table(found: "Inspection") -> "Table":
    """Return the rows of one series, one by one."""
    banded = "in_80" in found.rows.columns
    bands = ["80% FROM", "TO", "IN"] if banded else []
    table = result_table(found.time, "STEP", "ACTUAL", "FORECAST", "ERROR", *bands)
    for row in found.rows.head(_HEAD).to_dicts():
        numbers = [amount(row[name]) for name in ("y", "prediction", "error")]
        edges = [amount(row["q0.1"]), amount(row["q0.9"])] if banded else []
        mark = ["✓" if row["in_80"] else "[red]✗[/red]"] if banded else []
        table.add_row(str(row[found.time]), str(row["step"]), *numbers, *edges, *mark)
    return table


def _sums_table(found: "Inspection") -> "Table":
    """Return the sums by date."""
    table = result_table(found.time, "ROWS", "ACTUAL", "FORECAST", "ERROR")
    for row in found.by_date.head(_HEAD).to_dicts():
        numbers = [amount(row[name]) for name in ("y", "prediction", "error")]
        table.add_row(str(row[found.time]), f"{row['n']:,}", *numbers)
    return table


def _sentences(found: "Inspection") -> list[str]:
    """Return the scores of the slice in words."""
    from foresell.spec.ordered_sums import one_piece  # noqa: PLC0415 - imports polars

    scores, unit = found.scores, f" {found.unit}" if found.unit else ""
    total = [float(one_piece(found.rows[name]).sum()) for name in ("y", "prediction")]
    first = (
        f"[bold]Slice[/bold]  {counted(found.rows.height, 'row')} of {found.series:,} series; "
        f"actual {amount(total[0])}{plain(unit)}, forecast {amount(total[1])}{plain(unit)}"
    )
    errors = f"WAPE {share(scores['wape'])}, RMSE {amount(scores['rmse'])}, bias "
    errors += "–" if scores["bias_share"] is None else f"{scores['bias_share']:+.1%} of actuals"
    bands = [
        f"{scores[f'coverage_{percent}']:.1%} inside the {percent} % band"
        for percent in (80, 95)
        if scores.get(f"coverage_{percent}") is not None
    ]
    other = f"best baseline {found.baseline}: WAPE {share(found.baseline_wape)}"
    return [first, f"       {'; '.join([errors, *bands])}", f"       {other}"]


def _plain(found: "Inspection") -> dict[str, Any]:
    """Return a slice as plain values."""
    frames = {"rows": found.rows.to_dicts(), "by_date": found.by_date.to_dicts()}
    names = (
        "project", "kind", "candidate", "champion", "protocol", "answers", "unit", "series",
        "scores", "baseline", "baseline_wape", "baseline_scores",
    )  # fmt: skip
    return {**{name: getattr(found, name) for name in names}, **frames}


def _name(protocol: ProtocolName | None) -> str | None:
    """Return the protocol's name, None where the project's first one is meant."""
    return None if protocol is None else protocol.value
