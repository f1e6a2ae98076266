"""``foresell quality``: what is known of the quality, each number with the file it comes from."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format

if TYPE_CHECKING:
    from foresell.api.quality_report import QualityReport


_MARKS = {  # by what is told: how its lines begin
    "failed": "[red]✗[/red]",
    "changed": "[yellow]![/yellow]",
    "missing": "[yellow]![/yellow]",
}


class FailOn(StrEnum):
    """What ends the command with exit code 1."""

    missing = "missing"
    failed = "failed"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(quality)


def quality(
    project: Annotated[
        list[str] | None, typer.Argument(help="By default every project that was run.")
    ] = None,
    *,
    junit: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Results of tests; by default .quality/junit.xml."),
    ] = None,
    coverage: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A file of coverage.py, JSON or XML; by default .quality/coverage.json.",
        ),
    ] = None,
    load: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="summary.json of a load test; by default the last one of this home.",
        ),
    ] = None,
    measure: Annotated[
        bool,
        typer.Option("--measure", help="First start a server of each project and ask it."),
    ] = False,
    requests: Annotated[
        int, typer.Option(metavar="N", help="How often each server is asked.")
    ] = 200,
    alias: Annotated[
        str | None,
        typer.Option(
            metavar="ALIAS",
            help="Which version is asked: prod, staging, or a number; by default prod, else "
            "staging.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="For quality_report.json, quality_summary.md and quality.html; by default "
            "_quality under FORESELL_HOME.",
        ),
    ] = None,
    fail_on: Annotated[
        list[FailOn] | None,
        typer.Option(
            "--fail-on",
            help="Exit code 1 where something is missing or has changed, or where something that "
            "is there does not pass; again for both.",
        ),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Gather tests, coverage, models, latency and load into one report.

    Every number comes from a file that is named, with its sha256; what is missing is told, with
    what makes it.
    """
    from foresell.api.quality_report import quality as gather  # noqa: PLC0415 - keeps --help quick

    found = gather(
        project or (),
        junit=junit,
        coverage=coverage,
        load=load,
        measure=measure,
        requests=requests,
        alias=alias,
        out=out,
    )
    _show(found, form)
    wanted = fail_on or []
    if (FailOn.missing in wanted and found.missing) or (FailOn.failed in wanted and found.failed):
        raise typer.Exit(1)


def _show(found: "QualityReport", form: Format) -> None:
    """Print the report: the projects at a glance, then what is to be looked at."""
    from foresell.cli.terminal import plain, print_json, screen  # noqa: PLC0415 - as it is needed

    told = found.told
    if form is Format.json:
        print_json({**told, "folder": str(found.folder)})
        return
    console = screen()
    if told["projects"]:
        _show_projects(told["projects"])
    for part in told["sections"]:
        if part["state"] == "found" and not part["failed"]:
            console.print(f"[green]✓[/green] {plain(_sentence(part))}", soft_wrap=True)
    for state, mark in _MARKS.items():
        for one in told[state]:
            mend = f" [dim]{plain(one['mend'])}[/dim]" if one["mend"] else ""
            console.print(f"{mark} {plain(_sentence(one))}{mend}", soft_wrap=True)
    if never := told["never_run"]:
        console.print(f"[dim]never run here: {plain(', '.join(never))}[/dim]", soft_wrap=True)
    files = len(told["artifacts"])
    console.print(f"[dim]{files} files, {plain(str(found.folder))}[/dim]", soft_wrap=True)


def _show_projects(projects: Sequence[Mapping[str, Any]]) -> None:
    """Print a line a project."""
    from foresell.cli.tables import print_table, result_table  # noqa: PLC0415 - as they are needed
    from foresell.cli.terminal import plain, screen  # noqa: PLC0415
    from foresell.report.quality_overview import COLUMNS, overview  # noqa: PLC0415 - heavy

    table = result_table("project", *COLUMNS)
    for line in overview(projects):
        table.add_row(plain(line.project), *(plain(line.cells[name]) for name in COLUMNS))
    print_table(screen(), table, more="quality.html has them all")


def _sentence(part: Mapping[str, Any]) -> str:
    """Return one line about a section, of a project where it is of one."""
    title = f"{part['title']}: {part['says']}"
    return f"{part['project']}: {title}" if part.get("project") else title
