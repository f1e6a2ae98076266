"""The tables of a description: their names, what each says, and what their columns hold.

Pages and files are made from these names. A table that a project has nothing for is left out. In
every table numbers are of the target's unit where no other is said, shares and ratios are 0 to 1
and 1 is no change, null is unknown, and the rows stand in the order in which they are read.
"""

from collections.abc import Iterable, Mapping

import polars as pl

from foresell.eda.panel_tables import PANEL_TABLES
from foresell.eda.row_tables import ROW_TABLES
from foresell.eda.shapes import KEYS, TOP, Shape

__all__ = ["KEYS", "TABLES", "TOP", "Shape", "column_names", "key_names", "laid_out", "shape"]

_SPREAD = {
    "mean": "number",
    "std": "number: of a sample",
    "p01": "number: quantile 0.01",
    "p05": "number",
    "p25": "number",
    "p50": "number: the median",
    "p75": "number",
    "p95": "number",
    "p99": "number",
}

TABLES: Mapping[str, Shape] = {
    "columns": Shape(
        says="every column of the rows, and those the contract keeps out",
        columns={
            "column": "text",
            "role": "text: of the project; 'personal' was dropped when read; 'none'",
            "type": "text: string, integer, number, boolean, date",
            "unit": "text, may be empty",
            "description": "text of the contract, may be empty",
            "n": "integer: values that are there; null for a column that is not in the rows",
            "missing": "integer",
            "missing_share": "number",
            "distinct": "integer: values that differ, null not counted",
            "min": "number; null where it has no numbers; a boolean counts as 0 and 1",
            "max": "number",
            **_SPREAD,
            "zeros": "integer",
            "negatives": "integer",
            "first": "date: of a column of dates",
            "last": "date",
            "commonest": "text: the value most rows have; the least of several",
            "commonest_rows": "integer",
        },
    ),
    "missing_by_period": Shape(
        says="how many values a column lacks in each period",
        columns={
            "period": "date: of a weekly panel its week; else the first day of a month",
            "column": "text: only columns that lack a value somewhere",
            "rows": "integer",
            "missing": "integer",
            "share": "number",
        },
    ),
    "histograms": Shape(
        says="how each column of numbers is distributed, the target first",
        columns={
            "column": "text",
            "low": "number: from here on; null: everything below 'high'. As 'high': one value",
            "high": "number: up to here, not included but in the last; null: all from 'low' on",
            "rows": "integer",
            "share": "number",
        },
    ),
    "correlations": Shape(
        says="each pair of columns of numbers, the target's pairs first and strongest first",
        columns={
            "a": "text",
            "b": "text",
            "n": "integer: rows that have both",
            "pearson": "number; null where one of them does not vary",
            "spearman": "number",
            "within": "number: Pearson of what is left when each series' mean is taken off; panels",
        },
    ),
    "pile_ups": Shape(
        says="single values that hold far more rows than those beside them, such as a cap",
        columns={
            "column": "text",
            "value": "number",
            "other": "number: counted with it, as 5 is with 5.00001; null: none is",
            "rows": "integer",
            "share": "number",
            "where": "text: 'largest', 'smallest' or 'zero'",
            "beside": "integer: most rows of any of the five nearest values",
        },
    ),
    "leaks": Shape(
        says="columns that the target can be read from",
        columns={
            "columns": "text: names, joined by ', '",
            "kind": "text: classes, copy, code, shift, total, equal, identity",
            "share": "number: of the rows looked at",
            "evidence": "text",
            "note": "text: why it is not refused",
        },
    ),
    **PANEL_TABLES,
    **ROW_TABLES,
}


def shape(name: str) -> Shape:
    """Return what the table ``name`` is; ``top_Store`` is one of `TOP`.

    >>> shape("top_Store").says
    'the values of one key by what they add up to, largest first'
    """
    return TABLES[TOP if name.startswith(TOP) else name]


_TAKEN = frozenset(
    column for one in TABLES.values() if KEYS in one.columns for column in one.columns
)


def key_names(keys: Iterable[str]) -> tuple[str, ...]:
    """Return what key columns are called in the tables: one that a table needs gets an underscore.

    >>> key_names(["Store", "kind"])
    ('Store', 'kind_')
    """
    return tuple(f"{key}_" if key in _TAKEN else key for key in keys)


def column_names(name: str, keys: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of the table ``name`` of a project with these ``keys``, in order.

    >>> column_names("cold_starts", ["store"])
    ('store', 'kind', 'first', 'n', 'asked', 'y')
    """
    own = key_names(keys)
    return tuple(
        part for column in shape(name).columns for part in (own if column == KEYS else (column,))
    )


def laid_out(name: str, frame: pl.DataFrame, keys: Iterable[str]) -> pl.DataFrame:
    """Return ``frame`` with exactly the columns of the table ``name``, in order."""
    return frame.select(column_names(name, keys))
