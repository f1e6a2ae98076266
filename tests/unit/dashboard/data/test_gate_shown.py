"""What the page says of the gate, compared with what the gate has written."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from foresell.contracts.rules import contract_rules
from foresell.dashboard.data.gate import gate_of
from foresell.dashboard.data.page import context
from foresell.dashboard.data.reading import Checks
from foresell.dashboard.page import Fact
from foresell.pipeline.checks_log import LOG, read_log
from tests.dashboard_site import memory_shown, visit_of
from tests.unit.dashboard.data.conftest import RAW, Files, Show, log_of, page, shown_of
from tests.unit.pipeline.conftest import MakeRequest

_AT = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)


_CHECKS = TypeAdapter(Checks)


def checks_of(files: Files) -> Any:
    return json.loads(files["checks", "checks.json"])


def bare(read: int, aside: int) -> dict[str, Any]:
    """What the gate says of rows, of no rule in particular."""
    return {
        "read": read,
        "kept": read - aside,
        "quarantined": aside,
        "repaired": 0,
        "processed": read - aside,
        "sampled": None,
        "allowed_share": 0.01,
        "contract": {"version": "1.0.0", "sha256": "0"},
        "rules": [],
        "unchecked": [],
        "repairs": {"stale": [], "unneeded": []},
    }


def test_every_number_is_that_of_the_checks(show: Show, broken: Files) -> None:
    checks = checks_of(broken)
    assert (checks["read"], checks["kept"], checks["quarantined"]) == (720, 717, 3)
    made = context(visit_of(show()))
    assert made.heading == "3 of 720\u00a0rows break the contract and were set aside"
    assert made.standfirst == (
        f"{len(checks['rules']) - 1}\u00a0rules of contract {checks['contract']['version']} and 1 "
        "of the calendar, checked on 4\u00a0May\u00a02026, 06:00\u00a0UTC."
    )
    where = "checks/checks.json"
    version = checks["contract"]["version"]
    assert made.gate is not None
    assert made.gate.facts == (
        Fact(value="720", label="rows read", note="all checked", source=where),
        Fact(value="717", label="rows kept", note="99.6\u00a0%", source=where),
        Fact(
            value="3", label="rows set aside", note="0.42\u00a0%, 1.0\u00a0% may be", source=where
        ),
        Fact(
            value=f"2 of {len(checks['rules'])}",
            label="rules broken",
            note=f"contract {version}",
            source=where,
        ),
    )


def test_every_rule_is_shown_once_with_its_rows_and_examples(show: Show, broken: Files) -> None:
    gate = context(visit_of(show())).gate
    assert gate is not None
    assert gate.broken is not None
    told = [[cell.text for cell in row] for row in gate.broken.rows]
    assert told == [
        ["Dept must be at most 99", "2", "0.28\u00a0%", "1234", "Dept: maximum"],
        [
            "Weekly_Sales must be at most 5000000",
            "1",
            "0.14\u00a0%",
            "9000000.0",
            "Weekly_Sales: maximum",
        ],
    ]
    assert gate.broken.rows[0][1].href == (
        "/ui/projects/walmart/data?rule=Dept%3A+maximum#quarantine"
    )
    names = {row[-1].text for row in (*gate.broken.rows, *gate.held.rows)}
    assert names == {rule["rule"] for rule in checks_of(broken)["rules"]}


def test_rows_that_all_keep_the_contract_are_the_finding(clean: Files, asked: MakeRequest) -> None:
    made = context(visit_of(shown_of(clean, asked(RAW))))
    assert made.heading == "All 720\u00a0rows keep the contract"
    assert made.gate is not None
    assert (made.gate.broken, made.gate.stopped) == (None, ())
    assert made.browser is not None
    assert (made.browser.all, made.browser.table) == (0, None)


def test_the_rules_of_the_contract_are_as_many_beside_the_checks_as_in_the_contract(
    show: Show, asked: MakeRequest
) -> None:
    made = context(visit_of(show()))
    rules = len(contract_rules(asked(RAW).contract))
    assert made.standfirst.startswith(f"{rules}\u00a0rules of contract ")
    assert made.contract is not None
    assert dict(made.contract.facts)["Rules"].startswith(f"{rules}, sha256 ")


@pytest.mark.parametrize("sampled", [None, {"checked": 100, "broken": 0, "of": 720}])
@pytest.mark.parametrize("left", [(), ("PHONE: required",), ("PHONE: required", "CITY: values")])
def test_rows_are_said_to_keep_only_the_rules_that_could_be_checked(
    left: tuple[str, ...], sampled: dict[str, int] | None, clean: Files, asked: MakeRequest
) -> None:
    checks = {**checks_of(clean), "unchecked": left, "sampled": sampled}
    rules = len(checks["rules"])
    content = json.dumps(checks).encode()
    shown = shown_of({**clean, ("checks", "checks.json"): content}, asked(RAW))
    made = context(visit_of(shown))
    text = page(shown, made)
    assert made.gate is not None
    asks = f"the {rules}\u00a0rules that could be checked" if left else "the contract"
    some = f"any of {asks}" if left else asks
    assert made.heading == (
        f"None of 100\u00a0checked rows breaks {some}"
        if sampled
        else f"All 720\u00a0rows keep {asks}"
    )
    broke = f"None of the {rules}\u00a0rules that were checked" if left else "No rule"
    by = " by a checked row" if sampled else ""
    assert f"<h2>{broke} was broken{by}</h2>" in text
    told = {
        0: "",
        1: "; 1 was not checked, as its columns were dropped",
        2: "; 2 were not checked, as their columns were dropped",
    }[len(left)]
    assert made.standfirst.endswith(f"UTC{told}.")
    of = f"{rules - 1} of {rules - 1 + len(left)}" if left else f"{rules - 1}"
    assert made.standfirst.startswith(f"{of}\u00a0rules of contract ")
    if left:
        assert ", ".join(left) in text


def test_a_single_row_breaks_and_several_break() -> None:
    heads = {
        (1, 0): "The only row keeps the contract",
        (3, 1): "1 of 3\u00a0rows breaks the contract and was set aside",
        (3, 2): "2 of 3\u00a0rows break the contract and were set aside",
    }
    for (read, aside), head in heads.items():
        checks = {**bare(read, aside), "allowed_share": 0.9}
        assert gate_of("toy", _CHECKS.validate_python(checks), None).heading == head


def test_a_few_rows_of_many_are_neither_none_nor_do_all_others_seem_to_be_kept() -> None:
    gate = gate_of("toy", _CHECKS.validate_python(bare(421_570, 3)), None)
    assert [fact.note for fact in gate.facts[1:3]] == [
        "more than 99.9\u00a0%",
        "less than 0.01\u00a0%, 1.0\u00a0% may be",
    ]


def test_a_share_just_above_what_is_allowed_reads_as_more() -> None:
    gate = gate_of("toy", _CHECKS.validate_python(bare(10_000, 101)), None)
    assert gate.stopped == ("1.01\u00a0% of the rows broke the contract, and 1.0\u00a0% may.",)


def test_a_run_that_the_gate_stopped_is_the_finding_with_the_reason(
    stopped: Files, asked: MakeRequest
) -> None:
    shown = shown_of(stopped, asked(RAW))
    made = context(visit_of(shown))
    assert made.heading == "The run was stopped: 240 of 720\u00a0rows break the contract"
    assert made.cleaned is not None
    assert made.cleaned.says == (
        "720\u00a0rows came in and 480 passed. The run was stopped: none went on."
    )
    assert made.gate is not None
    assert made.gate.stopped == ("33.3\u00a0% of the rows broke the contract, and 1.0\u00a0% may.",)
    assert made.gate.facts[2].tone == "bad"
    text = page(shown, made)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_of_a_sample_it_says_what_was_drawn(broken: Files) -> None:
    checks = {**checks_of(broken), "sampled": {"checked": 100, "broken": 3, "of": 720}}
    gate = gate_of("walmart", _CHECKS.validate_python(checks), _AT)
    assert gate.facts[0].note == "100 of them drawn and checked"
    assert gate.stopped == (
        "3.0\u00a0% of the rows that were drawn broke the contract, and 1.0\u00a0% may.",
    )
    assert gate.notes == (
        "3 of the 100\u00a0rows that were drawn broke a rule; keys were compared on all rows.",
        "No row that was drawn broke 32\u00a0more rules of the contract below; nobody knows of the "
        "others.",
    )


def test_a_column_that_lacks_too_many_values_stops_the_run_without_a_row_set_aside() -> None:
    checks = {
        **bare(10, 0),
        "rules": [
            {
                "rule": "CPI: missing",
                "kind": "missing",
                "says": "CPI may lack at most 5 % of its values",
                "columns": ["CPI"],
                "broken": 4,
                "examples": ["40.0% missing"],
            }
        ],
        "unchecked": ["PHONE: required"],
        "repairs": {"stale": [7], "unneeded": [1, 2]},
    }
    gate = gate_of("toy", _CHECKS.validate_python(checks), None)
    assert gate.heading == "The run was stopped: the rows break the contract as a whole"
    assert gate.stopped == ("CPI may lack at most 5 % of its values, and 4\u00a0rows lack one.",)
    assert gate.broken is not None
    assert gate.broken.rows[0][1].href == ""
    assert gate.unchecked == ("PHONE: required",)
    assert gate.notes == (
        "1\u00a0repair does not apply any more: no row of the data holds what was mended.",
        "2\u00a0repairs are not needed any more: the rows pass as they come.",
    )


def test_the_history_holds_every_finding_of_the_log(show: Show, history: bytes) -> None:
    figures = context(visit_of(show())).figures
    found = read_log(history).found
    assert list(figures) == ["set-aside", "rules-broken"]
    rows = figures["set-aside"].rows
    assert rows is not None
    assert rows.select("read", "quarantined", "passed", "share").rows() == [
        (one.read, one.quarantined, one.passed, one.share) for one in found
    ]
    assert rows["quarantined"].to_list() == [0, 240, 3]
    told = figures["rules-broken"].rows
    assert told is not None
    assert {(rule, at, broken) for rule, at, broken in told.select("rule", "at", "broken").rows()
            if broken} == {
        (rule, one.at.isoformat(), count) for one in found for rule, count in one.broken.items()
    }  # fmt: skip
    assert figures["set-aside"].title == (
        "0.42\u00a0% of the rows are set aside, after 33.33\u00a0%"
    )
    assert figures["rules-broken"].title == "Dept: maximum is broken most: by 2\u00a0rows"


def test_rules_that_are_broken_as_often_are_told_together(show: Show, broken: Files) -> None:
    found = checks_of(broken)
    for one in found["rules"]:
        one["broken"] = min(one["broken"], 1)
    even = {**broken, ("checks", "checks.json"): json.dumps(found).encode()}
    log = log_of((_AT.replace(day=3), broken), (_AT, even))
    figure = context(visit_of(show({("", LOG): log}))).figures["rules-broken"]
    assert figure.title == "2 rules are broken most: each by 1\u00a0row"


@pytest.mark.parametrize("width", [340, 1040])
def test_the_history_can_be_drawn_in_every_width(show: Show, width: int) -> None:
    figures = context(visit_of(show())).figures
    assert all(one.draw(width)["layer"] for one in figures.values())


def test_a_single_finding_is_no_history(show: Show) -> None:
    made = context(visit_of(show({("", LOG): None})))
    assert made.figures == {}
    assert made.history_says.startswith("What the gate finds is kept from run to run.")


def test_damaged_lines_of_the_log_are_counted_and_the_others_drawn(
    show: Show, history: bytes
) -> None:
    shown = show({("", LOG): b"half a li\n" + history})
    made = context(visit_of(shown))
    assert made.history_says == f"1\u00a0line of {LOG} cannot be read and is left out."
    assert len(made.figures) == 2
    assert f"1\u00a0line of {LOG}" in page(shown, made)


def test_a_contract_that_was_changed_since_is_told(show: Show, asked: MakeRequest) -> None:
    contract = asked(RAW).contract
    rows = contract.schema[0]
    fewer = replace(contract, version="1.1.0", schema=(replace(rows, quality=()),))
    other = replace(fewer, schema=(replace(fewer.schema[0], properties=rows.properties[:-1]),))
    same = context(visit_of(show())).contract
    made = context(visit_of(show(contract=other))).contract
    assert same is not None
    assert made is not None
    assert same.changed == ""
    assert made.changed == (
        f"The rows were checked by other rules, those of version {contract.version}. Hold them "
        "against these: foresell run walmart"
    )


def test_a_project_that_never_ran_shows_its_contract_and_what_to_do(asked: MakeRequest) -> None:
    shown = shown_of({}, asked(RAW))
    made = context(visit_of(shown))
    text = page(shown, made)
    assert made.heading == "No row was checked yet"
    assert text.count("foresell run walmart") == 1
    assert "Weekly_Sales" in text
    assert made.contract is not None
    assert len(made.contract.columns) == len(asked(RAW).contract.columns)


def test_a_project_whose_declaration_does_not_stand_says_so() -> None:
    shown = memory_shown("walmart")
    assert "Nothing is declared." in page(shown, context(visit_of(shown)))
