"""Values that a person asks for by name: read as their column's type, and what to say if absent."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from foresell.errors import nearest

_WORDS: Mapping[str, bool] = {
    **{"yes": True, "true": True, "1": True},
    **{"no": False, "false": False, "0": False},
}
_SHOWN = 12  # known values named in an error


def typed_value(kind: pl.DataType, given: object) -> Any:
    """Return one value read as a column's type; text that is none of it stays text.

    >>> typed_value(pl.Int64(), "7"), typed_value(pl.Int64(), "seven")
    (7, 'seven')
    """
    if not isinstance(given, str):
        return given
    try:
        if kind.is_integer():
            return int(given)
        if kind == pl.Date:
            return date.fromisoformat(given)
        if kind == pl.Boolean:
            return _WORDS.get(given.casefold(), given)
        return float(given) if kind.is_float() else given
    except ValueError:
        return given


def known_values(given: str, texts: Sequence[str]) -> str:
    """Return the nearest of ``texts``, or the first ones in their own order, as a hint.

    >>> known_values("usa", ["Spain", "USA"]), known_values("Mars", ["Spain", "USA"])
    ("did you mean 'USA'?", 'known: Spain, USA')
    """
    if given[:1].isdigit() and len(texts) > _SHOWN:  # the nearest number is not the one meant
        return f"they run from {texts[0]} to {texts[-1]}"
    close = {text.casefold(): text for text in texts}.get(given.casefold())
    if close is not None:
        return f"did you mean {close!r}?"
    hint = nearest(given, texts)
    if hint.startswith("did you mean"):
        return hint.split(" Known:", maxsplit=1)[0]
    more = f", and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return f"known: {', '.join(texts[:_SHOWN])}{more}"
