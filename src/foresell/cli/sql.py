"""``foresell sql``: questions to the processed layer, one's own and ready-made ones."""

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.terminal import screen
from foresell.errors import MachineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from foresell.adapters.query_files import ReadyQuery

_HEAD = 30  # rows that a person reads on a screen


class AnswerFormat(StrEnum):
    """For people, or for programs in three ways."""

    table = "table"
    json = "json"
    csv = "csv"
    parquet = "parquet"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(sql)


def sql(
    project: Annotated[str, typer.Argument(help="Name of a project that was run.")],
    query: Annotated[
        str | None,
        typer.Argument(help="A SELECT on the view named after the project.", show_default=False),
    ] = None,
    ready: Annotated[
        str | None,
        typer.Option("--query", metavar="NAME", help="Ask a ready-made query; see --list."),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List the ready-made queries of the project.")
    ] = False,
    form: Annotated[
        AnswerFormat | None,
        typer.Option("--format", help="What to print or write; a table, or as --out ends."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it there: .csv, .json or .parquet."),
    ] = None,
) -> None:
    """Ask the rows that passed the gate, in SQL; nothing is ever written to them."""
    from foresell.api.layer import queries  # noqa: PLC0415 - keeps --help quick
    from foresell.api.layer import sql as ask  # noqa: PLC0415

    if listed:
        show_queries(queries(project), form)
        return
    chosen = _format(form, out)
    answer = ask(project, query, ready=ready)
    if out is None:
        show_answer(answer, chosen)
    else:
        _write(answer, chosen, out)
        screen(stderr=True).print(f"{answer.height:,} rows in {out}", soft_wrap=True)


def show_queries(found: "Sequence[ReadyQuery]", form: AnswerFormat | None) -> None:
    """Print the names and titles of ready-made queries; for programs, their texts too.

    Raises:
        UsageError: the list is asked for as CSV or Parquet.
    """
    if form not in {None, AnswerFormat.table, AnswerFormat.json}:
        raise UsageError(f"the list is not written as {form}", "--format", "use table or json")
    if form is AnswerFormat.json:
        text = json.dumps([asdict(query) for query in found], indent=2, ensure_ascii=False)
        sys.stdout.write(text + "\n")
        return
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table("query", "what it asks", box=SIMPLE_HEAD, pad_edge=False)
    for query in found:
        table.add_row(Text(query.name, "bold"), Text(query.title))
    screen().print(table)


def show_answer(answer: "pl.DataFrame", form: AnswerFormat) -> None:
    """Print all of ``answer`` for a program, its first rows for a person."""
    if form is not AnswerFormat.table:
        sys.stdout.write(_text(answer, form))
        return
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console, head = screen(), answer.head(_HEAD)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name, kind in head.schema.items():
        table.add_column(Text(name), justify="right" if kind.is_numeric() else "left")
    for row in head.rows():
        table.add_row(*(Text(_cell(value), "" if value is not None else "dim") for value in row))
    console.print(table)
    if answer.height > head.height:
        note = f"{head.height} of {answer.height:,} rows; --out FILE writes them all"
        console.print(f"[dim]{note}[/dim]")


def _format(form: AnswerFormat | None, out: Path | None) -> AnswerFormat:
    """Return the format asked for, or the one that the end of ``out`` names.

    Raises:
        UsageError: the two disagree, or bytes would go to the screen.
    """
    if out is None:
        if form is AnswerFormat.parquet:
            raise UsageError("Parquet is not for the screen", "--format", "add --out FILE.parquet")
        return form or AnswerFormat.table
    ends = {".csv": AnswerFormat.csv, ".json": AnswerFormat.json, ".parquet": AnswerFormat.parquet}
    named = ends.get(out.suffix.lower())
    if named is None or form not in {None, named}:
        asked = f" as {form}" if form is not None else ""
        raise UsageError(
            f"cannot write {out.name!r}{asked}", str(out), "use .csv, .json or .parquet, no other"
        )
    if not out.absolute().parent.is_dir():
        raise UsageError("the folder does not exist", str(out.parent), "make it first")
    return named


def _write(answer: "pl.DataFrame", form: AnswerFormat, out: Path) -> None:
    """Write ``answer`` whole to ``out``, or not at all.

    Raises:
        MachineError: the disk is full or may not be written; what stood there is untouched.
    """
    draft = out.with_name(f".{out.name}.draft")
    try:
        if form is AnswerFormat.parquet:
            answer.write_parquet(draft)
        else:
            draft.write_text(_text(answer, form), "utf-8", newline="")
        draft.replace(out)
    except OSError as error:
        what = f"cannot write: {error.strerror or error}"
        raise MachineError(what, str(out), "free the disk or choose another") from error
    finally:
        draft.unlink(missing_ok=True)


def _text(answer: "pl.DataFrame", form: AnswerFormat) -> str:
    """Return ``answer`` as CSV, or as JSON with one object a row and decimals as numbers.

    Raises:
        UsageError: a column holds lists or the like, which a CSV file has no place for.
    """
    import polars.selectors as cs  # noqa: PLC0415
    from polars import Float64  # noqa: PLC0415

    if form is AnswerFormat.json:
        return answer.with_columns(cs.decimal().cast(Float64)).write_json() + "\n"
    if nested := answer.select(cs.nested()).columns:
        raise UsageError(
            f"the column {nested[0]!r} holds lists or the like",
            "--format csv",
            "use json or parquet, or write it as text: CAST(... AS VARCHAR)",
        )
    return answer.write_csv()


def _cell(value: object) -> str:
    """Return a value as a person reads it; a text 'NA' is not a missing value."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 100 else f"{value:.6g}"
    return str(value)
