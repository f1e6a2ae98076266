"""``foresell extract`` and ``foresell cleanup``: the folder of one run of a scheduler."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import plain, print_json, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from foresell.api.run_folders import CleanedRun, Extracted

Run = Annotated[
    str, typer.Option("--run", metavar="RUN", help="Name of the run, such as Airflow's run_id.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(extract)
    app.command()(cleanup)


def extract(
    project: Annotated[str, typer.Argument(help="Name of a project; see 'foresell projects'.")],
    *,
    run: Run,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="DIR|s3://...", help="Folder or S3 prefix of the raw files."
        ),
    ] = None,
    max_files: Annotated[
        int,
        typer.Option(
            "--max-files", metavar="N", help="The newest N files of the first table; 0 for all."
        ),
    ] = 0,
    start: Annotated[
        str | None, typer.Option("--start", metavar="DAY", help="First day of rows: 2024-02-01.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--end", metavar="DAY", help="Last day of rows, itself within.")
    ] = None,
    form: Form = Format.table,
) -> None:
    """Put raw files, all or some of their days, into a folder of one run; then run --data it."""
    from foresell.api import run_folders  # noqa: PLC0415 - keeps --help quick

    found = run_folders.extract(
        project, run=run, data=data, max_files=max_files, start=start, end=end
    )
    if form is Format.json:
        print_json(asdict(found))
    else:
        _show_extracted(found)


def cleanup(*, run: Run, form: Form = Format.table) -> None:
    """Take away what was made in the folder of one run, and nothing else."""
    from foresell.api import run_folders  # noqa: PLC0415 - keeps --help quick

    found = run_folders.cleanup(run)
    if form is Format.json:
        print_json(asdict(found))
    else:
        _show_cleaned(found)


def _show_extracted(found: "Extracted") -> None:
    """Print what was taken of each table, and the folder."""
    console = screen()
    table = result_table("table", "FILES", "OF", "ROWS", "LEFT OUT")
    for one in found.tables:
        rows = ("", "") if one.rows is None else (f"{one.rows:,}", f"{one.left_out:,}")
        table.add_row(plain(one.name), f"{one.files:,}", f"{one.were:,}", *rows)
    print_table(console, table)
    size = sum(found.files.values()) / 1e6
    made = ", synthetic" if found.synthetic else ""
    days = f", {found.first} to {found.last}" if found.first else ""
    console.print(
        f"[bold]{counted(len(found.files), 'file')}[/bold], {size:,.1f} MB{made}{days}, "
        f"now in {plain(str(found.folder))}",
        soft_wrap=True,
    )
    if found.asked is False:
        console.print("without the rows asked for, which follow upon days that were left out")


def _show_cleaned(found: "CleanedRun") -> None:
    """Print what was taken away, and what was not."""
    console = screen()
    if not found.found:
        console.print(f"nothing to clean: there is no folder {plain(str(found.folder))}")
        return
    console.print(
        f"[bold]{counted(found.files, 'file')}[/bold], {found.bytes / 1e6:,.1f} MB taken away",
        soft_wrap=True,
    )
    if found.kept:
        console.print(
            f"left in {plain(str(found.folder))}, for others put it there: "
            f"{plain(', '.join(found.kept[:5]))}{' …' if len(found.kept) > 5 else ''}",
            soft_wrap=True,
        )
