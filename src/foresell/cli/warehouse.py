"""``foresell warehouse``: the star schema on PostgreSQL, made, filled and asked how it stands."""

from typing import Annotated

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format
from foresell.cli.warehouse_load import load

app = typer.Typer(
    no_args_is_help=True,
    help="The star schema (retailds) on PostgreSQL: made, filled, asked how it stands. DB_* or "
    "RDS_SECRET_NAME name the database.",
)
Declared = Annotated[
    str | None,
    typer.Argument(
        metavar="[PROJECT]",
        help="A project that declares a warehouse; the only such one by default.",
        show_default=False,
    ),
]


def register(main: typer.Typer) -> None:
    """Add the commands to ``main``."""
    main.add_typer(app, name="warehouse")


@app.command()
def migrate(project: Declared = None, form: Form = Format.table) -> None:
    """Make the schema or bring it up to date, with the contract's rules as CHECKs; no row goes."""
    from foresell.api import warehouse  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.show_warehouse import show_migrated  # noqa: PLC0415

    def waits() -> None:
        typer.echo("a load or another migration is at work: waiting for its end", err=True)

    show_migrated(warehouse.migrate_warehouse(project, waiting=waits), form)


@app.command()
def status(project: Declared = None, form: Form = Format.table) -> None:
    """Show migrations, whose rules are held, rows, last loads; exit 1 where migrate has work."""
    from foresell.api import warehouse  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.show_warehouse import show_status  # noqa: PLC0415

    found = warehouse.warehouse_status(project)
    show_status(found, form)
    if not found.current:
        raise typer.Exit(1)


app.command()(load)
