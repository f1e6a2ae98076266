"""``foresell run``: one project or several, whole or a part, side by side where that is asked."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format, show_run
from foresell.cli.show_runs import exit_code, refused, show_runs
from foresell.errors import UsageError

EVERY = "all"
_STAGE_THEM = "name the project they are of, or put them in place once: foresell stage PROJECT DIR"


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


class FailOn(StrEnum):
    """What ends the command with exit code 1, where single stages are asked for."""

    gate = "gate"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(run)


def run(
    project: Annotated[
        list[str],
        typer.Argument(help="Names of projects, or all for every one; see 'foresell projects'."),
    ],
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
    stage: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STAGE",
            help="Run this stage alone, on what the stages before it have made; again for more. "
            "Other stages of the project may run at the same time.",
        ),
    ] = None,
    refuse_stale: Annotated[
        bool,
        typer.Option(
            "--refuse-stale", help="Exit code 2 where a stage before those of this run is stale."
        ),
    ] = False,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            "--fail-on",
            help="With --stage: exit code 1 where the model does not pass its gate, as without.",
        ),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="STAGE", help="Begin with this stage.")
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
    jobs: Annotated[
        int,
        typer.Option(
            metavar="N", help="Do N stages at a time, of one project or of several; same result."
        ),
    ] = 1,
    override: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Use the model even if it fails the gate; recorded."),
    ] = None,
    params: Annotated[
        Path | None,
        typer.Option(
            "--params",
            metavar="FILE",
            help="YAML that says preset, selection and override instead, as DVC's params.yaml.",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Do all again, changed or not, and register a new version."),
    ] = False,
    no_track: Annotated[
        bool, typer.Option("--no-track", help="Tell MLflow nothing; a later run tells it.")
    ] = False,
    form: Form = Format.table,
) -> None:
    """Run projects from raw files to registered models; do again only what changed."""
    from foresell import api  # noqa: PLC0415 - keeps --help quick
    from foresell.api.run_parameters import read_asked  # noqa: PLC0415
    from foresell.cli.progress import Progress  # noqa: PLC0415

    said = read_asked(
        params, preset.value, selection.value if selection is not None else None, override
    )
    asked: dict[str, Any] = {
        **vars(said),
        "source": source.value if source is not None else None,
        "first": first,
        "until": until,
        "stages": tuple(stage or ()),
        "refuse_stale": refuse_stale,
        "force": force,
        "track": False if no_track else None,
        "jobs": jobs,
    }
    single = bool(stage) and fail_on is not FailOn.gate
    if len(project) == 1 and project != [EVERY]:
        with Progress() as progress:
            result = api.run(project[0], data=data, **asked, listen=progress.hear)
        show_run(result, form)
        if refused(result, single=single):
            raise typer.Exit(1)
        return
    if data is not None:
        raise UsageError("files are given, and several projects are meant", "--data", _STAGE_THEM)
    with Progress(tuple(project)) as progress:
        found = api.run_all(() if project == [EVERY] else project, **asked, listen=progress.hear)
    show_runs(found, form)
    if code := exit_code(found, single=single):
        raise typer.Exit(code)
