"""``foresell synth``: the data of a retailer that does not exist."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.show import Format
from foresell.cli.tables import print_table
from foresell.cli.terminal import print_json, screen

if TYPE_CHECKING:
    from foresell.api.synthetic import SynthResult


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(synth)


def synth(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder to make; it must not exist.")
    ],
    *,
    stores: Annotated[int, typer.Option(help="Stores, 1 to 9999.")] = 10,
    products: Annotated[int, typer.Option(help="Products of each store, 1 to 99999.")] = 200,
    start: Annotated[
        str, typer.Option(metavar="DATE", help="First day, as 2024-01-01.")
    ] = "2024-01-01",
    end: Annotated[
        str, typer.Option(metavar="DATE", help="Last day, as 2024-12-31.")
    ] = "2024-12-31",
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 7,
    processes: Annotated[
        int, typer.Option(help="Processes at work; they change no byte of the result.")
    ] = 1,
    form: Annotated[
        Format, typer.Option("--format", help="What to print: for people or for programs.")
    ] = Format.table,
) -> None:
    """Make the files of an invented retailer, with the truth behind them: sales, traffic, stock."""
    from foresell.api.synthetic import synth as make  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.progress import Progress  # noqa: PLC0415

    with Progress() as progress:
        result = make(
            out,
            stores=stores,
            products=products,
            start=start,
            end=end,
            seed=seed,
            processes=processes,
            listen=progress.hear,
        )
    show_synth(result, form)


def show_synth(result: "SynthResult", form: Format) -> None:
    """Print what was written, table by table."""
    if form is Format.json:
        said = {
            "synthetic": True,
            "out": str(result.out),
            "rows": result.rows,
            "files": result.files,
            "bytes": result.bytes,
            "planned_until": result.planned_until.isoformat(),
            "tables": result.tables.to_dicts(),
        }
        print_json(said)
        return
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("table")
    for name in ("files", "rows", "MB"):
        table.add_column(name, justify="right")
    for row in result.tables.to_dicts():
        size = f"{row['bytes'] / 1e6:,.2f}"
        table.add_row(row["table"], f"{row['files']:,}", f"{row['rows']:,}", size)
    table.add_section()
    table.add_row(
        "[bold]in all[/bold]",
        f"{int(result.tables['files'].sum()):,}",
        f"{int(result.tables['rows'].sum()):,}",
        f"{int(result.tables['bytes'].sum()) / 1e6:,.2f}",
    )
    console = screen()
    print_table(console, table)
    console.print(f"[bold]Synthetic data[/bold]  {result.out}", soft_wrap=True)
    last = result.planned_until
    console.print(
        f"[dim]Promotions, plans, events and the calendar run on to {last.day} {last:%B %Y}: what "
        "is planned is known.[/dim]",
        soft_wrap=True,
    )
    console.print(
        "[dim]Nothing in it is about a real shop. True effects: metadata/effects.parquet; "
        "true demand: truth/.[/dim]",
        soft_wrap=True,
    )
