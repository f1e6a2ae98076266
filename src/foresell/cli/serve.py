"""``foresell serve``: answers over HTTP, until Ctrl-C ends it."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from foresell.cli.arguments import Form, Host, HostName, Port
from foresell.cli.show import Format

if TYPE_CHECKING:
    from foresell.wiring.http_server import Listening


class Log(StrEnum):
    """In which form requests are logged, to standard error."""

    json = "json"
    text = "text"
    off = "off"


class RequestLog(StrEnum):
    """In which form rows and answers are kept."""

    jsonl = "jsonl"
    parquet = "parquet"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(serve)


def serve(
    projects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROJECT...", help="What to serve. The first one also answers at the root."
        ),
    ] = None,
    *,
    alias: Annotated[
        str | None,
        typer.Option(
            metavar="ALIAS",
            help="Which version answers: prod (or champion) or staging (or challenger), which is "
            "followed, or the number of one. By default prod.",
        ),
    ] = None,
    shadow: Annotated[
        str | None,
        typer.Option(
            metavar="ALIAS",
            help="Score every row with this alias's version too; no caller notices.",
        ),
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Answer from a bundle folder, without a registry."),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    keys: Annotated[
        bool | None,
        typer.Option(
            "--keys/--no-keys",
            help="Whether callers need an API key; by default where others than this machine "
            "can reach it. See 'foresell keys'.",
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            metavar="N", help="Allow one caller so many requests a minute; no limit by default."
        ),
    ] = None,
    host_name: HostName = None,
    cors: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN", help="Let pages of this web origin read answers; may be given again."
        ),
    ] = None,
    max_rows: Annotated[
        int, typer.Option(metavar="N", help="Refuse more rows in one request.")
    ] = 10_000,
    max_body: Annotated[
        int, typer.Option(metavar="BYTES", help="Refuse a larger body.")
    ] = 2_000_000,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="Give up an explanation or a what if after so long."),
    ] = 30.0,
    log: Annotated[
        Log | None,
        typer.Option(
            help="How requests are logged to standard error. By default text in a terminal, else "
            "json."
        ),
    ] = None,
    request_log: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="Keep rows and answers of this share of requests, 0 to 1."
        ),
    ] = 0.0,
    ui: Annotated[
        bool | None,
        typer.Option(
            "--ui/--no-ui",
            help="Whether there is the dashboard, at /ui; by default wherever a registered version "
            "answers.",
        ),
    ] = None,
    request_log_format: Annotated[
        RequestLog, typer.Option(help="In which form they are kept.")
    ] = RequestLog.jsonl,
    form: Form = Format.table,
) -> None:
    """Answer over HTTP, from registered versions or a bundle folder; Ctrl-C ends it.

    /docs shows what can be asked, /ui is the dashboard. Another version that is promoted answers
    within a second.

    For example: foresell serve retail --alias staging

    Or from a folder: foresell serve --bundle workspace/retail/bundle --port 0
    """
    from foresell.api.serving import serve as run  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.show_serving import json_listening, say_listening  # noqa: PLC0415
    from foresell.serving.site import Options  # noqa: PLC0415

    def said(listening: "Listening") -> None:
        """Say what is served."""
        (json_listening if form is Format.json else say_listening)(listening)

    run(
        projects or (),
        alias=alias,
        shadow=shadow,
        bundle=bundle,
        host=host,
        port=port,
        keys=keys,
        rate=rate,
        host_names=host_name or (),
        cors=cors or (),
        pages=ui,
        options=Options(
            max_rows=max_rows,
            max_body=max_body,
            timeout_s=timeout,
            log=_log(log),
            request_log=request_log,
            request_log_form=request_log_format.value,
        ),
        listen=said,
    )


def _log(asked: Log | None) -> Literal["json", "text", "off"]:
    """Return the form of the log: what is asked for, or what suits who reads it."""
    if asked is not None:
        return asked.value
    return "text" if sys.stderr.isatty() else "json"
