"""``foresell monitor performance``: how forecasts fared once the truth is known."""

from pathlib import Path
from typing import Annotated

import typer

from foresell.cli.arguments import Form, Project
from foresell.cli.show import Format
from foresell.cli.terminal import print_json


def register(group: typer.Typer) -> None:
    """Add the command to the group ``monitor``."""
    group.command()(performance)


def performance(
    project: Project,
    *,
    actuals: Annotated[
        Path | None,
        typer.Option(
            "--actuals",
            metavar="FILE",
            help="CSV or Parquet of what came true: keys, date and target of a panel; of a table "
            "the target with request_id (and row), or with the features. Kept; without it, what "
            "was kept before is judged.",
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Forget what was kept: the file is all that is known."),
    ] = False,
    alias: Annotated[
        str | None,
        typer.Option("--alias", metavar="prod|staging", help="Whose versions answered."),
    ] = None,
    version: Annotated[
        int | None, typer.Option("--version", metavar="N", help="One version and no other.")
    ] = None,
    fail_on_alert: Annotated[
        bool,
        typer.Option(
            "--fail-on-alert", help="Exit 1 while the alert stands, or the verdict is retrain."
        ),
    ] = False,
    form: Form = Format.table,
) -> None:
    """Judge forecasts by what came true: error, bias and coverage by week, and a verdict."""
    from foresell.api.performing import performance as judge  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.show_performance import show_performance  # noqa: PLC0415 - as above

    found = judge(project, actuals=actuals, alias=alias, version=version, replace=replace)
    if form is Format.json:
        print_json(found.to_json())
    else:
        show_performance(found)
    if fail_on_alert and not found.passed:
        raise typer.Exit(1)
