"""``foresell explain`` of a tabular project: what matters on the whole, and rows taken apart."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresell.cli.numbers import column_cells, decimals, rounded
from foresell.cli.show import Format
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import one_line, plain, print_json, screen
from foresell.cli.writing import (
    PICTURES,
    ROWS,
    check_out,
    is_picture,
    write_forecast,
    write_json,
    write_picture,
)
from foresell.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl
    from rich.table import Table

_HEAD = 30  # rows that a person reads on a screen
_COLUMNS = 5  # columns that several rows are told by on a screen


def explain_table(
    project: str,
    conditions: "Mapping[str, Sequence[str]]",
    candidate: str | None,
    out: Path | None,
    form: Format,
    model: str | None,
) -> None:
    """Explain rows of the test where ``conditions`` name some, otherwise every candidate.

    Raises:
        UsageError: a registered version is asked what matters on the whole.
    """
    if conditions:
        _explain_some(project, conditions, candidate, out, form, model)
    elif model is not None:
        raise UsageError(
            "what matters on the whole is told of the last run, not of a registered version",
            "--model",
            "take rows apart with it: --where COLUMN=VALUE",
        )
    else:
        _explain_all(project, candidate, out, form)


def _explain_all(project: str, candidate: str | None, out: Path | None, form: Format) -> None:
    """Print, write or draw what matters to the candidates on the whole."""
    from foresell.api import explaining_rows  # noqa: PLC0415 - keeps --help quick

    check_out(out, (*PICTURES, *ROWS, ".json"))
    told = explaining_rows.summary(project)
    shown = candidate or told["chosen"]
    drawn = out is not None and is_picture(out)
    one = shown if drawn or (out is None and form is Format.table) else candidate
    found = explaining_rows.importance(project, candidate=one)
    several = told
    if candidate is not None:
        told = {**told, "candidates": {candidate: told["candidates"][candidate]}}
    if out is None and form is Format.json:
        print_json(told)
    elif out is None:
        show_importance(several, shown)
    elif drawn:
        png = out.suffix.lower() == ".png"
        write_picture(explaining_rows.draw_importance(project, found, png=png), out)
    elif out.suffix.lower() == ".json":
        write_json(told, out)
    else:
        write_forecast(found, out, form)


def _explain_some(
    project: str,
    conditions: "Mapping[str, Sequence[str]]",
    candidate: str | None,
    out: Path | None,
    form: Format,
    model: str | None,
) -> None:
    """Print, write or draw the answers of rows of the test, column by column."""
    from foresell.api import explaining, explaining_rows  # noqa: PLC0415 - keeps --help quick
    from foresell.api.answering import unit  # noqa: PLC0415

    check_out(out, (*PICTURES, *ROWS, ".json"))
    found = explaining.explain(project, conditions, candidate=candidate, model=model)
    if out is None and form is Format.json:
        print_json(nested_rows(found))
    elif out is None:
        show_rows(found, explaining_rows.row_title(found), unit(project))
    elif is_picture(out):
        png = out.suffix.lower() == ".png"
        write_picture(explaining.draw_explanation(project, found, png=png), out)
    elif out.suffix.lower() == ".json":
        write_json(nested_rows(found), out)
    else:
        write_forecast(found, out, form)


def show_importance(told: "Mapping[str, Any]", candidate: str) -> None:
    """Print what matters to one candidate; ``told``: `foresell.api.explaining_rows.summary`."""
    console, own = screen(), told["candidates"][candidate]
    unit = f", in {plain(told['unit'])}" if told["unit"] else ""
    console.print(
        f"[bold]{plain(candidate)}[/bold]  what its answers are made of, on average over "
        f"{own['rows']:,} rows of the test{unit}",
        soft_wrap=True,
    )
    table = result_table("column", "MEAN SIZE", "MEAN", "SHARE")
    sizes = column_cells("size", [one["mean_abs"] for one in own["columns"]])
    means = column_cells("mean", [one["mean"] for one in own["columns"]])
    for one, size, mean in zip(own["columns"], sizes, means, strict=True):
        signed = f"+{mean}" if one["mean"] > 0 else mean
        table.add_row(plain(one["name"]), size, signed, f"{one['share']:.1%}")
    print_table(console, table)
    others = ", ".join(name for name in told["candidates"] if name != candidate)
    another = f"; --candidate NAME tells of another: {plain(others)}" if others else ""
    console.print(
        f"[dim]base {_number(own['base'])}, mean answer {_number(own['mean_prediction'])}, by "
        f"{own['method']}{another}; --where COLUMN=VALUE takes rows of the test apart[/dim]",
        highlight=False,
        soft_wrap=True,
    )


def nested_rows(found: "pl.DataFrame") -> "list[dict[str, Any]]":
    """Return one object a row: what names it, candidate, base, contributions, and their sum."""
    from foresell.answer.explaining_rows import LONG  # noqa: PLC0415 - heavy

    key = [name for name in found.columns if name not in LONG]
    rows = []
    for _, own in found.group_by("row", maintain_order=True):
        first = own.row(0, named=True)
        parts = {
            line["column"] or f"({line['part']})": line["value"]
            for line in own.iter_rows(named=True)
            if line["part"] != "base"
        }
        rows.append({
            **{name: first[name] for name in (*key, "row", "candidate")},
            "prediction": first["value"] + sum(parts.values()),
            "base_value": first["value"],
            "contributions": parts,
            "values": {
                line["column"]: line["text"] for line in own.iter_rows(named=True) if line["column"]
            },
        })
    return rows


def show_rows(found: "pl.DataFrame", title: str, unit: str = "") -> None:
    """Print what was found: one row column by column, or a line for each row.

    ``title``: what names one row; ``unit``: of the target.
    """
    console, rows = screen(), nested_rows(found)
    candidate, units = plain(str(rows[0]["candidate"])), f", in {plain(unit)}" if unit else ""
    if len(rows) == 1:
        console.print(f"[bold]{candidate}[/bold]  {plain(title)}{units}", soft_wrap=True)
        print_table(console, _one(rows[0]))
        return
    about = f"[bold]{candidate}[/bold]  what its answers are made of{units}"
    console.print(about, soft_wrap=True)
    print_table(console, _many(rows[:_HEAD]), more="--out FILE has them all", keep=1)
    if len(rows) > _HEAD:
        note = f"{_HEAD} of {len(rows):,} rows; --out FILE writes them all"
        console.print(f"[dim]{note}[/dim]", highlight=False)
    console.print(
        "[dim]the parts of a row sum to its prediction; --where row=NUMBER (counted from 0, as in "
        f"row={rows[0]['row']}) tells one by every column, with --out FILE.svg as a picture[/dim]",
        highlight=False,
        soft_wrap=True,
    )


def _one(row: "Mapping[str, Any]") -> "Table":
    """Return one row: base, every column by size with what the row holds, and the prediction.

    What is lifted to 0 stands last: the sum of the columns before it is what was below.
    """
    table = result_table("column", "value", "ADDS", "SUM")
    table.columns[1].no_wrap = False  # a long value gives way before any number does
    running = row["base_value"]
    digits = decimals([running, row["prediction"]])
    table.add_row("base", "", "", f"{running:,.{digits}f}", style="bold")
    told = row["contributions"].items()
    for name, value in sorted(told, key=lambda one: (one[0] not in row["values"], -abs(one[1]))):
        running += value
        text = plain(one_line(row["values"][name])) if name in row["values"] else ""
        adds, total = f"{value:+,.{digits}f}", f"{running:,.{digits}f}"
        table.add_row(plain(name), text, adds, total)
    table.add_section()
    table.add_row("prediction", "", "", f"{row['prediction']:,.{digits}f}", style="bold")
    return table


def _many(rows: "Sequence[Mapping[str, Any]]") -> "Table":
    """Return a line a row: its largest columns, rounded so that they sum, and the prediction."""
    inside = ("row", "candidate", "prediction", "base_value", "contributions", "values")
    key = [name for name in rows[0] if name not in inside] or ["row"]
    sizes: dict[str, float] = {}
    for row in rows:
        for name, value in row["contributions"].items():
            sizes[name] = sizes.get(name, 0.0) + abs(value)
    shown = sorted(sizes, key=lambda name: -sizes[name])[:_COLUMNS]
    rest = ["others"] if len(sizes) > len(shown) else []
    heads = ["BASE", *(f"+ {name.upper()}" for name in [*shown, *rest]), "= PREDICTION"]
    table = result_table(*key, *heads)
    digits = decimals([row["prediction"] for row in rows])
    for row in rows:
        own = row["contributions"]
        values = [row["base_value"], *(own.get(name, 0.0) for name in shown)]
        values += [row["prediction"] - sum(values)] * len(rest)
        cells = [f"{value:,.{digits}f}" for value in rounded(values, row["prediction"], digits)]
        total = f"{row['prediction']:,.{digits}f}"
        table.add_row(*(plain(one_line(row[name])) for name in key), *cells, total)
    return table


def _number(value: float) -> str:
    """Return a base or a mean answer."""
    return f"{value:,.{decimals([value])}f}"
