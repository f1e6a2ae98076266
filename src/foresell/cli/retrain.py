"""``foresell retrain``: a challenger for the version that is served, where it is needed."""

from typing import TYPE_CHECKING, Annotated, cast

import typer

from foresell.cli.arguments import Form, Project
from foresell.cli.show import Format
from foresell.cli.terminal import plain, print_json, screen

if TYPE_CHECKING:
    from foresell.api.retraining import Retraining
    from foresell.spec.project import Origin, Preset


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(retrain)


def retrain(
    project: Project,
    *,
    if_needed: Annotated[
        bool,
        typer.Option(
            "--if-needed",
            help="Only where performance or drift ask for it, and there is new data.",
        ),
    ] = False,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="DIR|s3://...", help="Folder or S3 prefix of the raw files of today."
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(metavar="files|postgres", help="Where the rows are, as for foresell run."),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="fast|default|best", help="Effort; by default that of the served version."
        ),
    ] = None,
    override: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Use the challenger even if it fails the gate."),
    ] = None,
    no_track: Annotated[
        bool, typer.Option("--no-track", help="Tell MLflow nothing; a later run tells it.")
    ] = False,
    form: Form = Format.table,
) -> None:
    """Train the served version again on new data; register it, and say what was done and why.

    Ends with 1 where a challenger did not pass its gate, or one is needed and there is no new data.
    """
    from foresell import api  # noqa: PLC0415 - keeps --help quick
    from foresell.cli import show_mirror  # noqa: PLC0415
    from foresell.cli.progress import Progress  # noqa: PLC0415

    with Progress() as progress:
        found = api.retrain(
            project,
            if_needed=if_needed,
            data=data,
            source=cast("Origin | None", source),
            preset=cast("Preset | None", preset),
            override=override,
            track=False if no_track else None,
            listen=progress.hear,
        )
    if form is Format.json:
        print_json(found.to_json())
    else:
        show_retraining(found)
    if found.promoted:
        show_mirror.follow(project)
    if not found.done:
        raise typer.Exit(1)


def show_retraining(found: "Retraining") -> None:
    """Print what was done, and why."""
    console = screen()
    if found.resumed:
        console.print("[dim]taken up where the last one stopped[/dim]", highlight=False)
    head, *rest = found.says
    served = f"version {found.served} on {found.alias}"
    console.print(
        f"[bold]{plain(found.project)}[/bold], {served}: {plain(head)}",
        highlight=False,
        soft_wrap=True,
    )
    for sentence in rest:
        console.print(f"- {plain(sentence)}", highlight=False, soft_wrap=True)
    console.print(f"[dim]{plain(str(found.record))}[/dim]", highlight=False, soft_wrap=True)
