"""Rows that somebody mended after the gate had set them aside, and which of them stand in."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from foresell.contracts.gate import ROW, RowCheck, check_rows
from foresell.contracts.rules import Rule
from foresell.contracts.uniqueness import repeated
from foresell.pipeline.keys import Repeats
from foresell.pipeline.landing import Landing
from foresell.spec.ports import Store

_ORIGINAL, _FIXED = "original.parquet", "fixed.parquet"


@dataclass(frozen=True, kw_only=True)
class Repairs:
    """Rows as they landed and as they were mended: the same ``__row``, in order, in both."""

    original: pl.DataFrame
    fixed: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What becomes of repairs.

    ``fixed``: the rows that stand in for the originals of the same ``__row``; they pass the gate
    like all others. ``stale``: rows whose source has changed since. ``unneeded``: rows that pass as
    they landed. ``repeats``: the rows, mended or not, that share a key where they may not.
    """

    fixed: pl.DataFrame
    repeats: Repeats
    stale: tuple[int, ...] = ()
    unneeded: tuple[int, ...] = ()


def read_repairs(store: Store) -> Repairs | None:
    """Return what was kept, or None."""
    if _FIXED not in store.list():
        return None
    return Repairs(original=store.read_frame(_ORIGINAL), fixed=store.read_frame(_FIXED))


def write_repairs(store: Store, repairs: Repairs) -> None:
    """Keep ``repairs``."""
    store.write_frame(_ORIGINAL, repairs.original)
    store.write_frame(_FIXED, repairs.fixed)


def settle(
    landing: Landing,
    repairs: Repairs | None,
    checks: Sequence[RowCheck],
    keys: Sequence[Rule],
    repeats: Repeats,
    sample: pl.Series | None,
) -> Settled:
    """Decide which ``repairs`` stand in, and which rows share a key once they do.

    A repair stands in where the row still holds what it held, and would still be set aside. Keys of
    rows as they landed are compared first (``repeats``), so that both copies of a duplicate are set
    aside; then mended rows are compared with those that are kept, and among themselves: of those,
    only the mended ones are set aside. ``sample``: the rows that are checked, all where it is None.
    """
    if repairs is None:
        return Settled(fixed=pl.DataFrame({ROW: []}, schema={ROW: pl.UInt64}), repeats=repeats)
    if repairs.original.columns != [ROW, *landing.columns]:  # another contract, or other columns
        none = repairs.fixed.clear()
        return Settled(fixed=none, repeats=repeats, stale=tuple(repairs.fixed[ROW]))
    rows = repairs.fixed[ROW]
    landed = pl.concat(part.filter(pl.col(ROW).is_in(rows.implode())) for part in landing.parts())
    same = landed.join(repairs.original, on=landed.columns, how="semi", nulls_equal=True)
    broken = {*check_rows(same, checks).rejected[ROW], *_rows(repeats)}
    stands = [row for row in same[ROW] if row in broken]
    fixed = repairs.fixed.filter(pl.col(ROW).is_in(stands)).select(landed.columns)
    rivals = _rivals(landing, fixed, keys)
    kept = _passing(rivals, checks, sample).filter(~pl.col(ROW).is_in([*_rows(repeats)]))
    return Settled(
        fixed=fixed,
        repeats={rule.name: _still(rule, repeats[rule.name], fixed, kept) for rule in keys},
        stale=tuple(row for row in rows if row not in set(same[ROW])),
        unneeded=tuple(row for row in same[ROW] if row not in broken),
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
    rule: Rule, repeats: pl.DataFrame, fixed: pl.DataFrame, kept: pl.DataFrame
) -> pl.DataFrame:
    """Return the rows that share a key of ``rule`` once ``fixed`` stands in."""
    names = list(rule.columns)
    left = repeats.filter(~pl.col(ROW).is_in(fixed[ROW].implode()))
    own = fixed.select(ROW, *names)
    clash = pl.concat([repeated(own, names), own.join(kept, on=names, how="semi")])
    if left.is_empty():
        return clash.unique(ROW).sort(*names, ROW)
    return pl.concat([left, clash]).unique(ROW).sort(*names, ROW)
