"""``foresell track ui``: MLflow's page, on this machine alone."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from foresell.wiring.tracking_page import Page


def ui(
    *,
    port: Annotated[int, typer.Option(metavar="N", help="Port to listen on.")] = 5000,
    host: Annotated[
        str, typer.Option(metavar="NAME", help="127.0.0.1 or localhost: it has no password.")
    ] = "127.0.0.1",
) -> None:
    """Open MLflow's page over the tracked runs and the registry's mirror; Ctrl-C ends it.

    Where MLFLOW_TRACKING_URI is a server, its address is printed and nothing is started.
    """
    from foresell.api.tracking_page import show_tracking  # noqa: PLC0415 - keeps --help quick

    show_tracking(_say, port=port, host=host)


def _say(page: "Page") -> None:
    """Print where the page is, and how it ends."""
    typer.echo(page.url)
    if page.started:
        typer.echo("Ctrl-C ends it", err=True)
