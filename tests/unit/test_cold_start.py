"""The promises about new series and about sums, on the real files. Cutoffs before 2012 alone."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks.coherence import ratios, three_origins
from benchmarks.cold_start import read_panel, table

pytestmark = pytest.mark.realdata


def test_a_hidden_store_is_answered_a_tenth_better_than_by_department_and_type(
    walmart_data: Path,
) -> None:
    found = table(*read_panel(walmart_data), "hidden stores")
    assert found["rows"].to_list() == [115_308, 74_215, 35_844]
    assert (found["better"] >= 0.10).all()
    assert found["in_80"].is_between(0.74, 0.86).all()
    assert found["in_95"].is_between(0.91, 0.98).all()


def test_what_a_store_takes_up_later_is_answered_far_better_than_by_department_and_type(
    walmart_data: Path,
) -> None:
    found = table(*read_panel(walmart_data), "series that came later")
    assert (found["wape"] < 1.0).all()
    assert (found["profile"] > 10.0).all()


def test_reconciled_sums_are_as_good_as_the_better_of_own_and_bottom_up_at_every_level(
    walmart_data: Path,
) -> None:
    scores = three_origins(walmart_data, "fast")
    mean = ratios(scores)
    assert mean["level"].to_list() == ["series", "Store", "Dept", "total"]
    assert (mean["ratio"] <= 1.005).all()
    assert "reconciled" in set(scores["delivered"])  # where the folds say that it spares the series
    assert (scores["seconds"] < 5).all()
    observed = (
        scores.filter(pl.col("level") == "series").group_by("cutoff").agg(pl.col("n").first())
    )
    assert sorted(observed["n"]) == [35_844, 74_215, 115_308]
