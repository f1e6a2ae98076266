"""``foresell loadtest``: a server under load, and whether it is fast and sound enough."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format
from foresell.errors import counted

if TYPE_CHECKING:
    from foresell.api.loadtest import LoadTest


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(loadtest)


def loadtest(
    project: Annotated[
        list[str] | None,
        typer.Argument(help="By default all that have a version at the alias."),
    ] = None,
    *,
    duration: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long it is asked.")
    ] = 30.0,
    users: Annotated[int, typer.Option(metavar="N", help="Who ask at the same time.")] = 8,
    spawn_rate: Annotated[float, typer.Option(metavar="N", help="Users that come a second.")] = 8.0,
    pace: Annotated[
        float, typer.Option(metavar="N", help="Requests a second of one user, 0 for no limit.")
    ] = 0.0,
    max_p95_ms: Annotated[
        float,
        typer.Option(metavar="MS", help="What 95 % of the requests have to keep within."),
    ] = 200.0,
    max_failures: Annotated[
        float, typer.Option(metavar="SHARE", help="Requests that may fail, 0 to 1.")
    ] = 0.0,
    alias: Annotated[
        str, typer.Option(metavar="ALIAS", help="prod, staging, or the number of a version.")
    ] = "prod",
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A server that runs; by default one is started."),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A file with the API key that the server wants."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="For summary.json, endpoints.csv, requests.csv and load.svg; by default "
            "_serving/load under FORESELL_HOME.",
        ),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Put a server under load over HTTP; exit code 1 when a threshold is not kept.

    The questions are of every kind the server answers, and no two rows need be the same.
    """
    from foresell.api.loadtest import load_test  # noqa: PLC0415 - keeps --help quick

    found = load_test(
        project or (),
        duration=duration,
        users=users,
        spawn_rate=spawn_rate,
        pace=pace,
        max_p95_ms=max_p95_ms,
        max_failures=max_failures,
        alias=alias,
        url=url,
        key="" if key_file is None else _key(key_file),
        out=out,
    )
    _show(found, form)
    if not found.passed:
        raise typer.Exit(1)


def _key(file: Path) -> str:
    """Return the key in a file."""
    return file.read_text("utf-8").strip()


def _show(found: "LoadTest", form: Format) -> None:
    """Print what came of it."""
    from foresell.cli.tables import print_table, result_table  # noqa: PLC0415 - as they are needed
    from foresell.cli.terminal import plain, print_json, screen  # noqa: PLC0415

    told = found.summary
    if form is Format.json:
        print_json({**told, "folder": str(found.folder)})
        return
    console = screen()
    table = result_table("request", "requests", "failed", "a second", "p50 ms", "p95 ms", "p99 ms")
    for one in told["endpoints"]:
        table.add_row(
            plain(one["name"]),
            f"{one['requests']:,}",
            f"{one['failures']:,}",
            f"{one['requests_per_second']:,.1f}",
            *(f"{one[name]:,.1f}" for name in ("p50_ms", "p95_ms", "p99_ms")),
        )
    print_table(console, table, more="--format json has them all")
    console.print(
        f"{counted(told['requests'], 'request')} by {counted(told['users'], 'user')}, "
        f"{told['requests_per_second']:,.0f} a second, p50 {told['p50_ms']:.1f} ms, "
        f"p95 {told['p95_ms']:.1f} ms, p99 {told['p99_ms']:.1f} ms",
        soft_wrap=True,
    )
    for reason in told["reasons"]:
        console.print(
            f"[red]✗[/red] {reason['requests']:,} x {plain(reason['name'])}: "
            f"{plain(reason['failure'])}",
            soft_wrap=True,
        )
    for one in told["thresholds"]:
        mark = "[green]✓[/green]" if one["passed"] else "[red]✗[/red]"
        words = (
            f"p95 {one['found']:.1f} ms, at most {one['limit']:g} ms"
            if one["name"] == "p95_ms"
            else f"{one['found']:.2%} of the requests failed, at most {one['limit']:.2%}"
        )
        console.print(f"{mark} {words}", soft_wrap=True)
    console.print(f"[dim]{plain(str(found.folder))}[/dim]", soft_wrap=True)
