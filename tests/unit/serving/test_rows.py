"""Rows predicted over HTTP: every field of the answer, and every way in which a row is refused."""

import asyncio
import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.answer.row_answered import AnsweredColumns
from foresell.answer.row_answers import RowAnswers
from foresell.answer.row_reading import ReadRows
from foresell.serving.exchange import Asked, Endpoint
from foresell.serving.problems import Refused
from foresell.serving.row_replies import Wording, batch_reply, one_reply
from foresell.serving.rows import RowEndpoints, row_endpoints
from foresell.serving.served import Served
from tests.served_bundles import ROW, served, slot
from tests.served_sites import asked, toy_site

FEATURES = ["day", "pieces", "price", "gift", "colour"]
SHARED: Mapping[str, Any] = {
    "interval_method": "residual_quantiles",
    "model_name": "same",
    "model_version": "1",
    "target_name": "sales",
    "input_features": FEATURES,
    "request_id": "abc",
    "currency": "USD",
}
NUMBERS: Mapping[str, Any] = {"prediction": 100.0, "y_hat": 100.0, "p10": 92.4, "p90": 107.6}
NOTHING: Mapping[str, Any] = {"unseen": [], "outside": [], "ignored": []}


def ask(
    body: Any, *, many: bool = False, ends: RowEndpoints | None = None, by: Served | None = None
) -> tuple[Any, Asked]:
    """Ask an endpoint; return what the reply holds, and the request with its note."""
    plain = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Asked(request_id="abc", body=plain, headers=(), served=by or served())
    known = ends or row_endpoints()
    return json.loads(sent(known.predict_batch if many else known.predict, request)), request


def sent(endpoint: Endpoint, request: Asked) -> bytes:
    """Return the body of an endpoint's reply."""

    async def replied() -> bytes:
        return (await endpoint(request)).body

    return asyncio.run(replied())


def rounded(told: dict[str, Any]) -> dict[str, Any]:
    """The same, its numbers to nine digits."""
    return {name: round(one, 9) if isinstance(one, float) else one for name, one in told.items()}


def test_one_row_is_answered_with_every_field_in_its_order() -> None:
    told, request = ask(dict(ROW))

    assert rounded(told) == {**NUMBERS, **SHARED, **NOTHING}
    assert list(told) == [*NUMBERS, *SHARED, *NOTHING]
    note = request.note
    assert (note.rows, note.predictions, note.violations) == (1, [100.0], ())
    assert note.inference_s is not None
    assert note.given is not None
    assert list(note.given) == FEATURES
    assert [*note.p10, *note.p90] == [told["p10"], told["p90"]]


def test_what_is_new_far_off_or_not_used_is_answered_and_flagged() -> None:
    row = {**ROW, "price": 51, "colour": "mauve", "order": 7, "day": "2030-01-01"}

    told, request = ask(row)

    assert told["unseen"] == ["colour"]
    assert told["outside"] == ["day", "price"]
    assert told["ignored"] == ["order"]
    assert request.note.unseen == [["colour"]]
    assert request.note.outside == [["day", "price"]]


@pytest.mark.parametrize("wrapped", [True, False])
def test_many_rows_are_answered_in_their_order_and_say_once_whose_answers_they_are(
    wrapped: bool,
) -> None:
    rows = [dict(ROW), {**ROW, "colour": "mauve"}, {**ROW, "order": 7}]

    told, request = ask({"rows": rows} if wrapped else rows, many=True)

    assert list(told) == ["predictions", *SHARED]
    assert {name: told[name] for name in SHARED} == SHARED
    assert [rounded(one) for one in told["predictions"]] == [
        {**NUMBERS, **NOTHING},
        {**NUMBERS, **NOTHING, "unseen": ["colour"]},
        {**NUMBERS, **NOTHING, "ignored": ["order"]},
    ]
    assert request.note.rows == 3


def test_a_unit_that_is_no_currency_is_not_called_one() -> None:
    by = served()

    told, _ = ask(dict(ROW), by=replace(by, spec=replace(by.spec, unit="100,000 USD")))
    many, _ = ask([ROW], many=True, by=replace(by, spec=replace(by.spec, unit="")))

    assert "currency" not in told
    assert "currency" not in many


def test_a_new_version_is_named_at_once() -> None:
    ends = row_endpoints()
    versions = [served(1), served(2, 50.0), served(1)]

    told = [ask(dict(ROW), ends=ends, by=one)[0] for one in versions]

    assert [one["model_version"] for one in told] == ["1", "2", "1"]
    assert [one["prediction"] for one in told] == [100.0, 50.0, 100.0]


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"pieces": 0}, "pieces", "minimum"),
        ({"pieces": 100}, "pieces", "maximum"),
        ({"pieces": 2.5}, "pieces", "type"),
        ({"pieces": "2"}, "pieces", "type"),
        ({"pieces": None}, "pieces", "required"),
        ({"price": -0.01}, "price", "minimum"),
        ({"price": True}, "price", "type"),
        ({"gift": 1}, "gift", "type"),
        ({"day": "2026-02-30"}, "day", "type"),
        ({"color": "red"}, "color", "unknown"),
        ({"price": float("nan")}, "price", "finite"),
        ({"price": float("inf")}, "price", "finite"),
        ({"price": float("-inf")}, "price", "finite"),
    ],
)
def test_a_bad_field_is_refused_by_its_rule_and_counted(
    change: dict[str, Any], field: str, rule: str
) -> None:
    rows = [dict(ROW), {**ROW, **change}]
    plain = json.dumps({"rows": rows}).encode()
    request = Asked(request_id="abc", body=plain, headers=(), served=served())

    with pytest.raises(Refused) as refused:
        sent(row_endpoints().predict_batch, request)

    assert refused.value.status == 422
    assert [(one.row, one.field, one.rule) for one in refused.value.fields] == [(2, field, rule)]
    assert refused.value.what == "1 of 2 rows is refused: 1 problem"
    assert request.note.violations == [(field, rule)]
    assert request.note.given is None


@pytest.mark.parametrize("body", [{"rows": [dict(ROW)]}, {"rows": []}])
def test_several_rows_are_sent_on_to_the_path_that_takes_them(body: dict[str, Any]) -> None:
    plain = json.dumps(body).encode()
    request = Asked(request_id="abc", body=plain, headers=(), served=served())

    with pytest.raises(Refused) as refused:
        sent(row_endpoints().predict, request)

    assert (refused.value.what, refused.value.fields) == ("these are several rows", ())
    assert refused.value.mend == "/predict takes one row, /predict/batch many: use that"


def test_a_number_too_large_for_any_is_refused_as_not_finite() -> None:
    body = json.dumps(ROW).replace("5.5", "1e999").encode()

    with pytest.raises(Refused) as refused:
        ask(body)

    assert [(one.field, one.rule) for one in refused.value.fields] == [("price", "finite")]


def test_a_thousand_problems_are_counted_and_a_hundred_told() -> None:
    with pytest.raises(Refused, match="1,000 of 1,000 rows are refused: 1,000 pro") as refused:
        ask([{**ROW, "pieces": 0}] * 1000, many=True)

    assert len(refused.value.fields) == 100


@pytest.mark.parametrize(
    ("many", "body", "status", "what"),
    [
        (False, [dict(ROW)], 422, "the body is no object of fields"),
        (False, 7, 422, "the body is no object of fields"),
        (False, b'{"pieces": 1', 400, "not JSON: EOF while parsing"),
        (False, b'{"pieces": 1, "pieces": 1}', 422, "the field 'pieces' stands twice"),
        (True, {"row": []}, 422, "the body holds no list of rows"),
        (True, {"rows": {}}, 422, "the body holds no list of rows"),
        (True, {"rows": [], "x": 1}, 422, "the body holds no list of rows"),
        (True, {"rows": []}, 422, "there is no row"),
        (True, [], 422, "there is no row"),
        (True, [7], 422, "the row is refused"),
        (True, [dict(ROW)] * 6, 413, "6 rows are too many"),
        # NaN is no JSON, in a field that nobody reads either.
        (False, {**ROW, "order": float("nan")}, 400, "not JSON: expected value"),
        (False, b"NaN", 422, "the body is no object of fields"),
    ],
)
def test_a_body_without_rows_or_with_too_many_is_refused(
    many: bool,
    body: Any,
    status: int,
    what: str,
) -> None:
    with pytest.raises(Refused) as refused:
        ask(body, many=many, ends=row_endpoints(max_rows=5))

    assert refused.value.status == status
    assert refused.value.what.startswith(what)


def test_many_rows_and_long_bodies_are_answered_aside_with_the_same_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[str] = []
    answer = RowAnswers.answer

    def seen(self: RowAnswers, read: ReadRows) -> AnsweredColumns:
        threads.append(threading.current_thread().name)
        return answer(self, read)

    monkeypatch.setattr(RowAnswers, "answer", seen)
    few, _ = ask([ROW] * 256, many=True)
    more, _ = ask([ROW] * 257, many=True)
    long, _ = ask(json.dumps([ROW] * 256).encode() + b" " * 2**16, many=True)
    padded, _ = ask(json.dumps(ROW).encode() + b" " * 2**16)

    assert [name == "MainThread" for name in threads] == [True, False, False, False]
    assert more["predictions"] == [*few["predictions"], few["predictions"][0]]
    assert long == few
    assert rounded(padded) == {**NUMBERS, **SHARED, **NOTHING}


numbers = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=9), st.text())
def test_every_number_is_sent_to_its_last_bit(
    rows: list[tuple[float, float, float]], request_id: str
) -> None:
    point, p10, p90 = np.array(rows).T
    answered = AnsweredColumns(
        prediction=point,
        p10=p10,
        p90=p90,
        every=lambda: np.empty((len(rows), 0)),
        interval_method="none",
        unseen={},
        outside={},
    )
    words, read = Wording(model="", currency=""), ReadRows(values={}, given=len(rows))

    many = json.loads(batch_reply(words, request_id, read, answered))
    one = json.loads(one_reply(words, request_id, read, replace(answered, **_first(answered))))

    told = [(row["prediction"], row["p10"], row["p90"]) for row in many["predictions"]]
    assert list(map(repr, told)) == list(map(repr, rows))
    assert repr((one["y_hat"], one["p10"], one["p90"])) == repr(rows[0])
    assert (many["request_id"], one["request_id"]) == (request_id, request_id)


def _first(answered: AnsweredColumns) -> dict[str, Any]:
    """The answer to the first row alone."""
    return {name: getattr(answered, name)[:1] for name in ("prediction", "p10", "p90")}


def test_the_application_answers_rows_and_refuses_them_as_problems() -> None:
    site = toy_site(slot(current=served()))

    fine = asked(site, "POST /predict", dict(ROW))
    bad = asked(site, "POST /projects/toy/predict/batch", [{**ROW, "pieces": 0}])

    assert (fine.status, fine.told["prediction"]) == (200, 100.0)
    assert fine.told["request_id"] == fine.headers["x-request-id"]
    assert bad.status == 422
    assert bad.headers["content-type"] == "application/problem+json"
    assert bad.told["errors"] == [
        {
            "row": 1,
            "field": "pieces",
            "rule": "minimum",
            "says": "must be at least 1",
            "allowed": "whole number, 1 to 99",
        }
    ]
