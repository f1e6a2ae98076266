"""The row a what-if begins with: a real one, of those the model learnt from."""

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
import polars as pl

from foresell.dashboard.page import Visit
from foresell.dashboard.reading.shown import AbsentError
from foresell.serving.served import Served

_WHOLE = 1e5  # from here on six figures would leave some out before the point
MOST = 9_999  # rows that can be drawn by their number
Row = Mapping[str, Any]


def start_row(visit: Visit, served: Served, number: int) -> Row:
    """Return a row of the model's own: the most usual one for 0, else one drawn by ``number``.

    By feature, None where a value is unknown; see `rounded`. An AbsentError: the version carries
    no rows.
    """
    rows, ranges = _rows(visit, served), served.learnt.ranges
    if number:
        place = Random(served.spec.seed + number).randrange(rows.height)  # noqa: S311 - no secret
        return rounded(rows.row(place, named=True), ranges)
    what = ("usual row", served.live.digest)
    return visit.shown.kept(what, None, lambda: rounded(rows.row(usual(rows), named=True), ranges))


def rounded(row: Row, ranges: Mapping[str, tuple[Any, Any]]) -> Row:
    """Return a row whose fractions have six figures, so that a person can read and change them.

    One stays as it is where rounding would bring it out of what the model has seen: a contract may
    end there. ``ranges``: that, by column.

    >>> rounded({"rooms": 5.41031941031941, "people": 1243.0}, {"rooms": (0.5, 1243.3333333333333)})
    {'rooms': 5.41032, 'people': 1243.0}
    >>> rounded({"rooms": 0.66666666}, {"rooms": (0.1, 0.66666666)})
    {'rooms': 0.66666666}
    """
    found = dict(row)
    for name, value in row.items():
        if isinstance(value, float) and math.isfinite(value):
            low, high = ranges.get(name, (-math.inf, math.inf))
            near = float(f"{value:.6g}") if abs(value) < _WHOLE else float(round(value))
            if low <= near <= high:
                found[name] = near
    return found


def _rows(visit: Visit, served: Served) -> pl.DataFrame:
    """Return the features of the rows that travel with the version, in an order of their own.

    Raises:
        AbsentError: there are none.
    """
    live, names = served.live, served.spec.with_role("feature")
    found = pl.DataFrame()
    if not live.place.folder:
        shown = visit.shown
        found = shown.bundle(shown.version(live.version)).snapshot
    if found.is_empty():
        raise AbsentError(
            f"version {live.version} carries no rows to begin with",
            visit.shown.name,
            f"foresell run {visit.shown.name}",
        )
    return visit.shown.kept(
        ("rows to begin with", live.digest),
        None,
        lambda: found.select(names).sort(names, nulls_last=True),
    )


def usual(rows: pl.DataFrame) -> int:
    """Return the place of the row that is least unusual in all columns together.

    A number is unusual by how far its rank lies from the middle, another value by the share of rows
    that have not the same; a value that is unknown wholly. Of equals the first.

    >>> rows = {"price": [1.0, 50.0, 3.0, 2.5, None], "line": ["a", "a", "b", "a", "a"]}
    >>> usual(pl.DataFrame(rows))
    3
    """
    odd = np.zeros(rows.height)
    for column in rows.iter_columns():
        if column.dtype.is_numeric():
            rank = column.rank("average").cast(pl.Float64) / (
                column.len() - column.null_count() + 1
            )
            away = (2 * rank - 1).abs()
        else:
            counts = column.to_frame().select(pl.len().over(column.name) / rows.height).to_series()
            away = 1 - counts.zip_with(column.is_not_null(), pl.Series([None], dtype=pl.Float64))
        odd += away.fill_null(1.0).to_numpy()
    return int(np.argmin(odd))


def number_of(text: str) -> int:
    """Return the number of a row in an address, 0 where it is none.

    >>> number_of("12"), number_of(""), number_of("-1"), number_of("99999999")
    (12, 0, 0, 0)
    """
    fine = text.isascii() and text.isdigit() and len(text) <= len(str(MOST))
    return int(text) if fine else 0


def example(served: Served) -> Row:
    """Return the row that a version tells of itself, or the contract's own examples."""
    told: Row = served.metadata.get("input_example") or {}
    first: dict[str, Sequence[Any]] = {one.name: one.examples for one in served.form.fields}
    return {name: told.get(name, next(iter(of), None)) for name, of in first.items()}
