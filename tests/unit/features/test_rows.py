"""What is derived from one row of a table."""

from math import isnan

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.contracts.contract import LogicalType
from foresell.features.rows import RowColumn, derive, factor, row_columns
from foresell.spec.features import FeatureSpec
from foresell.spec.project import ProjectSpec
from foresell.spec.row_names import PLACE
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

KINDS: dict[str, LogicalType] = {
    "price": "number",
    "pieces": "integer",
    "gift": "boolean",
    "year": "integer",
    "month": "integer",
    "shop": "string",
}
numbers = st.floats(-1e6, 1e6, width=32) | st.none()


def project(features: FeatureSpec) -> ProjectSpec:
    return ProjectSpec(
        name="lines",
        title="Lines",
        kind="tabular",
        tables=(Table(name="lines", file="lines.csv"),),
        columns={**dict.fromkeys(KINDS, "feature"), "amount": "target"},
        split=SplitSpec(test_share=0.2),
        features=features,
    )


def rows(count: int = 1) -> pl.DataFrame:
    return pl.DataFrame({
        "price": [2.5] * count,
        "pieces": [4] * count,
        "gift": [True] * count,
        "year": [2004] * count,
        "month": [7] * count,
        "shop": ["north"] * count,
    })


def test_numbers_stand_before_texts_and_derived_ones_behind_raw_ones() -> None:
    spec = FeatureSpec(
        products=(("price", "pieces"),),
        ratios=(("price", "pieces"),),
        steps={"price": (2, 2.5, 3)},
        months=("year", "month"),
    )
    columns = row_columns(project(spec), KINDS)
    found = derive(rows(), columns)
    assert found.to_dicts() == [
        {
            "price": 2.5,
            "pieces": 4.0,
            "gift": 1.0,
            "year": 2004.0,
            "month": 7.0,
            "price x pieces": 10.0,
            "price / pieces": 0.625,
            "price from 2": 1.0,
            "price from 2.5": 1.0,
            "price from 3": 0.0,
            "months": 2004 * 12 + 7,
            "shop": "north",
        }
    ]
    assert set(found.schema.dtypes()) == {pl.Float32(), pl.String()}


def test_a_place_has_both_axes_turned_and_a_column_that_somebody_else_learns() -> None:
    columns = row_columns(project(FeatureSpec(coordinates=("price", "pieces"))), KINDS)
    assert [column.name for column in columns if column.how in {"turned", "place"}] == [
        *(
            f"price, pieces turned {turn}{side}"
            for turn in (15, 30, 45, 60, 75)
            for side in ("", " across")
        ),
        PLACE,
    ]
    assert PLACE not in derive(rows(), columns).columns


@settings(max_examples=50)
@given(first=numbers, second=numbers)
def test_turning_the_axes_keeps_every_distance(first: float | None, second: float | None) -> None:
    columns = row_columns(project(FeatureSpec(coordinates=("price", "pieces"))), KINDS)
    frame = rows().with_columns(
        price=pl.Series([first], dtype=pl.Float64), pieces=pl.Series([second], dtype=pl.Float64)
    )
    row = derive(frame, columns).row(0, named=True)
    along, across = (row[f"price, pieces turned 30{side}"] for side in ("", " across"))
    if first is None or second is None:
        assert isnan(along)
        assert isnan(across)
    else:
        assert np.hypot(along, across) == pytest.approx(
            np.hypot(first, second), rel=1e-6, abs=1e-30
        )


@settings(max_examples=50)
@given(left=numbers, right=numbers, other=numbers)
def test_a_row_is_derived_alone(
    left: float | None, right: float | None, other: float | None
) -> None:
    columns = (
        RowColumn(name="a x b", of=("a", "b"), how="product"),
        RowColumn(name="a / b", of=("a", "b"), how="ratio"),
    )
    schema = {"a": pl.Float64, "b": pl.Float64}
    alone = derive(pl.DataFrame({"a": [left], "b": [right]}, schema=schema), columns)
    beside = pl.DataFrame({"a": [other, left], "b": [other, right]}, schema=schema)
    assert derive(beside, columns)[1:].equals(alone)


def test_what_is_unknown_is_nan_and_never_zero() -> None:
    columns = (
        RowColumn(name="a", of=("a",), how="number"),
        RowColumn(name="a x b", of=("a", "b"), how="product"),
        RowColumn(name="a / b", of=("a", "b"), how="ratio"),
        RowColumn(name="a from 1", of=("a",), how="step", weights=(1.0,)),
        RowColumn(name="c", of=("c",), how="category"),
    )
    frame = pl.DataFrame({"a": [None, 1.0], "b": [1, 0], "c": [None, "x"]})
    found = derive(frame, columns)
    assert [[isnan(value) for value in row[:4]] for row in found.rows()] == [
        [True, True, True, True],
        [False, False, True, False],
    ]
    assert found["c"].to_list() == ["", "x"]


def test_a_factor_is_the_product_of_its_columns() -> None:
    frame = pl.DataFrame({"a": [2, None], "b": [1.5, 1.0]})
    assert factor(frame, ["a", "b"]).to_list() == [3.0, None]


@settings(max_examples=50)
@given(edges=st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=5, unique=True))
def test_steps_at_different_values_have_different_names(edges: list[float]) -> None:
    columns = row_columns(project(FeatureSpec(steps={"price": tuple(edges)})), KINDS)
    assert len({column.name for column in columns}) == len(columns)
