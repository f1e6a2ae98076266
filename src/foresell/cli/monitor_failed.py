"""``foresell monitor failed``: a task of a scheduler that failed, or a run that ended well."""

from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format
from foresell.cli.terminal import plain, print_json, screen
from foresell.errors import UsageError

if TYPE_CHECKING:
    from foresell.api.failures import PipelineAlert


def register(group: typer.Typer) -> None:
    """Add the command to the group ``monitor``."""
    group.command()(failed)


def failed(
    *,
    dag: Annotated[str, typer.Option("--dag", metavar="DAG", help="Name of the schedule.")],
    task: Annotated[
        str | None, typer.Option("--task", metavar="TASK", help="Name of the task that failed.")
    ] = None,
    run: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="Name of the run it failed in.")
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(
            "--project", metavar="PROJECT", help="Whose alert it is; by default nobody's own."
        ),
    ] = None,
    says: Annotated[
        str,
        typer.Option("--says", metavar="TEXT", help="What the task said; secrets are left out."),
    ] = "",
    cleared: Annotated[
        bool,
        typer.Option(
            "--cleared", help="A later run ended well: take away what stands of the schedule."
        ),
    ] = False,
    form: Form = Format.table,
) -> None:
    """Tell that a task of a scheduler failed, or that a later run ended well."""
    from foresell.api import failures  # noqa: PLC0415 - keeps --help quick

    if cleared:
        found = failures.task_cleared(dag, task, project=project)
    elif task is None or run is None:
        raise UsageError(
            "it is not said which task of which run failed", "--task, --run", "name both"
        )
    else:
        found = failures.task_failed(dag, task, run=run, project=project, says=says)
    if form is Format.json:
        print_json(found.to_json())
    else:
        _show_alert(found)


def _show_alert(found: "PipelineAlert") -> None:
    """Print how the alert stands, and who could not be told."""
    console = screen()
    if found.firing:
        new = ", since now" if found.new else ""
        console.print(f"[red]the pipeline alert of {plain(found.project)} stands{new}[/red]")
        for one in found.findings:
            console.print(f"  {plain(one)}", soft_wrap=True)
        console.print(f"[dim]{plain(str(found.file))}[/dim]", soft_wrap=True)
    elif found.resolved:
        console.print(f"[green]the pipeline alert of {plain(found.project)} is over[/green]")
    else:
        console.print(f"no pipeline alert of {plain(found.project)} stands")
    for one in found.trouble:
        console.print(f"[red]not told[/red]  {plain(one)}", soft_wrap=True)
