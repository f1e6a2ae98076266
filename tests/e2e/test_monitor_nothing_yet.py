"""``foresell monitor drift --if-any``: what a scheduler calls before there is much to look at."""

import json
from pathlib import Path

from tests.e2e.command import Foresell, three_lines
from tests.watched_toys import watched_shop

DRIFT = ("monitor", "drift")


def test_a_project_that_nobody_trained_is_told_of_and_is_no_failure(foresell: Foresell) -> None:
    ran = foresell(*DRIFT, "walmart", "--if-any", "--fail-on-alert")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "walmart  nothing was compared: 'walmart' has no versions\n"


def test_a_program_is_told_in_json(foresell: Foresell) -> None:
    ran = foresell(*DRIFT, "walmart", "--if-any", "--format", "json")
    assert ran.code == 0
    assert json.loads(ran.out) == {
        "project": "walmart",
        "available": False,
        "reason": "'walmart' has no versions",
    }


def test_a_version_of_which_nothing_was_asked_is_told_of_and_leaves_no_file(
    foresell: Foresell, tmp_path: Path
) -> None:
    watched_shop(tmp_path / "home", tmp_path / "declared")
    ran = foresell(*DRIFT, "toy", "--if-any", "--since", "2026-01-05")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "toy  nothing was compared: no request of 'toy' has been logged since 2026-01-05 00:00 "
        "UTC\n"
    )
    assert not (tmp_path / "home" / "toy" / "monitor").exists()


def test_without_the_option_nothing_to_compare_is_bad_input(foresell: Foresell) -> None:
    ran = foresell(*DRIFT, "walmart")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == three_lines(
        "'walmart' has no versions", "registry", "foresell run walmart registers one"
    )


def test_a_project_that_there_is_none_of_stays_bad_input(foresell: Foresell) -> None:
    ran = foresell(*DRIFT, "walmarts", "--if-any")
    assert ran.code == 2
    assert "there is no project 'walmarts'" in ran.err


def test_two_places_to_look_at_stay_bad_input(foresell: Foresell, tmp_path: Path) -> None:
    watched_shop(tmp_path / "home", tmp_path / "declared")
    ran = foresell(*DRIFT, "toy", "--if-any", "--current", tmp_path, "--since", "7d")
    assert ran.code == 2
    assert ran.err == three_lines(
        "rows are given, and a time of the log is named",
        "--current, --since",
        "leave one of them out",
    )
