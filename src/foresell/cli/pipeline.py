"""``foresell pipeline``: the graph of a project, shown, drawn, checked and exported."""

from pathlib import Path
from typing import Annotated

import typer

from foresell.cli import pipeline_export
from foresell.cli.arguments import Form
from foresell.cli.show import Format
from foresell.cli.writing import PICTURES, check_out, write_picture

_EVERY = "all"

app = typer.Typer(
    no_args_is_help=True,
    help="The stages of a project: what each needs, makes and reads; checked, drawn, exported.",
)


def register(main: typer.Typer) -> None:
    """Add the commands to ``main``."""
    main.add_typer(app, name="pipeline")


@app.command()
def show(
    project: Annotated[
        str | None, typer.Argument(help="Name of a project; by default both kinds are shown.")
    ] = None,
    *,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE", help="Draw the graph there: .svg or .png."),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Show the stages as a tree, with what each needs, makes and reads, and when it was done."""
    from foresell.api.pipeline import draw_pipeline, graphs  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.show_pipeline import show_graphs  # noqa: PLC0415

    check_out(picture, PICTURES, "--picture")
    show_graphs(graphs(project), form)
    if picture is not None:
        write_picture(draw_pipeline(project, png=picture.suffix.lower() == ".png"), picture)


@app.command()
def check(
    project: Annotated[
        str, typer.Argument(help="Name of a project, or all for every one.")
    ] = _EVERY,
    form: Form = Format.table,
) -> None:
    """Look for what is wrong with the graph before anything runs; exit code 1 where it is."""
    from foresell.api.pipeline import check_pipeline  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.show_pipeline import show_checked  # noqa: PLC0415

    found = check_pipeline(None if project == _EVERY else project)
    show_checked(found, form)
    if any(one.findings for one in found):
        raise typer.Exit(1)


pipeline_export.register(app)
