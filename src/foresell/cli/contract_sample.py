"""``foresell contract sample``: a first look at some rows of the data."""

from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format
from foresell.cli.terminal import plain, print_json, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from foresell.api.sampling import ContractSample


def sample(
    project: Annotated[str, typer.Argument(help="Name of a project; see 'foresell projects'.")],
    *,
    rows: Annotated[
        int, typer.Option("--rows", metavar="N", help="Rows to draw, by the seed; 0 for none.")
    ],
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="DIR|s3://...",
            help="Folder or S3 prefix of the raw files; with --run by default what was extracted.",
        ),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help="Keep the report in the folder of this run."),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Check some rows, drawn at random, before all are: 1 where a run would stop at them."""
    from foresell.api.sampling import sample_contract  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.progress import Progress  # noqa: PLC0415

    with Progress() as progress:
        found = sample_contract(project, rows=rows, data=data, run=run, listen=progress.hear)
    if form is Format.json:
        print_json(found.to_json())
    else:
        _show_sample(found)
    if not found.allowed:
        raise typer.Exit(1)


def _show_sample(found: "ContractSample") -> None:
    """Print what the sample told."""
    from foresell.cli.quarantine import show_gate  # noqa: PLC0415

    console = screen()
    if found.checks is None:
        console.print("no row was drawn, as none was asked for")
        return
    show_gate(found.checks)
    says = f"{found.broken:,} of {counted(found.checked, 'row')} that were drawn break a rule"
    if not found.allowed:
        says = f"[bold red]✗[/bold red] {plain(str(found.failure))}"
    elif not found.broken:
        says = f"[green]✓[/green] {counted(found.checked, 'row')} that were drawn keep the contract"
    else:
        says = f"[yellow]✗[/yellow] {says}; the project allows that, so a run would go on"
    console.print(says, soft_wrap=True)
    if found.report is not None:
        console.print(f"[dim]report {plain(str(found.report))}[/dim]", soft_wrap=True)
