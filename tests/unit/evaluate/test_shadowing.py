"""Pairs of versions compared on the rows that both were asked."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.evaluate.shadowing import ACTUAL, LINES, bins, compare_pairs, wilson

numbers = st.floats(-1e6, 1e6, allow_nan=False)


def lines(
    live: Sequence[float],
    shadow: Sequence[float | None],
    actual: Sequence[float | None] | None = None,
    *,
    versions: tuple[str, str] = ("1", "2"),
    at: int = 0,
) -> pl.DataFrame:
    """Requests of one row each, a second apart."""
    count = len(live)
    frame = pl.DataFrame(
        {
            "timestamp": [f"2026-11-21T20:{at:02d}:{i:02d}.000+00:00" for i in range(count)],
            "request_id": [f"r{at}-{i}" for i in range(count)],
            "row": [1] * count,
            "version": [versions[0]] * count,
            "shadow_version": [versions[1]] * count,
            "prediction": live,
            "shadow_prediction": shadow,
            "delta": [None if b is None else b - a for a, b in zip(live, shadow, strict=True)],
            "latency_ms": [float(i + 1) for i in range(count)],
            "shadow_latency_ms": [2.0] * count,
            "refused": [None if b is not None else "pieces: missing" for b in shadow],
        },
        schema=dict(LINES),
    )
    return frame if actual is None else frame.with_columns(pl.Series(ACTUAL, actual, pl.Float64))


def test_a_pair_is_told_by_its_deltas_latencies_and_refusals() -> None:
    (one,) = compare_pairs(lines([10.0, 10.0, 20.0, 40.0], [11.0, 10.0, 17.0, None]))

    assert (one.version, one.shadow_version) == ("1", "2")
    assert (one.rows, one.scored, one.refused) == (4, 3, 1)
    assert one.reasons == {"pieces: missing": 1}
    assert (one.first, one.last) == (
        "2026-11-21T20:00:00.000+00:00",
        "2026-11-21T20:00:03.000+00:00",
    )
    assert one.delta == {
        "mean": pytest.approx(-2 / 3),
        "mean_abs": pytest.approx(4 / 3),
        "relative": pytest.approx(4 / 40),
        "min": -3.0,
        "p01": pytest.approx(-2.94),
        "p10": pytest.approx(-2.4),
        "p50": 0.0,
        "p90": pytest.approx(0.8),
        "p99": pytest.approx(0.98),
        "max": 1.0,
        "share_higher": pytest.approx(1 / 3),
        "share_equal": pytest.approx(1 / 3),
    }
    assert one.latency_ms == {
        "live": {"p50": 2.5, "p95": pytest.approx(3.85), "p99": pytest.approx(3.97)},
        "shadow": {"p50": 2.0, "p95": 2.0, "p99": 2.0},
    }
    assert one.actuals is None


def test_who_was_nearer_wins_and_equal_distance_is_a_tie() -> None:
    live, shadow = [10.0, 10.0, 10.0, 10.0, 10.0], [11.0, 12.0, 8.0, 12.0, 13.0]
    (one,) = compare_pairs(lines(live, shadow, [11.0, 13.0, 10.0, 11.0, None]))

    told = one.actuals
    assert told is not None
    assert (told["matched"], told["wins"], told["losses"], told["ties"]) == (4, 2, 1, 1)
    assert told["win_rate"] == pytest.approx(2 / 3)
    assert (told["low"], told["high"]) == wilson(2, 3)
    assert told["live"] == {
        "mae": pytest.approx(5 / 4),
        "rmse": pytest.approx((11 / 4) ** 0.5),
        "bias": pytest.approx(-5 / 4),
    }
    assert told["shadow"]["mae"] == pytest.approx(4 / 4)


def test_without_a_known_truth_nobody_wins() -> None:
    (one,) = compare_pairs(lines([1.0], [2.0], [None]))

    assert one.actuals == {
        "matched": 0,
        "live": None,
        "shadow": None,
        "wins": 0,
        "losses": 0,
        "ties": 0,
        "win_rate": None,
        "low": None,
        "high": None,
    }


def test_a_shadow_that_refused_everything_has_no_deltas() -> None:
    (one,) = compare_pairs(lines([1.0, 2.0], [None, None]))

    assert (one.scored, one.refused, one.delta) == (0, 2, None)


def test_pairs_are_told_apart_and_the_last_that_was_met_comes_first() -> None:
    both = pl.concat([
        lines([1.0], [2.0], versions=("1", "2"), at=1),
        lines([1.0, 1.0], [3.0, 3.0], versions=("2", "3"), at=2),
    ])

    found = compare_pairs(both)
    assert [(one.version, one.shadow_version, one.rows) for one in found] == [
        ("2", "3", 2),
        ("1", "2", 1),
    ]


def test_the_latency_of_a_request_with_many_rows_counts_once() -> None:
    many = lines([1.0] * 10, [1.0] * 10).with_columns(
        request_id=pl.lit("r"), row=pl.int_range(1, 11), latency_ms=pl.lit(9.0)
    )
    (one,) = compare_pairs(pl.concat([many, lines([1.0] * 3, [1.0] * 3, at=5)]))

    assert one.latency_ms["live"] is not None
    assert one.latency_ms["live"]["p50"] == 2.5  # of 9, 1, 2 and 3


@settings(max_examples=30)
@given(
    pairs=st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=40),
    seed=st.integers(0, 99),
)
def test_the_order_of_lines_changes_nothing(
    pairs: list[tuple[float, float, float]], seed: int
) -> None:
    live, shadow, actual = (list(part) for part in zip(*pairs, strict=True))
    frame = lines(live, shadow, actual)

    assert compare_pairs(frame) == compare_pairs(frame.sample(fraction=1, shuffle=True, seed=seed))


@settings(max_examples=50)
@given(wins=st.integers(0, 500), losses=st.integers(0, 500))
def test_the_win_rate_lies_within_its_limits_and_they_within_0_and_1(
    wins: int, losses: int
) -> None:
    low, high = wilson(wins, wins + losses)
    if not wins + losses:
        assert (low, high) == (None, None)
        return
    assert low is not None
    assert high is not None
    assert 0 <= low <= wins / (wins + losses) + 1e-12
    assert wins / (wins + losses) - 1e-12 <= high <= 1


@settings(max_examples=80)
@given(st.lists(numbers, min_size=1, max_size=200))
def test_bins_hold_every_delta_lie_side_by_side_and_are_few(deltas: list[float]) -> None:
    found = bins(deltas)

    assert found["rows"].sum() == len(deltas)
    assert 1 <= found.height <= 43
    assert np.allclose(found["high"][:-1], found["low"][1:])
    assert (found["high"] > found["low"]).all()
