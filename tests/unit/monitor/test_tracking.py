import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.monitor.tracking import tracking_signal, trigg

errors = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=30)


@given(errors, st.floats(0.1, 1e6))
def test_triggs_signal_never_leaves_minus_one_to_one(
    given_errors: list[float], scale: float
) -> None:
    assert all(one is None or -1.000001 <= one <= 1.000001 for one in trigg(given_errors, scale))


def test_errors_that_keep_to_one_side_bring_triggs_signal_near_one() -> None:
    found = trigg([5.0] * 20, 5.0)[-1]
    assert found is not None
    assert found > 0.98


def test_errors_that_take_turns_keep_both_signals_small() -> None:
    turns = [3.0, -3.0] * 10
    assert tracking_signal(turns, 3.0)[-1] == 0.0
    assert all(one is not None and abs(one) <= 0.21 for one in trigg(turns, 3.0))


def test_without_a_scale_there_is_no_tracking_signal() -> None:
    assert tracking_signal([1.0, 2.0], 0.0) == [None, None]


def test_the_tracking_signal_counts_usual_errors() -> None:
    assert tracking_signal([4.0, 4.0, -2.0], 2.0) == pytest.approx([2.0, 4.0, 3.0])
