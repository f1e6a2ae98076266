"""Rows that somebody mended after the gate had set them aside, and which of them stand in."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from foresell.contracts.gate import ROW, RowCheck, check_rows
from foresell.contracts.rules import Rule
from foresell.pipeline.keys import Repeats
from foresell.pipeline.landing import Landing
from foresell.spec.ports import Store

_ORIGINAL, _FIXED = "original.parquet", "fixed.parquet"
_TURN = "__turn"  # in which retry a row was mended, counted from 1
_REPAIR, _COPY = "__repair", "__copy"


@dataclass(frozen=True, kw_only=True)
class Repairs:
    """Rows as they landed and as they were mended: row i of one side belongs to row i of the other.

    Both sides hold ``__row``, the number that the row had when it was mended, and the landed
    columns. ``turns``: (n repairs,) in which retry each came, rising.
    """

    original: pl.DataFrame
    fixed: pl.DataFrame
    turns: pl.Series


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What becomes of repairs.

    ``fixed``: the rows that stand in for those that landed with the same ``__row``; they pass the
    gate like all others. ``stale``: repairs whose original is in the data no more, by the number
    it had. ``unneeded``: rows that pass as they landed. ``repeats``: the rows, mended or not, that
    share a key where they may not.
    """

    fixed: pl.DataFrame
    repeats: Repeats
    stale: tuple[int, ...] = ()
    unneeded: tuple[int, ...] = ()


def read_repairs(store: Store) -> Repairs | None:
    """Return what was kept, or None."""
    if _FIXED not in store.list():
        return None
    fixed = store.read_frame(_FIXED)
    if _TURN not in fixed.columns:  # kept before turns were counted
        fixed = fixed.with_columns(pl.lit(1, pl.UInt32).alias(_TURN))
    return Repairs(
        original=store.read_frame(_ORIGINAL), fixed=fixed.drop(_TURN), turns=fixed[_TURN]
    )


def write_repairs(store: Store, repairs: Repairs) -> None:
    """Keep ``repairs``."""
    store.write_frame(_ORIGINAL, repairs.original)
    store.write_frame(_FIXED, repairs.fixed.with_columns(repairs.turns.alias(_TURN)))


def find_places(landing: Landing, repairs: Repairs) -> pl.Series:
    """Return ``__row`` of the row that each repair stands in for; null where there is none.

    (n repairs,), in their order. A row is known by all values that it landed with, not by its
    number: rows that come before it may come and go. Of rows that are alike, the one with the same
    number is taken first, then the others in order.
    """
    names, rows = list(landing.columns), repairs.original.with_row_index(_REPAIR)
    if dict(repairs.original.schema) != {ROW: pl.UInt64(), **landing.schema}:  # other columns now
        return pl.Series(ROW, [None] * rows.height, dtype=pl.UInt64)
    found = pl.concat(
        part.join(rows.select(names), on=names, how="semi", nulls_equal=True)
        for part in landing.parts()
    )
    exact = rows.join(found, on=[ROW, *names], how="inner", nulls_equal=True)
    exact = exact.select(_REPAIR, ROW).unique(ROW, keep="last", maintain_order=True)
    copy = pl.int_range(pl.len()).over(names).alias(_COPY)
    moved = rows.join(exact, on=_REPAIR, how="anti").sort(ROW).with_columns(copy)
    others = found.join(exact, on=ROW, how="anti").sort(ROW).with_columns(copy)
    near = moved.drop(ROW).join(others, on=[*names, _COPY], how="inner", nulls_equal=True)
    places = pl.concat([exact, near.select(_REPAIR, ROW)])
    return rows.select(_REPAIR).join(places, on=_REPAIR, how="left", maintain_order="left")[ROW]


def settle(
    landing: Landing,
    repairs: Repairs | None,
    checks: Sequence[RowCheck],
    keys: Sequence[Rule],
    repeats: Repeats,
    sample: pl.Series | None,
) -> Settled:
    """Decide which ``repairs`` stand in, and which rows share a key once they do.

    A repair stands in where a row still holds what the original held, and would still be set aside.
    Keys of rows as they landed are compared first (``repeats``), so that both copies of a duplicate
    are set aside; then mended rows are compared with those that are kept, and among themselves: of
    those, only the ones mended last are set aside. ``sample``: the rows that are checked, all where
    it is None.
    """
    if repairs is None:
        return Settled(fixed=pl.DataFrame({ROW: []}, schema={ROW: pl.UInt64}), repeats=repeats)
    places = find_places(landing, repairs)
    same = repairs.original.with_columns(places).drop_nulls(ROW)
    broken = {*check_rows(same, checks).rejected[ROW], *_rows(repeats)} if same.height else set()
    standing = places.is_in(list(broken)).fill_null(value=False)
    columns = [ROW, *landing.columns]
    mended = repairs.fixed.with_columns(places, repairs.turns.alias(_TURN)).filter(standing)
    fixed = mended.select(*(columns if mended.height else [ROW])).sort(ROW)
    kept = pl.DataFrame()
    if fixed.height:
        rivals = _rivals(landing, fixed, keys)
        kept = _passing(rivals, checks, sample).filter(~pl.col(ROW).is_in([*_rows(repeats)]))
        passing = check_rows(mended, checks).kept
        repeats = {
            rule.name: _still(rule, repeats[rule.name], mended, passing, kept) for rule in keys
        }
    return Settled(
        fixed=fixed,
        repeats=repeats,
        stale=tuple(repairs.original[ROW].filter(places.is_null()).sort()),
        unneeded=tuple(row for row in same[ROW].sort() if row not in broken),
    )


def substitute(part: pl.DataFrame, fixed: pl.DataFrame) -> pl.DataFrame:
    """Return ``part`` with the rows of ``fixed`` in the places of those with the same ``__row``."""
    mended = fixed.filter(pl.col(ROW).is_in(part[ROW].implode())) if fixed.height else fixed
    if mended.is_empty():
        return part
    others = part.filter(~pl.col(ROW).is_in(mended[ROW].implode()))
    return pl.concat([others, mended.select(part.columns)]).sort(ROW)


def _rows(repeats: Repeats) -> set[int]:
    """Return every row that shares a key."""
    return {row for found in repeats.values() for row in found[ROW]}


def _passing(
    rows: pl.DataFrame, checks: Sequence[RowCheck], sample: pl.Series | None
) -> pl.DataFrame:
    """Return the rows that break no row rule, or are not looked at."""
    if sample is None:
        return check_rows(rows, checks).kept
    drawn = pl.col(ROW).is_in(sample.implode())
    return pl.concat([check_rows(rows.filter(drawn), checks).kept, rows.filter(~drawn)])


def _rivals(landing: Landing, fixed: pl.DataFrame, keys: Sequence[Rule]) -> pl.DataFrame:
    """Return the rows, not mended themselves, that have a key of a mended row."""
    found = [fixed.clear()]
    for part in landing.parts() if fixed.height and keys else ():
        others = part.filter(~pl.col(ROW).is_in(fixed[ROW].implode()))
        found += [others.join(fixed, on=list(rule.columns), how="semi") for rule in keys]
    return pl.concat(found).unique(ROW, maintain_order=True)


def _still(
    rule: Rule,
    repeats: pl.DataFrame,
    mended: pl.DataFrame,
    passing: pl.DataFrame,
    kept: pl.DataFrame,
) -> pl.DataFrame:
    """Return the rows that share a key of ``rule`` once ``mended`` stands in.

    ``passing``: those of ``mended`` that break no row rule. Whichever was mended first stays.
    """
    names, turn = list(rule.columns), pl.col(_TURN)
    left = repeats.filter(~pl.col(ROW).is_in(mended[ROW].implode()))
    own = mended.select(ROW, _TURN, *names).drop_nulls(names)
    first = passing.drop_nulls(names).group_by(names)
    leads = first.agg(turn.min().alias("__first"), (turn == turn.min()).sum().alias("__many"))
    alone = (pl.col("__many") == 1) & pl.col(ROW).is_in(passing[ROW].implode())
    late = own.join(leads, on=names).filter(
        (turn > pl.col("__first")) | ((turn == pl.col("__first")) & ~alone)
    )
    clash = pl.concat([late, own.join(kept, on=names, how="semi")], how="diagonal")
    clash = clash.select(ROW, *names)
    if left.height:
        clash = pl.concat([left, clash])
    return clash.unique(ROW).sort(*names, ROW)
