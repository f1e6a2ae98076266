"""``foresell eda``: what is in the rows of a project, told and drawn."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format
from foresell.cli.show_eda import show_report, show_reports
from foresell.errors import UsageError

_EVERY = "all"


class Rows(StrEnum):
    """Which rows are told of."""

    train = "train"
    all = "all"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(eda)


def eda(
    project: Annotated[str, typer.Argument(help="Name of a project, or all for every one.")],
    *,
    rows: Annotated[
        Rows,
        typer.Option(help="Rows that models learn from, or all: then the test is looked at too."),
    ] = Rows.train,
    report_version: Annotated[
        str | None,
        typer.Option(
            "--report-version",
            metavar="NAME",
            help="Keep the report under this name, in the folder eda_reports.",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="DIR|s3://...",
            help="Read these raw files first, up to the stage split.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Another folder; with all, a folder a project in it."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a report of that name that differs.")
    ] = False,
    form: Form = Format.table,
) -> None:
    """Tell and draw what is in the data: JSON, Markdown, a page, figures, tables."""
    from foresell.api.exploring import explore, explore_all  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.progress import Progress  # noqa: PLC0415

    if project == _EVERY and data is not None:
        raise UsageError(
            "files are given, and every project is meant", "--data", "name the project they are of"
        )
    with Progress() as progress:
        if project == _EVERY:
            found = explore_all(
                rows=rows.value,
                report_version=report_version,
                out=out,
                force=force,
                listen=progress.hear,
            )
        else:
            report = explore(
                project,
                rows=rows.value,
                report_version=report_version,
                data=data,
                out=out,
                force=force,
                listen=progress.hear,
            )
    if project != _EVERY:
        show_report(report, form)
        return
    show_reports(found, form)
    if found.failed:
        raise typer.Exit(1)
