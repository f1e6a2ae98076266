"""What follows from another row of a difference is folded; nothing that stands alone is."""

from dataclasses import replace

from foresell.govern.compared import FileFacts
from foresell.govern.comparison import compare
from foresell.govern.difference_rows import (
    fact_rows,
    file_row,
    parameter_rows,
    parts_of,
    setting_rows,
    value_of,
)
from foresell.govern.differing import Difference, differences
from tests.small_bundles import small_bundle

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


def test_a_seed_is_no_count() -> None:
    found = (Difference(place="split.seed", effect="changed", before=20261121, after=2),)
    assert fact_rows(found) == ([("changed", "split.seed", "20261121", "2")], 0)


def test_the_parts_are_those_that_differ_with_what_is_left_out_of_each() -> None:
    old, new = small_bundle(), small_bundle(seed=2, metadata={"split": {"groups": 5, "rows": 7}})
    other = replace(new, project_text=new.project_text.replace("0.2", "0.3"))
    parts = parts_of(compare(old, other))
    assert {one.title: one.left_out for one in parts} == {
        "Parameters": 0,
        "Settings of candidates": 0,
        "Data: rows and cutoffs": 0,
        "project.yaml": 0,
    }
    assert ("changed", "split.test_share", "0.2", "0.3") in parts[-1].rows
    assert parts_of(compare(old, old)) == ()


def test_a_raw_file_that_came_has_a_dash_where_it_was_not() -> None:
    facts = FileFacts(sha256="ab" * 32, bytes=1200, rows=1)
    told = ("added", "lines.csv", "–", "1 row, 1,200 bytes, abababababab")
    assert file_row("lines.csv", None, facts) == told


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


def test_a_value_is_one_line_with_nothing_in_it_that_cannot_be_seen() -> None:
    assert value_of("a\n\x1b[31mb") == "a\\n\\x1b[31mb"
    assert value_of("x" * 500) == "x" * 159 + "…"
    assert value_of({"deep": {"er": [1]}}) == '{"deep": {"er": [1]}}'
