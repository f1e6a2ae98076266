"""The line about the version of a run."""

from typing import Any

import pytest

from foresell.cli.show_registration import registered

BASE: dict[str, Any] = {
    "version": 3,
    "approval": "Approved",
    "new": True,
    "aliases": {"prod": 1, "staging": 3},
    "gate": {"passed": True},
    "reasons": [],
}
PROMOTE = "foresell registry promote retail 3 --to prod --reason TEXT"
MOVED = "staging was moved since it was registered"


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({}, f"version 3, on staging; {PROMOTE}"),
        ({"gate": {"passed": False}}, f"version 3, on staging; {PROMOTE} --override-gate"),
        (
            {"approval": "PendingManualApproval"},
            "version 3, on staging; it waits for approval: "
            "foresell registry approve retail 3 --reason TEXT",
        ),
        ({"new": False}, "version 3 already (staging)"),
        ({"new": False, "aliases": {"prod": 3, "staging": 3}}, "version 3 already (prod, staging)"),
        (
            {"new": False, "aliases": {"prod": None, "staging": 2}, "reasons": [MOVED]},
            f"version 3 already, not on staging: {MOVED}; "
            "foresell registry promote retail 3 --to staging --reason TEXT",
        ),
        (
            {
                "aliases": {"prod": None, "staging": None},
                "gate": {"passed": False},
                "reasons": ["the gate did not pass"],
            },
            "version 3, not on staging: the gate did not pass",
        ),
        (
            {
                "new": False,
                "approval": "Rejected",
                "aliases": {"prod": None, "staging": 2},
                "reasons": ["it was rejected", MOVED],
            },
            f"version 3 already, not on staging: it was rejected; {MOVED}",
        ),
    ],
)
def test_the_line_says_where_a_version_stands_and_what_takes_it_further(
    told: dict[str, Any], line: str
) -> None:
    assert registered("retail", {**BASE, **told}) == line
