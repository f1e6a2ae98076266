"""What follows from another row of a difference is folded; nothing that stands alone is."""

from foresell.cli.metric_cells import change_cell, metric_cells
from foresell.cli.show_comparison_rows import broken, fact_rows, parameter_rows, setting_rows
from foresell.govern.differing import Difference, differences

ROWS = {"train": 1785, "calibration": 465, "test": 573}
FEWER = {"train": 1654, "calibration": 419, "test": 526}


def facts(rows: int, sides: object, folds: list[int]) -> dict[str, object]:
    protocol = {"rows": sides, "groups": {"test": rows // 10}, "folds": folds}
    return {"rows": rows, "split": {"rows": rows, "protocols": {"held-out": protocol}}}


def test_the_counts_of_a_protocol_are_one_line_and_the_rest_is_counted() -> None:
    found = differences(facts(2823, ROWS, [361, 355]), facts(2599, FEWER, [328, 331]))
    rows, left_out = fact_rows(found)
    assert rows == [
        ("changed", "rows", "2,823", "2,599"),
        (
            *("changed", "rows of held-out"),
            "train 1,785, calibration 465, test 573",
            "train 1,654, calibration 419, test 526",
        ),
    ]
    assert left_out == 3  # rows of the split, groups and folds


def test_folds_that_alone_differ_are_shown() -> None:
    found = differences(facts(90, ROWS, [4, 5]), facts(90, ROWS, [5, 4]))
    assert fact_rows(found) == ([("changed", "held-out: folds", "4, 5", "5, 4")], 0)


def test_rows_of_a_split_that_are_other_than_the_rows_are_shown() -> None:
    found = (Difference(place="split.rows", effect="changed", before=1000, after=2000),)
    assert fact_rows(found) == ([("changed", "split.rows", "1,000", "2,000")], 0)


def test_settings_stand_by_candidate_and_weights_that_went_are_counted() -> None:
    found = (
        Difference(place="champion", effect="changed", before="mix", after="ridge"),
        Difference(place="settings.lightgbm.leaves", effect="changed", before=7, after=6),
        Difference(place="weights", effect="removed", before={"ridge": 0.4, "linear": 0.6}),
        Difference(place="weights.ridge", effect="removed", before=0.4),
    )
    assert parameter_rows(found) == [
        ("changed", "champion", "mix", "ridge"),
        ("removed", "weights", "of 2 models", "–"),
    ]
    assert setting_rows(found) == [("changed", "lightgbm: leaves", "7", "6")]


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
