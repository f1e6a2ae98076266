"""``foresell predict``: rows of a table answered, one by one or by the file."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.arguments import Form, Model, Project
from foresell.cli.show import Format
from foresell.cli.show_answers import (
    FileProgress,
    answer_objects,
    show_answered,
    show_answered_file,
)
from foresell.cli.standard_input import read_input
from foresell.cli.terminal import print_json
from foresell.cli.writing import (
    PICTURES,
    ROWS,
    check_out,
    is_picture,
    write_forecast,
    write_picture,
)
from foresell.errors import UsageError, counted

if TYPE_CHECKING:
    import polars as pl

    from foresell.api.predicting import Answered

_STDIN = "-"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(predict)


def predict(
    project: Project,
    *,
    text: Annotated[
        str | None,
        typer.Option(
            "--json", metavar="JSON", help="A row as JSON, or a list of rows; - reads it."
        ),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json-file", metavar="FILE", help="The same in a file; - is the input."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Rows as .csv or .parquet, however many."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write the answers there: .csv or .parquet; with --explain also "
            "one row's way to its answer: .svg or .png.",
        ),
    ] = None,
    skip_bad: Annotated[
        Path | None,
        typer.Option(
            "--skip-bad",
            metavar="FILE",
            help="Answer the good rows of --file, and write the refused ones there, each with the "
            "reason; without it one refused row refuses the file.",
        ),
    ] = None,
    show_schema: Annotated[
        bool,
        typer.Option("--show-schema", help="Print what a row may hold, as JSON Schema; no model."),
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each row what every column adds.")
    ] = False,
    model: Model = None,
    form: Form = Format.table,
) -> None:
    """Answer rows of a tabular project: the point, and the band that holds 80 %."""
    given = {"--json": text, "--json-file": json_file, "--file": file}
    _refuse_mixed([name for name, value in given.items() if value is not None], show_schema)
    _refuse_lonely(
        {"--out": out, "--skip-bad": skip_bad, "--explain": explain, "--model": model},
        given,
        show_schema,
    )
    check_out(out, PICTURES if explain else ROWS)
    check_out(skip_bad, ROWS, "--skip-bad")
    if show_schema:
        from foresell.api.predicting import request_schema  # noqa: PLC0415 - keeps --help quick

        print_json(request_schema(project))
    elif file is not None:
        _predict_file(project, file, out, skip_bad, form, model)
    else:
        where = "--json" if json_file is None else f"--json-file {json_file}"
        _predict_text(project, _text(text, json_file), where, out, form, model, explain=explain)


def _predict_text(
    project: str,
    text: str,
    where: str,
    out: Path | None,
    form: Format,
    model: str | None,
    *,
    explain: bool,
) -> None:
    """Answer rows that came as JSON, and print or write the answers."""
    from foresell.answer.requests import parse_rows  # noqa: PLC0415 - keeps --help quick
    from foresell.api.predicting import explain_answered, predict_rows  # noqa: PLC0415

    rows, several = parse_rows(text, where)
    found = predict_rows(project, rows, where=where, model=model)
    if out is not None and is_picture(out):
        from foresell.api.explaining_rows import draw_answered  # noqa: PLC0415

        if found.frame.height != 1:
            count = counted(found.frame.height, "row")
            raise UsageError(f"a picture is of one row, and here are {count}", where, "give one")
        png = out.suffix.lower() == ".png"
        write_picture(draw_answered(project, found, png=png), out)
        return
    reasons = explain_answered(found) if explain else None
    if out is not None:
        write_forecast(_flat(found), out, form)
    elif form is Format.json:
        told = answer_objects(found, reasons)
        print_json(told if several else told[0])
    else:
        show_answered(found, reasons)


def _predict_file(
    project: str,
    file: Path,
    out: Path | None,
    skip_bad: Path | None,
    form: Format,
    model: str | None,
) -> None:
    """Answer the rows of a file, and print or write the answers."""
    from foresell.api.predicting import predict_file  # noqa: PLC0415 - keeps --help quick

    with FileProgress() as progress:
        found = predict_file(
            project, file, out=out, skipped=skip_bad, listen=progress.hear, model=model
        )
    show_answered_file(found, out, skip_bad, form)


def _flat(found: "Answered") -> "pl.DataFrame":
    """Return the answers with nothing but plain values."""
    import polars as pl  # noqa: PLC0415

    return found.frame.with_columns(pl.col("unseen", "outside").list.join(", "))


def _refuse_mixed(given: list[str], show_schema: bool) -> None:
    """Refuse rows from two places, from none, or beside the schema.

    Raises:
        UsageError: what the sentence above names.
    """
    named = [*given, *(["--show-schema"] if show_schema else [])]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} are asked at once", ", ".join(named), "keep one")
    if not named:
        raise UsageError(
            "there is no row to answer",
            "foresell predict",
            "give --json '{...}', --json-file FILE or --file FILE; --show-schema lists the fields",
        )


def _refuse_lonely(
    options: Mapping[str, object], given: Mapping[str, object], show_schema: bool
) -> None:
    """Refuse an option that means nothing beside what else is asked.

    Raises:
        UsageError: it names both.
    """
    if options["--skip-bad"] is not None and given["--file"] is None:
        raise UsageError("no file is read", "--skip-bad", "it goes with --file")
    if options["--explain"] and given["--file"] is not None:
        raise UsageError(
            "a file is answered without explanations",
            "--explain, --file",
            "explain its rows of interest: --json-file FILE --explain",
        )
    out = options["--out"]
    if options["--explain"] and isinstance(out, Path) and not is_picture(out):
        raise UsageError(
            "explanations are printed, not written",
            "--explain, --out",
            "--format json prints both; --out FILE.svg or .png draws one row's",
        )
    if show_schema:
        for name, value in options.items():
            if value:
                raise UsageError("no row is answered", f"--show-schema, {name}", "keep one")


def _text(text: str | None, file: Path | None) -> str:
    """Return the JSON text that was given, in the command, in a file or on standard input.

    Raises:
        UsageError: there is no such file, nothing came in, or it is no UTF-8.
    """
    if text is not None and text.strip() != _STDIN:
        return text
    if file is None or str(file) == _STDIN:
        content, place = read_input(), "standard input"
        if not content.strip():
            raise UsageError("nothing came in", place, "give a row as JSON, or a list of rows")
    else:
        if not file.is_file():
            what = f"{file} is a folder" if file.is_dir() else f"there is no file {str(file)!r}"
            raise UsageError(what, "--json-file", "give the path of a file with JSON")
        content, place = file.read_bytes(), str(file)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("the text is not UTF-8", place, "save it as UTF-8") from error
