import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.features.rolling import last_known, origin_lags, rolling, since_seen

NAN = float("nan")


def test_a_lag_before_the_calendar_is_unknown() -> None:
    lags = origin_lags(np.array([[3.0, 5.0]]), [1, 2, 3])
    assert lags["lag_1"].tolist() == [5.0]
    assert lags["lag_2"].tolist() == [3.0]
    assert np.isnan(lags["lag_3"]).tolist() == [True]


@given(
    values=st.lists(st.one_of(st.none(), st.integers(-1000, 1000)), min_size=1, max_size=12),
    window=st.integers(1, 12),
)
def test_rolling_statistics_equal_those_of_the_seen_values_of_the_window(
    values: list[int | None], window: int
) -> None:
    history = np.array([[NAN if value is None else float(value) for value in values]])
    found = rolling(history, [window], ["mean", "std", "min", "max", "median"])
    seen = np.array([value for value in values[-window:] if value is not None], dtype=np.float64)
    expected = (
        [seen.mean(), seen.std(), seen.min(), seen.max(), np.median(seen)]
        if seen.size
        else [NAN] * 5
    )
    assert [float(column[0]) for column in found.values()] == pytest.approx(
        expected, rel=1e-9, abs=1e-9, nan_ok=True
    )


def test_the_last_known_value_is_the_newest_that_is_not_missing_however_old() -> None:
    values = np.array([[1.0, NAN, NAN], [1.0, NAN, 2.0], [NAN, NAN, NAN]])
    assert last_known(values).tolist()[:2] == [1.0, 2.0]
    assert np.isnan(last_known(values)[2])
    assert since_seen(values).tolist() == [2.0, 0.0, 3.0]
