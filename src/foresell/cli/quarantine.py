"""``foresell quarantine``: rows that the gate set aside, shown and brought back mended."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresell.cli.show import Format
from foresell.cli.show_data import stale_words
from foresell.cli.terminal import plain, print_json, screen
from foresell.cli.writing import write_forecast
from foresell.errors import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    show_rows(found.rows, found.checks, project)


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
    undo: Annotated[
        bool,
        typer.Option("--undo", help="Take repairs back: those of --file, or all of them."),
    ] = False,
    form: FormatOption = Format.table,
) -> None:
    """Bring mended rows back through the gate; they hold until their source changes."""
    from foresell.api.quarantine import retry as bring_back  # noqa: PLC0415
    from foresell.api.quarantine import undo_repairs  # noqa: PLC0415

    if undo:
        count = undo_repairs(project, file=file)
        if form is Format.json:
            print_json({"project": project, "undone": count})
        else:
            screen().print(f"[bold]{counted(count, 'repair')}[/bold] taken back")
        return
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
            f"a sample: {sampled['checked']:,} of {sampled['of']:,} rows were checked, "
            f"{sampled['broken']:,} of them broke a rule; keys were compared on all"
        )
    if checks["repairs"]["stale"]:
        console.print(stale_words(checks))
    console.print(f"[dim]contract {contract['version']}, {contract['sha256'][:12]}[/dim]")
    broken = [rule for rule in checks["rules"] if rule["broken"]]
    if not broken:
        console.print(f"no row broke any of {len(checks['rules'])} rules")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("rule", "says", "ROWS", "such as"):
        number = name.isupper()  # which no narrow terminal may cut
        table.add_column(
            name, justify="right" if number else "left", no_wrap=number, overflow="fold"
        )
    for rule in sorted(broken, key=lambda rule: -rule["broken"]):
        shown = "; ".join(rule["examples"])
        cells = (rule["rule"], rule["says"], f"{rule['broken']:,}", shown)
        table.add_row(*map(Text, cells))
    console.print(table)


def show_rows(rows: "pl.DataFrame", checks: dict[str, Any], project: str) -> None:
    """Print the first rows set aside: number, file, key, and the values that broke each rule."""
    console = screen()
    rules = {rule["rule"]: rule for rule in checks["rules"]}
    key: list[str] = next(
        (rule["columns"] for rule in rules.values() if rule["kind"] == "primaryKey"), []
    )
    for row in rows.head(_HEAD).to_dicts():
        place = f"  {row['__file']}, row {row['__file_row']:,}" if row["__file"] else ""
        known = f"  {_values(row, key)}" if key else ""
        console.print(
            f"[bold]row {row['__row']:,}[/bold][dim]{plain(place)}[/dim]{plain(known)}",
            soft_wrap=True,
        )
        for name in row["broken_rules"].split("; "):
            columns = rules.get(name, {}).get("columns", [])
            own = "" if columns == key else _values(row, columns)  # the key is shown already
            console.print(f"  {plain(name)}" + (f"   {plain(own)}" if own else ""), soft_wrap=True)
    if rows.height:
        more = f"{min(_HEAD, rows.height)} of {rows.height:,} rows; " if rows.height > _HEAD else ""
        console.print(
            f"[dim]{more}--out FILE writes them with all columns; mended ones: "
            f"foresell quarantine retry {project} --file FILE[/dim]",
            soft_wrap=True,
        )


def _values(row: dict[str, Any], columns: "Sequence[str]") -> str:
    """Return the values of ``columns`` in words; a column that the row lacks is left out."""
    return ", ".join(
        f"{name} = {'nothing' if row[name] is None else row[name]}"
        for name in columns
        if name in row
    )


def show_retry(result: "RetryResult") -> None:
    """Print what became of the rows that were given, and then of all."""
    console = screen()
    console.print(
        f"{counted(result.given, 'row')} given: {result.mended:,} mended, {result.passed:,} pass "
        f"now, {result.broken:,} still broken"
    )
    asides = (
        (result.chosen, "chosen of several copies: given unchanged, the others left out"),
        (result.unchanged, "passed over: nothing is mended in what was given"),
        (result.already, "passed over: mended already, by an earlier retry"),
    )
    for count, words in asides:
        if count:
            console.print(f"  {count:,} {words}", soft_wrap=True)
    console.print(
        f"all together: {result.kept:,} rows kept, {result.repaired:,} of them mended; "
        f"{result.quarantined:,} set aside"
    )
    if result.stale:
        console.print(stale_words({"repairs": {"stale": result.stale}}), soft_wrap=True)
    console.print(f"[dim]go on: foresell run {result.project}[/dim]")
