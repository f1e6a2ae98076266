"""``foresell track``: what was told MLflow, what waits to be, and MLflow's page."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli import track_ui
from foresell.cli.show import Format
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import plain, print_json, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from foresell.api.tracked import Sent, TrackingStatus

_Project = Annotated[
    str | None, typer.Argument(help="Name of a project; every one by default.", metavar="[PROJECT]")
]
_Format = Annotated[Format, typer.Option("--format", help="What to print: for people or programs.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(no_args_is_help=True, help="Runs in MLflow: what waits, sending, the page.")
    group.command()(status)
    group.command()(sync)
    group.command()(track_ui.ui)
    app.add_typer(group, name="track")


def status(project: _Project = None, *, form: _Format = Format.table) -> None:
    """Say what was sent to MLflow, what waits, and why."""
    from foresell.api.tracked import tracking  # noqa: PLC0415 - keeps --help quick

    found = tracking(project)
    if form is Format.json:
        print_json([asdict(one) for one in found])
        return
    _show_status(found)


def sync(project: _Project = None, *, form: _Format = Format.table) -> None:
    """Send to MLflow what waits; what was sent before is not sent again.

    Exit code 1 when a note cannot be sent, 3 when MLflow is out of reach.
    """
    from foresell.api.tracked import sync_tracking  # noqa: PLC0415 - keeps --help quick

    sent = sync_tracking(project)
    if form is Format.json:
        print_json(asdict(sent))
    else:
        _show_sent(sent)
    if sent.problems:
        raise typer.Exit(1)


def _show_status(found: "list[TrackingStatus]") -> None:
    """Print a row for each project, and below what went wrong."""
    console = screen()
    if not found:
        console.print("nothing was tracked yet", highlight=False)
        return
    table = result_table("project", "TRAININGS", "SENT", "WAITING", "last sent", "to")
    table.columns[-1].no_wrap = False  # a URI is long, and the only word on where they are
    for one in found:
        counts = (f"{one.trainings:,}", f"{one.sent:,}", f"{one.waiting:,}")
        table.add_row(one.project, *counts, one.last[:19].replace("T", " "), plain(one.where))
    print_table(console, table, more="--format json has them all")
    for one in found:
        if one.why:
            console.print(
                f"[red]{one.project}[/red]  {plain(one.why)}\n  [dim]mend [/dim] {plain(one.mend)}",
                highlight=False,
                soft_wrap=True,
            )


def _show_sent(sent: "Sent") -> None:
    """Print what was sent, and what could not be."""
    console = screen()
    if not sent.notes and not sent.problems:
        console.print("nothing to send", highlight=False)
    if sent.notes:
        console.print(
            f"[bold]{counted(sent.notes, 'note')}[/bold] of "
            f"{counted(sent.trainings, 'training')} sent to {plain(sent.where)}",
            highlight=False,
            soft_wrap=True,
        )
    for problem in sent.problems:
        console.print(f"[red]not sent[/red]  {plain(problem)}", highlight=False, soft_wrap=True)
