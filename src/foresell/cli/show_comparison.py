"""What ``foresell registry diff`` prints: a part each, only what differs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from foresell.cli.metric_cells import change_cell, metric_cells, metric_title
from foresell.cli.show_comparison_rows import broken
from foresell.cli.tables import print_table
from foresell.cli.terminal import one_line, plain, screen
from foresell.errors import counted
from foresell.govern.difference_rows import PartRows, files_of_model, judged_as, parts_of

if TYPE_CHECKING:
    from rich.table import Table

    from foresell.govern.compared import Comparison, MetricDifference, Side

_MORE = "--format json has them all"
_MOST = 40  # rows of a part that are shown
_WIDE = 160  # characters of a value
_PLACE = 26  # characters of a place that stand in one line on any screen
_MARKS: Mapping[str, tuple[str, str]] = {
    "added": ("+", "green"),
    "removed": ("-", "red"),
    "changed": ("~", "yellow"),
}
_TONES = {"breaking": "bold red", "weakened": "yellow", "tightened": "cyan"}


def show_comparison(found: "Comparison") -> None:
    """Print the two versions and every part that differs; or that nothing does."""
    console, names = screen(), _names(found)
    console.print(
        f"[bold]{plain(found.project)}[/bold]  {_who(found.before, names[0])}  →  "
        f"{_who(found.after, names[1])}",
        soft_wrap=True,
    )
    if found.equal:
        same = found.before.digest and found.before.digest == found.after.digest
        why = f"both are the bundle {found.before.digest[:12]}" if same else "nothing differs"
        console.print(f"[green]✓[/green] no difference: {why}", soft_wrap=True)
        return
    _show_scores(found, names)
    for part in parts_of(found):
        _show_part(part, names)
    _show_contract(found)
    if not found.model.empty:
        console.print(f"\n[bold]Model files[/bold]  {files_of_model(found.model)}")
    for note in found.notes:
        console.print(f"[bold]Note[/bold]  {plain(note)}", soft_wrap=True)


def _names(found: "Comparison") -> tuple[str, str]:
    """Return what the two are called in the heads of tables."""
    if found.before.version is None or found.after.version is None:
        return "before", "after"
    return f"version {found.before.version}", f"version {found.after.version}"


def _who(side: "Side", name: str) -> str:
    """Return one of the two in words."""
    digest = f" [dim]{side.digest[:12]}[/dim]" if side.digest else ""
    return f"[bold]{name}[/bold], {plain(side.champion)}{digest}"


def _show_scores(found: "Comparison", names: tuple[str, str]) -> None:
    """Print the scores of both, and those on the rows that both were judged on."""
    console = screen()
    if found.metrics:
        console.print()
        print_table(
            console, _metrics(f"Scores: {judged_as(found)}", found.metrics, names), more=_MORE
        )
    if found.same_rows is not None:
        console.print(f"[dim]{plain(found.same_rows.says)}[/dim]", soft_wrap=True)
        if found.same_rows.metrics:
            title = f"Scores on the {counted(found.same_rows.n, 'row')} both were judged on"
            console.print()
            print_table(console, _metrics(title, found.same_rows.metrics, names), more=_MORE)


def _metrics(title: str, metrics: "Iterable[MetricDifference]", names: tuple[str, str]) -> "Table":
    """Return a table of metrics, those that decide in bold."""
    table = _table(title, "", *names, "difference")
    for column in table.columns[1:]:
        column.justify = "right"
    for one in metrics:
        table.add_row(
            metric_title(one.metric),
            *metric_cells(one.metric, one.before, one.after),
            change_cell(one.metric, one.before, one.after, one.change),
            style="bold" if one.deciding else "",
        )
    return table


def _show_part(part: PartRows, names: Sequence[str]) -> None:
    """Print a part as a table."""
    from rich.text import Text  # noqa: PLC0415 - only when something is shown

    console = screen()
    table = _table(part.title, "", "", *names)
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    room = max(_PLACE, console.width // 3)
    for effect, place, *cells in part.rows[:_MOST]:
        mark, style = _MARKS[effect]
        name = Text(broken(_one(place), room))
        table.add_row(Text(mark, style=style), name, *(Text(_one(cell)) for cell in cells))
    console.print()
    print_table(console, table, more=_MORE)
    if (beyond := len(part.rows) - _MOST) > 0:
        console.print(
            f"[dim]… {counted(beyond, 'more difference')}: {_MORE}[/dim]", highlight=False
        )
    if part.left_out:
        more = f"{counted(part.left_out, 'more count')} of the split: {_MORE}"
        console.print(f"[dim]… {more}[/dim]", soft_wrap=True)


def _show_contract(found: "Comparison") -> None:
    """Print what became of the contract."""
    if (contract := found.contract) is None:
        return
    from rich.text import Text  # noqa: PLC0415 - only when something is shown

    console = screen()
    versions = f"{contract.before} → {contract.after}"
    console.print(f"\n[bold]Contract {versions}[/bold]  {plain(contract.verdict)}", soft_wrap=True)
    if contract.changes:
        table = _table("", "effect", "where", "what", "before", "after")
        for column in table.columns[:2]:
            column.no_wrap = True
        for change in contract.changes[:_MOST]:
            effect = Text(change.effect, style=_TONES.get(change.effect, "dim"))
            told = (change.place, change.what, change.before, change.after)
            table.add_row(effect, *(Text(_one(cell)) for cell in told))
        print_table(console, table, more=_MORE)


def _table(title: str, *columns: str) -> "Table":
    """Return an empty table under ``title``; text in it may be folded."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only when something is shown
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    table.title = title or None
    for name in columns:
        table.add_column(name)
    return table


def _one(text: str) -> str:
    """Return ``text`` for a cell that is no markup: one line, nothing that steers a terminal."""
    return one_line(text, 3 * _WIDE)
