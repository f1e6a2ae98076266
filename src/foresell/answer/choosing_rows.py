"""Which rows of a table are meant: those with certain values in certain columns."""

from collections.abc import Container, Mapping

import polars as pl

from foresell.answer.choosing import typed_values
from foresell.contracts.contract import Contract
from foresell.errors import UsageError, nearest

ROW = "row"
_SHOWN = 12


def choose_rows(
    frame: pl.DataFrame, where: Mapping[str, object], contract: Contract
) -> pl.DataFrame:
    """Return the rows of ``frame`` that have one of the wanted values in every column, in order.

    ``frame``: rows of the test. ``where``: column -> a value, or several of which any will do, as
    they are or as text. Any column of ``frame`` will do, and so will ``row``, the row's number.

    Raises:
        UsageError: there is no such column, no row has such a value, or none has all of them.
    """
    kept = frame
    for name, given in where.items():
        if name not in frame.columns:
            raise UsageError(
                _no_column(name, contract.columns), "where", nearest(name, frame.columns)
            )
        wanted = _numbers(given) if name == ROW else typed_values(name, given, contract, "where")
        wanted = wanted.cast(frame[name].dtype)
        for value in wanted:
            if not frame[name].is_in([value]).any():
                said = f"row {value} is no row of the test"
                raise UsageError(
                    said if name == ROW else f"no row of the test has {name}={value}",
                    "where",
                    _known(frame[name], value),
                )
        kept = kept.filter(pl.col(name).is_in(wanted.to_list()))
    if kept.is_empty():
        shown = ", ".join(f"{name}={value}" for name, value in where.items())
        raise UsageError(
            f"no row of the test has {shown}",
            "where",
            "leave one condition out; each of them alone has rows",
        )
    return kept


def _no_column(name: str, known: Container[str]) -> str:
    """Return why no row can be named by the column ``name``; ``known``: columns of the data.

    >>> _no_column("STATE", {"STATE"}), _no_column("x", {})
    ("the column 'STATE' is excluded: rows are not named by it", "there is no column 'x'")
    """
    if name in known:
        return f"the column {name!r} is excluded: rows are not named by it"
    return f"there is no column {name!r}"


def _known(column: pl.Series, value: object) -> str:
    """Return the values there are: the ends of numbers and days, the nearest of texts."""
    if column.dtype == pl.String:
        known = [str(one) for one in column.unique().drop_nulls().sort()]
        return nearest(str(value), known, _SHOWN)
    least, most = column.min(), column.max()
    ends = f"{least!s} to {most!s}"
    if column.name != ROW:
        return f"they run from {ends}"
    return (
        f"rows are counted from 0, those of the test lie in {ends}; name one by another column, "
        "or see which there are: foresell inspect PROJECT --out FILE.csv"
    )


def _numbers(given: object) -> pl.Series:
    """Return one number of a row or several.

    Raises:
        UsageError: one is no whole number.
    """
    several = given if isinstance(given, (list, tuple, set, frozenset)) else [given]
    texts = [str(value).strip() for value in several]
    for text in texts:
        if not text.isdecimal():
            raise UsageError(f"row={text} is no number of a row", "where", "write row=17")
    return pl.Series(ROW, [int(text) for text in texts], dtype=pl.UInt32)
