"""What is said of MLflow's registry: what it showed otherwise, and what was done about it."""

import json
from dataclasses import replace

import pytest

from foresell.cli.show_mirror import differences_json, is_left, show_differences
from foresell.govern.mirroring import Difference

MISSING = Difference(project="toy", kind="missing", what="version 2 is missing", version=2)
ALIAS = Difference(
    project="toy", kind="alias", what="prod points to nothing instead of version 1", alias="prod"
)
STRANGER = Difference(project="toy", kind="stranger", what="mine was not put there by foresell")


def printed(
    capsys: pytest.CaptureFixture[str], *found: Difference, mended: bool = True
) -> list[str]:
    show_differences(found, mended=mended)
    lines = capsys.readouterr().out.splitlines()
    return [text for line in lines if (text := " ".join(line.split())) and text[0] != "─"]


def test_nothing_otherwise_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys) == ["✓ MLflow shows what the registry says"]


def test_what_was_mended_is_listed_and_nothing_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, replace(MISSING, mended=True), replace(ALIAS, mended=True)) == [
        "project what now",
        "toy version 2 is missing mended",
        "toy prod points to nothing instead of version 1 mended",
        "✓ MLflow shows what the registry says",
    ]


def test_what_could_not_be_mended_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    damaged = replace(MISSING, why="weights.txt has [changed]")

    assert printed(capsys, damaged)[1:] == [
        "toy version 2 is missing weights.txt has [changed]",
        "✗ 1 difference",
    ]


def test_a_check_says_what_would_be_mended(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, MISSING, ALIAS, mended=False)[1:] == [
        "toy version 2 is missing to be mended",
        "toy prod points to nothing instead of version 1 to be mended",
        "✗ 2 differences; foresell registry reconcile puts it right",
    ]


def test_what_people_made_there_by_hand_is_told_and_counts_for_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert printed(capsys, STRANGER, mended=False)[1:] == [
        "toy mine was not put there by foresell left to those who made it",
        "✓ MLflow shows what the registry says",
    ]
    assert not is_left(STRANGER)


def test_the_json_says_whether_anything_is_left_to_be_mended() -> None:
    found = differences_json([replace(ALIAS, mended=True), MISSING])

    assert json.loads(json.dumps(found)) == {
        "same": False,
        "differences": [
            {
                **{"project": "toy", "kind": "alias", "version": None, "alias": "prod"},
                **{"what": ALIAS.what, "mended": True, "why": "", "mendable": True},
            },
            {
                **{"project": "toy", "kind": "missing", "version": 2, "alias": None},
                **{"what": MISSING.what, "mended": False, "why": "", "mendable": True},
            },
        ],
    }
    assert differences_json([STRANGER])["same"] is True
