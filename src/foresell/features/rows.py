"""What is derived from one row of a table: the columns of its derived frame, and how each is made.

Nothing here is learnt: a row is derived alone, the same way for training, for an answer and in the
ONNX graph. Numbers are computed in 64 bits and rounded to 32 once, before anything is fitted, so
that a threshold between two values means the same everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import cos, radians, sin
from typing import Literal

import polars as pl

from foresell.contracts.contract import LogicalType
from foresell.spec.project import ProjectSpec
from foresell.spec.row_names import (
    MONTHS,
    PLACE,
    TURNS,
    product_name,
    ratio_name,
    step_name,
    turned_name,
)

How = Literal["number", "category", "product", "ratio", "months", "step", "turned", "place"]


@dataclass(frozen=True, kw_only=True)
class RowColumn:
    """One column of a derived frame.

    ``of``: the raw columns it is made of, each with the role ``feature``. ``how``: as it is
    (``number``, ``category``), their ``product``, the ``ratio`` of the first to the second, the
    running count of ``months`` of a year and a month, a ``step`` that is 1 from the value in
    ``weights`` on and 0 below, or a place's axis ``turned`` by ``weights``, one for each of the two
    columns. ``place`` is made by a forest over ``of``.
    """

    name: str
    of: tuple[str, ...]
    how: How
    weights: tuple[float, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers; otherwise text."""
        return self.how != "category"


def row_columns(project: ProjectSpec, kinds: Mapping[str, LogicalType]) -> tuple[RowColumn, ...]:
    """Return the columns that are derived of a row of ``project``, numbers first, then texts.

    ``kinds``: the type of every column with the role ``feature``. With coordinates the last number
    is the place's (`PLACE`), which `derive` leaves to who has learnt it. No two have the same name,
    which the project has been asked for, and numbers are made of numbers, which it has been asked
    for together with its contract (`foresell.contracts.agreement`).
    """
    features, spec = project.with_role("feature"), project.features
    texts = [name for name in features if kinds[name] == "string"]
    found = [
        RowColumn(name=name, of=(name,), how="number") for name in features if name not in texts
    ]
    found += [RowColumn(name=product_name(of), of=of, how="product") for of in spec.products]
    found += [RowColumn(name=ratio_name(of), of=of, how="ratio") for of in spec.ratios]
    found += [
        RowColumn(name=step_name(name, edge), of=(name,), how="step", weights=(float(edge),))
        for name, edges in spec.steps.items()
        for edge in edges
    ]
    if spec.months:
        found.append(RowColumn(name=MONTHS, of=spec.months, how="months"))
    if spec.coordinates:
        found += _turned(spec.coordinates)
        found.append(RowColumn(name=PLACE, of=spec.coordinates, how="place"))
    found += [RowColumn(name=name, of=(name,), how="category") for name in texts]
    return tuple(found)


def _turned(coordinates: Sequence[str]) -> list[RowColumn]:
    """Return both axes of a place turned by each of `TURNS`."""
    of = tuple(coordinates)
    found = []
    for turn in TURNS:
        along, across = cos(radians(turn)), sin(radians(turn))
        for weights in ((along, across), (-across, along)):
            name = turned_name(of, turn, across=weights[0] < 0)
            found.append(RowColumn(name=name, of=of, how="turned", weights=weights))
    return found


def derive(frame: pl.DataFrame, columns: Sequence[RowColumn]) -> pl.DataFrame:
    """Return the derived frame of ``frame``: (n rows, all of ``columns`` but the place's).

    ``frame`` holds the raw columns. Numbers become Float32, NaN where unknown: a null, a ratio to
    zero, a sum or product of an unknown. Booleans are 0 and 1. Texts stay texts, a null is "".

    >>> columns = (RowColumn(name="a x b", of=("a", "b"), how="product"),)
    >>> derive(pl.DataFrame({"a": [2, None], "b": [0.5, 1.0]}), columns).to_series().to_list()
    [1.0, nan]
    """
    return frame.select(
        _made(column).alias(column.name) for column in columns if column.how != "place"
    )


def factor(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Return (n rows,) Float64 the product of the columns ``names``, null where one is."""
    found: pl.Series = frame.select(_product([_number(name) for name in names])).to_series()
    return found


def _made(column: RowColumn) -> pl.Expr:
    """Return one column of the derived frame."""
    if not column.is_number:
        return pl.col(column.of[0]).cast(pl.String).fill_null("")
    return _exact(column).cast(pl.Float32).fill_null(float("nan"))


def _exact(column: RowColumn) -> pl.Expr:
    """Return a number of the derived frame in 64 bits, null where unknown."""
    parts = [_number(name) for name in column.of]
    if column.how == "product":
        return _product(parts)
    if column.how == "ratio":
        return pl.when(parts[1] != 0).then(parts[0] / parts[1])
    if column.how == "months":
        return parts[0] * 12 + parts[1]
    if column.how == "step":
        return (parts[0] >= column.weights[0]).cast(pl.Float64)
    if column.how == "turned":
        return parts[0] * column.weights[0] + parts[1] * column.weights[1]
    return parts[0]


def _product(parts: Sequence[pl.Expr]) -> pl.Expr:
    """Return the product, from the first to the last."""
    return reduce(lambda left, right: left * right, parts)


def _number(name: str) -> pl.Expr:
    """Return a raw column as a number of 64 bits."""
    return pl.col(name).cast(pl.Float64).fill_nan(None)
