"""Rows that somebody has mended become repairs, beside those of earlier."""

from collections.abc import Sequence

import polars as pl

from foresell.contracts.gate import BETWEEN, ROW, RULES
from foresell.contracts.rules import Rule
from foresell.contracts.uniqueness import repeated
from foresell.errors import DataError, UsageError
from foresell.pipeline.repairs import Repairs


def merge_repairs(
    kept: Repairs | None, rejected: pl.DataFrame, given: pl.DataFrame, keys: Sequence[Rule]
) -> Repairs:
    """Return the repairs once the rows ``given`` are added to those ``kept``.

    ``rejected``: the quarantine, with ``__row``, ``broken_rules`` and the landed columns; ``given``
    has ``__row`` and those columns. A row that was not changed is a repair only where it shared a
    key and its copies are not among ``given``: so a duplicate is resolved by leaving out a copy.
    What a repair was made of, as it landed, is remembered through repairs of repairs. A row given
    twice, or one that is not in quarantine, is a ``DataError``.

    Raises:
        UsageError: nothing would change.
    """
    columns = [ROW, *(name for name in rejected.columns if name not in {ROW, RULES})]
    _refuse_strangers(given, rejected)
    given = given.select(columns).cast(dict(rejected.select(columns).schema))  # type: ignore[arg-type]
    there = rejected.join(given, on=ROW, how="semi").select(columns)
    changed = given.join(there, on=columns, how="anti", nulls_equal=True)
    mended = pl.concat([changed, _only_copies(rejected, given, changed, keys)])
    if mended.is_empty():
        raise UsageError(
            "no row of the file differs from the quarantine",
            "foresell quarantine retry",
            "mend rows of quarantine/rejected.csv, or give a mended copy: --file FILE",
        )
    landed = there.join(mended, on=ROW, how="semi")
    if kept is None or kept.original.columns != columns:
        return _ordered(landed, mended)
    again = landed.join(kept.fixed, on=columns, how="semi", nulls_equal=True)
    first = kept.original.join(again, on=ROW, how="semi")
    others = landed.join(again, on=ROW, how="anti")
    rest = [frame.join(mended, on=ROW, how="anti") for frame in (kept.original, kept.fixed)]
    return _ordered(pl.concat([first, others, rest[0]]), pl.concat([mended, rest[1]]))


def _ordered(original: pl.DataFrame, fixed: pl.DataFrame) -> Repairs:
    """Return repairs, both sides in the order of rows."""
    return Repairs(original=original.sort(ROW), fixed=fixed.sort(ROW))


def _only_copies(
    rejected: pl.DataFrame, given: pl.DataFrame, changed: pl.DataFrame, keys: Sequence[Rule]
) -> pl.DataFrame:
    """Return rows given as they are that broke nothing but keys, where the keys stand alone now."""
    names = [rule.name for rule in keys]
    only_keys = pl.col(RULES).str.split(BETWEEN).list.eval(pl.element().is_in(names)).list.all()
    same = given.join(rejected.filter(only_keys), on=ROW, how="semi")
    same = same.join(changed, on=ROW, how="anti")
    for rule in keys:
        same = same.join(repeated(given, rule.columns), on=ROW, how="anti")
    return same


def _refuse_strangers(given: pl.DataFrame, rejected: pl.DataFrame) -> None:
    """Refuse rows that are not in quarantine, or are given twice.

    Raises:
        DataError: the first five row numbers are named.
    """
    twice = given.filter(pl.col(ROW).is_duplicated())
    strange = given.filter(~pl.col(ROW).is_in(rejected[ROW].to_list()))
    for rows, what in ((twice, "are given twice"), (strange, "are not in quarantine")):
        if rows.height:
            shown = ", ".join(str(row) for row in rows[ROW].unique().sort().head(5))
            raise DataError(
                f"rows {shown} {what}",
                f"the mended file, column {ROW}",
                f"leave {ROW} as it stands in quarantine/rejected.csv, and give each row once",
            )
