"""What a refusal says, and what of an error reaches the caller."""

import json

import pytest

from foresell.answer.requests import Problem
from foresell.errors import DataError, ForesellError, GateError, MachineError, UsageError
from foresell.serving.exchange import Reply
from foresell.serving.problems import Refused, problem_reply, refusal_of, unforeseen
from foresell.serving.security import sent_headers


def test_a_refusal_is_told_whole() -> None:
    fields = [
        Problem(row=2, field="price", rule="minimum", says="must be at least 0", allowed="number"),
        Problem(row=3, field="", rule="type", says="it is no object of fields"),
    ]
    retry = (b"retry-after", b"1")
    refused = Refused("two rows are refused", "body", "mend", fields=fields, headers=[retry])
    reply = problem_reply(refused, "r1")
    assert (reply.status, reply.media_type) == (422, b"application/problem+json")
    assert reply.headers == [retry]
    assert json.loads(reply.body) == {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "two rows are refused",
        "where": "body",
        "mend": "mend",
        "request_id": "r1",
        "errors": [
            {
                "row": 2,
                "field": "price",
                "rule": "minimum",
                "says": "must be at least 0",
                "allowed": "number",
            },
            {"row": 3, "field": "", "rule": "type", "says": "it is no object of fields"},
        ],
    }


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 413, 415, 421, 429, 431, 503])
def test_every_status_has_a_title(status: int) -> None:
    told = json.loads(problem_reply(Refused("a", "b", "c", status=status), "r1").body)
    assert told["status"] == status
    assert told["title"]
    assert "errors" not in told


def told(error: ForesellError) -> tuple[int, str, str] | None:
    refused = refusal_of(error)
    return None if refused is None else (refused.status, refused.what, refused.where)


def test_what_was_asked_wrongly_is_told_and_where_our_files_lie_is_not() -> None:
    assert told(UsageError("no such store", "store", "use 1")) == (422, "no such store", "store")
    assert told(DataError("cut short", "/srv/a.parquet", "again")) == (422, "cut short", "body")
    machine = told(MachineError("no space left on /srv", "/srv", "free it"))
    assert machine == (503, "the server lacks something it needs for this", "server")
    assert told(GateError("it did not pass", "gate", "look")) is None
    assert unforeseen("r1").status == 500
    assert "r1" in unforeseen("r1").mend


def test_a_refusal_stays_the_refusal_it_is() -> None:
    refused = Refused("a", "b", "c", status=409)
    assert refusal_of(refused) is refused


def test_an_answer_without_content_says_no_length() -> None:
    assert {name for name, _ in sent_headers(Reply(b"", 204), "r1")} >= {b"x-request-id"}
    assert b"content-length" not in dict(sent_headers(Reply(b"", 204), "r1"))
    assert dict(sent_headers(Reply(b"ab"), "r1"))[b"content-length"] == b"2"
