from typing import Any

import pytest

from foresell.data.splits import identity_columns
from foresell.errors import SpecError
from foresell.spec.cleaning import Cleaning, Fill
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec


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
