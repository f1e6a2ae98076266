"""Raw rows into the derived frame, and what is learnt of places."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import DataError
from foresell.features.rows import RowColumn
from foresell.models.tabular.deriving import FACTOR, Deriver
from foresell.spec.row_names import PLACE

PLACED = (
    RowColumn(name="lat", of=("lat",), how="number"),
    RowColumn(name="lon", of=("lon",), how="number"),
    RowColumn(name=PLACE, of=("lat", "lon"), how="place"),
)


def districts(count: int, seed: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    """Rows whose target is 1 in the east and 0 in the west, with noise."""
    draw = np.random.default_rng(seed)
    lat, lon = draw.uniform(0, 10, (2, count))
    frame = pl.DataFrame({"lat": lat, "lon": lon, "town": draw.integers(0, 20, count)})
    return frame, (lon > 5) + draw.normal(0, 0.05, count)


def test_the_place_of_a_new_row_is_what_the_target_is_around_it() -> None:
    frame, target = districts(400)
    deriver = Deriver(PLACED, seed=1).fit(frame, target)
    asked = pl.DataFrame({"lat": [5.0, 5.0], "lon": [1.0, 9.0], "town": [0, 0]})
    assert deriver.transform(asked)[PLACE].round(1).to_list() == [0.0, 1.0]


def test_a_training_row_gets_its_place_from_rows_that_are_not_itself() -> None:
    frame, target = districts(300)
    alone = target.copy()
    alone[0] += 1_000
    made = Deriver(PLACED, seed=1).fit_transform(frame, target)[PLACE]
    changed = Deriver(PLACED, seed=1).fit_transform(frame, alone)[PLACE]
    assert made[0] == changed[0]
    assert not made.equals(changed)


def test_a_training_row_gets_its_place_from_no_row_of_its_group() -> None:
    frame, target = districts(300)
    group = (frame["town"] == 7).to_numpy()
    moved = np.where(group, target + 1_000, target)
    made = Deriver(PLACED, seed=1).fit_transform(frame, target, ["town"])[PLACE].filter(group)
    changed = Deriver(PLACED, seed=1).fit_transform(frame, moved, ["town"])[PLACE].filter(group)
    assert made.equals(changed)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1_000))
def test_the_order_of_rows_changes_no_derived_value(seed: int) -> None:
    frame, target = districts(120)
    order = np.random.default_rng(seed).permutation(frame.height)
    made = Deriver(PLACED, seed=1).fit_transform(frame, target)
    other = Deriver(PLACED, seed=1).fit_transform(frame[order], target[order])
    assert made[order].equals(other)


def test_the_factor_is_the_last_column_and_the_place_is_relative_to_it() -> None:
    frame, target = districts(400)
    priced = frame.with_columns(price=pl.Series(np.linspace(1, 9, frame.height)))
    deriver = Deriver(PLACED, relative_to=("price",), seed=1)
    made = deriver.fit_transform(priced, target * priced["price"].to_numpy())
    assert made.columns == ["lat", "lon", PLACE, FACTOR]
    assert made[FACTOR].equals(priced["price"].alias(FACTOR))
    assert made[PLACE].equals(Deriver(PLACED, seed=1).fit_transform(frame, target)[PLACE])


@pytest.mark.parametrize("price", [0.0, -1.0, None, float("inf")])
def test_a_factor_that_is_no_number_above_zero_is_refused(price: float | None) -> None:
    frame = pl.DataFrame(
        {"lat": [1.0], "lon": [1.0], "price": [price]}, schema_overrides={"price": pl.Float64}
    )
    with pytest.raises(DataError, match="the product of price is unknown or not above 0 in 1 of 1"):
        Deriver(PLACED[:2], relative_to=("price",)).transform(frame)
