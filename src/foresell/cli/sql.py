"""``foresell sql``: questions to the processed layer, one's own and ready-made ones."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.numbers import MISSING, column_cells
from foresell.cli.tables import print_table
from foresell.cli.terminal import plain, print_json, screen
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
    from foresell.api.layer import queries, queries_folder  # noqa: PLC0415 - keeps --help quick
    from foresell.api.layer import sql as ask  # noqa: PLC0415

    if listed:
        show_queries(queries(project), queries_folder(project), form)
        return
    chosen = _format(form, out)
    answer = ask(project, query, ready=ready)
    if out is None:
        show_answer(answer, chosen)
    else:
        _write(answer, chosen, out)
        screen(stderr=True).print(f"{answer.height:,} rows in {out}", soft_wrap=True)


def show_queries(found: "Sequence[ReadyQuery]", folder: Path, form: AnswerFormat | None) -> None:
    """Print the names and titles of ready-made queries; for programs, their texts too.

    A file that cannot be asked is shown with its problem; where there are none, ``folder`` is named
    into which they are put.

    Raises:
        UsageError: the list is asked for as CSV or Parquet.
    """
    if form not in {None, AnswerFormat.table, AnswerFormat.json}:
        raise UsageError(f"the list is not written as {form}", "--format", "use table or json")
    if form is AnswerFormat.json:
        print_json([
            {
                "name": query.name,
                "title": query.title,
                "text": query.text,
                "problem": None if query.problem is None else query.problem.what,
            }
            for query in found
        ])
        return
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if not found:
        screen().print("this project has no ready-made queries yet")
        screen().print(
            f"[dim]to add one, write {plain(str(folder / 'NAME.sql'))}; it begins with a comment "
            "that says what it asks: -- Sales by year[/dim]",
            soft_wrap=True,
        )
        return
    table = Table("query", "what it asks", box=SIMPLE_HEAD, pad_edge=False)
    for query in found:
        if query.problem is None:
            table.add_row(Text(query.name, "bold"), Text(query.title))
        else:
            told = f"broken: {query.problem.what}; {query.problem.mend}"
            table.add_row(Text(query.name, "bold red"), Text(told, "red"))
    print_table(screen(), table)


def show_answer(answer: "pl.DataFrame", form: AnswerFormat) -> None:
    """Print all of ``answer`` for a program, its first rows for a person."""
    if form is not AnswerFormat.table:
        sys.stdout.write(_text(answer, form))
        return
    from polars import String  # noqa: PLC0415
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console, head = screen(), answer.head(_HEAD)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name, kind in head.schema.items():
        table.add_column(
            Text(name),
            justify="right" if kind.is_numeric() else "left",
            no_wrap=not (kind == String or kind.is_nested()),
        )
    shown = [column_cells(name, head[name].to_list()) for name in head.columns]
    for row in zip(*shown, strict=True):
        table.add_row(*(Text(cell, "dim" if cell == MISSING else "") for cell in row))
    print_table(console, table, more="--format csv or --out FILE")
    if not head.height:
        console.print("[dim]0 rows[/dim]")
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
    if named is None:
        raise UsageError(
            f"cannot write {out.name!r}", str(out), "use .csv, .json or .parquet, no other"
        )
    if form not in {None, named}:
        raise UsageError(
            f"--format {form} and --out {out.name} contradict each other",
            str(out),
            f"leave --format out, or give a file that ends in .{form}"
            if form is not AnswerFormat.table
            else "leave --format out: a table is for the screen",
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
