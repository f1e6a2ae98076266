"""``foresell stage``: raw files put in place."""

from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.show import Format
from foresell.cli.terminal import print_json
from foresell.errors import counted

if TYPE_CHECKING:
    from foresell.api.staging import Staged


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(stage)


def stage(
    project: Annotated[str, typer.Argument(help="Name of a project; see 'foresell projects'.")],
    place: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER|ZIP|s3://...", help="Folder, zip or S3 prefix that holds the raw files."
        ),
    ],
    form: Annotated[
        Format, typer.Option("--format", help="What to print: for people or for programs.")
    ] = Format.table,
) -> None:
    """Put raw files in place, from a folder, a zip or S3; run the project without --data."""
    from foresell.api.staging import stage as put  # noqa: PLC0415 - keeps --help quick

    show_staged(put(project, place), form)


def show_staged(staged: "Staged", form: Format) -> None:
    """Print what was put in place."""
    if form is Format.json:
        said = {
            "project": staged.project,
            "folder": str(staged.folder),
            "origin": staged.origin,
            "synthetic": staged.synthetic,
            "personal": list(staged.personal),
            "files": [{"name": file.name, "bytes": file.bytes} for file in staged.files],
        }
        print_json(said)
        return
    from rich.console import Console  # noqa: PLC0415

    console = Console(highlight=False)
    size = sum(file.bytes for file in staged.files) / 1e6
    count = counted(len(staged.files), "file")
    made = ", synthetic" if staged.synthetic else ""
    console.print(
        f"[bold]{count}[/bold], {size:,.1f} MB{made}, now in {staged.folder}",
        soft_wrap=True,
    )
    if staged.personal:
        held = f"The raw files hold personal data: {', '.join(staged.personal)}; "
        but = f" but {', '.join(staged.kept_personal)}" if staged.kept_personal else ""
        console.print(f"{held}nothing that is made from them will{but}.", soft_wrap=True)
    console.print(f"[dim]Next: foresell run {staged.project}[/dim]", soft_wrap=True)
