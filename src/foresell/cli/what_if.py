"""What a person types about a changed plan, and how its effect is shown."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from foresell.cli.show import Format
from foresell.cli.tables import print_table
from foresell.cli.terminal import screen
from foresell.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

_HEAD = 14  # rows that fit on a screen
_NUMBERS = {"FORECAST": "prediction", "PLANNED": "prediction_planned", "EFFECT": "effect"}


def pairs(given: Sequence[str], option: str) -> dict[str, list[str]]:
    """Return the values by name of what was given as ``NAME=VALUE``, in its order.

    Raises:
        UsageError: something has no name or no value.

    >>> pairs(["category=grocery", "category=apparel"], "--where")
    {'category': ['grocery', 'apparel']}
    """
    found: dict[str, list[str]] = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not (name and sign and value):
            raise UsageError(f"{one!r} is no NAME=VALUE", option, f"write {option} promotion=1")
        found.setdefault(name, []).append(value)
    return found


def single(given: Sequence[str], option: str) -> dict[str, object]:
    """Return the one value of each name, as `pairs`.

    Raises:
        UsageError: a name has two values.
    """
    found = pairs(given, option)
    for name, values in found.items():
        if len(values) > 1:
            raise UsageError(f"{name!r} is given {len(values)} values", option, "give it one")
    return {name: values[0] for name, values in found.items()}


def show_effect(answered: "pl.DataFrame", form: Format) -> None:
    """Print all of ``answered`` for a program; for a person the sum, and the first changed rows."""
    if form is Format.json:
        sys.stdout.write(answered.write_json() + "\n")
        return
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only when something is shown
    from rich.table import Table  # noqa: PLC0415

    console = screen()
    identity = answered.columns[: answered.columns.index("prediction")]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in (*identity, *_NUMBERS, "80% FROM", "TO"):
        table.add_column(name, justify="left" if name in identity else "right")
    changed = answered.filter(answered["effect"].abs() > 0)
    for row in changed.head(_HEAD).to_dicts():
        numbers = [row[name] for name in (*_NUMBERS.values(), "q0.1", "q0.9")]
        cells = [f"{numbers[0]:,.2f}", f"{numbers[1]:,.2f}", f"{numbers[2]:+,.2f}"]
        cells += [f"{number:,.2f}" for number in numbers[3:]]
        table.add_row(*(str(row[name]) for name in identity), *cells)
    print_table(console, table, more="--out FILE writes them all")
    total, planned = float(answered["effect"].sum()), float(answered["prediction_planned"].sum())
    share = f" ({total / planned:+.1%})" if planned else ""
    console.print(
        f"{total:+,.2f}{share} in {answered.height:,} rows, {changed.height:,} of them changed",
        highlight=False,
    )
