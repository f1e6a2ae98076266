"""Where only some rows were checked the page speaks of these, and claims nothing of the others."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from foresell.dashboard.data.gate import gate_of
from foresell.dashboard.data.page import context
from foresell.dashboard.data.reading import Checks
from foresell.pipeline.checks_log import LOG
from tests.dashboard_site import visit_of
from tests.unit.dashboard.data.conftest import Files, Show, log_of, page

_AT = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
_CHECKS = TypeAdapter(Checks)


def _sampled(*, read: int, aside: int, checked: int, broken: int) -> dict[str, Any]:
    """What the gate says of a sample, with a rule of each kind that is looked at differently."""
    counts = {"minimum": broken, "maximum": 0, "primaryKey": 0, "required": 0, "frequency": 0}
    return {
        "read": read,
        "kept": read - aside,
        "quarantined": aside,
        "repaired": 0,
        "processed": read - aside,
        "sampled": {"checked": checked, "broken": broken, "of": read},
        "allowed_share": 0.05,
        "contract": {"version": "1.0.0", "sha256": "0"},
        "rules": [
            {
                "rule": f"units: {kind}",
                "kind": kind,
                "says": f"units must keep its {kind}",
                "columns": ["units"],
                "broken": count,
                "examples": [],
            }
            for kind, count in counts.items()
        ],
        "unchecked": [],
        "repairs": {"stale": [], "unneeded": []},
    }


def test_shares_of_a_sample_are_of_the_rows_that_were_checked() -> None:
    checks = _sampled(read=1_000_000, aside=30, checked=1_000, broken=30)
    gate = gate_of("toy", _CHECKS.validate_python(checks), None)
    assert gate.heading == "30 of 1,000\u00a0checked rows break the contract and were set aside"
    assert [fact.note for fact in gate.facts[:3]] == [
        "1,000 of them drawn and checked",
        "970 of them drawn and checked",
        "3.00\u00a0% of those checked broke a rule, 5.0\u00a0% may",
    ]
    assert gate.broken is not None
    assert [row[2].text for row in gate.broken.rows] == ["3.00\u00a0%"]
    assert gate.broken.caption.endswith(
        "Shares are of the rows checked, a dash: nothing tells how many were."
    )


def test_a_share_of_a_rule_that_all_rows_met_is_of_all_rows_and_of_an_unclear_one_none() -> None:
    checks = _sampled(read=1_000, aside=20, checked=100, broken=0)
    for rule in checks["rules"]:
        rule["broken"] = {"primaryKey": 12, "frequency": 6, "required": 2}.get(rule["kind"], 0)
    gate = gate_of("toy", _CHECKS.validate_python(checks), None)
    assert gate.broken is not None
    assert {row[-1].text: row[2].text for row in gate.broken.rows} == {
        "units: primaryKey": "1.20\u00a0%",
        "units: frequency": "0.60\u00a0%",
        "units: required": "–",
    }


def test_every_row_is_said_to_keep_only_those_rules_of_a_sample_that_all_rows_met() -> None:
    checks = _sampled(read=1_000_000, aside=30, checked=1_000, broken=30)
    gate = gate_of("toy", _CHECKS.validate_python(checks), None)
    assert [row[-1].text for row in gate.held.rows] == ["units: primaryKey", "units: frequency"]
    assert gate.notes[-1] == (
        "No row that was drawn broke 2\u00a0more rules of the contract below; nobody knows of the "
        "others."
    )


def test_of_all_rows_checked_every_rule_that_was_not_broken_was_kept_by_every_row() -> None:
    checks = {**_sampled(read=1_000, aside=30, checked=1_000, broken=30), "sampled": None}
    gate = gate_of("toy", _CHECKS.validate_python(checks), None)
    assert len(gate.held.rows) == 4
    assert gate.notes == ()


@pytest.mark.parametrize(
    ("aside", "broken", "heading"),
    [
        (0, 0, "None of 100\u00a0checked rows breaks the contract"),
        (1, 0, "None of 100\u00a0checked rows breaks the contract, 1 of the others does"),
        (7, 0, "None of 100\u00a0checked rows breaks the contract, 7 of the others do"),
        (9, 9, "The run was stopped: 9 of 100\u00a0checked rows break the contract"),
        (
            70,
            0,
            "The run was stopped: none of 100\u00a0checked rows breaks the contract, 70 of the "
            "others do",
        ),
    ],
)
def test_the_finding_about_a_sample_is_about_the_rows_that_were_checked(
    aside: int, broken: int, heading: str
) -> None:
    checks = _sampled(read=1_000, aside=aside, checked=100, broken=broken)
    assert gate_of("toy", _CHECKS.validate_python(checks), None).heading == heading


def test_the_page_of_a_sample_says_nothing_of_rows_that_were_not_checked(
    show: Show, broken: Files
) -> None:
    sampled = {
        **json.loads(broken["checks", "checks.json"]),
        "sampled": {"checked": 100, "broken": 3, "of": 720},
    }
    shown = show({("checks", "checks.json"): json.dumps(sampled).encode()})
    made = context(visit_of(shown))
    assert made.heading == "The run was stopped: 3 of 100\u00a0checked rows break the contract"
    assert made.gate is not None
    kinds = {rule["rule"]: rule["kind"] for rule in sampled["rules"]}
    assert {kinds[row[-1].text] for row in made.gate.held.rows} == {"primaryKey", "frequency"}
    assert f"{len(made.gate.held.rows)}\u00a0rules that every row kept" in page(shown, made)


def test_the_history_of_samples_is_about_the_rows_that_were_checked(
    show: Show, clean: Files, broken: Files
) -> None:
    sampled = {
        **json.loads(broken["checks", "checks.json"]),
        "sampled": {"checked": 100, "broken": 3, "of": 720},
    }
    drawn = {**broken, ("checks", "checks.json"): json.dumps(sampled).encode()}
    log = log_of((_AT.replace(day=3), clean), (_AT, drawn))
    figure = context(visit_of(show({("", LOG): log}))).figures["set-aside"]
    assert figure.title == "3.00\u00a0% of the checked rows break a rule, more than ever before"
    assert figure.note.startswith("Share of checked rows that broke a rule, result by result.")
    assert figure.says.startswith("Share of checked rows that broke a rule in 2 results, ")
    assert figure.rows is not None
    assert figure.rows.select("checked", "broken", "share").rows() == [
        (720, 0, 0.0),
        (100, 3, 0.03),
    ]
