"""The page and the summary show every number with its file, and all that is missing."""

import re
from typing import Any

import pytest

from foresell.report.quality_markdown import quality_markdown
from foresell.report.quality_overview import COLUMNS, overview
from foresell.report.quality_page import quality_html

SHA = "ab" * 32


def number(name: str, value: object, unit: str = "", artifact: str = "a.json") -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "artifact": artifact,
        "sha256": SHA,
        "at": f"/{name}",
    }


def section(name: str, *numbers: dict[str, Any], **changed: Any) -> dict[str, Any]:
    told = {"name": name, "title": f"About {name}", "state": "found", "says": "It is so."}
    return {**told, "mend": "", "failed": False, "numbers": [*numbers], **changed}


def project(name: str, *sections: dict[str, Any], **changed: Any) -> dict[str, Any]:
    told = {"project": name, "target": "units", "unit": "", "samples": []}
    return {**told, "sections": [*sections], **changed}


def report(*projects: dict[str, Any], **changed: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"sections": [], "projects": [*projects], "never_run": []}
    lists: dict[str, Any] = {"missing": [], "changed": [], "failed": [], "artifacts": []}
    return {**told, **lists, **changed}


def test_every_number_stands_on_the_page_with_its_file_its_place_and_its_hash() -> None:
    told = project("toy", section("errors", number("wape", 0.25, "share", "evaluation/test.json")))

    html = quality_html(report(told, sections=[section("tests", number("passed", 1234))]))

    text = re.sub(r"<[^>]+>", " ", html)
    for words in ("WAPE", "25.0\u00a0%", "evaluation/test.json", "/wape", "1,234", SHA[:12]):
        assert words in text
    assert f'title="{SHA}"' in html


def test_percents_of_sentences_and_tables_look_alike() -> None:
    told = section("errors", number("wape", 0.25, "share"), says="25.0% of the truth, and -3 more.")

    html = quality_html(report(project("toy", told)))

    assert "25.0\u00a0% of the truth, and −3 more." in html
    assert "25.0%" not in html


def test_what_is_missing_changed_or_failed_stands_at_the_top_with_what_mends_it() -> None:
    parts = [
        section("drift", state="missing", mend="foresell monitor drift toy"),
        section("errors", state="changed", mend="foresell run toy"),
        section("gate", failed=True),
        section("model"),
    ]

    head = quality_html(report(project("toy", *parts))).partition("<main")[0]

    assert "3 to look at" in head
    assert "About drift, missing. It is so. <code>foresell monitor drift toy</code>" in head
    assert "About errors, changed. It is so. <code>foresell run toy</code>" in head
    assert "About gate, does not pass" in head
    assert "About model" not in head


def test_where_all_is_well_the_page_and_the_summary_say_so() -> None:
    told = report(project("toy", section("model")))

    assert "Nothing is missing, nothing has changed, and all of it passes." in quality_html(told)
    assert "Nothing is missing" in quality_markdown(told)


def test_what_a_file_says_is_shown_as_text_and_does_nothing() -> None:
    evil = "<script>alert(1)</script> | `x` [a](b)"
    told = project(evil, section("model", number(evil, evil), says=evil, mend=evil), target=evil)
    troubles = [{"project": evil, "name": "a", "title": evil, "says": evil, "mend": ""}]

    html = quality_html(report(told))
    text = quality_markdown(report(told, missing=troubles))

    assert "<script" not in html
    assert "<script" not in text.replace("\\<", "")
    assert r"\| \`x\` \[a\](b)" in text


def test_a_sample_is_a_table_and_an_answer_of_a_server_is_text() -> None:
    table = {
        "title": "Rows",
        "artifact": "bundle/judged.parquet",
        "sha256": SHA,
        "columns": ["Store", "y", "q0.1"],
        "whole": False,
        "rows": [[1, -2.5, None]],
    }
    answer = {**table, "title": "One request", "columns": ["", "JSON"], "rows": [["asked", "{}"]]}

    html = quality_html(report(project("toy", section("model"), samples=[table, answer])))

    assert '<th scope="row">1</th><td>−2.5</td><td>–</td>' in html
    assert "<pre>asked: {}</pre>" in html
    assert "More columns name a row than are shown" in html


def test_a_line_of_the_overview_holds_what_is_known_and_a_dash_for_the_rest() -> None:
    known = project(
        "known",
        section("model", number("version", 3)),
        section("gate", failed=True),
        section(
            "errors",
            number("wmae", 1397.7, "USD"),
            number("baseline_wmae", 1802.8, "USD"),
            number("rival_wmae", "seasonal_naive"),
        ),
        section("drift", number("PSI of price", 0.42), failed=True),
        section("latency", number("p50_ms", 0.4, "ms"), number("max_ms", 5.0, "ms")),
    )

    first, second = overview([known, project("unknown", section("model", state="missing"))])

    assert first.cells == {
        "version": "3",
        "gate": "failed",
        "error": "WMAE 1,398\u00a0USD",
        "best baseline": "1,803\u00a0USD, seasonal_naive",
        "in 80 %": "–",
        "calibration": "–",
        "drift": "alarm",
        "PSI": "0.42",
        "p50": "0.4\u00a0ms",
        "p95": "–",
        "slowest": "5\u00a0ms",
    }
    assert second.cells == dict.fromkeys(COLUMNS, "–")


@pytest.mark.parametrize("state", ["missing", "changed", "failed"])
def test_the_summary_names_what_is_to_be_looked_at(state: str) -> None:
    trouble = {"project": "toy", "name": "a", "title": "Drift", "says": "Why.", "mend": "do it"}

    text = quality_markdown(report(**{state: [trouble]}))

    words = "not passed" if state == "failed" else state
    assert f"- toy: Drift, {words}. Why. `do it`" in text
