"""The way of a request through the guards, over a real socket."""

import json
import socket
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import pytest

from foresell.serving.guards import Guards
from foresell.serving.telemetry import Ended
from tests.live_server import Live, live, read
from tests.unit.serving.small_app import START, STOPPED, Heard, chunked, problem, slot, small_app

HEARD = Heard()


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    with live(small_app(Guards(max_body=1000, body_s=0.3), listeners=[HEARD])) as running:
        yield running


@pytest.fixture
def told() -> Heard:
    HEARD.ended.clear()
    return HEARD


def test_a_request_reaches_its_endpoint_whole(server: Live) -> None:
    got = server.ask("POST", "/predict?a=1&b", b'{"x":1}')
    assert (got.status, got.json) == (
        200,
        {
            "body": '{"x":1}',
            "size": 7,
            "caller": "",
            "path": {},
            "query": "a=1&b",
            "project": "orders",
        },
    )


def test_every_answer_tells_browsers_to_keep_it_to_themselves(server: Live) -> None:
    for got in (server.ask("POST", "/predict", b"{}"), server.ask("GET", "/nowhere")):
        heads = dict(got.heads)
        assert len(heads.pop("x-request-id")) == 32
        assert len(heads.pop("traceresponse")) == 55
        assert heads.pop("date")
        assert heads.pop("content-length") == str(len(got.body))
        assert heads.pop("content-type").startswith("application/")
        assert heads == {
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
            "referrer-policy": "no-referrer",
            "cross-origin-resource-policy": "same-origin",
        }


def test_an_answer_may_bring_a_policy_of_its_own(server: Live) -> None:
    got = server.ask("GET", "/docs")
    assert got.heads["content-security-policy"] == "default-src 'self'"
    assert got.heads["x-content-type-options"] == "nosniff"


def test_the_request_id_of_the_caller_comes_back_and_one_that_is_no_word_does_not(
    server: Live,
) -> None:
    asked = {"X-Request-Id": "order-17"}
    assert server.ask("POST", "/predict", b"{}", asked).heads["x-request-id"] == "order-17"
    spoilt = {"X-Request-Id": "a b\tc"}
    assert len(server.ask("POST", "/predict", b"{}", spoilt).heads["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/nowhere", "there is nothing at this path"),
        ("/predict/", "there is nothing at this path"),
        ("/predict%00", "there is nothing at this path"),
        ("/../etc/passwd", "there is nothing at this path"),
        ("/%e9%00%ff", "there is nothing at this path"),
        ("//predict", "there is nothing at this path"),
        ("/projects/orders/nowhere", "there is nothing at this path"),
        ("/projects/nobody/predict", "there is no project 'nobody' here"),
        ("/projects/shops/only/tables", "there is nothing at this path"),
        ("/v2/models/nobody/infer", "there is no project 'nobody' here"),
    ],
)
def test_a_path_that_leads_nowhere_is_404(server: Live, path: str, detail: str) -> None:
    assert problem(server.ask("POST", path, b"{}")) == (404, detail)


def test_a_near_path_is_named(server: Live) -> None:
    assert "'/predict'" in server.ask("POST", "/predct", b"{}").json["mend"]


def test_another_method_is_405_and_the_right_one_is_named(server: Live) -> None:
    got = server.ask("GET", "/predict")
    assert problem(got) == (405, "GET does nothing here")
    assert got.heads["allow"] == "OPTIONS, POST"
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        got = server.ask(method, "/metadata")
        assert (got.status, got.heads["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_head_is_get_without_its_body(server: Live) -> None:
    whole, head = server.ask("GET", "/health/live"), server.ask("HEAD", "/health/live")
    assert (head.status, head.body) == (200, b"")
    assert head.heads["content-length"] == str(len(whole.body))


def test_options_names_the_methods(server: Live) -> None:
    got = server.ask("OPTIONS", "/metadata")
    assert (got.status, got.body, got.heads["allow"]) == (204, b"", "GET, HEAD, OPTIONS")
    assert "content-length" not in got.heads
    assert server.ask("OPTIONS", "/nowhere").status == 404


def test_a_name_in_a_path_is_handed_on(server: Live) -> None:
    assert server.ask("GET", "/projects/shops/series/a%20b").json["path"] == {"name": "a b"}


@pytest.mark.parametrize(
    ("path", "project"),
    [
        ("/predict", "orders"),
        ("/projects/orders/predict", "orders"),
        ("/projects/shops/predict", "shops"),
        ("/v2/models/shops/infer", "shops"),
        ("/v2/models/orders/infer", "orders"),
    ],
)
def test_the_path_says_which_project_is_meant(server: Live, path: str, project: str) -> None:
    assert server.ask("POST", path, b"{}").json["project"] == project


def test_what_the_server_says_of_itself_wins_at_the_root(server: Live) -> None:
    assert server.ask("GET", "/health/live").json["project"] is None
    assert server.ask("GET", "/projects/orders/health/live").json["project"] == "orders"


def test_without_a_version_only_what_needs_one_is_503(server: Live) -> None:
    got = server.ask("POST", "/predict/batch", b"{}")
    assert problem(got) == (503, "no version of orders is loaded yet")
    assert got.heads["retry-after"] == "1"


def test_a_caller_that_goes_away_is_told_of_as_499(server: Live, told: Heard) -> None:
    with server.connect() as line:
        line.sendall(START + chunked(b"{"))
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    [ended] = told.wait(1)
    assert (ended.status, ended.route, ended.reply_bytes) == (499, "/predict", 0)
    assert server.ask("POST", "/predict", b"{}").status == 200


def test_what_is_done_only_while_it_is_awaited_ends_with_its_caller(
    server: Live, told: Heard
) -> None:
    with server.connect() as line:
        line.sendall(b"GET /awaited/60 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert not STOPPED.wait(0.2)
    assert STOPPED.wait(10)
    [ended] = told.wait(1)
    assert (ended.status, ended.route) == (499, "/awaited/{seconds}")
    assert ended.trouble is None

    head = b"GET /awaited/0.05 HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connect() as line:  # a body is dropped as that of any GET, and not waited for
        line.sendall(head + b"1\r\nx\r\n0\r\n\r\n")
        assert told.wait(2)[-1].seconds < 1.5
    assert server.ask("GET", "/awaited/0.05").json["path"] == {"seconds": "0.05"}
    assert server.ask("GET", "/awaited/never").status == 500  # and what fails there is told of


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/fails/usage", 422, "no such store"),
        ("/fails/data", 422, "a file is cut"),
        ("/fails/machine", 503, "the server lacks something it needs for this"),
        ("/fails/bug", 500, "the server failed on this request"),
    ],
)
def test_an_error_tells_the_caller_what_concerns_it_and_the_log_all(
    server: Live, told: Heard, path: str, status: int, detail: str
) -> None:
    got = server.ask("POST", path, b"{}")
    assert problem(got) == (status, detail)
    assert b"/srv" not in got.body
    assert b"secret" not in got.body
    [ended] = told.wait(1)
    assert ended.status == status
    assert (ended.trouble is not None) == (status >= 500)


def test_listeners_are_told_of_every_request_after_its_answer(server: Live, told: Heard) -> None:
    got = server.ask("POST", "/projects/shops/predict", b'{"x":1}', {"X-Request-Id": "r1"})
    server.ask("POST", "/nowhere", b"{}")
    first, second = told.wait(2)
    assert (first.method, first.route, first.status) == ("POST", "/predict", 200)
    assert (first.request_id, first.reply_bytes) == ("r1", len(got.body))
    assert first.asked is not None
    assert first.asked.slot is not None
    assert (first.asked.slot.project, first.asked.body) == ("shops", b'{"x":1}')
    assert (second.route, second.path, second.asked) == ("", "/nowhere", None)
    assert second.refused == "there is nothing at this path"


def test_a_listener_that_fails_spoils_no_answer_and_no_connection() -> None:
    def fails(_: Ended) -> None:
        raise RuntimeError

    heard = Heard()
    with live(small_app(listeners=[fails, heard])) as server, server.connect() as line:
        for _ in range(3):
            line.sendall(
                b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: 2\r\n\r\n{}"
            )
            assert read(line).status == 200
        assert len(heard.wait(3)) == 3


def test_a_refused_request_leaves_the_connection_fit_for_the_next(server: Live) -> None:
    with server.connect() as line:
        for path, status in ((b"/nowhere", 404), (b"/predict", 200), (b"/fails/bug", 500)) * 3:
            line.sendall(
                b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
            )
            assert read(line).status == status


def body_of(stream: BinaryIO) -> Any:
    """Return the body of the next answer of several that come one behind the other."""
    heads = {}
    while (line := stream.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        heads[name.lower()] = value
    return json.loads(stream.read(int(heads[b"content-length"])))


def test_requests_sent_without_waiting_are_answered_in_their_order(server: Live) -> None:
    one = (
        "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 1\r\n\r\n{}"
    )
    with server.connect() as line:
        line.sendall("".join(one.format(number) for number in range(5)).encode())
        stream = line.makefile("rb")
        found = [body_of(stream)["body"] for _ in range(5)]
    assert found == ["0", "1", "2", "3", "4"]


def test_a_version_that_is_loaded_is_taken_once_for_all_of_a_request() -> None:
    empty = slot("orders")
    with live(small_app(slots=[empty])) as server:
        assert server.ask("POST", "/predict/batch", b"{}").status == 503
        empty.current = cast("Any", object())  # nobody looks into it
        assert server.ask("POST", "/predict/batch", b"{}").status == 200
