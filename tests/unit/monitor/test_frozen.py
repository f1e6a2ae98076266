import numpy as np
import polars as pl

from foresell.monitor.drift import Column
from foresell.monitor.frozen import find_frozen
from foresell.spec.monitoring import MonitoringSpec

COLUMNS = [
    Column(name="price", kind="number"),
    Column(name="size", kind="number"),
    Column(name="holiday", kind="category"),
    Column(name="sales", kind="number", part="target"),
]


def weeks(first: int, last: int) -> pl.DataFrame:
    """40 stores: a price that moves every week, a size that never does, holidays of all."""
    draw = np.random.default_rng(first)
    count = last - first
    return pl.DataFrame({
        "store": np.tile(np.arange(40), count),
        "week": np.repeat(np.arange(first, last), 40),
        "price": draw.normal(10, 1, 40 * count),
        "size": np.tile(np.arange(40) * 10.0, count),
        "holiday": np.repeat(np.arange(first, last) % 8 == 0, 40),
        "sales": np.full(40 * count, 5.0),
    })


def found(current: pl.DataFrame, ignored: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    seen = find_frozen(
        weeks(0, 20),
        current,
        COLUMNS,
        MonitoringSpec(ignored=ignored),
        periods="week",
        series=["store"],
    )
    assert all((one.seen, one.weight) == ("frozen", "alarm") for one in seen)
    return [(one.about, one.says) for one in seen]


def test_columns_that_move_as_they_did_or_never_moved_are_not_frozen() -> None:
    assert found(weeks(21, 23)) == []


def test_a_column_of_one_value_that_used_to_vary_is_frozen_and_its_value_told() -> None:
    current = weeks(21, 22).with_columns(price=pl.lit(9.5))

    assert found(current) == [("price", "price is the same in all 40 rows (9.5), and used to vary")]


def test_a_column_that_repeats_the_last_value_of_each_store_is_frozen() -> None:
    current = weeks(21, 24).with_columns(price=pl.col("price").first().over("store"))

    assert found(current) == [
        ("price", "price no longer changes from one period to the next, and used to")
    ]


def test_one_value_is_frozen_though_whole_weeks_had_the_usual_one() -> None:
    promoted = (pl.col("week") % 2 == 0) & (pl.col("store") % 3 == 0)
    reference = weeks(0, 20).with_columns(price=pl.when(promoted).then("price").otherwise(0.0))
    current = weeks(21, 22)

    def about(value: float) -> list[str]:
        stuck = current.with_columns(price=pl.lit(value))
        found = find_frozen(reference, stuck, COLUMNS[:1], MonitoringSpec(), periods="week")
        return [one.about for one in found]

    assert (about(0.9), about(0.0)) == (["price"], [])


def test_a_single_week_that_repeats_the_last_known_one_is_frozen() -> None:
    last = weeks(0, 20).filter(pl.col("week") == 19)
    current = weeks(21, 22).with_columns(price=last["price"])

    assert found(current) == [
        ("price", "price repeats the values of the period before, and used to change")
    ]
    changed = pl.when(pl.col("store") < 4).then(0.5).otherwise("price")
    assert found(current.with_columns(price=changed)) == []


def test_one_value_in_a_few_rows_or_of_an_ignored_column_tells_nothing() -> None:
    current = weeks(21, 22).with_columns(price=pl.lit(9.5))

    assert found(current.head(29)) == []
    assert found(current, ignored=("price",)) == []


def test_without_periods_one_value_is_frozen_where_it_was_not_the_usual_one() -> None:
    reference, current = weeks(0, 20), weeks(21, 22).with_columns(price=pl.lit(1.0))

    seen = find_frozen(reference, current, COLUMNS[:2], MonitoringSpec())

    assert [one.about for one in seen] == ["price"]


def test_the_order_of_the_rows_changes_nothing() -> None:
    current = weeks(21, 24).with_columns(price=pl.col("price").first().over("store"))

    assert found(current.sample(fraction=1.0, shuffle=True, seed=1)) == found(current)
