"""What the numbers of a chart are in: as the words beside it, so that no number has two units."""

import polars as pl

from foresell.report.wording import plain_unit


def in_plain_unit(rows: pl.DataFrame, unit: str, *columns: str) -> tuple[pl.DataFrame, str]:
    """Return rows whose ``columns`` are in the unit that words are told in, and that unit.

    >>> rows, unit = in_plain_unit(pl.DataFrame({"value": [2.5]}), "1,000 EUR", "value")
    >>> rows.item(), unit
    (2500.0, 'EUR')
    """
    many, plain = plain_unit(unit)
    return (rows if many == 1 else rows.with_columns(pl.col(*columns) * many)), plain
