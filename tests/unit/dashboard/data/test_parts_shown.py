"""Every part of the page stands alone: beside what it was read from, and where that is broken."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import pytest

from foresell.dashboard.data.cleaned import cleaning_of, cleaning_says, leaks_of
from foresell.dashboard.data.page import Data, context, download
from foresell.pipeline.checks_log import LOG
from foresell.report.wording import day
from tests.dashboard_site import visit_of
from tests.unit.dashboard.data.conftest import RAW, RECORD, Files, Show, page, shown_of
from tests.unit.pipeline.conftest import MakeRequest

_PARTS = {
    ("checks", "checks.json"): ("gate",),
    ("checks", "cleaning.json"): ("cleaned",),
    ("checks", "leakage.json"): ("leaks",),
    ("landing", "report.json"): ("landed",),
    ("manifest", "manifest.json"): ("origins",),
    ("sources", "sources.json"): ("origins",),
    ("quarantine", "rejected.parquet"): ("quarantine",),
    ("eda", "eda_report.json"): ("explored",),
}
_DAMAGE: Mapping[str, Callable[[bytes], bytes]] = {
    "cut off": lambda held: held[: len(held) // 2],
    "empty": lambda _: b"",
    "a list": lambda _: b"[]",
    "another object": lambda _: b'{"rules": 3, "findings": 7, "files": [1], "stages": 5}',
    "null": lambda _: b"null",
    "no text": lambda _: b"\xff\xfe\x00",
}


@pytest.fixture
def whole(clean: Files, history: bytes) -> Files:
    return {**clean, ("", LOG): history}


@pytest.mark.parametrize("damage", _DAMAGE)
@pytest.mark.parametrize("place", _PARTS)
def test_a_broken_file_takes_away_its_own_part_and_says_what_is_wrong(
    place: tuple[str, str], damage: str, whole: Files, asked: MakeRequest
) -> None:
    content = _DAMAGE[damage](whole[place])
    shown = shown_of({**whole, place: content}, asked(RAW))
    made = context(visit_of(shown))
    if damage == "a list" and place == ("checks", "cleaning.json"):
        assert made.troubles == {}
        return
    assert tuple(made.troubles) == _PARTS[place]
    trouble = made.troubles[_PARTS[place][0]]
    assert (trouble.next, "is not as foresell writes it" in trouble.what) == (False, True)
    text = page(shown, made)
    assert "is not as foresell writes it" in text
    assert trouble.mend in text.replace("&#39;", "'")


@pytest.mark.parametrize("place", _PARTS)
def test_a_file_that_is_missing_is_made_by_a_run(
    place: tuple[str, str], whole: Files, asked: MakeRequest
) -> None:
    files = {name: held for name, held in whole.items() if name != place}
    shown = shown_of(files, asked(RAW))
    made = context(visit_of(shown))
    assert tuple(made.troubles) == _PARTS[place]
    assert made.troubles[_PARTS[place][0]].next
    assert "foresell run walmart" in page(shown, made)


@pytest.mark.parametrize("record", [b"", b"[]", b'{"seconds": 3}', None])
def test_when_the_rows_were_checked_is_left_out_where_no_record_vouches_for_it(
    record: bytes | None, whole: Files, asked: MakeRequest
) -> None:
    files = {name: held for name, held in whole.items() if name != RECORD}
    files |= {} if record is None else {RECORD: record}
    made = context(visit_of(shown_of(files, asked(RAW))))
    version = asked(RAW).contract.version
    assert made.standfirst == f"35\u00a0rules of contract {version} and 1 of the calendar."
    assert made.troubles == {}


def test_the_whole_page_has_no_trouble_and_leads_to_every_part(
    whole: Files, asked: MakeRequest
) -> None:
    shown = shown_of(whole, asked(RAW))
    made = context(visit_of(shown))
    text = page(shown, made)
    assert made.troubles == {}
    for part in ("rules", "quarantine", "contract", "cleaning", "sources", "explored"):
        assert f'href="#{part}"' in text
        assert f'<section id="{part}">' in text


def test_the_files_are_those_of_the_manifest(whole: Files, asked: MakeRequest) -> None:
    manifest = json.loads(whole["manifest", "manifest.json"])
    made = context(visit_of(shown_of(whole, asked(RAW)))).origins
    assert made is not None
    assert made.files.select("file", "rows", "bytes", "sha256").rows() == [
        (one["name"], one["rows"], one["bytes"], one["sha256"]) for one in manifest["files"]
    ]
    assert dict(made.files.select("file", "table").iter_rows()) == {
        "train.csv": "sales",
        "features.csv": "features",
        "stores.csv": "stores",
        "test.csv": "not read as rows",
    }
    total = sum(one["rows"] for one in manifest["files"] if one["name"] != "test.csv")
    assert made.says.startswith("4\u00a0files, ")
    assert made.says.endswith(
        f". {total:,}\u00a0rows in 3 tables; 1\u00a0file is not read as rows."
    )
    content = download(visit_of(shown_of(whole, asked(RAW))), "files.csv").content.decode()
    assert all(one["sha256"] in content for one in manifest["files"])


def test_the_steps_are_those_of_the_audit(whole: Files, asked: MakeRequest) -> None:
    steps = json.loads(whole["checks", "cleaning.json"])
    made: Data = context(visit_of(shown_of(whole, asked(RAW))))
    assert made.cleaned is not None
    assert [[cell.text for cell in row] for row in made.cleaned.table.rows] == [
        [
            one["step"],
            one["column"] or "",
            f"{one['changed']:,}",
            f"{one['rows_in']:,}",
            f"{one['rows_out']:,}",
            one["why"],
        ]
        for one in steps
    ]


def test_what_changed_is_told_in_a_sentence() -> None:
    gate = {"step": "gate", "changed": 3, "rows_in": 10, "rows_out": 7}
    fill = {"step": "fill (zero)", "changed": 2, "rows_in": 7, "rows_out": 7}
    still = {"step": "gate", "changed": 0, "rows_in": 10, "rows_out": 10}
    assert cleaning_says([]) == "No step was taken."
    assert cleaning_says([still]) == ("All 10\u00a0rows went on; no step changed a value.")
    drop = {"step": "drop", "changed": 10, "rows_in": 10, "rows_out": 10}
    assert cleaning_says([drop, drop, still]) == (
        "All 10\u00a0rows went on, without 2\u00a0columns; no step changed a value."
    )
    assert cleaning_says([gate], went_on=False) == (
        "10\u00a0rows came in and 7 passed. The run was stopped: none went on."
    )
    assert cleaning_says([gate, fill]) == (
        "10\u00a0rows came in and 7 went on. What changed them: gate and fill (zero)."
    )


def test_columns_that_were_dropped_for_one_reason_are_one_step() -> None:
    drop = {"step": "drop", "changed": 9, "rows_in": 9, "rows_out": 9, "why": "personal data"}
    steps = [{**drop, "column": name} for name in ("PHONE", "CITY")]
    steps += [{**drop, "column": "NOTE", "why": "declared"}, {**drop, "column": None}]
    told = cleaning_of(steps).rows
    assert [row[1].text for row in told] == ["PHONE, CITY", "NOTE", ""]


def test_the_main_findings_of_the_exploration_stand_in_their_rank(
    whole: Files, asked: MakeRequest
) -> None:
    findings = json.loads(whole["eda", "eda_report.json"])["findings"]
    shown = shown_of(whole, asked(RAW))
    made = context(visit_of(shown))
    assert made.explored is not None
    told = [one["says"] for one in sorted(findings, key=lambda one: one["rank"])]
    assert list(made.explored.findings) == told[:6]
    assert made.explored.more == len(told) - 6
    rows = json.loads(whole["eda", "eda_report.json"])["rows"]
    assert rows["n"] < rows["of"] == 720
    assert made.explored.says == (
        f"Seen in the {rows['n']}\u00a0rows that models may learn from, up to "
        f"{day(date.fromisoformat(rows['cutoff']))}; the {rows['of'] - rows['n']} that the test "
        "keeps were not looked at."
    )
    assert made.explored.says in page(shown, made)
    assert '<a href="/ui/projects/walmart/reports/eda">' in page(shown, made)


def test_an_exploration_of_other_rows_than_went_on_last_is_said_to_be_older(
    whole: Files, asked: MakeRequest
) -> None:
    checks = json.loads(whole["checks", "checks.json"])
    fewer = json.dumps({**checks, "processed": checks["processed"] - 3}).encode()
    made = context(visit_of(shown_of({**whole, ("checks", "checks.json"): fewer}, asked(RAW))))
    assert made.explored is not None
    assert made.explored.says.startswith("Of an earlier run. Seen in the ")


def test_a_column_that_tells_the_target_is_named_with_what_is_done() -> None:
    found = {
        "columns": ["DEALSIZE"],
        "kind": "classes",
        "verdict": "excluded",
        "share": 1.0,
        "evidence": "bins SALES at 3,000 and 7,000",
        "note": "excluded, as it should be",
    }
    refused = {**found, "columns": ["a", "b"], "verdict": "refuse", "note": ""}
    leaks = leaks_of({"columns": ["DEALSIZE"], "rows": 10, "findings": [found, refused]})
    assert leaks.table is not None
    assert [(row[0].text, row[3].text, row[3].mark) for row in leaks.table.rows] == [
        ("DEALSIZE", "excluded, as it should be", ""),
        ("a and b", "refuse", "warn"),
    ]


def test_words_of_the_contract_are_escaped(show: Show, asked: MakeRequest) -> None:
    contract = asked(RAW).contract
    rows = contract.schema[0]
    hostile = "<img src=x onerror=alert(1)> \u202e \U0001f389 'quoted' " + "w" * 2000
    told = tuple(replace(one, description=hostile) for one in rows.properties)
    shown = show(
        contract=replace(contract, schema=(replace(rows, properties=told, description=hostile),))
    )
    text = page(shown, context(visit_of(shown)))
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_every_column_of_the_contract_says_what_broke_it(show: Show) -> None:
    made = context(visit_of(show())).contract
    assert made is not None
    told = {one.told.name: [each.says for each in one.broken] for one in made.columns}
    assert {name: said for name, said in told.items() if said} == {
        "Dept": ["2\u00a0rows broke maximum"],
        "Weekly_Sales": ["1\u00a0row broke maximum"],
    }
    limits = {one.told.name: one.told.limits for one in made.columns}
    assert limits["Temperature"] == "−80 to 140"
    roles = {one.told.name: one.role for one in made.columns}
    assert (roles["Store"], roles["Date"], roles["Weekly_Sales"]) == (
        "key of the series",
        "time",
        "target",
    )
