"""``foresell warehouse load``: files into the warehouse, all of them or nothing."""

from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format

if TYPE_CHECKING:
    from foresell.pipeline.work import Event


def load(
    project: Annotated[
        str | None,
        typer.Argument(
            metavar="[PROJECT]",
            help="A project that declares a warehouse; the only such one by default.",
            show_default=False,
        ),
    ] = None,
    *,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Folder (or s3:// place) with the raw files, if not staged.",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="s3://...", help="Bucket and prefix with the raw files."),
    ] = None,
    partial: Annotated[
        bool,
        typer.Option(
            "--partial",
            help="The files are a part, such as one week: not compared with the last delivery.",
        ),
    ] = False,
    form: Form = Format.table,
) -> None:
    """Load a project's files: checked, let in, validated; exit 1 and no change if a check fails."""
    from foresell.api import warehouse_load  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.exits import Stopped  # noqa: PLC0415
    from foresell.cli.progress import Progress  # noqa: PLC0415
    from foresell.cli.show_warehouse_load import show_load  # noqa: PLC0415

    reached: dict[str, str] = {}
    with Progress() as progress:

        def hear(event: "Event") -> None:
            reached[event.stage] = event.kind
            progress.hear(event)

        try:
            report = warehouse_load.load_warehouse(
                project, data=data, source=source, partial=partial, listen=hear
            )
        except KeyboardInterrupt:
            raise Stopped(_left(reached.get("commit"))) from None
    show_load(report, form)
    if not report.passed:
        raise typer.Exit(1)


def _left(commit: str | None) -> str:
    """Return what a load that was stopped left; ``commit``: what was last heard of that phase."""
    if commit is None:
        return "nothing in the warehouse changed; run it again"
    if commit == "done":
        return "the load is in; its report may not be written"
    return "not known whether the load went in; run it again, that is safe"
