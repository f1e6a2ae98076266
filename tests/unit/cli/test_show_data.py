from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from foresell.api import RunResult
from foresell.cli.show_data import show_data

CHECKS: dict[str, Any] = {
    "read": 1_000,
    "kept": 990,
    "quarantined": 10,
    "repaired": 2,
    "sampled": None,
    "contract": {"version": "1.2.0", "sha256": "0123456789abcdef"},
    "rules": [
        {"rule": "units: minimum", "broken": 3, "examples": ["-1", "-5"]},
        {"rule": "day: required", "broken": 0, "examples": []},
        {"rule": "size: values", "broken": 7, "examples": ["[XL]"]},
    ],
}
LEAKS: dict[str, Any] = {
    "columns": ["size", "price"],
    "findings": [
        {
            "columns": ["size"],
            "evidence": "bins sales at 3,000",
            "verdict": "report",
            "note": "size excluded, as it should be",
        },
        {
            "columns": ["units", "price"],
            "evidence": "sales = units x price on 54% of rows",
            "verdict": "report",
            "note": "on part of the rows",
        },
    ],
}


def shown(**changed: Any) -> str:
    facts: dict[str, Any] = {
        **{"project": "shop", "kind": "tabular", "workspace": Path("workspace/shop")},
        **{"checks": CHECKS, "leakage": LEAKS, "champion": None, "passed": None, "verdict": None},
        **{"leaderboard": None, "value_added": None, "report": None, "forecast": None},
        "seconds": {},
    }
    console = Console(width=120, no_color=True)
    with console.capture() as captured:
        show_data(RunResult(**(facts | changed)), console)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def test_a_run_that_ends_with_the_data_says_what_passed_what_did_not_and_what_leaks() -> None:
    assert (
        shown()
        == """
Rows      1,000 read = 990 kept (2 repaired) + 10 quarantined
Contract  3 rules, version 1.2.0, 0123456789ab
          7 broke size: values: [XL]
          3 broke units: minimum: -1, -5
Leaks     size bins sales at 3,000 (size excluded, as it should be)
          sales = units x price on 54% of rows (on part of the rows)
Layer     workspace/shop/processed

Next      foresell sql shop --list
          foresell quarantine show shop
          models for tabular projects are not part of this version"""
    )


def test_a_clean_panel_shows_no_rules_and_no_quarantine() -> None:
    clean = CHECKS | {"kept": 1_000, "quarantined": 0, "repaired": 0}
    rules = [rule | {"broken": 0} for rule in CHECKS["rules"]]
    sampled = {"checked": 100, "of": 1_000}

    said = shown(
        kind="panel",
        checks=clean | {"rules": rules, "sampled": sampled},
        leakage=LEAKS | {"findings": []},
    )

    assert (
        said
        == """
Rows      1,000 read = 1,000 kept + 0 quarantined; 100 of 1,000 looked at
Contract  3 rules, version 1.2.0, 0123456789ab
Leaks     none found in 2 columns
Layer     workspace/shop/processed

Next      foresell sql shop --list"""
    )


@pytest.mark.parametrize("kind", ["panel", "tabular"])
def test_a_run_stopped_before_the_gate_says_where_its_work_lies(kind: str) -> None:
    said = shown(kind=kind, checks=None, leakage=None)

    assert said == "stopped as asked; see workspace/shop"
