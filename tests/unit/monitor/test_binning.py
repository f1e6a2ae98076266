import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.monitor.binning import (
    level_codes,
    number_labels,
    quantile_edges,
    reference_levels,
    unseen_levels,
)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), parts=st.integers(2, 12))
def test_edges_rise_and_every_bin_between_them_holds_a_value(
    values: list[float], parts: int
) -> None:
    ordered = np.sort(np.array(values))

    edges = quantile_edges(ordered, parts)
    held = np.bincount(np.searchsorted(edges, ordered, "left"), minlength=len(edges) + 1)

    assert (np.diff(edges) > 0).all()
    assert (held[1:-1] > 0).all()
    assert len(edges) <= parts


def test_values_below_and_above_a_reference_of_one_value_have_bins_of_their_own() -> None:
    edges = quantile_edges(np.array([5.0, 5.0]), 10)

    assert np.searchsorted(edges, [4.9, 5.0, 5.1], "left").tolist() == [0, 1, 2]


def test_labels_tell_large_edges_in_full() -> None:
    assert number_labels(np.array([-0.5, 23456.7])) == (
        "to -0.5",
        "-0.5 to 23,457",
        "over 23,457",
        "missing",
    )


def test_rare_levels_share_a_bin_and_unseen_ones_and_missing_have_theirs() -> None:
    reference = pl.Series(["a"] * 600 + ["b"] * 399 + ["c"])
    levels = reference_levels(reference)

    codes = level_codes(pl.Series(["a", "b", "c", "new", None]), levels)

    assert levels.labels == ("a", "b", "other levels", "never seen before", "missing")
    assert codes.tolist() == [0, 1, 2, 3, 4]


def test_unseen_levels_are_cut_and_the_commonest_told_first() -> None:
    levels = reference_levels(pl.Series(["a"]))

    share, told = unseen_levels(pl.Series(["a", "x", "y" * 99, "x", None]), levels)

    assert share == 0.75
    assert told == ("x", "y" * 39 + "…")
