"""Which columns a file of current rows ought to have."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import polars as pl

from foresell.answer.requests import used_columns
from foresell.contracts.contract import Contract
from foresell.contracts.headers import dropped_columns
from foresell.contracts.loose import LooseFile
from foresell.spec.project import ProjectSpec
from foresell.wiring.watch_tables import joined_columns

_NUMBERS = ("integer", "number")
_ALIKE = 0.6  # of the letters: from here on a name is like another one
_TOLD = 4  # letters: a shorter name is part of many


def expected_columns(
    read: LooseFile, spec: ProjectSpec, contract: Contract, learnt: pl.DataFrame
) -> tuple[str, ...]:
    """Return the columns that a file ought to have.

    All of the contract, those of the processed layer, those that models learn from, those that are
    asked, or those of one of several raw tables, as ``learnt`` (the training rows) shows them: what
    is most like it, and whatever else of the contract it has. Where none is much like it the file
    is the first of several raw tables: then what it has, and what its unknown columns are called
    like. A file without the target, and with an unknown column of numbers, ought to have it, where
    it is of a table that has: it may be there by another name.
    """
    found = read.columns
    dropped = set(dropped_columns(contract, spec.cleaning))
    whole = [name for name in contract.columns if name not in dropped]
    layer = [name for name in whole if name in spec.columns]
    used = [name for name in layer if spec.columns[name] != "excluded"]
    asked = [name for name in whole if name in asked_for(spec, contract)]
    unknown = [name for name in found if name not in contract.columns]
    likes = {near for name in unknown for near in _like(name, whole, found)}
    sought = {name for name in whole if name in found} | likes

    def likeness(columns: Iterable[str]) -> float:
        return len(sought & set(columns)) / max(len(sought | set(columns)), 1)

    several = len(spec.tables) > 1
    joined = tuple(joined_columns(learnt, spec, layer).values()) if several else ()
    most = max((whole, layer, used, asked, *joined), key=likeness)
    best, first = set(most), most not in joined
    if several and likeness(best) < _ALIKE:
        best = {*spec.keys, *spec.with_role("time")}
    if (
        first
        and len(unknown) > len(likes)
        and any(read.types[name] in _NUMBERS for name in unknown)
    ):
        best.add(spec.target)
    order = {name: at for at, name in enumerate(found)}
    kept = [name for name in whole if name in best | sought]
    # Of several tables nobody has declared in which order a file has its columns.
    return tuple(sorted(kept, key=lambda name: order.get(name, len(order))) if several else kept)


def _like(name: str, whole: Sequence[str], found: Sequence[str]) -> list[str]:
    """Return the column of the contract that is not there and that ``name`` is like, if any."""
    lower = {one.lower(): one for one in whole if one not in found}
    word = name.lower()
    near = get_close_matches(word, lower, n=1, cutoff=_ALIKE) or [
        one for one in lower if min(len(word), len(one)) >= _TOLD and (word in one or one in word)
    ]
    return [lower[one] for one in near[:1]]


def asked_for(spec: ProjectSpec, contract: Contract) -> list[str]:
    """Return the columns that a file of rows to be answered has."""
    if spec.kind == "panel":
        return [*spec.keys, spec.time, *spec.with_role("known_future")]
    return [name for name in used_columns(spec) if contract.columns[name].required]
