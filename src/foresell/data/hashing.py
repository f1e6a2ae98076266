"""Numbers drawn from what a row holds: the same on every machine and in every release."""

import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_NOTHING = np.uint64(0x6E6F7468696E6721)  # what a null hashes as


def row_hashes(frame: pl.DataFrame, columns: Sequence[str], seed: int) -> Hashes:
    """Return (n rows,) numbers, evenly spread over 64 bits, from the values of ``columns``.

    Equal values give equal numbers, whatever stands in other rows or columns. 0.0 and -0.0 are
    equal, and so are a whole number and the same one with a fraction of zero, by type apart.
    Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators (2014), the
    finaliser of SplitMix64.

    >>> rows = pl.DataFrame({"order": [7, 8, 7]})
    >>> one, other, again = row_hashes(rows, ["order"], seed=1)
    >>> one == again, one == other
    (np.True_, np.False_)
    """
    state = _mixed(np.full(frame.height, seed, dtype=np.uint64))
    for name in columns:
        state = _mixed(state ^ _codes(frame[name]))
    return state


def _mixed(state: Hashes) -> Hashes:
    """Return ``state`` with every bit spread over all the others."""
    state = state + np.uint64(0x9E3779B97F4A7C15)  # wraps, as it should
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = state ^ (state >> np.uint64(31))
    return mixed


def _codes(values: pl.Series) -> Hashes:
    """Return one number a value: its bits, or a digest of its text."""
    if values.dtype == pl.String:
        known = values.unique().drop_nulls().to_list()
        digests = [
            int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) for text in known
        ]
        codes = values.replace_strict(known, digests, default=None, return_dtype=pl.UInt64)
        return codes.fill_null(int(_NOTHING)).to_numpy()
    if values.dtype.is_float():
        whole = values.cast(pl.Float64).fill_null(0.0).to_numpy() + 0.0  # -0.0 becomes 0.0
        codes_ = whole.view(np.uint64)
    else:
        codes_ = values.to_physical().cast(pl.Int64).fill_null(0).to_numpy().view(np.uint64)
    return np.where(values.is_null().to_numpy(), _NOTHING, codes_)
