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
    "processed": 990,
    "repairs": {"stale": [], "unneeded": []},
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
            "note": "excluded, as it should be",
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
        "layer": Path("workspace/shop/processed"),
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
Leaks     size bins sales at 3,000 (excluded, as it should be)
          sales = units x price on 54% of rows (on part of the rows)
Layer     workspace/shop/processed

Next      foresell sql shop --list
          foresell quarantine show shop"""
    )


def test_a_clean_panel_shows_no_rules_and_no_quarantine() -> None:
    clean = CHECKS | {"kept": 1_000, "processed": 1_000, "quarantined": 0, "repaired": 0}
    rules = [rule | {"broken": 0} for rule in CHECKS["rules"]]
    sampled = {"checked": 100, "broken": 1, "of": 1_000}

    said = shown(
        kind="panel",
        checks=clean | {"rules": rules, "sampled": sampled},
        leakage=LEAKS | {"findings": []},
    )

    assert (
        said
        == """
Rows      1,000 read = 1,000 kept + 0 quarantined; 100 of 1,000 were checked, 1 of them broke a rule
Contract  3 rules, version 1.2.0, 0123456789ab
Leaks     none found in 2 columns
Layer     workspace/shop/processed

Next      foresell sql shop --list"""
    )


def step(name: str, column: str | None, came: int, left: int, changed: int) -> dict[str, Any]:
    rows = {"rows_in": came, "rows_out": left, "changed": changed}
    return {"step": name, "column": column, "why": "so it is declared", **rows}


def test_what_cleaning_did_is_shown_and_how_many_rows_the_layer_has() -> None:
    cleaning = [
        step("drop", "phone", 1_000, 1_000, 1_000),
        step("drop", "street", 1_000, 1_000, 1_000),
        step("gate", None, 1_000, 988, 12),
        step("repairs", None, 988, 990, 2),
        step("fill", "price", 990, 990, 7),
        step("fill", "size", 990, 990, 0),
        step("outliers (drop)", "price, units", 990, 900, 90),
    ]

    said = shown(cleaning=cleaning, checks=CHECKS | {"processed": 900})

    assert (
        """
Cleaning  dropped as they were read: phone, street
          fill price changed 7: so it is declared
          outliers (drop) price, units changed 90, 990 rows became 900: so it is declared
Leaks """
        in said
    )
    assert "\nLayer     900 rows in workspace/shop/processed\n" in said


def test_repairs_that_do_not_apply_any_more_are_told_of() -> None:
    said = shown(checks=CHECKS | {"repairs": {"stale": [3], "unneeded": []}})

    assert (
        "\nRepairs   1 repair does not apply any more: no row of the data holds what was mended\n"
        in said
    )


def test_of_many_broken_rules_the_first_five_are_shown_and_the_others_counted() -> None:
    rules = [{"rule": f"r{i}", "broken": i, "examples": []} for i in range(1, 8)]

    said = shown(checks=CHECKS | {"rules": rules})

    assert ("3 broke r3" in said, "2 broke r2" in said) == (True, False)
    assert "\n          and 2 more rules\n" in said


@pytest.mark.parametrize("kind", ["panel", "tabular"])
def test_a_run_stopped_before_the_gate_says_where_its_work_lies(kind: str) -> None:
    said = shown(kind=kind, checks=None, leakage=None)

    assert said == "stopped as asked; see workspace/shop"


def test_the_rules_of_a_contract_are_counted_as_contract_show_counts_them() -> None:
    calendar = {"rule": "day: frequency", "kind": "frequency", "broken": 0, "examples": []}
    weekly = CHECKS | {"rules": [*CHECKS["rules"], calendar], "unchecked": ["PHONE: required"]}

    said = shown(kind="panel", checks=weekly)

    assert "Contract  4 rules (1 on dropped columns) and 1 of the calendar, version 1.2.0" in said
