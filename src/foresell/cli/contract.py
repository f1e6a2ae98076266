"""``foresell contract``: lint, show, compile, test and diff."""

import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresell.cli import contract_sample
from foresell.cli.show import Format
from foresell.cli.tables import print_table
from foresell.cli.terminal import plain, print_json, screen
from foresell.errors import MachineError, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foresell.api.contracts import ContractDifference, ContractSummary, ContractTest

_TONES = {"breaking": "bold red", "weakened": "yellow", "tightened": "cyan"}

app = typer.Typer(
    no_args_is_help=True, help="The contract of a project: what its data must be, in one place."
)
TargetArgument = Annotated[
    str, typer.Argument(help="Name of a project, or a contract.yaml, or the folder it lies in.")
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="What to print: for people or for programs.")
]


class CompiledForm(StrEnum):
    """What a contract is compiled to."""

    pandera = "pandera"
    pydantic = "pydantic"
    postgres = "postgres"
    gx = "gx"
    gx_features = "gx-features"
    json_schema = "json-schema"
    markdown = "markdown"
    html = "html"


def register(main: typer.Typer) -> None:
    """Add the commands to ``main``."""
    app.command()(contract_sample.sample)
    main.add_typer(app, name="contract")


@app.command()
def lint(target: TargetArgument, form: FormatOption = Format.table) -> None:
    """Check a contract against its standard, its own sense, and project.yaml beside it."""
    from foresell.api.contracts import lint_contract  # noqa: PLC0415 - keeps --help quick

    found = lint_contract(target)
    if form is Format.json:
        print_json([asdict(finding) for finding in found])
    else:
        _show_findings([(finding.place, finding.problem) for finding in found])
    if found:
        raise typer.Exit(1)


@app.command()
def show(target: TargetArgument, form: FormatOption = Format.table) -> None:
    """Show the columns and rules of a contract, with its version and digest."""
    from foresell.api.contracts import contract  # noqa: PLC0415

    found = contract(target)
    if form is Format.json:
        print_json(_summaryprint_json(found))
    else:
        _show_summary(found)


@app.command("compile")
def compile_(
    target: TargetArgument,
    to: Annotated[CompiledForm, typer.Option("--to", help="What to compile the contract to.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it there instead of printing it."),
    ] = None,
) -> None:
    """Compile a contract: to code, SQL, a suite of expectations, a schema or a page."""
    from foresell.api.contracts import compile_contract  # noqa: PLC0415

    text = compile_contract(target, to.value)
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise MachineError(
            f"{out.name} cannot be written: {error.strerror}", str(out), "give another --out"
        ) from error
    screen().print(f"wrote {out}", soft_wrap=True)


@app.command("test")
def try_(
    project: Annotated[str, typer.Argument(help="Name of a project; see 'foresell projects'.")],
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="DIR|s3://...", help="Folder or S3 prefix of the raw files."
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="N", help="Check so many rows, drawn by the seed."),
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """Try a contract on data: read it, run the gate, count what is broken; nothing is written.

    Ends with 1 where any rule is broken, though a run may allow a share of broken rows.
    """
    from foresell.api.contracts import try_contract  # noqa: PLC0415
    from foresell.cli.progress import Progress  # noqa: PLC0415

    with Progress() as progress:
        result = try_contract(project, data=data, sample=sample, listen=progress.hear)
    if form is Format.json:
        verdict = {"passed": result.passed, "allowed": result.allowed, "failure": result.failure}
        print_json({"project": project, **verdict, **result.checks})
    else:
        _show_test(result)
    if not result.passed:
        raise typer.Exit(1)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="The contract as it was: project, file or folder.")],
    new: Annotated[str, typer.Argument(help="The contract as it is: project, file or folder.")],
    form: FormatOption = Format.table,
) -> None:
    """Compare two contracts, and say whom each change concerns; exit 1 if one breaks readers."""
    from foresell.api.contracts import compare_contracts  # noqa: PLC0415

    found = compare_contracts(old, new)
    if form is Format.json:
        print_json(asdict(found))
    else:
        _show_difference(found)
    if any(change.effect == "breaking" for change in found.changes):
        raise typer.Exit(1)


def _show_findings(found: "Sequence[tuple[str, str]]") -> None:
    """Print what is wrong, or that nothing is."""
    if not found:
        screen().print("[green]✓[/green] nothing is wrong with this contract")
        return
    _table(("place", "problem"), found)


def _show_summary(found: "ContractSummary") -> None:
    """Print the columns, the rules over several of them, and what the contract is."""
    rows = []
    for column in found.columns:
        name = column.name + "".join(f" ({mark})" for mark in column.marks)
        kind = f"{column.kind}, {column.unit}" if column.unit else column.kind
        rows.append((name, kind, column.values, column.missing))
    _table(("column", "type", "values", "missing"), rows)
    over = [(r.name, r.says) for r in found.rules if len(r.columns) > 1]
    if over:
        _table(("rule", "says"), over)
    screen().print(
        f"[bold]{found.contract.id}[/bold] {found.version}, {len(found.rules)} rules "
        f"[dim]{found.digest[:12]}[/dim]"
    )


def _summaryprint_json(found: "ContractSummary") -> dict[str, Any]:
    """Return a contract as data."""
    return {
        "id": found.contract.id,
        "version": found.version,
        "digest": found.digest,
        "key": found.contract.key,
        "columns": [asdict(column) for column in found.columns],
        "rules": [
            {"name": rule.name, "kind": rule.kind, "columns": rule.columns, "says": rule.says}
            for rule in found.rules
        ],
    }


def _show_test(result: "ContractTest") -> None:
    """Print what the gate counted and whether the rows pass."""
    from foresell.cli.quarantine import show_gate  # noqa: PLC0415

    show_gate(result.checks)
    console = screen()
    if result.passed:
        console.print("[green]✓[/green] the data keeps the contract")
    elif result.allowed:
        checks, sampled = result.checks, result.checks["sampled"]
        rows = f"{counted(checks['quarantined'], 'row')} of {checks['read']:,}"
        if sampled is not None:
            rows += f" ({sampled['broken']:,} of {sampled['checked']:,} that were checked)"
        console.print(
            f"[yellow]✗[/yellow] the data breaks the contract: {rows}; the project allows "
            f"{checks['allowed_share']:.1%}, so a run would go on without them",
            soft_wrap=True,
        )
    else:
        console.print(f"[bold red]✗[/bold red] {plain(str(result.failure))}", soft_wrap=True)


def _show_difference(found: "ContractDifference") -> None:
    """Print what changed, the two versions, and what a run says to them."""
    from rich.text import Text  # noqa: PLC0415

    rows = [
        (
            Text(change.effect, style=_TONES.get(change.effect, "dim")),
            change.place,
            change.what,
            change.before,
            change.after,
        )
        for change in found.changes
    ]
    if rows:
        _table(("effect", "where", "what", "before", "after"), rows)
    screen().print(f"[bold]{found.old} → {found.new}[/bold]  {found.verdict}", soft_wrap=True)


def _table(head: "Sequence[str]", rows: "Sequence[Sequence[Any]]") -> None:
    """Print a table; text in it is never markup."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only when something is shown
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in head:
        table.add_column(name, overflow="fold", no_wrap=name in {"effect", "where"})
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    print_table(screen(), table)
