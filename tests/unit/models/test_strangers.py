import numpy as np
import polars as pl
import pytest

from foresell.models.learner import forecast
from foresell.models.learner_files import write_learner
from tests.unit.models.test_learner import fitted, weekly
from tests.unit.models.toys import HORIZON, panel, project, rows


def with_strangers(count: int) -> pl.DataFrame:
    """`rows`, and ``count`` items of shop s1 and shops of item 1 that come after the cutoff."""
    whole = rows(120)
    twin = whole.filter((pl.col("shop") == "s1") & (pl.col("item") == 1))
    none = pl.lit(None, dtype=pl.Float64)
    strangers = [
        change
        for place in range(count)
        for change in (
            twin.with_columns(sold=none, item=pl.lit(-1 - place, twin["item"].dtype)),
            twin.with_columns(sold=none, shop=pl.lit(f"s1{place}")),
        )
    ]
    return pl.concat([whole, *strangers])


@pytest.mark.parametrize("count", [1, 9])
def test_series_without_history_change_no_byte_of_the_others_points_and_quantiles(
    count: int,
) -> None:
    known, learner = weekly()
    more = panel(120, frame=with_strangers(count))
    old = np.flatnonzero(np.isfinite(more.target).any(axis=1))
    assert more.n_series == known.n_series + 2 * count
    assert more.select(old).keys.equals(known.keys)
    other = fitted(more)
    assert write_learner(other) == write_learner(learner)
    answer = forecast(learner, known, project(), HORIZON)
    again = forecast(other, more, project(), HORIZON)
    for name in answer.members:
        assert again.members[name][old].tobytes() == answer.members[name].tobytes()
    assert again.point[old].tobytes() == answer.point.tobytes()
    assert again.quantiles[old].tobytes() == answer.quantiles.tobytes()
