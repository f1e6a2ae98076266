from datetime import date, timedelta

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

from foresell.data.long import forecast_columns, long_frame
from foresell.data.panel import build_panel
from tests.unit.data.conftest import MakeProject

FRIDAY = date(2012, 1, 6)


def test_a_matrix_of_steps_is_one_row_per_series_and_date(weekly: MakeProject) -> None:
    rows = pl.DataFrame({
        "shop": ["b", "a", "a"],
        "day": [FRIDAY, FRIDAY, FRIDAY + timedelta(7)],
        "units": [1.0, 2.0, 3.0],
        "promo": [False] * 3,
        "town": ["Ulm"] * 3,
        "price": [1.0] * 3,
    })
    panel = build_panel(rows, weekly())
    long = long_frame(panel, weekly(), 1, {"prediction": np.array([[1.0, 2.0], [3.0, np.nan]])})
    after = [FRIDAY + timedelta(14), FRIDAY + timedelta(21)]
    wanted = pl.DataFrame({
        "shop": ["a", "a", "b", "b"],
        "day": after * 2,
        "cutoff": [FRIDAY + timedelta(7)] * 4,
        "step": pl.Series([1, 2, 1, 2], dtype=pl.Int32),
        "prediction": [1.0, 2.0, 3.0, float("nan")],
    })
    assert_frame_equal(long, wanted)


def test_a_forecast_has_its_point_and_eleven_quantiles_each_in_its_column() -> None:
    quantiles = np.arange(22.0).reshape(1, 2, 11)
    columns = forecast_columns(np.array([[7.0, 8.0]]), quantiles)
    assert list(columns) == ["prediction", "q0.025", *(f"q0.{i}" for i in range(1, 10)), "q0.975"]
    np.testing.assert_array_equal(columns["prediction"], [[7.0, 8.0]])
    np.testing.assert_array_equal(columns["q0.9"], [[9.0, 20.0]])
