import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from benchmarks.drift import PANELS, QUIET, SHIFTED, World, looks
from benchmarks.drift import rows as drawn
from foresell.errors import DataError
from foresell.monitor.drift import Column, Drift, measure, to_json
from foresell.spec.monitoring import MonitoringSpec

LIMITS = MonitoringSpec()
PRICE = Column(name="price", kind="number")
KIND = Column(name="kind", kind="category")


def frame(seed: int, count: int) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    return pl.DataFrame({
        "price": draw.normal(100, 10, count),
        "kind": draw.choice(["a", "b", "c"], count),
        "week": np.arange(count) % 20,
    })


def measured(current: pl.DataFrame, *columns: Column, limits: MonitoringSpec = LIMITS) -> Drift:
    return measure(frame(1, 2000), current, columns or (PRICE, KIND), limits, periods=None)


@pytest.mark.parametrize("world", QUIET, ids=str)
def test_quiet_periods_raise_no_alarm_whether_rows_of_a_week_are_alike_or_not(world: World) -> None:
    alarms, _ = looks(world, 0, 12)

    assert alarms <= 1  # 12 of the 1,000 that the benchmark looks at, of which 1 % may


@pytest.mark.parametrize("world", SHIFTED, ids=str)
def test_half_a_standard_deviation_in_one_of_20_columns_is_found(world: World) -> None:
    _, found = looks(world, 0, 20)

    assert found >= 19


def test_a_column_of_a_panel_that_moves_by_three_weekly_deviations_is_found() -> None:
    _, found = looks(PANELS[-1], 0, 12)

    assert (PANELS[-1].weeks, PANELS[-1].current_weeks, PANELS[-1].shift) == (30, 8, 3)
    assert found >= 7  # the benchmark finds four of five


def test_too_few_weeks_to_tell_are_told_with_what_would_be_seen() -> None:
    draw = np.random.default_rng(3)
    sides = [
        pl.DataFrame({"week": np.arange(40 * weeks) // 40, "price": draw.normal(size=weeks)[of]})
        for weeks in (6, 1)
        for of in [np.arange(40 * weeks) // 40]
    ]

    few = measure(sides[0], sides[1], [PRICE], LIMITS, periods="week")
    many = measured(frame(2, 300))

    assert few.caution.startswith("too few periods to tell (1 now, 6 before): nothing short of a")
    assert few.caution.endswith("times what periods differ by would alarm in price")
    assert many.caution == ""


def test_the_same_weeks_raise_alarms_once_they_are_taken_as_independent_rows() -> None:
    alike = World(alike=0.2)

    assert looks(replace(alike, told=False), 0, 10)[0] == 10


def test_a_shift_is_told_with_its_medians_and_alone() -> None:
    drift = measured(frame(2, 300).with_columns(pl.col("price") + 10))

    (told,) = drift.findings
    assert (told.seen, told.weight, told.about) == ("shift", "alarm", "price")
    assert told.says.startswith("price: the median is 1")
    assert [one.column.name for one in drift.columns] == ["price", "kind"]
    assert drift.columns[0].drifted
    assert not drift.columns[1].drifted


def test_unseen_levels_and_missing_values_are_told_as_such() -> None:
    current = frame(2, 300).with_columns(
        kind=pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("new")).otherwise("kind"),
        price=pl.when(pl.int_range(pl.len()) % 2 == 0).then("price"),
    )

    drift = measured(current)

    assert {one.about: one.seen for one in drift.findings} == {"kind": "unseen", "price": "missing"}
    kind = next(one for one in drift.columns if one.column == KIND)
    assert (kind.unseen, round(kind.unseen_share, 2)) == (("new",), 0.33)


def test_values_that_may_be_personal_are_not_told() -> None:
    current = frame(2, 300).with_columns(kind=pl.lit("Ada Lovelace"))

    told = to_json(measured(current, replace(KIND, shown=False)))

    assert told["alarmed"]
    assert "Ada" not in json.dumps(told)
    assert told["columns"][0]["bins"]["labels"][0] == "level 1"


def test_a_trending_column_is_told_and_raises_no_alarm_and_an_ignored_one_is_not_looked_at() -> (
    None
):
    current = frame(2, 300).with_columns(pl.col("price") + 30, kind=pl.lit("new"))
    limits = MonitoringSpec(trending=("price",), ignored=("kind",))

    drift = measured(current, limits=limits)

    assert [(one.about, one.weight) for one in drift.findings] == [("price", "note")]
    assert not drift.alarmed


@pytest.mark.parametrize("part", ["target", "prediction"])
def test_what_is_asked_for_and_what_is_answered_are_told_by_their_part(part: str) -> None:
    column = Column(
        name="price", kind="number", part="target" if part == "target" else "prediction"
    )

    drift = measured(frame(2, 300).with_columns(pl.col("price") + 30), column)

    assert [one.seen for one in drift.findings] == [part]


def test_the_order_of_the_rows_changes_nothing() -> None:
    world = World(alike=0.2)
    draw = np.random.default_rng(4)
    before, after = drawn(world, draw, now=False), drawn(world, draw, now=True)
    columns = [Column(name=f"f{place}", kind="number") for place in range(4)]

    one = measure(before, after, columns, LIMITS, periods="week")
    mixed = [side.sample(fraction=1.0, shuffle=True, seed=5) for side in (before, after)]
    other = measure(mixed[0], mixed[1], columns, LIMITS, periods="week")

    assert one == other


def test_a_large_effect_in_one_reference_period_proves_nothing() -> None:
    reference = frame(1, 2000).with_columns(week=pl.lit(1))
    current = frame(2, 300).with_columns(pl.col("price") + 30, week=pl.lit(2))

    drift = measure(reference, current, [PRICE], LIMITS, periods="week")

    assert drift.columns[0].ks is not None
    assert drift.columns[0].ks > 0.5
    assert not drift.alarmed


def test_few_rows_are_not_compared_and_it_says_so() -> None:
    drift = measured(frame(2, 29))

    assert drift.withheld == "29 current rows are too few: 30 or more are compared"
    assert (drift.columns, drift.findings) == ((), ())


def test_a_column_that_one_side_lacks_is_refused_by_name() -> None:
    with pytest.raises(DataError, match="the current rows have no column 'price'"):
        measured(frame(2, 300).drop("price"))


@pytest.mark.parametrize(
    "values",
    [
        [None] * 100,
        [float("nan")] * 100,
        [float("inf"), float("-inf")] * 50,
        [7.0] * 100,
        [1e308, -1e308] * 50,
    ],
    ids=["nulls", "nan", "infinite", "one value", "huge"],
)
@pytest.mark.parametrize("side", ["reference", "current", "both"])
def test_odd_columns_are_measured_and_told_without_nan(
    values: list[float | None], side: str
) -> None:
    odd = pl.DataFrame({"price": pl.Series(values, dtype=pl.Float64)})
    even = frame(1, 100).select("price")
    reference = even if side == "current" else odd
    current = even if side == "reference" else odd

    told = to_json(measure(reference, current, [PRICE], LIMITS, periods=None))

    json.dumps(told, allow_nan=False)
    assert told["alarmed"] is (side != "both")
    assert sum(told["columns"][0]["bins"]["current"]) == pytest.approx(1.0)
