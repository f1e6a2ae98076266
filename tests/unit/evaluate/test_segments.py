from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.evaluate.segments import horizon_buckets, segment_scores, segments
from foresell.spec.calendar import Frequency
from foresell.spec.project import HolidayWeight, ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

NAN = float("nan")
PROJECT = ProjectSpec(
    name="shop",
    title="Shop",
    kind="panel",
    tables=(Table(name="sales", file="sales.csv"),),
    columns={
        "store": "key",
        "item": "key",
        "day": "time",
        "units": "target",
        "party": "known_future",
        "type": "static",
    },
    frequency="W-FRI",
    horizon=6,
    season=1,
    split=SplitSpec(test=6, validation=(6,)),
    holiday_weight=HolidayWeight(column="party", value=5),
    segments=("type",),
)
KEYS = ["store", "item", "day"]


def truth(volumes: list[float]) -> pl.DataFrame:
    """Six weeks of one series for each volume: store 0 ... n - 1, item a; even stores are X."""
    series = pl.DataFrame({
        "store": range(len(volumes)),
        "volume": volumes,
        "type": ["X" if i % 2 == 0 else "Y" for i in range(len(volumes))],
    }).with_columns(item=pl.lit("a"))
    weeks = pl.DataFrame({
        "step": range(1, 7),
        "day": [date(2024, 1, 5) + timedelta(weeks=h) for h in range(6)],
        "holiday": [False, True, False, False, False, False],
    }).with_columns(weight=pl.when("holiday").then(5.0).otherwise(1.0), y=10.0 * pl.col("step"))
    return series.join(weeks, how="cross").sort(KEYS)


def parts(frame: pl.DataFrame, name: str) -> dict[str, list[int]]:
    """The stores of each value of a segment."""
    segment = next(one for one in segments(frame, PROJECT) if one.name == name)
    stores = frame["store"].to_numpy()
    return {
        value: sorted(set(stores[segment.codes == place].tolist()))
        for place, value in enumerate(segment.values)
    }


def test_each_segment_gets_the_error_of_its_own_rows() -> None:
    frame = truth([1.0, 2.0])
    forecast = frame.select(
        *KEYS,
        prediction=pl.col("y")
        + pl.when(pl.col("type") == "Y").then(2.0).otherwise(0.0)
        + pl.when(pl.col("step") > 4).then(1.0).otherwise(0.0),
    )
    got = segment_scores(frame, {"model": forecast}, PROJECT)
    assert got.select("segment", "value", "candidate", "n", "mae").rows() == [
        ("horizon", "1-4", "model", 8, 1.0),
        ("horizon", "5-6", "model", 4, 2.0),
        ("holiday", "no", "model", 10, pytest.approx(1.4)),
        ("holiday", "yes", "model", 2, 1.0),
        ("type", "X", "model", 6, pytest.approx(1 / 3)),
        ("type", "Y", "model", 6, pytest.approx(7 / 3)),
        ("volume_quartile", "q1", "model", 6, pytest.approx(1 / 3)),
        ("volume_quartile", "q4", "model", 6, pytest.approx(7 / 3)),
        ("store", "1", "model", 6, pytest.approx(7 / 3)),
        ("store", "0", "model", 6, pytest.approx(1 / 3)),
        ("item", "a", "model", 12, pytest.approx(4 / 3)),
    ]


def test_quartiles_hold_a_quarter_of_the_series_and_those_without_history_stand_apart() -> None:
    got = parts(truth([8.0, 1.0, 2.0, 7.0, NAN, 3.0, 6.0, 5.0, 4.0]), "volume_quartile")
    expected = {"q1": [1, 2], "q2": [5, 8], "q3": [6, 7], "q4": [0, 3], "no_history": [4]}
    assert got == expected


def test_equal_volumes_are_in_the_same_quartile() -> None:
    got = parts(truth([5.0, 5.0, 5.0, 5.0]), "volume_quartile")
    assert got == {"q1": [0, 1, 2, 3], "q2": [], "q3": [], "q4": [], "no_history": []}


def test_only_the_ten_largest_values_of_a_key_are_shown_largest_first() -> None:
    got = parts(truth([float(volume) for volume in range(12)]), "store")
    assert list(got) == [str(store) for store in range(11, 1, -1)]
    assert got["11"] == [11]


@pytest.mark.parametrize("frequency", ["D", "W-FRI"])
@given(steps=st.integers(1, 500))
@settings(deadline=None)
def test_every_step_of_a_horizon_is_in_exactly_one_bucket(frequency: Frequency, steps: int) -> None:
    buckets = horizon_buckets(steps, frequency)
    covered = [step for first, last in buckets for step in range(first, last + 1)]
    assert covered == list(range(1, steps + 1))


volumes = st.lists(st.one_of(st.just(NAN), st.floats(-1e3, 1e3)), min_size=1, max_size=8)


@given(given_volumes=volumes, seed=st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_segments_share_out_all_rows_and_do_not_depend_on_their_order(
    given_volumes: list[float], seed: int
) -> None:
    frame = truth(given_volumes)
    noise = np.random.default_rng(seed).normal(size=frame.height)
    forecast = frame.select(*KEYS, prediction=pl.col("y") + pl.Series(noise))
    got = segment_scores(frame, {"model": forecast}, PROJECT)
    counts = dict(got.group_by("segment").agg(pl.col("n").sum()).iter_rows())
    assert counts == dict.fromkeys(
        ("horizon", "holiday", "type", "volume_quartile", "store", "item"), frame.height
    )
    mixed = segment_scores(
        frame.sample(fraction=1, shuffle=True, seed=seed), {"model": forecast.reverse()}, PROJECT
    )
    assert_frame_equal(got, mixed, check_exact=True)
