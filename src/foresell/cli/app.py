"""The commands. Heavy imports wait inside them, so that ``foresell --help`` answers at once."""

from pathlib import Path
from typing import Annotated

import typer

from foresell.cli import (
    contract,
    dashboard,
    eda,
    explain,
    inspect,
    keys,
    loadtest,
    monitor,
    pipeline,
    predict,
    quality,
    quarantine,
    registry,
    retrain,
    risk,
    run,
    run_folders,
    serve,
    shadow,
    sql,
    stage,
    status,
    synth,
    track,
    warehouse,
)
from foresell.cli.arguments import Model
from foresell.cli.asking import parse_where
from foresell.cli.show import (
    Format,
    show_checks,
    show_forecast,
    show_projects,
    show_unanswered,
    show_unplanned,
)
from foresell.cli.writing import ROWS, check_out, write_forecast
from foresell.errors import UsageError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Sales data in, judged forecasts with honest intervals out.",
    epilog="Exit codes: 0 fine, 1 a gate or check did not pass, 2 bad input, 3 this machine.",
)

FormatOption = Annotated[
    Format, typer.Option("--format", help="What to print: for people or for programs.")
]


def _version(asked: bool) -> None:
    """Print the version and stop."""
    if asked:
        from foresell import __version__  # noqa: PLC0415

        typer.echo(f"foresell {__version__}")
        raise typer.Exit


@app.callback()
def _every_command(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Sales data in, judged forecasts with honest intervals out."""


@app.command()
def projects(form: FormatOption = Format.table) -> None:
    """List the projects that can be run."""
    from foresell import api  # noqa: PLC0415

    show_projects(api.projects(), form)


run.register(app)


@app.command()
def forecast(
    project: Annotated[str, typer.Argument(help="Name of a project that was run.")],
    *,
    rows: Annotated[
        Path | None,
        typer.Option("--rows", metavar="FILE", help="CSV or Parquet with the rows to answer."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write the answers there: .csv or .parquet."),
    ] = None,
    submission: Annotated[
        bool,
        typer.Option("--submission", help="Write the two columns a competition asks for."),
    ] = False,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="What if this were planned instead?"),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="COLUMN=VALUE",
            help="Only series of this key or static column; again for more.",
        ),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="First day that is changed.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="Last day that is changed.")
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The sums of the rows at this level: Store, total."),
    ] = None,
    nonnegative: Annotated[
        bool, typer.Option("--nonnegative", help="No answer below 0, whatever the project says.")
    ] = False,
    model: Model = None,
    form: FormatOption = Format.table,
) -> None:
    """Answer rows from the bundle of the last run; by default those the project asks for."""
    from foresell import api  # noqa: PLC0415
    from foresell.api.answering import unit, unplanned  # noqa: PLC0415
    from foresell.cli import what_if  # noqa: PLC0415

    check_out(out, ROWS)
    what_if.refuse_bounds(change or (), first, last)
    if submission and level is not None:
        raise UsageError(
            "a submission has a line a row, and a level has sums of rows",
            "--submission, --level",
            "leave one of them out",
        )
    answered = api.forecast(
        project,
        rows=rows,
        set=what_if.single(change or (), "--set"),
        where=parse_where(where or ()),
        first=first,
        last=last,
        level=level,
        nonnegative=nonnegative,
        model=model,
    )
    if rows is not None:
        untold = unplanned(project, rows, model=model)
        show_unplanned(untold, set(what_if.single(change or (), "--set")))
    elif not change:
        show_unanswered(api.unanswered(project, model=model))
    if submission:
        answered = api.submission(project, answered)
    if out is None:
        show = what_if.show_effect if change and not submission else show_forecast
        show(answered, form, unit(project))
    else:
        write_forecast(answered, out, form)


@app.command()
def doctor(form: FormatOption = Format.table) -> None:
    """Say what is installed, what is missing, and how to mend it."""
    from foresell import api  # noqa: PLC0415

    checks = api.doctor()
    show_checks(checks, form)
    if any(check.state == "missing" for check in checks):
        raise typer.Exit(3)


for noun in (
    *(predict, explain, inspect, stage, contract, quarantine, sql, risk, synth, registry, track),
    warehouse,
    serve,
    dashboard,
    shadow,
    keys,
    loadtest,
    monitor,
    retrain,
    eda,
    quality,
    pipeline,
    run_folders,
    status,
):
    noun.register(app)
