from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.splits import draw_test, identity_columns
from foresell.errors import SpecError
from foresell.spec.cleaning import Cleaning, Fill
from foresell.spec.project import ProjectSpec, SplitSpec
from foresell.spec.sources import Table

ORDERS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), min_size=1, max_size=60)


def tabular(columns: dict[str, Any], **changed: Any) -> ProjectSpec:
    declared: dict[str, Any] = {
        "name": "orders",
        "title": "Orders",
        "kind": "tabular",
        "tables": (Table(name="orders", file="orders.csv"),),
        "columns": columns,
        "split": SplitSpec(test_share=0.2),
    }
    return ProjectSpec(**(declared | changed))


def lines(rows: list[tuple[int, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"order": pl.Int64, "line": pl.Int64}, orient="row")


@settings(deadline=None)
@given(rows=ORDERS, seed=st.integers(0, 99), share=st.floats(0.05, 0.95))
def test_rows_of_one_group_are_on_one_side(
    rows: list[tuple[int, int]], seed: int, share: float
) -> None:
    frame = lines(rows)
    drawn = frame.with_columns(draw_test(frame, ["order"], share, seed))
    assert drawn.group_by("order").agg(pl.col("test").n_unique())["test"].max() == 1


@settings(deadline=None)
@given(rows=ORDERS, more=ORDERS, seed=st.integers(0, 99))
def test_a_row_stays_on_its_side_in_any_order_and_beside_any_other_rows(
    rows: list[tuple[int, int]], more: list[tuple[int, int]], seed: int
) -> None:
    whole = lines([*more, *reversed(rows)])
    sides = dict(zip(whole.iter_rows(), draw_test(whole, ["order"], 0.3, seed), strict=True))
    alone = lines(rows)
    assert [sides[row] for row in rows] == draw_test(alone, ["order"], 0.3, seed).to_list()


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_about_the_declared_share_is_drawn_and_another_seed_draws_others(share: float) -> None:
    frame = lines([(order, 1) for order in range(20_000)])
    one, other = (draw_test(frame, ["order"], share, seed) for seed in (1, 2))
    assert float(str(one.mean())) == pytest.approx(share, abs=0.01)
    both = float(str((one & other).mean()))
    assert both == pytest.approx(share**2, abs=0.01)


@pytest.mark.parametrize(
    ("columns", "key", "wanted"),
    [
        ({"order": "group", "line": "feature", "price": "target"}, ("order", "line"), ("order",)),
        ({"order": "excluded", "line": "feature", "price": "target"}, ("order",), ("order",)),
        ({"a": "feature", "b": "feature", "price": "target"}, (), ("a", "b", "price")),
    ],
)
def test_rows_are_told_apart_by_group_then_key_then_all_they_hold(
    columns: dict[str, Any], key: tuple[str, ...], wanted: tuple[str, ...]
) -> None:
    assert identity_columns(tabular(columns), key) == wanted


def test_a_column_that_is_filled_in_tells_no_rows_apart() -> None:
    columns = {"a": "feature", "b": "feature", "price": "target"}
    cleaning = Cleaning(fill={"a": Fill(value=0)})
    assert identity_columns(tabular(columns, cleaning=cleaning), ()) == ("b", "price")
    with pytest.raises(SpecError, match=r"^the rows of a split are told apart by \['a'\]"):
        identity_columns(tabular({**columns, "a": "group"}, cleaning=cleaning), ())
