"""The columns a file says it holds, against those the contract knows."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches

from foresell.contracts.contract import Contract
from foresell.contracts.showing import column_shown
from foresell.errors import DataError, nearest
from foresell.spec.cleaning import Cleaning

SEPARATORS = ";\t|,"
_TOLD = 4  # characters of a name: a shorter one is part of many
_COMPARED = 100  # characters of a name: who knows how long one is


def dropped_columns(contract: Contract, cleaning: Cleaning) -> tuple[str, ...]:
    """Return the columns that are dropped as they are read: personal ones, and those declared.

    In the order of the contract; ``cleaning.keep_personal`` names the exceptions.
    """
    kept = set(cleaning.keep_personal)
    return tuple(
        name
        for name, column in contract.columns.items()
        if name in cleaning.drop or (column.personal and name not in kept)
    )


def kept_columns(
    header: Sequence[str], contract: Contract, dropped: Collection[str], name: str
) -> list[int]:
    """Return the places in ``header`` of the columns that are read.

    Raises:
        DataError: a column stands twice, is not in the contract, or all are dropped.
    """
    for column, times in Counter(header).items():
        if times > 1:
            raise DataError(
                f"{column_shown(column, header.index(column), contract)} "
                f"stands {times} times in the header",
                f"{name}, line 1",
                "keep one of them" if _known(header, contract) else _no_header(contract),
            )
    for at, column in enumerate(header):
        if column not in contract.columns:
            raise DataError(
                f"{column_shown(column, at, contract)} is not in the contract",
                f"{name}, line 1",
                _mend(column, header, contract),
            )
    kept = [place for place, column in enumerate(header) if column not in dropped]
    if not kept:
        raise DataError(
            "every column of the file is dropped",
            name,
            "take one out of cleaning.drop, or the table out of project.yaml",
        )
    return kept


def declare_separator(separator: str) -> str:
    """Return the advice to declare what tells the fields of a file apart."""
    sign = "a tab" if separator == "\t" else repr(separator)
    return (
        f"it looks like {sign} separates its fields: "
        f"declare separator: {json.dumps(separator)} of its table in project.yaml"
    )


def _mend(column: str, header: Sequence[str], contract: Contract) -> str:
    """Return what to do about a ``column`` of ``header`` that the contract does not know."""
    for separator in SEPARATORS:
        parts = [part.strip('" ') for name in header for part in name.split(separator)]
        alone = len(header) == 1 and len(parts) > 2  # a title may hold one comma
        if len(parts) > len(header) and (
            alone or _known(parts, contract) > _known(header, contract)
        ):
            return declare_separator(separator)
    plain = {_plain(name): name for name in contract.columns}
    if alike := plain.get(_plain(column)):
        return f"write it {alike!r}: blanks, capitals and hidden characters count"
    if not _known(header, contract):
        return _no_header(contract)
    if meant := _renamed(column, header, contract):
        return (
            f"did you mean {meant!r}, which this file does not have? Then name it so; else remove "
            "it or add it to contract.yaml and project.yaml"
        )
    return (
        f"remove it or add it to contract.yaml and project.yaml; "
        f"{nearest(column, contract.columns)}"
    )


def _renamed(column: str, header: Sequence[str], contract: Contract) -> str | None:
    """Return the column that ``column`` may be by another name: like it, and not in ``header``."""
    there = set(map(_plain, header))
    lacking = {_plain(name): name for name in contract.columns if _plain(name) not in there}
    name = _plain(column)
    within = [
        one for one in lacking if min(len(name), len(one)) >= _TOLD and (name in one or one in name)
    ]
    alike = get_close_matches(name[:_COMPARED], lacking, n=1) or sorted(within, key=len)[:1]
    return lacking[alike[0]] if alike else None


def _no_header(contract: Contract) -> str:
    """Return what to do about a header of which the contract knows nothing."""
    return f"does line 1 hold the column names? Known: {', '.join(sorted(contract.columns))}"


def _known(names: Iterable[str], contract: Contract) -> int:
    """Return how many of ``names`` the contract knows, however they are written."""
    plain = set(map(_plain, contract.columns))
    return sum(_plain(name) in plain for name in names)


def _plain(name: str) -> str:
    """Return a name without what the eye does not see, in small letters."""
    return name.strip("\ufeff\u200b\u00a0 \t").lower()
