"""Values as a person gives them, in the plain types that a request is checked in."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from foresell.contracts.contract import LogicalType
from foresell.contracts.values import Held

EXACT = 2**53  # from here on a float is not the only whole number that is written like it
_WHOLE = r"^([+-]?[0-9]+)\.0+$"


def plain_value(value: Any, kind: LogicalType) -> Any:
    r"""Return ``value`` as Python has it; whether it is of its ``kind`` is left to the contract.

    A scalar of NumPy becomes what it holds. A float without a fraction is a whole number where one
    is asked for, as JSON Schema has it (``30.0``), below `EXACT`. A text with half of a character
    in it, which JSON can write (``"\ud800"``) and UTF-8 cannot, becomes bytes: it is no text.

    >>> plain_value(np.int64(30), "integer"), plain_value(30.0, "integer")
    (30, 30)
    >>> plain_value(30.5, "integer"), plain_value(True, "integer"), plain_value(1e16, "integer")
    (30.5, True, 1e+16)
    """
    plain = value.item() if isinstance(value, np.generic) else value
    if kind == "integer" and isinstance(plain, float) and plain.is_integer() and abs(plain) < EXACT:
        return int(plain)
    if kind == "string" and isinstance(plain, str) and not plain.isascii():
        return plain if is_writable(plain) else plain.encode(errors="surrogatepass")
    return plain


def is_writable(text: str) -> bool:
    """Tell whether a text can be written: no half of a pair of surrogates stands alone in it.

    >>> is_writable("Köln"), is_writable(chr(0xD800))
    (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def with_whole_texts(held: Held) -> Held:
    """Return a column of whole numbers read from text, in which ``30.0`` stands for 30."""
    if not held.failed.any():
        return held
    whole = held.text.str.extract(_WHOLE).cast(pl.Int64, strict=False)
    taken = held.failed & whole.is_between(1 - EXACT, EXACT - 1).fill_null(value=False)
    return replace(held, found=whole.zip_with(taken, held.found), failed=held.failed & ~taken)
