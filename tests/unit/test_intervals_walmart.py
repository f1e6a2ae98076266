import numpy as np

from benchmarks.intervals_walmart import reference_bands
from foresell.evaluate.intervals import conformal_quantiles
from foresell.spec.forecast import QUANTILES


def test_the_reference_takes_a_series_own_misses_and_those_of_all_where_it_has_none() -> None:
    rng = np.random.default_rng(3)
    series = np.repeat([0, 1], 50)
    misses = rng.normal(size=100) * np.repeat([1.0, 9.0], 50)
    scale = np.full(100, 2.0)
    point, new_scale = np.array([[10.0, 11.0], [20.0, 21.0], [30.0, 31.0]]), np.full((3, 2), 8.0)
    bands = reference_bands(series, misses, scale, point, new_scale)
    assert bands.shape == (3, 2, len(QUANTILES))
    assert bands[0, 1].tolist() == (11.0 + conformal_quantiles(misses[:50])).tolist()
    assert bands[1, 0].tolist() == (20.0 + conformal_quantiles(misses[50:])).tolist()
    assert bands[2, 0].tolist() == (30.0 + 8.0 * conformal_quantiles(misses / 2.0)).tolist()
