"""``foresell dashboard``: pages to look at, until Ctrl-C ends it."""

import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.arguments import Form, Host, HostName, Port
from foresell.cli.show import Format

if TYPE_CHECKING:
    from foresell.wiring.http_server import Listening


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(dashboard)


def dashboard(
    projects: Annotated[
        list[str] | None,
        typer.Argument(metavar="PROJECT...", help="What to show; all projects by default."),
    ] = None,
    *,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    keys: Annotated[
        bool | None,
        typer.Option(
            "--keys/--no-keys",
            help="Whether one must sign in to look; by default where others than this machine can "
            "reach it. To change what answers one always must. See 'foresell keys'.",
        ),
    ] = None,
    host_name: HostName = None,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the first page in this machine's browser.")
    ] = False,
    form: Form = Format.table,
) -> None:
    """Show forecasts, scores, data, monitoring and versions as pages; Ctrl-C ends it.

    For example: foresell dashboard retail --open
    """
    from foresell.api.looking import serve_dashboard as run  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.show_dashboard import json_showing, say_showing  # noqa: PLC0415

    def said(listening: "Listening") -> None:
        """Say where the pages are."""
        (json_showing if form is Format.json else say_showing)(listening)
        if open_browser:
            webbrowser.open(f"{listening.url}/ui")

    run(projects or (), host=host, port=port, keys=keys, host_names=host_name or (), listen=said)
