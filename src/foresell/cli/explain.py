"""``foresell explain``: the parts of a forecast, as a table that adds up or as a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresell.cli.arguments import Candidate, Form, Model, Project, Where
from foresell.cli.asking import parse_where
from foresell.cli.explain_rows import explain_table
from foresell.cli.numbers import decimals, rounded
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
    from collections.abc import Mapping, Sequence

    import polars as pl
    from rich.table import Table

_HEAD = 60  # rows that a person reads on a screen
_COLUMNS = 6  # columns of the data that a part is told by on a screen
_NO_PART = ("step", "candidate", "part", "column", "value")


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(explain)


def explain(
    project: Project,
    *,
    where: Where = None,
    day: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help="Only this date, with every column's say."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(metavar="N", help="Only the first N periods ahead.")
    ] = None,
    candidate: Candidate = None,
    model: Model = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write it there: .svg, .png, .csv or .parquet; of a table also .json.",
        ),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Take forecasts apart: base + events + growth + ... = forecast.

    Of a tabular project: what each column adds to the answers of test rows (--where), or on the
    whole.
    """
    from foresell.api import explaining  # noqa: PLC0415 - keeps --help quick
    from foresell.api.answering import unit  # noqa: PLC0415
    from foresell.api.explaining_rows import is_tabular  # noqa: PLC0415

    if out is not None and out.suffix.lower() != ".json":  # that is for tables only
        check_out(out, (*PICTURES, *ROWS))
    conditions = parse_where(where or [])
    if is_tabular(project):
        explaining.refuse_dates(day, steps)
        explain_table(project, conditions, candidate, out, form, model)
        return
    check_out(out, (*PICTURES, *ROWS))
    found = explaining.explain(
        project, conditions, day=day, steps=steps, candidate=candidate, model=model
    )
    if out is not None and is_picture(out):
        png = out.suffix.lower() == ".png"
        write_picture(explaining.draw_explanation(project, found, png=png), out)
    elif out is not None:
        write_forecast(found, out, form)
    elif form is Format.json:
        print_json(nested(found))
    else:
        show_explanation(found, unit(project))


def nested(found: "pl.DataFrame") -> "list[dict[str, Any]]":
    """Return one object a series and date: its parts, what they are told by, and their sum."""
    identity = [name for name in found.columns if name not in _NO_PART]
    rows = []
    for _, own in found.group_by(identity, maintain_order=True):
        first = own.row(0, named=True)
        parts: dict[str, float] = {}
        columns: dict[str, dict[str, float]] = {}
        for line in own.iter_rows(named=True):
            part, column, value = line["part"], line["column"], line["value"]
            parts[part] = parts.get(part, 0.0) + value
            if column is not None:
                columns.setdefault(part, {})[column] = value
        rows.append({
            **{name: first[name] for name in (*identity, "step", "candidate")},
            "forecast": sum(parts.values()),
            "parts": parts,
            "columns": columns,
        })
    return rows


def show_explanation(found: "pl.DataFrame", unit: str = "") -> None:
    """Print what was found: one forecast part by part, or a row for each with a column a part.

    ``unit``: of the target.
    """
    console, rows = screen(), nested(found)
    candidate, units = plain(str(rows[0]["candidate"])), f", in {plain(unit)}" if unit else ""
    if len(rows) == 1:
        about = ", ".join(f"{name} {rows[0][name]}" for name in _identity(rows[0]))
        console.print(f"[bold]{candidate}[/bold]  {plain(about)}{units}", soft_wrap=True)
        print_table(console, _one(rows[0]))
        return
    title = f"[bold]{candidate}[/bold]  what its forecasts are made of{units}"
    console.print(title, highlight=False, soft_wrap=True)
    more = "--out FILE or --format json has them all"
    print_table(console, _many(rows[:_HEAD]), more=more, keep=1)
    if len(rows) > _HEAD:
        note = f"{_HEAD} of {len(rows):,} rows; --out FILE writes them all"
        console.print(f"[dim]{note}[/dim]", highlight=False)
    console.print(
        "[dim]the parts of a row sum to its forecast; --date DATE tells one by every column, "
        "--out FILE.svg draws them[/dim]",
        highlight=False,
        soft_wrap=True,
    )


def _one(row: "Mapping[str, Any]") -> "Table":
    """Return one forecast: a line a part, below it the columns that say most, and the sum."""
    table = result_table("part", "column", "ADDS", "SUM")
    digits, running = decimals([row["forecast"], *row["parts"].values()]), 0.0
    for part, value in row["parts"].items():
        running += value
        if not value and not any(row["columns"].get(part, {}).values()):
            continue
        sign = "" if part == "base" else "+"
        style = "bold" if part == "base" else ""
        table.add_row(part, "", f"{value:{sign},.{digits}f}", f"{running:,.{digits}f}", style=style)
        told = sorted(row["columns"].get(part, {}).items(), key=lambda one: -abs(one[1]))
        told = [one for one in told if one[1]]
        for column, own in told[:_COLUMNS]:
            table.add_row("", plain(column), f"{own:+,.{digits}f}", "", style="dim")
        if left := told[_COLUMNS:]:
            rest = sum(own for _, own in left)
            words = counted(len(left), "more column")
            table.add_row("", words, f"{rest:+,.{digits}f}", "", style="dim")
    table.add_section()
    table.add_row("forecast", "", "", f"{row['forecast']:,.{digits}f}", style="bold")
    return table


def _many(rows: "Sequence[Mapping[str, Any]]") -> "Table":
    """Return a line a forecast: its parts, rounded so that they sum, and the forecast."""
    shown = _parts(rows)
    identity = [name for name in rows[0] if name not in {*_NO_PART, "forecast", "parts", "columns"}]
    heads = ["BASE", *(f"+ {name.upper()}" for name in shown), "= FORECAST"]
    table = result_table(*identity, *heads)
    digits = decimals([row["forecast"] for row in rows])
    for row in rows:
        values = [row["parts"].get(name, 0.0) for name in ("base", *shown)]
        cells = [f"{value:,.{digits}f}" for value in rounded(values, row["forecast"], digits)]
        total = f"{row['forecast']:,.{digits}f}"
        table.add_row(*(str(row[name]) for name in identity), *cells, total)
    return table


def _identity(row: "Mapping[str, Any]") -> list[str]:
    """Return the names that tell a row from others: its keys and its date."""
    return [name for name in row if name not in {*_NO_PART, "forecast", "parts", "columns"}]


def _parts(rows: "Sequence[Mapping[str, Any]]") -> list[str]:
    """Return the parts but the base that are anywhere more than nothing, in their order."""
    names = dict.fromkeys(name for row in rows for name in row["parts"] if name != "base")
    return [name for name in names if any(abs(row["parts"].get(name, 0.0)) > 0 for row in rows)]
