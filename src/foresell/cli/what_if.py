"""What a person types about a changed plan, and how its effect is shown."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from foresell.cli.asking import parse_where
from foresell.cli.show import Format
from foresell.cli.tables import print_table
from foresell.cli.terminal import plain, screen
from foresell.errors import UsageError, counted

if TYPE_CHECKING:
    import polars as pl

_HEAD = 14  # rows that fit on a screen
_NUMBERS = {"FORECAST": "prediction", "PLANNED": "prediction_planned", "EFFECT": "effect"}


def single(given: Sequence[str], option: str) -> dict[str, object]:
    """Return the one value of each name, as `parse_where`.

    Raises:
        UsageError: a name has two values.
    """
    found = parse_where(given, option)
    for name, values in found.items():
        if len(values) > 1:
            raise UsageError(f"{name!r} is given {len(values)} values", option, "give it one")
    return {name: values[0] for name, values in found.items()}


def refuse_bounds(change: Sequence[str], first: str | None, last: str | None) -> None:
    """Refuse days of a change where nothing is changed.

    Raises:
        UsageError: ``--from`` or ``--to`` without ``--set``.
    """
    if not change and (first is not None or last is not None):
        raise UsageError(
            "these are days of a change, and nothing is changed",
            "--from, --to",
            "say what is planned instead: --set promotion=1",
        )


def show_effect(answered: "pl.DataFrame", form: Format, unit: str = "") -> None:
    """Print all of ``answered`` for a program; for a person the first changed rows and sums.

    ``unit``: of the target.
    """
    if form is Format.json:
        sys.stdout.write(answered.write_json() + "\n")
        return
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only when something is shown
    from rich.table import Table  # noqa: PLC0415

    console = screen()
    identity = answered.columns[: answered.columns.index("prediction")]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, title_justify="left", title_style="bold")
    table.title = f"What if{f', in {plain(unit)}' if unit else ''}: the rows that are changed"
    for name in (*identity, *_NUMBERS, "80% FROM", "TO"):
        table.add_column(name, justify="left" if name in identity else "right")
    changed = answered.filter("changed")
    for row in changed.head(_HEAD).to_dicts():
        numbers = [row[name] for name in (*_NUMBERS.values(), "q0.1", "q0.9")]
        cells = [f"{numbers[0]:,.2f}", f"{numbers[1]:,.2f}", f"{numbers[2]:+,.2f}"]
        cells += [f"{number:,.2f}" for number in numbers[3:]]
        table.add_row(*(str(row[name]) for name in identity), *cells)
    print_table(console, table, more="--out FILE writes them all")
    if changed.height > _HEAD:
        note = f"{_HEAD} of the {changed.height:,} rows; --out FILE writes all, with the others"
        console.print(f"[dim]{note}[/dim]", highlight=False)
    for line in effect_sentences(answered, unit):
        console.print(plain(line), highlight=False, soft_wrap=True)


def effect_sentences(answered: "pl.DataFrame", unit: str) -> list[str]:
    """Return what the change does to the rows that are changed, and to others, in words."""
    from foresell.spec.ordered_sums import one_piece  # noqa: PLC0415 - imports polars

    changed, rest = answered.filter("changed"), answered.filter(~answered["changed"])
    units = f" {unit}" if unit else ""
    total = float(one_piece(changed["effect"]).sum())
    planned = float(one_piece(changed["prediction_planned"]).sum())
    share = f" ({total / planned:+.1%} of what is planned)" if planned else ""
    told = [
        f"{total:+,.2f}{units}{share} in the rows that are changed, {changed.height:,} of "
        f"{counted(answered.height, 'row')}"
    ]
    others = rest.filter(rest["effect"] != 0)
    if others.height:
        moved = float(one_piece(others["effect"]).sum())
        verb = "moves" if others.height == 1 else "move"
        told.append(
            f"{counted(others.height, 'row')} outside the change {verb} as well, by "
            f"{moved:+,.2f}{units} in all: a forecast also looks at the "
            "periods to the next promotion and since the last"
        )
    return told
