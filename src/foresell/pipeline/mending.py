"""Rows that somebody has mended become repairs, beside those of earlier."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from foresell.contracts.gate import BETWEEN, ROW, RULES
from foresell.contracts.rules import Rule
from foresell.contracts.uniqueness import repeated
from foresell.errors import DataError, UsageError, counted
from foresell.pipeline.landing import Landing
from foresell.pipeline.repairs import Repairs, find_places, substitute

_FILE = f"the mended file, column {ROW}"
_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Merged:
    """All repairs, and what the rows given now are, by number.

    ``mended``: they differ from what is in quarantine. ``chosen``: copies of a key, given as they
    are while the other copies were left out. ``unchanged``: passed over, for nothing in them is
    mended. ``already``: passed over, for an earlier retry brought them in with the same values.
    """

    repairs: Repairs
    mended: tuple[int, ...]
    chosen: tuple[int, ...]
    unchanged: tuple[int, ...]
    already: tuple[int, ...]


def merge_repairs(
    landing: Landing,
    kept: Repairs | None,
    rejected: pl.DataFrame,
    given: pl.DataFrame,
    keys: Sequence[Rule],
) -> Merged:
    """Return the repairs once the rows ``given`` are added to those ``kept``.

    ``rejected``: the quarantine, with ``__row``, ``broken_rules`` and the landed columns; ``given``
    has ``__row`` and those columns. A row that was not changed is a repair only where it broke
    nothing but keys, and no other row given and no row that is kept has its key: so a duplicate is
    settled by leaving out a copy, and a kept row is never driven out. What a repair was made of, as
    it landed, is remembered through repairs of repairs.

    A ``DataError``: a row is given twice, is not in quarantine, or is mended already, otherwise. A
    ``UsageError``: nothing would change, or the quarantine is older than the rows that landed.
    """
    columns: list[str] = [ROW, *landing.columns]
    types: dict[str, pl.DataType] = {ROW: pl.UInt64(), **landing.schema}
    places = None if kept is None else find_places(landing, kept)
    placed = given.select(columns).clear()
    if kept is not None and places is not None and len(places) > places.null_count():
        placed = kept.fixed.with_columns(places).drop_nulls(ROW).select(columns)
    placed = placed.cast(types)  # type: ignore[arg-type]
    given = given.select(columns)
    _refuse_twice(given)
    already = _already(given, rejected, placed)
    given = given.filter(~pl.col(ROW).is_in([*already])).cast(types)  # type: ignore[arg-type]
    there = rejected.join(given, on=ROW, how="semi").select(columns)
    mended = given.join(there, on=columns, how="anti", nulls_equal=True)
    chosen = _chosen(landing, rejected, given, mended, placed, keys)
    new = pl.concat([mended, chosen]).sort(ROW)
    if new.is_empty():
        _refuse_nothing(already, given.height)
    repairs = _added(kept, places, _originals(landing, there, placed, new), new)
    unchanged = given.filter(~pl.col(ROW).is_in(new[ROW].implode()))
    return Merged(
        repairs=repairs,
        mended=tuple(mended[ROW].sort()),
        chosen=tuple(chosen[ROW].sort()),
        unchanged=tuple(unchanged[ROW].sort()),
        already=already,
    )


def without_repairs(landing: Landing, kept: Repairs, rows: Sequence[int]) -> Repairs:
    """Return the repairs but for those that stand in for ``rows``.

    Raises:
        DataError: a row has no repair.
    """
    places = find_places(landing, kept)
    if strange := sorted({*rows} - {*places}):
        raise DataError(
            f"{_named(strange)} not mended, so there is nothing to take back",
            _FILE,
            "give rows that were mended, or leave out --file to take all repairs back",
        )
    return _only(kept, ~places.is_in([*rows]).fill_null(value=False))


def _only(repairs: Repairs, wanted: pl.Series) -> Repairs:
    """Return those repairs for which ``wanted`` is true."""
    return Repairs(
        original=repairs.original.filter(wanted),
        fixed=repairs.fixed.filter(wanted),
        turns=repairs.turns.filter(wanted),
    )


def _added(
    kept: Repairs | None, places: pl.Series | None, original: pl.DataFrame, fixed: pl.DataFrame
) -> Repairs:
    """Return the repairs with new ones in place of older ones of the same rows."""
    turn = 1
    if kept is not None and kept.turns.len():
        turn += int(kept.turns.to_numpy().max())
    turns = pl.Series([turn] * fixed.height, dtype=pl.UInt32)
    new = Repairs(original=original, fixed=fixed, turns=turns)
    if kept is None or places is None or kept.original.schema != original.schema:
        return new
    others = _only(kept, ~places.is_in(fixed[ROW].implode()).fill_null(value=False))
    return Repairs(
        original=pl.concat([others.original, original]),
        fixed=pl.concat([others.fixed, fixed]),
        turns=pl.concat([others.turns.alias(""), turns]),
    )


def _originals(
    landing: Landing, there: pl.DataFrame, placed: pl.DataFrame, new: pl.DataFrame
) -> pl.DataFrame:
    """Return the rows ``new`` as they landed, in the same order.

    Raises:
        UsageError: the quarantine, ``there``, holds neither them nor what stands in for them.
    """
    wanted = pl.col(ROW).is_in(new[ROW].implode())
    landed = pl.concat([part.filter(wanted) for part in landing.parts()]).select(new.columns)
    known = pl.concat([landed, placed])
    if there.filter(wanted).join(known, on=new.columns, how="anti", nulls_equal=True).height:
        raise UsageError(
            "the files were read again since the rows were set aside",
            "quarantine/rejected.csv",
            "judge them again, then mend: foresell run PROJECT --until validate",
        )
    return landed.sort(ROW)


def _chosen(
    landing: Landing,
    rejected: pl.DataFrame,
    given: pl.DataFrame,
    mended: pl.DataFrame,
    placed: pl.DataFrame,
    keys: Sequence[Rule],
) -> pl.DataFrame:
    """Return rows given as they are that broke nothing but keys, where the keys stand alone now."""
    names = [rule.name for rule in keys]
    only_keys = pl.col(RULES).str.split(BETWEEN).list.eval(pl.element().is_in(names)).list.all()
    same = given.join(rejected.filter(only_keys), on=ROW, how="semi")
    same = same.join(mended, on=ROW, how="anti")
    for rule in keys:
        same = same.join(repeated(given, rule.columns), on=ROW, how="anti")
    standing = placed.join(rejected, on=ROW, how="anti")
    for part in landing.parts() if same.height else ():
        kept = substitute(part, standing).join(rejected, on=ROW, how="anti")
        for rule in keys:
            same = same.join(kept, on=list(rule.columns), how="anti")
    return same


def _already(given: pl.DataFrame, rejected: pl.DataFrame, placed: pl.DataFrame) -> tuple[int, ...]:
    """Return the rows that an earlier retry brought in with the values that are given.

    Raises:
        DataError: other rows that are not in quarantine; the first five are named.
    """
    gone = given.filter(~pl.col(ROW).is_in(rejected[ROW].to_list()))
    strange = gone.filter(~pl.col(ROW).is_in(placed[ROW].to_list()))
    if strange.height:
        raise DataError(
            f"{_named(strange[ROW])} not in quarantine",
            _FILE,
            f"leave {ROW} as it stands in quarantine/rejected.csv, and give each row once",
        )
    gone = gone.cast(dict(placed.schema))  # type: ignore[arg-type]
    other = gone.join(placed, on=placed.columns, how="anti", nulls_equal=True)
    if other.height:
        raise DataError(
            f"{_named(other[ROW])} mended already, with other values",
            _FILE,
            "leave such rows out, or take their repairs back first: "
            "foresell quarantine retry PROJECT --undo",
        )
    return tuple(gone[ROW].sort())


def _refuse_twice(given: pl.DataFrame) -> None:
    """Refuse rows that are given twice.

    Raises:
        DataError: the first five row numbers are named.
    """
    twice = given.filter(pl.col(ROW).is_duplicated())
    if twice.height:
        raise DataError(
            f"{_named(twice[ROW].unique())} given more than once",
            _FILE,
            f"leave {ROW} as it stands in quarantine/rejected.csv, and give each row once",
        )


def _refuse_nothing(already: Sequence[int], others: int) -> None:
    """Refuse a file that changes nothing.

    Raises:
        UsageError: it says whether its rows are mended already, or not at all.
    """
    if already:
        left = f"; in {counted(others, 'other row')} nothing is mended" if others else ""
        raise UsageError(
            f"{_named(already)} mended already, by an earlier retry{left}",
            "foresell quarantine retry",
            "there is nothing to do: foresell quarantine show PROJECT shows what is left",
        )
    raise UsageError(
        "no row of the file differs from the quarantine",
        "foresell quarantine retry",
        "mend rows of quarantine/rejected.csv, or give a mended copy: --file FILE",
    )


def _named(rows: Sequence[int] | pl.Series) -> str:
    """Return the first five of ``rows`` in words, with the verb.

    >>> _named([7]), _named([1, 2])
    ('row 7 is', 'rows 1, 2 are')
    """
    numbers = sorted(rows)
    shown = ", ".join(map(str, numbers[:_SHOWN]))
    more = f" and {len(numbers) - _SHOWN:,} more" if len(numbers) > _SHOWN else ""
    return f"row {shown} is" if len(numbers) == 1 else f"rows {shown}{more} are"
