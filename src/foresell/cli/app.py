"""The commands. Heavy imports wait inside them, so that ``foresell --help`` answers at once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from foresell.cli import (
    contract,
    eda,
    explain,
    inspect,
    keys,
    loadtest,
    monitor,
    predict,
    quality,
    quarantine,
    registry,
    retrain,
    risk,
    serve,
    shadow,
    sql,
    stage,
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
    show_run,
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


class PresetName(StrEnum):
    """How much effort training may take."""

    fast = "fast"
    default = "default"
    best = "best"


class SelectionName(StrEnum):
    """What is done about the settings of candidates."""

    baseline = "baseline"
    tuned = "tuned"
    both = "both"


class SourceName(StrEnum):
    """Where the rows of a project are read."""

    files = "files"
    postgres = "postgres"


@app.command()
def projects(form: FormatOption = Format.table) -> None:
    """List the projects that can be run."""
    from foresell import api  # noqa: PLC0415

    show_projects(api.projects(), form)


@app.command()
def run(
    project: Annotated[str, typer.Argument(help="Name of a project; see 'foresell projects'.")],
    *,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="DIR|s3://...", help="Folder or S3 prefix of the raw files."
        ),
    ] = None,
    source: Annotated[
        SourceName | None,
        typer.Option(
            help="Where the rows are: files, or the warehouse in PostgreSQL that DB_* names. By "
            "default as project.yaml says; --data means files."
        ),
    ] = None,
    preset: Annotated[
        PresetName,
        typer.Option(
            help="Effort. fast: few origins, fewer candidates; default: more of both; best: also "
            "searches the candidates' settings on the folds."
        ),
    ] = PresetName.default,
    selection: Annotated[
        SelectionName | None,
        typer.Option(
            "--selection-mode",
            help="Candidates with settings as declared (baseline), as searched on the folds "
            "(tuned), or side by side (both). By default as preset and project.yaml say.",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="STAGE",
            help="Stop after this stage: manifest, ingest, validate, split, eda, baselines, train, "
            "evaluate, refit, register, report, monitor or quality; for a panel also features "
            "(before baselines) and forecast (before report), and risk (before monitor) where the "
            "project declares segments.",
        ),
    ] = None,
    override: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Use the model even if it fails the gate; recorded."),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Do all again, changed or not, and register a new version."),
    ] = False,
    no_track: Annotated[
        bool, typer.Option("--no-track", help="Tell MLflow nothing; a later run tells it.")
    ] = False,
    form: FormatOption = Format.table,
) -> None:
    """Run a project from raw files to a registered model; do again only what changed."""
    from foresell import api  # noqa: PLC0415
    from foresell.cli.progress import Progress  # noqa: PLC0415

    with Progress() as progress:
        result = api.run(
            project,
            data=data,
            source=source.value if source is not None else None,
            preset=preset.value,
            selection=selection.value if selection is not None else None,
            until=until,
            override=override,
            force=force,
            track=False if no_track else None,
            listen=progress.hear,
        )
    show_run(result, form)
    if result.passed is False and override is None:
        raise typer.Exit(1)


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
    shadow,
    keys,
    loadtest,
    monitor,
    retrain,
    eda,
    quality,
):
    noun.register(app)
