"""``foresell keys``: who may ask a server, for what, until when."""

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format
from foresell.cli.terminal import plain, print_json, screen

if TYPE_CHECKING:
    from foresell.spec.keys import Key

app = typer.Typer(
    no_args_is_help=True,
    help="API keys: who may ask a server, for what, and until when. A running server follows.",
)


class ScopeName(StrEnum):
    """What a key allows."""

    predict = "predict"
    explain = "explain"
    read = "read"
    admin = "admin"


def register(main: typer.Typer) -> None:
    """Add the commands to ``main``."""
    main.add_typer(app, name="keys")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="For whom it is; it stands in logs.")],
    *,
    scope: Annotated[
        list[ScopeName] | None,
        typer.Option(
            help="What it allows; again for more. predict: predictions and forecasts; explain: "
            "explanations; read: metadata and metrics; admin: reload. By default predict."
        ),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="90d, 2027-01-31 (the end of that day) or a time; UTC."),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Make a key and print its token, this once: only its digest is kept."""
    from foresell.api import keys  # noqa: PLC0415 - keeps --help quick

    scopes = [one.value for one in scope or [ScopeName.predict]]
    made = keys.create_key(name, scopes=scopes, expires=expires)
    if form is Format.json:
        print_json({"token": made.token, **_told(made.key, expired=False)})
    else:
        typer.echo(made.token)
        until = "" if made.key.expires is None else f" until {_moment(made.key.expires)} UTC"
        screen(stderr=True).print(
            f"[dim]{plain(name)} may {', '.join(made.key.scopes)}{until}. The token is shown this "
            "once; send it as 'Authorization: Bearer TOKEN' or 'X-API-Key: TOKEN'[/dim]",
            soft_wrap=True,
        )
    _warn()


@app.command("list")
def list_(form: Form = Format.table) -> None:
    """List the keys; no token can be shown again."""
    from foresell.api import keys  # noqa: PLC0415 - keeps --help quick

    found = [(key, keys.expired(key)) for key in keys.api_keys()]
    if form is Format.json:
        print_json([_told(key, expired=expired) for key, expired in found])
    else:
        _show(found)
    _warn()


@app.command()
def revoke(
    which: Annotated[str, typer.Argument(metavar="KEY", help="Its name or its id.")],
    form: Form = Format.table,
) -> None:
    """Take a key back: a running server refuses it within a second."""
    from foresell.api import keys  # noqa: PLC0415 - keeps --help quick

    gone = keys.revoke_key(which)
    if form is Format.json:
        print_json({"revoked": True, **_told(gone, expired=keys.expired(gone))})
    else:
        screen().print(f"{plain(gone.name)} ({gone.id}) opens nothing any more", soft_wrap=True)


def _show(found: "Sequence[tuple[Key, bool]]") -> None:
    """Print the keys as a table."""
    from foresell.cli.tables import print_table, result_table  # noqa: PLC0415 - as they are needed

    console = screen()
    if not found:
        console.print("there are no keys; foresell keys create NAME makes one", soft_wrap=True)
        return
    table = result_table("name", "id", "allows", "created, UTC", "expires, UTC")
    for key, expired in found:
        until = "never" if key.expires is None else _moment(key.expires)
        table.add_row(
            f"[bold]{plain(key.name)}[/bold]",
            key.id,
            ", ".join(key.scopes),
            _moment(key.created),
            f"[red]expired {until}[/red]" if expired else until,
        )
    print_table(console, table, more="--format json has them all")


def _warn() -> None:
    """Say it where others may read the list."""
    from foresell.api import keys  # noqa: PLC0415 - keeps --help quick

    place = keys.exposed_keys()
    if place is not None:
        screen(stderr=True).print(
            f"[yellow]others than its owner may read or write {plain(str(place))}[/yellow]; "
            "chmod 600 mends it",
            soft_wrap=True,
        )


def _told(key: "Key", *, expired: bool) -> dict[str, Any]:
    """Return a key as plain values, without its digest."""
    told = {**asdict(key), "expired": expired}
    del told["digest"]
    return {
        name: one.isoformat() if hasattr(one, "isoformat") else one for name, one in told.items()
    }


def _moment(moment: Any) -> str:
    """Return a moment to the minute."""
    return f"{moment:%Y-%m-%d %H:%M}"
