import random
from datetime import date

import polars as pl
import pytest

from foresell.errors import UsageError
from foresell.risks.segment import check_columns, gather, segment_name, told
from tests.unit.risks.segments import orders, project

ORDERS = project("sales_orders")
LAYER = pl.concat([orders([10.0, 20.0]), orders([5.0, 7.0], country="Spain")])


def test_only_rows_that_match_are_summed_and_counted() -> None:
    found = gather([LAYER], ORDERS, {"COUNTRY": ["Spain"]})

    assert found.by_date.rows() == [(date(2003, 1, 2), 5.0, 1), (date(2003, 2, 2), 7.0, 1)]
    assert (found.rows, found.unknown, found.undated) == (2, 0, 0)
    assert found.segment == {"COUNTRY": ("Spain",)}


def test_several_values_of_a_column_are_one_segment() -> None:
    found = gather([LAYER], ORDERS, {"COUNTRY": ["USA", "Spain"]})

    assert found.by_date["value"].to_list() == [15.0, 27.0]
    assert told(found.segment) == "COUNTRY Spain or USA"


def test_the_order_and_the_pieces_of_the_rows_change_nothing() -> None:
    values = [0.1, 1e16, -1e16, 0.2, 0.3]
    layer = pl.DataFrame({
        "ORDERDATE": [date(2003, 1, 2)] * 5, "SALES": values, "COUNTRY": ["USA"] * 5,
    })  # fmt: skip
    mixed = list(range(5))
    random.Random(1).shuffle(mixed)

    whole = gather([layer], ORDERS, {"COUNTRY": ["USA"]})
    shuffled = gather([layer[mixed]], ORDERS, {"COUNTRY": ["USA"]})

    assert whole.by_date.equals(shuffled.by_date)
    assert whole.by_date["value"].to_list() == [0.6]


def test_rows_without_a_target_or_a_date_are_counted_and_in_no_sum() -> None:
    broken = pl.DataFrame({
        "ORDERDATE": [date(2003, 1, 2), None, date(2003, 1, 2)],
        "SALES": [None, 4.0, 3.0],
        "COUNTRY": ["USA"] * 3,
    })

    found = gather([broken], ORDERS, {"COUNTRY": ["USA"]})

    assert found.by_date["value"].to_list() == [3.0]
    assert (found.rows, found.unknown, found.undated) == (3, 1, 1)


def test_a_column_that_is_not_there_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as refused:
        check_columns({"COUNTRI": ["USA"]}, ORDERS)

    assert refused.value.what == "there is no column 'COUNTRI'"
    assert refused.value.mend.startswith("did you mean 'COUNTRY'?")


@pytest.mark.parametrize("column", ["SALES", "ORDERDATE"])
def test_the_target_and_the_date_make_no_segment(column: str) -> None:
    with pytest.raises(UsageError, match="it makes no segment"):
        check_columns({column: ["1"]}, ORDERS)


@pytest.mark.parametrize(
    ("given", "mend"), [("usa", "did you mean 'USA'?"), ("Spane", "did you mean 'Spain'?")]
)
def test_a_value_that_no_row_has_is_refused_with_the_nearest(given: str, mend: str) -> None:
    with pytest.raises(UsageError) as refused:
        gather([LAYER], ORDERS, {"COUNTRY": [given]})

    assert refused.value.args == (f"no row has COUNTRY={given}", "segment", mend)


def test_values_that_no_row_has_together_are_an_empty_segment() -> None:
    layer = LAYER.with_columns(CITY=pl.when(pl.col("COUNTRY") == "USA").then(pl.lit("NYC")))

    found = gather([layer], ORDERS, {"COUNTRY": ["Spain"], "CITY": ["NYC"]})

    assert (found.rows, found.by_date.height) == (0, 0)


def test_a_project_without_dates_is_refused() -> None:
    with pytest.raises(UsageError, match="no column with the role time"):
        check_columns({}, project("california_housing"))


@pytest.mark.parametrize(
    ("name", "segment", "file"),
    [
        (
            "sales_orders",
            {"PRODUCTLINE": ("Classic Cars",), "COUNTRY": ("USA",)},
            "sales_ts_risk_classic_cars_usa",
        ),
        ("walmart", {"Store": (1,), "Type": ("A",)}, "weekly_sales_ts_risk_store_1_type_a"),
        ("retail", {"category": ("apparel",)}, "units_ts_risk_apparel"),
        ("sales_orders", {}, "sales_ts_risk_all"),
    ],
)
def test_files_are_named_by_target_and_values(
    name: str, segment: dict[str, tuple[object, ...]], file: str
) -> None:
    assert segment_name(project(name), segment) == file
