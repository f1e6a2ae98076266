"""What Python gives for rows: mappings and frames; anything else is refused with what is taken."""

from types import ModuleType
from typing import Any

import polars as pl
import pytest

import foresell
from foresell.api.given_rows import frame_of, listed_rows
from foresell.errors import UsageError


@pytest.mark.parametrize("given", [5, None, b"rows"])
def test_what_holds_no_rows_is_refused_by_its_type(given: Any) -> None:
    with pytest.raises(UsageError) as refused:
        listed_rows(given)

    assert refused.value.what == f"{type(given).__name__} is nothing that holds rows"
    assert "a polars or pandas frame" in refused.value.mend


def test_the_front_door_refuses_them_too() -> None:
    with pytest.raises(UsageError, match="NoneType is nothing that holds rows"):
        foresell.predict("sales_orders", None)  # type: ignore[arg-type]


def test_a_pandas_frame_is_read_as_one_of_polars_without_its_index() -> None:
    pandas: ModuleType = pytest.importorskip("pandas")
    given = pandas.DataFrame({"MSRP": [80, 95], "COUNTRY": ["USA", None]}, index=[7, 9])

    found = frame_of(given)

    assert found is not None
    assert found.equals(pl.DataFrame({"MSRP": [80, 95], "COUNTRY": ["USA", None]}))


def test_a_mapping_is_no_frame() -> None:
    assert frame_of({"MSRP": 80}) is None
