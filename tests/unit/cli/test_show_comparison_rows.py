"""Places and numbers of a difference, as a terminal shows them."""

from foresell.cli.metric_cells import change_cell, metric_cells
from foresell.cli.show_comparison_rows import broken


def test_a_place_is_broken_between_its_names_and_never_in_one() -> None:
    place = "split.protocols.chronological.groups.calibration"
    told = broken(place, 26)
    assert told.split("\n") == ["split.protocols.", "chronological.groups.", "calibration"]
    assert broken("hist_gradient_boosting: learning_rate", 26).split("\n") == [
        *("hist_gradient_boosting:", "learning_rate")
    ]
    assert broken("a" * 40, 26) == "a" * 40


def test_a_difference_has_the_decimals_of_its_values_and_is_no_zero_with_a_sign() -> None:
    assert metric_cells("bias", 14.2956, 13.2947) == ["14.30", "13.29"]
    assert change_cell("bias", 14.2956, 13.2947) == "-1.00"
    assert change_cell("bias_share", 0.00403, 0.00381) == "-0.02 points"
    assert change_cell("coverage_80", 0.82, 0.8131) == "-0.7 points"
    assert change_cell("r2", 0.94, 0.940001) == "+1e-06"
    assert metric_cells("width_80", 16.19, 9.4682) == ["16.19", "9.47"]
