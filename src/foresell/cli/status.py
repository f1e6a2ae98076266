"""``foresell status``: which stages a run would do again, and because of what."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from foresell.cli.arguments import Form
from foresell.cli.run import PresetName, SelectionName, SourceName
from foresell.cli.show import Format


class FailOn(StrEnum):
    """What ends the command with exit code 1."""

    stale = "stale"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(status)


def status(
    project: Annotated[
        list[str] | None,
        typer.Argument(help="Names of projects; by default, and for all, every one."),
    ] = None,
    *,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="DIR|s3://...", help="Folder or S3 prefix of the raw files."
        ),
    ] = None,
    source: Annotated[
        SourceName | None, typer.Option(help="Where the rows are, as of foresell run.")
    ] = None,
    preset: Annotated[
        PresetName, typer.Option(help="The effort that a run would be asked for.")
    ] = PresetName.default,
    selection: Annotated[
        SelectionName | None,
        typer.Option("--selection-mode", help="What a run would do about settings."),
    ] = None,
    override: Annotated[
        str | None, typer.Option(metavar="REASON", help="The reason a run would be given.")
    ] = None,
    params: Annotated[
        Path | None,
        typer.Option(
            "--params",
            metavar="FILE",
            help="YAML that says preset, selection and override instead, as DVC's params.yaml.",
        ),
    ] = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option("--fail-on", help="Exit code 1 where a run would do anything again."),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Say which stages a run would do again, because of which file, parameter, code or library.

    Nothing is done and nothing is written. Raw files are read as by a run; ask with the options of
    the run.
    """
    from foresell import api  # noqa: PLC0415 - keeps --help quick
    from foresell.api.run_parameters import read_asked  # noqa: PLC0415
    from foresell.cli.show_status import show_status  # noqa: PLC0415

    asked = read_asked(
        params, preset.value, selection.value if selection is not None else None, override
    )
    found = api.status(
        project or (),
        data=data,
        source=source.value if source is not None else None,
        preset=asked.preset,
        selection=asked.selection,
        override=asked.override,
    )
    show_status(found, form)
    if fail_on is FailOn.stale and any(one.stale for one in found):
        raise typer.Exit(1)
