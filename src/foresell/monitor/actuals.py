"""What came true, given a file at a time: kept together, revised where somebody knows better."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from foresell.errors import DataError, counted

OCCURRENCE = "occurrence"  # tells rows apart that nothing else does


@dataclass(frozen=True, kw_only=True, eq=False)
class Merged:
    """All that is known: ``frame``, sorted by what names a row.

    ``new`` rows were not known before, ``revised`` had another truth, ``same`` the same.
    """

    frame: pl.DataFrame
    new: int
    revised: int
    same: int


def numbered(rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return ``rows`` with the column ``occurrence``: 1 for the first of equal ``names``, then 2.

    >>> numbered(pl.DataFrame({"price": [5.0, 5.0, 7.0]}), ["price"])["occurrence"].to_list()
    [1, 2, 1]
    """
    count = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(names)
    return rows.with_columns(count.alias(OCCURRENCE))


def refuse_twice(rows: pl.DataFrame, identity: Sequence[str], file: str) -> None:
    """Refuse a file that tells the truth of one row twice.

    Raises:
        DataError: it does.
    """
    if twice := rows.height - rows.select(identity).n_unique():
        raise DataError(
            f"{counted(twice, 'row')} of {', '.join(identity)} told more than once",
            file,
            "leave one row for each; sum them up where they are parts of it, or give the rows of "
            "the processed layer",
        )


def merged(kept: pl.DataFrame, given: pl.DataFrame, identity: Sequence[str], target: str) -> Merged:
    """Return what is known after ``given`` was told: its truths take the place of earlier ones.

    ``given`` has the columns of ``identity``, unique together, and the ``target``, never null; it
    may be one of them. ``kept`` may lack some, where its rows are named by others; either may have
    more, null where the other lacks them. A row of the answer is that of ``given`` where both have
    it. The order of rows changes nothing.
    """
    if kept.is_empty():
        return Merged(frame=given.sort(identity), new=given.height, revised=0, same=0)
    kept = kept.with_columns(
        pl.lit(None, dtype=given.schema[name]).alias(name)
        for name in identity
        if name not in kept.columns
    )
    before = kept.select(*identity, pl.col(target).alias("__before"))
    beside = given.join(before, on=identity, how="left", nulls_equal=True)
    known = beside["__before"].is_not_null()
    same = int((beside["__before"] == beside[target]).fill_null(value=False).sum())
    left = kept.join(given, on=identity, how="anti", nulls_equal=True)
    frame = pl.concat([left, given], how="diagonal_relaxed")
    frame = frame.sort([*identity, *(name for name in frame.columns if name not in identity)])
    told = int(known.sum())
    return Merged(frame=frame, new=given.height - told, revised=told - same, same=same)
