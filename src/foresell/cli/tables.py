"""Tables that fit the screen: a number is shown whole or not at all, never cut.

Where a table is too wide, text is folded first, down to a few characters; then the space between
columns is given up; then columns are left out from the right, or before those at the right that
hold the result, and a line below says how many, and how to get them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Column, Table

_LEAST = 10  # characters: narrower, words are no longer read


@dataclass(frozen=True)
class _Wish:
    """How wide a column would be, and how narrow it may get; both in characters."""

    full: int
    least: int


def result_table(*columns: str) -> "Table":
    """Return an empty table: columns whose heads have no small letter are numbers; none folds."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only when something is shown
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for name in columns:
        number = bool(name) and not any(letter.islower() for letter in name)
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    return table


def print_table(console: "Console", table: "Table", *, more: str = "", keep: int = 0) -> None:
    """Print ``table``, which has a box without sides, so that nothing in it is cut.

    A column that is justified to the right, or marked ``no_wrap``, keeps its width; any other may
    be folded. ``more``: how a person gets the columns that are left out. ``keep``: so many columns
    at the right hold the result: those before them are left out first, and named. One column is
    always shown, however narrow the screen.
    """
    left_out = fit(console, table, keep)
    needed = sum(column.width or 0 for column in table.columns) + _frame(table)
    console.print(table, width=max(console.width, needed), crop=False)
    if left_out:
        noun = "column" if len(left_out) == 1 else "columns"
        named = f" ({', '.join(left_out)})" if keep else ""
        console.print(
            f"[dim]… {len(left_out)} more {noun}{named}{': ' if more else ''}{more}[/dim]",
            highlight=False,
            soft_wrap=True,
        )


def fit(console: "Console", table: "Table", keep: int = 0) -> list[str]:
    """Set the widths, leaving out columns as `print_table` says; return the heads of those."""
    wishes = [_wish(console, column) for column in table.columns]
    left_out: list[str] = []
    room = console.width
    if sum(wish.least for wish in wishes) + _frame(table) > room:
        wide, table.padding = table.padding, 0
        if sum(wish.least for wish in wishes) + _frame(table) > room:
            table.padding = wide
    while len(wishes) > 1 and sum(wish.least for wish in wishes) + _frame(table) > room:
        place = len(wishes) - 1 - (keep if len(wishes) - 1 > keep else 0)
        wishes.pop(place)
        left_out.insert(0, str(table.columns.pop(place).header))
    table.columns[:] = [replace(one, _index=at) for at, one in enumerate(table.columns)]
    widths = _widths(wishes, room - _frame(table))
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
        column.overflow = "fold"
    return left_out


def _wish(console: "Console", column: "Column") -> _Wish:
    """Return how wide ``column`` would be, and how narrow it may get."""
    from rich.measure import Measurement  # noqa: PLC0415 - only when something is shown

    options = console.options.update(max_width=100_000)
    cells = [column.header, *column.cells]
    full = max(Measurement.get(console, options, cell).maximum for cell in cells)
    whole = column.no_wrap or column.justify == "right"
    return _Wish(full=full, least=full if whole else min(full, _LEAST))


def _frame(table: "Table") -> int:
    """Return the characters of a line that are no cell's: the edges, and what stands between."""
    _, right, _, left = table.padding
    return 2 + (len(table.columns) - 1) * (left + 1 + right)


def _widths(wishes: Sequence[_Wish], room: int) -> list[int]:
    """Return the widths of all columns: the widest that may be folded gives way first."""
    widths = [wish.full for wish in wishes]
    while sum(widths) > room:
        loose = [i for i, wish in enumerate(wishes) if widths[i] > wish.least]
        if not loose:
            break
        widths[max(loose, key=lambda i: widths[i])] -= 1
    return widths
