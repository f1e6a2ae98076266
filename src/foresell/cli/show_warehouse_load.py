"""What ``foresell warehouse load`` prints."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foresell.cli.show import Format
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import one_line, plain, print_json, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from foresell.spec.warehouse import Changes, Check, LoadReport

_MORE = "--format json has them all"
_FEW = {"failed": 3, "noted": 1, "passed": 0}  # examples that are printed
_CAUSES = ("partners",)  # rows without covariates lack what other checks miss


def show_load(report: "LoadReport", form: Format) -> None:
    """Print what a load did."""
    if form is Format.json:
        print_json(report.to_json())
        return
    console = screen()
    made = ", synthetic" if report.synthetic else ""
    console.print(f"[bold]{plain(report.source)}[/bold]{made}", soft_wrap=True)
    console.print(f"into {plain(report.target)}, batch {plain(report.batch)}", soft_wrap=True)
    twice = f", {report.duplicates:,} equal to another" if report.duplicates else ""
    console.print(
        f"{counted(report.staged, 'row')} read{twice}; {report.planned:,} planned", soft_wrap=True
    )
    if report.volumes is not None:
        held = report.volumes
        console.print(
            f"{counted(held.stores, 'store')}, {counted(held.depts, 'department')}, "
            f"{held.series:,} series, {counted(held.weeks, 'week')} "
            f"from {held.first_week} to {held.last_week}",
            soft_wrap=True,
        )
    if report.changes is not None:
        _show_changes(console, report.changes)
    _show_checks(console, report)
    if report.file is not None:
        console.print(f"report: {plain(report.file)}", soft_wrap=True)
    console.print(_said(report), soft_wrap=True)
    if report.part_mend:
        console.print(f"  {plain(report.part_mend)}", soft_wrap=True)


def _show_changes(console: "Console", changes: "Changes") -> None:
    """Print what became of the rows, a line a table."""
    table = result_table("table", "NEW", "CORRECTED", "AS BEFORE", "TAKEN OUT")
    for name in changes.inserted:
        counts = (
            changes.inserted[name],
            changes.updated[name],
            changes.unchanged[name],
            changes.removed.get(name, 0),  # what older loads left in the history has none
        )
        table.add_row(name, *(f"{count:,}" for count in counts))
    print_table(console, table, more=_MORE)


def _show_checks(console: "Console", report: "LoadReport") -> None:
    """Print what the checks found; those that found nothing are counted."""
    marks = {"failed": "[red]✗[/red]", "noted": "[yellow]![/yellow]"}
    shown: list[Mapping[str, Any]] = []
    for check in sorted(report.checks, key=lambda check: _rank(check, report.failed)):
        if mark := marks.get(check.verdict):
            says = f"{mark} [bold]{plain(check.name)}[/bold]  {plain(check.says)}"
            console.print(says, soft_wrap=True)
            _show_examples(console, check, shown)
    good = sum(check.verdict == "passed" for check in report.checks)
    console.print(f"[dim]{counted(good, 'check')} found nothing[/dim]", soft_wrap=True)


def _rank(check: "Check", failed: "Sequence[Check]") -> int:
    """Return where a check is told: what failed, then notes; the cause of a failure before it."""
    if failed and check.name in _CAUSES:
        return 0
    return 1 if check.verdict == "failed" else 2


def _show_examples(console: "Console", check: "Check", shown: "list[Mapping[str, Any]]") -> None:
    """Print the first few rows that a check that failed is about, the first one of a note.

    One of which all is in the ``shown`` ones is not told again.
    """
    for example in check.examples[: _FEW[check.verdict]]:
        if any(example.items() <= one.items() for one in shown):
            continue
        shown.append(example)
        said = ", ".join(f"{name} {one_line(value)}" for name, value in example.items())
        console.print(f"    [dim]{plain(said)}[/dim]", soft_wrap=True)


def _said(report: "LoadReport") -> str:
    """Return how it ended, in one line."""
    if report.passed:
        return f"[green]✓[/green] load {report.load} is in"
    count = counted(len(report.failed), "check")
    return f"[red]✗[/red] {count} failed; nothing in the warehouse changed"
