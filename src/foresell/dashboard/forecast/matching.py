"""Which series are meant by a search and its filters, and in what order they are listed."""

import numpy as np
import polars as pl

from foresell.dashboard.forecast.asked import Asked
from foresell.dashboard.forecast.blocks import Rows
from foresell.dashboard.forecast.indexed import Index
from foresell.report.wording import column


def matching(index: Index, asked: Asked) -> Rows:
    """Return the places of the series that ``asked`` narrows down to, in the order of the index.

    A column given several values is any of them; all columns, and all words searched for, must
    hold. Series chosen one by one change nothing here: see `selected`.
    """
    mine = searched(index, asked.search)
    for name, values in asked.values.items():
        mine &= index.texts[name].is_in(values)
    for name, (low, high) in asked.ranges.items():
        numbers = index.described[name]
        if low is not None:
            mine &= (numbers >= low).fill_null(value=False)
        if high is not None:
            mine &= (numbers <= high).fill_null(value=False)
    return np.flatnonzero(mine.to_numpy()).astype(np.int64)


def searched(index: Index, text: str) -> pl.Series:
    """Return whether each series has all words of a search: ``dept 7``, ``Dept=7``, ``north``.

    A word that is a column's name goes with the one after it, which that column must hold. Numbers
    are whole ones (7 is not 17), other words may be a part of one, in any letters.
    """
    mine = pl.Series([True]).new_from_index(0, index.n_series)
    names = {word: name for name in index.columns for word in (name.lower(), column(name).lower())}
    words = text.lower().replace("=", " ").replace(",", " ").split()
    while words:
        word = words.pop(0)
        if word in names and words:
            own = index.texts[names[word]].str.to_lowercase()
            mine &= _holds(pl.select(pl.format(" {} ", own)).to_series(), words.pop(0))
        else:
            mine &= _holds(index.search, word)
    return mine


def _holds(texts: pl.Series, word: str) -> pl.Series:
    """Return whether each text holds a word; a number as a whole one."""
    whole = f" {word} " if word.replace(".", "", 1).isdigit() else word
    return texts.str.contains(whole, literal=True)


def ordered(index: Index, rows: Rows, sort: str) -> Rows:
    """Return ``rows`` in the order of a list: the largest first, by name as the keys are sorted.

    Those without the number come last; equal ones by key.
    """
    if sort == "name":
        return rows
    values = getattr(index.measured, sort)[rows]
    return rows[np.argsort(np.where(np.isfinite(values), -values, np.inf), kind="stable")]


def selected(index: Index, asked: Asked, matched: Rows) -> Rows:
    """Return the series to be drawn: those chosen one by one, else all that ``matched``."""
    if not asked.series:
        return matched
    place = {name: at for at, name in enumerate(index.names)}
    return np.array(sorted(place[name] for name in asked.series), dtype=np.int64)
