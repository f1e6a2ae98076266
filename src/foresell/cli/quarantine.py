"""``foresell quarantine``: rows that the gate set aside, shown and brought back mended."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresell.cli.show import Format, write_forecast
from foresell.cli.terminal import print_json, screen

if TYPE_CHECKING:
    import polars as pl

    from foresell.api.quarantine import RetryResult

_HEAD = 20  # rows that a person reads on a screen

app = typer.Typer(
    no_args_is_help=True, help="Rows that broke the contract: look at them, mend them, retry."
)
ProjectArgument = Annotated[str, typer.Argument(help="Name of a project that was run.")]
FormatOption = Annotated[
    Format, typer.Option("--format", help="What to print: for people or for programs.")
]


def register(main: typer.Typer) -> None:
    """Add the commands to ``main``."""
    main.add_typer(app, name="quarantine")


@app.command()
def show(
    project: ProjectArgument,
    rule: Annotated[
        str | None,
        typer.Option("--rule", metavar="RULE", help="Only rows that broke this rule."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="At most so many rows.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write the rows there: .csv or .parquet."),
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """Show the rules of the gate, what broke them, and the rows that were set aside."""
    from foresell.api.quarantine import quarantined  # noqa: PLC0415 - keeps --help quick

    found = quarantined(project, rule=rule, limit=limit)
    if out is not None:
        write_forecast(found.rows, out, form)
        return
    if form is Format.json:
        rows = json.loads(found.rows.write_json())
        print_json({"project": project, **found.checks, "rows": rows})
        return
    show_gate(found.checks)
    show_rows(found.rows)


@app.command()
def retry(
    project: ProjectArgument,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="The mended copy; without it quarantine/rejected.csv, edited in place.",
        ),
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """Bring mended rows back through the gate; they hold until their source changes."""
    from foresell.api.quarantine import retry as bring_back  # noqa: PLC0415

    result = bring_back(project, file=file)
    if form is Format.json:
        print_json(asdict(result))
    else:
        show_retry(result)


def show_gate(checks: dict[str, Any]) -> None:
    """Print what the gate read, kept and set aside, and every rule that was broken.

    ``checks``: what ``checks.json`` holds.
    """
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only when something is shown
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console, sampled, contract = screen(), checks["sampled"], checks["contract"]
    console.print(
        f"[bold]Gate[/bold]  {checks['read']:,} rows read = {checks['kept']:,} kept + "
        f"{checks['quarantined']:,} set aside"
        + (f", {checks['repaired']:,} of them mended" if checks["repaired"] else "")
    )
    if sampled is not None:
        console.print(
            f"a sample: {sampled['checked']:,} of {sampled['of']:,} rows were checked; "
            "keys were compared on all"
        )
    console.print(f"[dim]contract {contract['version']}, {contract['sha256'][:12]}[/dim]")
    broken = [rule for rule in checks["rules"] if rule["broken"]]
    if not broken:
        console.print(f"no row broke any of {len(checks['rules'])} rules")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("rule", "says", "ROWS", "such as"):
        table.add_column(name, justify="right" if name.isupper() else "left")
    for rule in sorted(broken, key=lambda rule: -rule["broken"]):
        shown = "; ".join(rule["examples"])
        cells = (rule["rule"], rule["says"], f"{rule['broken']:,}", shown)
        table.add_row(*map(Text, cells))
    console.print(table)


def show_rows(rows: "pl.DataFrame") -> None:
    """Print the first rows set aside; those columns in which they broke a rule stand first."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if rows.is_empty():
        return
    table, console, head = Table(box=SIMPLE_HEAD, pad_edge=False), screen(), rows.head(_HEAD)
    for name in head.columns:
        table.add_column(Text(name))
    for row in head.rows():
        table.add_row(*(Text("–" if value is None else str(value)) for value in row))
    console.print(table)
    more = f"{head.height} of {rows.height:,} rows; " if rows.height > head.height else ""
    console.print(
        f"[dim]{more}--out FILE writes them; mended ones: foresell quarantine retry PROJECT[/dim]"
    )


def show_retry(result: "RetryResult") -> None:
    """Print what became of mended rows."""
    console = screen()
    console.print(
        f"[bold]{result.repaired:,}[/bold] mended rows pass, {result.broken:,} still break a rule"
    )
    console.print(f"{result.kept:,} rows kept, {result.quarantined:,} set aside")
    if result.stale:
        console.print(
            f"[yellow]{len(result.stale):,} earlier repairs do not apply[/yellow]: "
            "their rows have changed at the source"
        )
    console.print(f"[dim]go on: foresell run {result.project}[/dim]")
