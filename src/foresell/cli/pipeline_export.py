"""``foresell pipeline export`` and ``code``: the graph for DVC and Airflow."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format
from foresell.cli.terminal import print_json, screen
from foresell.errors import MachineError

if TYPE_CHECKING:
    from foresell.api.exporting import Exported


class Runner(StrEnum):
    """What else can walk the graph."""

    dvc = "dvc"
    airflow = "airflow"


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``, the noun ``pipeline``."""
    app.command()(export)
    app.command()(code)


def export(
    runner: Annotated[Runner, typer.Argument(help="What shall run the stages.")],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PLACE",
            help="For dvc a file, by default dvc.yaml; for airflow a folder, by default "
            "deploy/airflow/dags.",
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit 1 where what is there is stale."),
    ] = False,
    form: Form = Format.table,
) -> None:
    """Write the stages of all projects for DVC or Airflow, which then only call foresell."""
    from foresell.api.exporting import export_pipeline  # noqa: PLC0415 - keeps --help quick

    found = export_pipeline(runner.value, out=out, check=check)
    show_exported(found, form, check=check)
    if check and found.stale:
        raise typer.Exit(1)


def code(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it there instead of printing it."),
    ] = None,
) -> None:
    """Say in JSON which code, libraries and parameters each stage depends on."""
    from foresell.api.exporting import pipeline_code  # noqa: PLC0415 - keeps --help quick

    text = json.dumps(pipeline_code(), indent=1, sort_keys=True) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise MachineError(
            f"the digests cannot be written: {error.strerror}", f"--out {out}", "name another file"
        ) from error


def show_exported(found: "Exported", form: Format, *, check: bool) -> None:
    """Print what was written, or what is stale."""
    if form is Format.json:
        files = {str(path): state for path, state in found.files.items()}
        print_json({"runner": found.form, "says": found.says, "files": files})
        return
    for path in found.stale:
        state = found.files[path]
        more = " from the export: remove it" if state == "gone" else ""
        screen().print(f"{path} is {state}{more}", highlight=False, soft_wrap=True)
    if check and found.stale:
        again = f"foresell pipeline export {found.form}"
        screen().print(f"The export is stale. Next: {again}", highlight=False)
    else:
        screen().print(f"{found.says}, up to date", highlight=False)
