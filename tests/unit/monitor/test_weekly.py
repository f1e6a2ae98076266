from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.monitor.weekly import last_day, numbers, period_of, sums, whole

COLUMNS = ("period", "step", "y", "prediction", "low_80", "high_80", "low_95", "high_95", "naive")
amounts = st.floats(0.0, 1e6, allow_subnormal=False)


def rows(*given_rows: tuple[object, ...]) -> pl.DataFrame:
    """Return rows: period, step, y, prediction, both bands, naive."""
    floats = dict.fromkeys(COLUMNS[1:], pl.Float64)
    return pl.DataFrame(given_rows, schema={"period": pl.String, **floats}, orient="row")


TWO = rows(
    ("2026-01-02", 1.0, 10.0, 12.0, 8.0, 13.0, None, None, 15.0),
    ("2026-01-02", 1.0, 30.0, 24.0, 20.0, 28.0, None, None, 30.0),
    ("2026-01-09", 2.0, 20.0, 20.0, 20.0, 20.0, 1.0, 2.0, 10.0),
)


def test_a_period_tells_its_error_bias_coverage_width_and_value_added() -> None:
    first, second = numbers(sums(TWO)).to_dicts()

    assert {name: first[name] for name in ("period", "n", "step", "actual")} == {
        "period": "2026-01-02",
        "n": 2,
        "step": 1.0,
        "actual": 40.0,
    }
    assert first["wape"] == 8 / 40
    assert first["bias_share"] == -4 / 40
    assert first["coverage_80"] == 0.5
    assert first["coverage_95"] is None
    assert first["width_80"] == 13 / 40
    assert first["baseline_wape"] == pytest.approx(5 / 40)
    assert first["value_added"] == pytest.approx(1 - 8 / 5)
    assert (second["wape"], second["coverage_80"], second["coverage_95"]) == (0.0, 1.0, 0.0)


def test_a_period_in_which_nothing_was_sold_has_no_shares() -> None:
    found = numbers(sums(rows(("w", 1.0, 0.0, 0.0, None, None, None, None, 0.0)))).row(
        0, named=True
    )

    assert [found[name] for name in ("wape", "bias_share", "coverage_80", "value_added")] == [
        None
    ] * 4
    assert found["log_error"] is None


def test_no_rows_are_no_periods() -> None:
    assert numbers(sums(rows())).is_empty()


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=8), st.floats(0.5, 8.0))
@settings(max_examples=30, deadline=None)
def test_the_unit_of_the_target_changes_no_share(
    pairs: list[tuple[float, float]], unit: float
) -> None:
    def shares(scale: float) -> dict[str, object]:
        made = [
            ("w", 1.0, y * scale, said * scale, None, None, None, None, None) for y, said in pairs
        ]
        return numbers(sums(rows(*made))).select("wape", "bias_share").row(0, named=True)

    before, after = shares(1.0), shares(unit)
    if before["wape"] is None:
        assert after["wape"] is None
    else:
        assert after == pytest.approx(before, rel=1e-9, abs=1e-12)


def test_an_edge_of_less_than_half_a_period_is_no_whole_one() -> None:
    weeks = pl.DataFrame({"n": [2, 7, 7, 7, 4]})

    assert whole(weeks).to_list() == [False, True, True, True, True]


@pytest.mark.parametrize(
    ("every", "weekly", "said", "end"),
    [
        ("week", False, "2012-02-13", "2012-02-19"),
        ("week", True, "2012-02-17", "2012-02-17"),
        ("month", False, "2012-02-01", "2012-02-29"),
        ("all", False, "all", "all"),
    ],
)
def test_a_day_is_in_the_week_or_month_that_is_named_by_its_first_day(
    every: str, weekly: bool, said: str, end: str
) -> None:
    days = pl.DataFrame({"day": [date(2012, 2, 17)]})

    found = days.select(period_of(pl.col("day"), every, weekly=weekly)).item()  # type: ignore[arg-type]

    assert (found, last_day(found, every, weekly=weekly)) == (said, end)  # type: ignore[arg-type]


def test_december_ends_with_the_year() -> None:
    assert last_day("2012-12-01", "month") == "2012-12-31"
