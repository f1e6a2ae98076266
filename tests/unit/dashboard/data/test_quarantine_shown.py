"""The rows set aside: found by rule and text, page after page, and given away."""

import csv
import io
import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.contracts.gate import RULES
from foresell.dashboard.data.page import context, download
from foresell.dashboard.data.quarantine import Asked, Browser, chosen
from foresell.dashboard.page import Visit
from foresell.serving.problems import Refused
from tests.dashboard_site import visit_of
from tests.unit.dashboard.data.conftest import RAW, Files, Show, page, shown_of, with_personal
from tests.unit.pipeline.conftest import MakeRequest


def browser(visit: Visit) -> Browser:
    found = context(visit).browser
    assert found is not None
    return found


def seen(visit: Visit) -> list[dict[str, str]]:
    """The rows of the table, by the name of the column."""
    table = browser(visit).table
    assert table is not None
    return [dict(zip(table.heads, (cell.text for cell in row), strict=True)) for row in table.rows]


def test_every_row_stands_with_its_file_its_rules_and_its_values(show: Show, broken: Files) -> None:
    rejected = pl.read_parquet(BytesIO(broken["quarantine", "rejected.parquet"]))
    rows = seen(visit_of(show()))
    assert [row["Row"] for row in rows] == ["5", "77", "78"]
    assert [row["In the file"] for row in rows] == [
        "train.csv, 5",
        "train.csv, 77",
        "train.csv, 78",
    ]
    for name in rejected.columns[2:]:
        wanted = [
            "nothing" if value is None else {True: "yes", False: "no"}.get(value, str(value))
            if isinstance(value, bool) else str(value)
            for value in rejected[name]
        ]  # fmt: skip
        assert [row[name] for row in rows] == wanted


def test_exactly_the_values_that_broke_a_rule_stand_out(show: Show) -> None:
    table = browser(visit_of(show())).table
    assert table is not None
    marked = [
        {head for head, cell in zip(table.heads, row, strict=True) if cell.mark == "warn"}
        for row in table.rows
    ]
    assert marked == [{"Dept"}, {"Weekly_Sales"}, {"Dept"}]
    assert list(table.heads[3:5]) == ["Dept", "Weekly_Sales"]


def test_rows_are_found_by_the_rule_they_broke(show: Show) -> None:
    found = browser(visit_of(show(), {"rule": "Dept: maximum"}))
    assert (found.found, found.all) == (2, 3)
    assert [choice.name for choice in found.choices if choice.chosen] == ["Dept: maximum"]
    assert [choice.label for choice in found.choices] == [
        "Dept: maximum (2\u00a0rows)",
        "Weekly_Sales: maximum (1\u00a0row)",
    ]


@pytest.mark.parametrize(
    ("text", "rows"), [("1234", ["5", "78"]), ("9000000", ["77"]), ("no such", [])]
)
def test_rows_are_found_by_what_stands_in_them(show: Show, text: str, rows: list[str]) -> None:
    found = browser(visit_of(show(), {"q": text}))
    assert found.found == len(rows)
    if rows:
        assert [row["Row"] for row in seen(visit_of(show(), {"q": text}))] == rows
    else:
        assert found.table is None


def test_a_rule_that_is_none_is_an_error_beside_its_field_and_all_rows_are_shown(
    show: Show,
) -> None:
    query = {"rule": "<script>alert(1)</script>"}
    shown = show()
    made = context(visit_of(shown, query))
    assert made.browser is not None
    assert made.browser.found == 3
    text = page(shown, made, query)
    assert 'aria-invalid="true" aria-describedby="rule-error"' in text
    assert "There is no rule &#39;&lt;script&gt;" in text
    assert "<script>alert" not in text


def test_a_text_that_is_too_long_is_an_error_beside_its_field(show: Show) -> None:
    query = {"q": "x" * 201}
    shown = show()
    text = page(shown, context(visit_of(shown, query)), query)
    assert 'aria-describedby="q-error"' in text


@pytest.mark.parametrize("number", ["0", "-1", "99", "x", "9" * 30, "٣"])
def test_a_page_that_is_none_is_the_nearest_one(show: Show, number: str) -> None:
    found = browser(visit_of(show(), {"page": number}))
    assert (found.first, found.last) == (1, 3)


def test_many_rows_come_page_by_page_and_no_row_is_lost(stopped: Files, asked: MakeRequest) -> None:
    shown = shown_of(stopped, asked(RAW))
    rows, number, sizes = list[str](), 1, list[int]()
    while True:
        visit = visit_of(shown, {"page": str(number)})
        found = browser(visit)
        part = seen(visit)
        sizes.append(len(part))
        rows += [row["Row"] for row in part]
        if not found.after:
            break
        number += 1
        assert found.after == f"/ui/projects/walmart/data?page={number}#quarantine"
    assert sizes == [*[25] * 9, 15]
    assert rows == [f"{row:,}" for row in range(1, 241)]


@pytest.mark.parametrize("query", [{}, {"rule": "Dept: maximum"}, {"q": "9000000"}])
def test_the_file_holds_exactly_the_rows_that_are_asked_for(
    show: Show, broken: Files, query: Mapping[str, str]
) -> None:
    given_away = download(visit_of(show(), query), "quarantine.csv")
    rows = list(csv.DictReader(io.StringIO(given_away.content.decode())))
    kept = list(csv.DictReader(io.StringIO(broken["quarantine", "rejected.csv"].decode())))
    wanted = [
        row
        for row in kept
        if query.get("rule", "") in row[RULES] and query.get("q", "") in ",".join(row.values())
    ]
    assert [{name: row[name] for name in kept[0]} for row in rows] == wanted
    assert {row["__file"] for row in rows} == {"train.csv"}
    assert browser(visit_of(show(), query)).download.startswith(
        "/ui/projects/walmart/data/files/quarantine.csv"
    )


@pytest.mark.parametrize("query", [{"rule": "none"}, {"q": "x" * 500}])
def test_no_file_is_given_for_what_means_nothing(show: Show, query: Mapping[str, str]) -> None:
    with pytest.raises(Refused):
        download(visit_of(show(), query), "quarantine.csv")


def test_a_file_that_the_page_does_not_give_is_refused(show: Show) -> None:
    with pytest.raises(Refused, match="gives no file"):
        download(visit_of(show()), "rows.csv")


def test_what_is_about_people_is_neither_shown_nor_given_away(
    show: Show, asked: MakeRequest
) -> None:
    shown = show(contract=with_personal(asked(RAW).contract, "Weekly_Sales"))
    made = context(visit_of(shown))
    assert made.browser is not None
    assert (made.browser.hidden, made.browser.mends) == (("Weekly_Sales",), False)
    assert made.browser.table is not None
    assert "Weekly_Sales" not in made.browser.table.heads
    content = download(visit_of(shown), "quarantine.csv").content
    assert b"9000000" not in content
    assert b"Weekly_Sales," not in content.splitlines()[0]
    assert browser(visit_of(shown, {"q": "9000000"})).found == 0


def test_rows_of_several_files_of_the_quarantine_stand_in_their_order(
    show: Show, broken: Files
) -> None:
    rejected = pl.read_parquet(BytesIO(broken["quarantine", "rejected.parquet"]))
    parts = dict[tuple[str, str], bytes | None]()
    for number in range(3):
        held = BytesIO()
        rejected.slice(number, 1).write_parquet(held)
        name = f"rejected-{number:05}" if number else "rejected"
        parts["quarantine", f"{name}.parquet"] = held.getvalue()
    assert [row["Row"] for row in seen(visit_of(show(parts)))] == ["5", "77", "78"]


def test_where_the_files_were_read_anew_no_row_is_said_to_be_of_one(
    show: Show, broken: Files
) -> None:
    landed: dict[str, Any] = json.loads(broken["landing", "report.json"])
    shown = show({("landing", "report.json"): json.dumps({**landed, "rows": 7}).encode()})
    table = browser(visit_of(shown)).table
    assert table is not None
    assert "In the file" not in table.heads


_TEXTS = st.text(st.sampled_from("aAbB%.*(["), max_size=6)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(_TEXTS, st.none() | st.floats(-9, 9), st.sampled_from("rs")), max_size=8),
    _TEXTS.filter(bool),
    st.sampled_from(["", "r"]),
)
def test_a_row_is_found_where_it_broke_the_rule_and_holds_the_text_and_nowhere_else(
    rows: list[tuple[str, float | None, str]], text: str, rule: str
) -> None:
    frame = pl.DataFrame(
        rows, schema={"name": pl.String, "n": pl.Float64, RULES: pl.String}, orient="row"
    )
    found = chosen(frame, Asked(rule=rule, text=text, page=1, errors={}))
    wanted = [
        row
        for row in rows
        if (not rule or row[2] == rule)
        and any(text.lower() in str(cell).lower() for cell in row if cell is not None)
    ]
    assert found.rows() == wanted
