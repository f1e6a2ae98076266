"""A what-if of a table says what everybody is told, and what is wrong beside the field."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from foresell.dashboard.page import Trouble
from foresell.dashboard.what_if.form import Input
from foresell.dashboard.what_if.shown_page import WhatIf
from tests.pages import Page
from tests.served_bundles import answering_bundle, slot
from tests.what_if_sites import SNAPSHOT, Looked, looked_at, looking, toy_bundle

NBSP = "\u00a0"
ASKED = {
    "row.day": "2026-02-01",
    "row.pieces": "3",
    "row.price": "5.5",
    "row.gift": "true",
    "row.colour": "red",
}
ROW = {"day": "2026-02-01", "pieces": 3, "price": 5.5, "gift": True, "colour": "red"}
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    return looked_at(tmp_path_factory.mktemp("toy"), toy_bundle())


def fields(page: WhatIf) -> dict[str, Input]:
    return {one.name: one for group in page.groups for one in group.inputs}


def errors(page: WhatIf) -> dict[str, Any]:
    return {name: tuple(one.errors) for name, one in fields(page).items() if one.errors}


def test_the_form_has_every_field_of_the_contract_and_a_real_row_in_it(toy: Looked) -> None:
    page = toy.page()
    told = {name: one.value for name, one in fields(page).items() if name.startswith("row.")}
    real = [
        {
            "row.day": str(row["day"]),
            "row.pieces": str(row["pieces"]),
            "row.price": f"{row['price']:g}",
            "row.gift": str(row["gift"]).lower(),
            "row.colour": row["colour"] or "",
        }
        for row in SNAPSHOT.to_dicts()
    ]
    assert told in real
    assert told["row.pieces"] in {"3", "4"}
    assert page.changes == ()
    assert page.troubles.keys() == {"why"}  # this server has no desk that explains


def test_a_field_tells_what_it_may_be_and_what_the_model_has_seen(toy: Looked) -> None:
    known = fields(toy.page())
    assert known["row.pieces"].hint == "Allowed: 1 to 99. Seen: 1 to 99"
    assert known["row.price"].hint == "Allowed: from 0. Seen: 1 to 50"
    assert known["row.day"].hint == "Seen: 2026-01-01 to 2026-06-30"
    assert known["row.day"].control == "date"
    assert [one.value for one in known["row.gift"].options] == ["true", "false"]
    assert known["row.colour"].suggestions == ["blue", "red"]


def test_the_numbers_are_those_of_the_endpoint(toy: Looked) -> None:
    told = toy.post("/predict", ROW)
    page = toy.page(ASKED)
    assert told["prediction"] == 100.0
    assert [(one.value, one.label) for one in page.facts] == [
        (f"100{NBSP}USD", "expected"),
        (f"{told['p10']:.3g}{NBSP}USD", "one in ten lies below"),
        (f"{told['p90']:,.0f}{NBSP}USD", "one in ten lies above"),
        (f"0{NBSP}USD", "against the row you began with"),
    ]
    assert {one.source for one in page.facts} == {"POST /predict"}
    assert page.heading == f"sales stays at 100{NBSP}USD"
    assert page.answered_by == "version 1 (prod), same"


def test_the_chart_of_other_values_is_what_the_endpoint_says_to_each(toy: Looked) -> None:
    page = toy.page({**ASKED, "vary": "pieces"})
    drawn = page.figures["varied"].rows
    assert drawn is not None
    asked = [{**ROW, "pieces": int(value)} for value in drawn["pieces"].to_list()]
    told = toy.post("/predict/batch", {"rows": asked})["predictions"]
    assert drawn["prediction"].to_list() == [one["prediction"] for one in told]
    assert drawn["low"].to_list() == [one["p10"] for one in told]
    assert drawn["high"].to_list() == [one["p90"] for one in told]
    assert drawn.filter(pl.col("own"))["pieces"].to_list() == [3.0]
    assert drawn["pieces"].to_list()[0] == 1.0
    assert drawn["pieces"].to_list()[-1] == 99.0


def test_words_are_drawn_too(toy: Looked) -> None:
    drawn = toy.page({**ASKED, "vary": "colour"}).figures["varied"].rows
    assert drawn is not None
    assert sorted(drawn["colour"].to_list()) == ["blue", "red"]
    assert drawn.filter(pl.col("own"))["colour"].to_list() == ["red"]


def test_what_was_changed_is_told_and_marked(toy: Looked) -> None:
    begun = fields(toy.page())
    page = toy.page({**{n: one.value for n, one in begun.items()}, "row.pieces": "77"})
    was = begun["row.pieces"].value
    assert page.changes == (f"pieces from {was} to 77",)
    assert fields(page)["row.pieces"].was == was
    assert [one.label for one in page.steps] == [
        "Begin with another real row",
        "Take the changes back",
    ]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("row.pieces", "0", "pieces must be at least 1 (allowed: whole number, 1 to 99)"),
        ("row.pieces", "3.5", "pieces is no whole number (allowed: whole number, 1 to 99)"),
        ("row.price", "much", "price is no number (allowed: number, from 0)"),
        ("row.price", "1e999", "price is no number (allowed: number, from 0)"),
        ("row.gift", "maybe", "gift is neither true nor false (allowed: true or false)"),
        ("row.day", "2026-02-30", "day is no day as YYYY-MM-DD (allowed: day as YYYY-MM-DD)"),
        ("row.price", "", "price must have a value (allowed: number, from 0)"),
        ("row.pieces", HOSTILE, "pieces is no whole number (allowed: whole number, 1 to 99)"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    name: str, text: str, says: str, toy: Looked
) -> None:
    page = toy.page({**ASKED, name: text})
    assert errors(page) == {name: (says,)}
    assert [one.says for one in page.mistakes] == [says]
    assert page.heading == "1 field needs another value"
    assert page.facts == ()
    assert page.figures == {}
    assert {n: one.value for n, one in fields(page).items()} == {**ASKED, name: text}


def test_an_error_is_tied_to_its_field(toy: Looked) -> None:
    html = toy.html({**ASKED, "row.pieces": "0"})
    at = next(one.id for one in fields(toy.page(ASKED)).values() if one.name == "row.pieces")
    assert f'aria-describedby="{at}-error ' in html
    assert f'id="{at}-error"' in html
    assert 'aria-invalid="true"' in html
    assert f'href="#{at}"' in html


def test_what_the_model_never_saw_is_told(toy: Looked) -> None:
    page = toy.page({**ASKED, "row.colour": "mauve", "row.price": "80"})
    assert page.notes == (
        "colour is mauve, which no row held that the model learnt from: the answer does not know "
        "it.",
        "price is 80, outside the 1 to 50 that the model learnt from: the answer is a guess beyond "
        "what is known.",
    )


def test_a_field_that_may_be_unknown_may_be_left_empty(toy: Looked) -> None:
    told = {name: value for name, value in ASKED.items() if name != "row.colour"}
    page = toy.page(told)
    assert page.mistakes == ()
    assert page.request is not None
    assert '"colour"' not in page.request.body


def test_hostile_input_is_escaped_everywhere(toy: Looked) -> None:
    for name in ("row.pieces", "row.colour", "row.day", "row.gift", "vary", "start"):
        html = toy.html({**ASKED, name: HOSTILE})
        assert "<script>alert" not in html
        Page(html.replace("<!doctype html>", "").replace("<input", "<br"))


def test_a_very_long_value_is_answered_and_shortened_in_the_page(toy: Looked) -> None:
    page = toy.page({**ASKED, "row.colour": "ß" * 5000})
    assert page.facts
    assert len(fields(page)["row.colour"].value) == 200


def test_a_server_that_cannot_explain_says_so_and_answers_all_the_same(toy: Looked) -> None:
    page = toy.page(ASKED)
    assert page.troubles["why"] == Trouble(
        what="this server does not explain",
        where="server",
        mend="start one by: foresell serve PROJECT",
    )
    assert page.facts


def test_without_a_version_the_page_says_what_to_do(tmp_path: Path) -> None:
    page = looking(tmp_path, slot("toy")).page()
    assert page.heading == "No version answers yet"
    assert page.troubles == {
        "answer": Trouble(
            what="no version is registered yet", where="toy", mend="foresell run toy", next=True
        )
    }
    assert "foresell run toy" in looking(tmp_path, slot("toy")).html()


def test_a_version_that_is_not_loaded_is_told_apart_from_none(tmp_path: Path) -> None:
    page = looked_at(tmp_path, toy_bundle(), loaded=False).page()
    assert page.troubles["answer"].what == "no version of toy is loaded yet"
    assert not page.troubles["answer"].next


def test_without_rows_of_its_own_the_page_begins_with_the_example(tmp_path: Path) -> None:
    plain = answering_bundle()
    told = {**plain.metadata, "input_example": ROW}
    page = looked_at(tmp_path, replace(plain, metadata=told)).page()
    assert {n: one.value for n, one in fields(page).items() if n != "vary"} == ASKED
    assert page.troubles["start"].what == "version 1 carries no rows to begin with"
    assert page.facts


def test_a_bundle_that_was_changed_is_told_in_place_of_an_answer(tmp_path: Path) -> None:
    looked = looked_at(tmp_path, toy_bundle())
    for kept in (tmp_path / "_registry" / "objects").rglob("*"):
        if kept.is_file() and kept.read_bytes()[:4] == b"PAR1":
            kept.chmod(0o644)
            kept.write_bytes(b"PAR1 truncated")
    page = looked.page(ASKED)
    assert "is not the one that was put there" in page.troubles["answer"].what
    assert page.facts == ()
