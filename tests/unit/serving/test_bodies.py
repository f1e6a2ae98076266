"""What becomes of a body: of another type, too long, too slow, in parts, or packed."""

import time
from collections.abc import Iterator
from select import select

import pytest

from foresell.serving import application
from foresell.serving.guards import Guards
from tests.live_server import Live, live, read
from tests.unit.serving.small_app import START, chunked, problem, small_app


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    with live(small_app(Guards(max_body=1000, body_s=0.3))) as running:
        yield running


@pytest.mark.parametrize(
    ("kind", "heads"),
    [
        ("text/plain", {"Content-Type": "text/plain"}),
        ("a form", {"Content-Type": "application/x-www-form-urlencoded"}),
        ("nearly JSON", {"Content-Type": "application/jsonp"}),
        ("nothing", {"Content-Type": ""}),
        ("CSV where none is read", {"Content-Type": "text/csv"}),
    ],
)
def test_a_body_of_another_type_is_415(server: Live, kind: str, heads: dict[str, str]) -> None:
    got = server.ask("POST", "/predict", b"{}", heads)
    assert (problem(got)[0], got.heads["accept"]) == (415, "application/json"), kind


def test_a_body_without_a_type_and_a_packed_one_are_415(server: Live) -> None:
    bare = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
    assert problem(server.send(bare)) == (415, "the body has no content type")
    got = server.ask("POST", "/predict", b"{}", {"Content-Encoding": "gzip"})
    assert problem(got) == (415, "the body is packed")
    assert got.heads["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/predict", "application/json; charset=utf-8"),
        ("/predict", 'application/json;charset="UTF-8"'),
        ("/predict", "application/json; charset=us-ascii; q=1"),
        ("/predict", "Application/JSON"),
        ("/csv", "text/csv"),
        ("/csv", "application/json"),
    ],
)
def test_a_body_of_a_declared_type_is_read(server: Live, path: str, kind: str) -> None:
    assert server.ask("POST", path, b"{}", {"Content-Type": kind}).status == 200


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/predict", "application/json; charset=utf-16"),
        ("/predict", "application/json;q=1;CharSet=latin-1"),
        ("/csv", "text/csv; charset=windows-1252"),
        ("/admin/reload", "application/json; charset="),
    ],
)
def test_a_body_that_says_another_charset_than_it_is_read_in_is_415(
    server: Live, path: str, kind: str
) -> None:
    got = server.ask("POST", path, b"{}", {"Content-Type": kind})
    assert problem(got) == (415, "the body is in another charset than UTF-8")


def test_what_needs_no_body_may_come_without_one(server: Live) -> None:
    assert server.ask("POST", "/admin/reload").json["size"] == 0
    assert server.ask("POST", "/predict").status == 415


def test_a_body_as_long_as_the_cap_is_read_and_a_longer_one_is_413(server: Live) -> None:
    assert server.ask("POST", "/predict", b"x" * 1000).json["size"] == 1000
    assert problem(server.ask("POST", "/predict", b"x" * 1001)) == (
        413,
        "the body is longer than 1,000 bytes",
    )


def test_a_chunked_body_is_counted_as_it_comes(server: Live) -> None:
    whole = server.send(START + chunked(b"x" * 400, b"y" * 600) + b"0\r\n\r\n")
    assert (whole.status, whole.json["size"]) == (200, 1000)
    with server.connect() as line:
        line.sendall(START + chunked(b"x" * 600, b"y" * 401))  # its end never comes
        got = read(line)
        assert problem(got) == (413, "the body is longer than 1,000 bytes")
        assert got.heads["connection"] == "close"


def test_who_sends_far_too_much_still_reads_the_refusal(server: Live) -> None:
    got = server.ask("POST", "/predict", b"x" * 20_000_000)
    assert problem(got)[0] == 413


def test_who_waits_for_permission_to_send_too_much_gets_the_refusal_at_once(server: Live) -> None:
    heads = (
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Expect: 100-continue\r\nContent-Length: 5000\r\n\r\n"
    )
    began = time.monotonic()
    with server.connect() as line:
        line.sendall(heads)
        assert problem(read(line))[0] == 413
        assert line.recv(1) == b""  # closed
    assert time.monotonic() - began < 1.5


def test_who_waits_for_permission_to_send_a_body_that_fits_gets_it(server: Live) -> None:
    with server.connect() as line:
        line.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        )
        assert line.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"{}")
        assert read(line).status == 200


def test_a_body_that_does_not_come_is_408(server: Live) -> None:
    with server.connect() as line:
        line.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b'Content-Length: 20\r\n\r\n{"x":'
        )
        got = read(line)
    assert problem(got) == (408, "the body was not whole after 0.3 s")
    assert got.heads["connection"] == "close"


def test_a_body_that_drips_is_408_as_well(server: Live) -> None:
    with server.connect() as line:
        line.sendall(START)
        while not select([line], [], [], 0.03)[0]:
            line.sendall(chunked(b" "))
        assert read(line).status == 408


def test_of_large_bodies_only_so_many_are_held_and_small_ones_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(application, "_MOST_LARGE", 1)
    with live(small_app(Guards(max_body=200_000))) as server, server.connect() as slow:
        slow.sendall(START + chunked(b"{"))
        large = b"x" * 100_000
        until = time.monotonic() + 5
        while (got := server.ask("POST", "/predict", large)).status == 200:
            assert time.monotonic() < until, "the slow one was never counted"
        assert (got.status, got.heads["retry-after"]) == (503, "1")
        assert problem(got) == (503, "too many large requests are being answered")
        assert server.ask("POST", "/predict", b"x" * 60_000).status == 200
        slow.sendall(chunked(b"}") + b"0\r\n\r\n")
        assert read(slow).status == 200
        assert server.ask("POST", "/predict", large).status == 200
