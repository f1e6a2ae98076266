"""Which rows of a table are meant: those with certain values in certain columns."""

from collections.abc import Mapping

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

    ``where``: column -> a value, or several of which any will do, as they are or as text. Any
    column of ``frame`` will do, and so will ``row``, the row's number.

    Raises:
        UsageError: there is no such column, no row has such a value, or none has all of them.
    """
    kept = frame
    for name, given in where.items():
        if name not in frame.columns:
            raise UsageError(
                f"there is no column {name!r}", "where", nearest(name, frame.columns, _SHOWN)
            )
        wanted = _numbers(given) if name == ROW else typed_values(name, given, contract, "where")
        wanted = wanted.cast(frame[name].dtype)
        for value in wanted:
            if not frame[name].is_in([value]).any():
                known = [str(one) for one in frame[name].unique().drop_nulls().sort()]
                raise UsageError(
                    f"none of {frame.height:,} rows has {name}={value}",
                    "where",
                    nearest(str(value), known, _SHOWN),
                )
        kept = kept.filter(pl.col(name).is_in(wanted.to_list()))
    if kept.is_empty():
        shown = ", ".join(f"{name}={value}" for name, value in where.items())
        raise UsageError(
            f"no row has {shown}", "where", "leave one condition out; each of them alone has rows"
        )
    return kept


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
