from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.data.panel import Matrix, Panel, build_panel, share_known
from tests.unit.data.conftest import MakeProject

MONDAY = date(2012, 1, 2)
FRIDAY = date(2012, 1, 6)
NAN = float("nan")
SCHEMA = {
    "shop": pl.String,
    "day": pl.Date,
    "units": pl.Float64,
    "promo": pl.Boolean,
    "town": pl.String,
    "price": pl.Float64,
}
SAME_FIXTURE = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50
)


def week(place: int) -> date:
    return FRIDAY + timedelta(weeks=place)


ROWS = pl.DataFrame(
    [
        ("b", week(0), 1.0, False, None, 2.0),
        ("b", week(3), 0.0, True, "Ulm", None),
        ("a", week(1), 5.0, False, "Kiel", 3.0),
    ],
    schema=SCHEMA,
    orient="row",
)


@st.composite
def observed(draw: st.DrawFn) -> pl.DataFrame:
    """Rows of up to three shops on some of eight weeks, at least one; any order."""
    places = draw(
        st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 7)), unique=True, min_size=1)
    )
    number = st.none() | st.floats(-1e6, 1e6)
    rows = [
        (shop, week(at), draw(number), draw(st.booleans()), "Ulm", draw(number))
        for shop, at in places
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def everything(panel: Panel) -> Mapping[str, Matrix]:
    return {"target": panel.target} | dict(panel.known) | dict(panel.past)


def test_series_stand_in_key_order_on_one_calendar_with_the_horizon_behind_it(
    weekly: MakeProject,
) -> None:
    panel = build_panel(ROWS, weekly())
    assert panel.keys.rows() == [("a",), ("b",)]
    assert panel.dates == tuple(week(place) for place in range(6))
    assert (panel.n_series, panel.cutoff) == (2, 3)


def test_a_week_without_a_row_is_nan_and_a_week_of_zero_is_zero(weekly: MakeProject) -> None:
    panel = build_panel(ROWS, weekly())
    wanted = [[NAN, 5.0, NAN, NAN, NAN, NAN], [1.0, NAN, NAN, 0.0, NAN, NAN]]
    np.testing.assert_array_equal(panel.target, wanted)


def test_covariates_are_laid_out_like_the_target_booleans_as_0_and_1(weekly: MakeProject) -> None:
    panel = build_panel(ROWS, weekly())
    np.testing.assert_array_equal(
        panel.known["promo"], [[NAN, 0, NAN, NAN, NAN, NAN], [0, NAN, NAN, 1, NAN, NAN]]
    )
    np.testing.assert_array_equal(
        panel.past["price"], [[NAN, 3, NAN, NAN, NAN, NAN], [2, NAN, NAN, NAN, NAN, NAN]]
    )


def test_a_static_value_is_the_last_that_is_known(weekly: MakeProject) -> None:
    rows = pl.concat([ROWS, ROWS.head(1).with_columns(day=pl.lit(week(1)), town=pl.lit("Bonn"))])
    assert build_panel(rows, weekly()).static.rows() == [("Kiel",), ("Ulm",)]


def test_daily_data_has_a_step_of_a_day(weekly: MakeProject) -> None:
    rows = ROWS.with_columns(day=pl.lit(MONDAY) + pl.duration(days=pl.int_range(pl.len())))
    panel = build_panel(rows, weekly(frequency="D"))
    assert panel.dates == tuple(MONDAY + timedelta(days=i) for i in range(5))


def test_known_future_rows_fill_the_horizon_and_bring_new_series(weekly: MakeProject) -> None:
    future = pl.DataFrame({
        "shop": ["c", "b", "b"],
        "day": [week(4), week(5), week(3)],
        "promo": [True, True, False],
    })
    panel = build_panel(ROWS, weekly(), future)
    assert panel.keys.rows() == [("a",), ("b",), ("c",)]
    assert panel.static.rows() == [("Kiel",), ("Ulm",), (None,)]
    assert np.isnan(panel.target[2]).all()
    np.testing.assert_array_equal(
        panel.known["promo"],
        [
            [NAN, 0, NAN, NAN, NAN, NAN],
            [0, NAN, NAN, 1, NAN, 1],  # what was observed wins over what was planned
            [NAN, NAN, NAN, NAN, 1, NAN],
        ],
    )


def test_what_several_series_and_all_alike_say_is_known_of_others_and_what_one_says_is_not(
    weekly: MakeProject,
) -> None:
    future = pl.DataFrame({
        "shop": ["a", "b", "a", "c"],
        "day": [week(4), week(4), week(5), week(4)],
        "promo": [True, True, True, None],
    })
    shared = share_known(build_panel(ROWS, weekly(), future)).known["promo"]
    np.testing.assert_array_equal(shared[:, 4:], [[1, 1], [1, NAN], [1, NAN]])


def test_series_are_picked_from_a_panel_without_static_columns() -> None:
    panel = Panel(
        keys=pl.DataFrame({"shop": ["a", "b"]}),
        static=pl.DataFrame(),
        dates=(week(0), week(1)),
        target=np.array([[1.0, NAN], [2.0, NAN]]),
        known={},
        past={},
        cutoff=0,
    )
    picked = panel.select(np.array([1], dtype=np.intp))
    assert picked.keys.rows() == [("b",)]
    assert picked.target[:, 0].tolist() == [2.0]


def test_future_rows_behind_the_horizon_are_left_out(weekly: MakeProject) -> None:
    future = pl.DataFrame({"shop": ["a"], "day": [week(9)], "promo": [True]})
    panel = build_panel(ROWS, weekly(), future)
    assert len(panel.dates) == 6
    np.testing.assert_array_equal(panel.known["promo"][0], [NAN, 0, NAN, NAN, NAN, NAN])


@SAME_FIXTURE
@given(rows=observed())
def test_every_row_stands_in_its_cell_and_every_other_cell_is_nan(
    rows: pl.DataFrame, weekly: MakeProject
) -> None:
    panel = build_panel(rows, weekly())
    wanted = {
        (row["shop"], row["day"]): row["units"]
        for row in rows.to_dicts()
        if row["units"] is not None
    }
    found = {
        (panel.keys["shop"][int(i)], panel.dates[j]): panel.target[i, j]
        for i, j in np.argwhere(~np.isnan(panel.target))
    }
    assert found == wanted


@SAME_FIXTURE
@given(rows=observed(), seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(
    rows: pl.DataFrame, seed: int, weekly: MakeProject
) -> None:
    one = build_panel(rows, weekly())
    other = build_panel(rows.sample(fraction=1, shuffle=True, seed=seed), weekly())
    assert_frame_equal(one.keys, other.keys)
    assert_frame_equal(one.static, other.static)
    assert (one.dates, one.cutoff) == (other.dates, other.cutoff)
    for name, values in everything(one).items():
        assert values.tobytes() == everything(other)[name].tobytes()


@SAME_FIXTURE
@given(rows=observed(), cutoff=st.integers(0, 9))
def test_until_hides_exactly_later_targets_and_past_covariates(
    rows: pl.DataFrame, cutoff: int, weekly: MakeProject
) -> None:
    whole = build_panel(rows, weekly())
    seen = whole.until(cutoff)
    assert seen.cutoff == min(cutoff, whole.cutoff)
    for name, values in {"target": seen.target, **seen.past}.items():
        np.testing.assert_array_equal(
            values[:, : cutoff + 1], everything(whole)[name][:, : cutoff + 1]
        )
        assert np.isnan(values[:, cutoff + 1 :]).all()
    np.testing.assert_array_equal(seen.known["promo"], whole.known["promo"])
    assert (seen.dates, seen.keys.rows()) == (whole.dates, whole.keys.rows())


@SAME_FIXTURE
@given(rows=observed(), cutoff=st.integers(0, 7), poison=st.floats(-1e9, 1e9))
def test_what_comes_after_the_cutoff_cannot_be_seen_through_until(
    rows: pl.DataFrame, cutoff: int, poison: float, weekly: MakeProject
) -> None:
    late = pl.col("day") > pl.lit(build_panel(rows, weekly()).dates[0] + cutoff * timedelta(7))
    altered = rows.with_columns(
        pl.when(late).then(poison).otherwise(pl.col(name)).alias(name)
        for name in ("units", "price")
    )
    clean, poisoned = (build_panel(frame, weekly()).until(cutoff) for frame in (rows, altered))
    assert clean.target.tobytes() == poisoned.target.tobytes()
    assert clean.past["price"].tobytes() == poisoned.past["price"].tobytes()


def test_until_leaves_the_panel_it_was_asked_of_alone(weekly: MakeProject) -> None:
    panel = build_panel(ROWS, weekly())
    before = panel.target.tobytes()
    panel.until(0)
    assert panel.target.tobytes() == before


@pytest.mark.parametrize("rows", [[1, 0], [1], []])
def test_select_takes_series_by_position_in_that_order(
    rows: list[int], weekly: MakeProject
) -> None:
    panel = build_panel(ROWS, weekly())
    part = panel.select(np.array(rows, dtype=np.intp))
    assert_frame_equal(part.keys, panel.keys[rows])
    assert_frame_equal(part.static, panel.static[rows])
    for name, values in everything(part).items():
        np.testing.assert_array_equal(values, everything(panel)[name][rows])
    assert (part.dates, part.cutoff) == (panel.dates, panel.cutoff)
