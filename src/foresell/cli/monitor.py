"""``foresell monitor``: whether what a model is asked, and what came true, is still as it was."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from foresell.cli import monitor_alerts, monitor_failed, monitor_performance
from foresell.cli.arguments import Form
from foresell.cli.show import Format
from foresell.cli.terminal import print_json
from foresell.errors import UsageError

app = typer.Typer(
    no_args_is_help=True,
    help="Watch a model: drift of what it is asked, decay of what it says, alerts.",
)
Project = Annotated[str, typer.Argument(help="Name of a project with a registered version.")]
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def register(main: typer.Typer) -> None:
    """Add the commands to ``main``."""
    monitor_performance.register(app)
    monitor_alerts.register(app)
    monitor_failed.register(app)
    main.add_typer(app, name="monitor")


@app.command()
def drift(
    project: Project,
    *,
    current: Annotated[
        str | None,
        typer.Option(
            "--current",
            metavar="FILE|DIR|s3://...",
            help="The rows to compare: a CSV or Parquet file with columns of the contract, or a "
            "folder of raw files. By default what servers have logged.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="AGO|TIME",
            help="From when on the log counts: 12h, 7d, 4w, or a day (UTC). By default 7d.",
        ),
    ] = None,
    alias: Annotated[
        str | None,
        typer.Option(metavar="ALIAS", help="prod or staging; by default prod, else staging."),
    ] = None,
    version: Annotated[
        int | None, typer.Option(metavar="N", help="A registered version, by its number.")
    ] = None,
    if_any: Annotated[
        bool,
        typer.Option(
            "--if-any", help="Exit 0, and say so, where nothing is served or nothing was asked yet."
        ),
    ] = False,
    fail_on_alert: Annotated[
        bool, typer.Option("--fail-on-alert", help="Exit 1 while an alert stands.")
    ] = False,
    evidently: Annotated[
        bool | None,
        typer.Option(
            "--evidently/--no-evidently",
            help="Write Evidently's report too; by default where it is installed.",
        ),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Compare what the served version is asked with the rows it learnt from."""
    from foresell.api.monitoring import drift as watch  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.show_monitor import drift_json, show_drift, show_uncompared  # noqa: PLC0415
    from foresell.spec.monitoring import NothingToCompareError  # noqa: PLC0415

    try:
        found = watch(
            project,
            current=current,
            since=parse_since(since) if since is not None else None,
            alias=alias,
            version=version,
            evidently=evidently,
        )
    except NothingToCompareError as error:
        if not if_any:
            raise
        show_uncompared(project, error.what, form)
        return
    if form is Format.json:
        print_json(drift_json(found))
    else:
        show_drift(found)
    if fail_on_alert and not found.passed:
        raise typer.Exit(1)


def parse_since(text: str) -> datetime | timedelta:
    """Return how long ago, or since when, a word means; a time without a zone is UTC.

    Raises:
        UsageError: it means neither.

    >>> parse_since("7d"), parse_since("2026-03-01").isoformat()
    (datetime.timedelta(days=7), '2026-03-01T00:00:00+00:00')
    """
    word = text.strip()
    if word[:-1].isdecimal() and word[-1:] in _UNITS and int(word[:-1]) > 0:
        try:
            return timedelta(**{_UNITS[word[-1]]: int(word[:-1])})
        except OverflowError:
            pass
    try:
        found = datetime.fromisoformat(word)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no time", "--since", "write 12h, 7d, 4w, or a day: 2026-03-01"
        ) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
