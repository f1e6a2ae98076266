"""What the numbers of a chart are in: as the words beside it, so that no number has two units."""

import re

import polars as pl

_MANY = re.compile(r"(\d[\d,]*) (\D.*)")  # as `report.wording.amount` reads it


def plain_unit(unit: str) -> tuple[float, str]:
    """Return how many of which unit a unit is that counts another one.

    >>> plain_unit("100,000 USD"), plain_unit("USD"), plain_unit("")
    ((100000.0, 'USD'), (1.0, 'USD'), (1.0, ''))
    """
    many = _MANY.fullmatch(unit)
    return (float(many[1].replace(",", "")), many[2]) if many else (1.0, unit)


def in_plain_unit(rows: pl.DataFrame, unit: str, *columns: str) -> tuple[pl.DataFrame, str]:
    """Return rows whose ``columns`` are in the unit that words are told in, and that unit.

    >>> rows, unit = in_plain_unit(pl.DataFrame({"value": [2.5]}), "1,000 EUR", "value")
    >>> rows.item(), unit
    (2500.0, 'EUR')
    """
    many, plain = plain_unit(unit)
    return (rows if many == 1 else rows.with_columns(pl.col(*columns) * many)), plain
