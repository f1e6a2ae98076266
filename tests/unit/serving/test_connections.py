"""What uvicorn is not asked to hold: endless headers, headers that never come, too many callers."""

import socket
import time
from http.client import IncompleteRead
from select import select
from typing import Any

import pytest

from foresell.serving import connections
from foresell.serving.application import Application
from foresell.serving.bodies import WHOLE
from foresell.serving.guards import Guards
from tests.live_server import live, read
from tests.unit.serving.small_app import Heard, small_app

ONE = (
    b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\n"
)


def test_headers_up_to_the_limit_are_read_and_longer_ones_are_431() -> None:
    with live(small_app()) as server:
        fits = b"X-Long: " + b"x" * 30_000 + b"\r\n\r\n{}"
        assert server.send(ONE + fits).status == 200
        for size in (40_000, 200_000):
            got = server.send(ONE + b"X-Long: " + b"x" * size + b"\r\n\r\n{}")
            assert (got.status, got.json["status"]) == (431, 431)
            assert got.heads["content-type"] == "application/problem+json"
            assert got.heads["connection"] == "close"
        many = b"".join(b"X-%d: y\r\n" % number for number in range(10_000))
        assert server.send(ONE + many + b"\r\n{}").status == 431
        assert server.ask("POST", "/predict", b"{}").status == 200


def test_headers_without_an_end_are_431_before_they_are_held() -> None:
    with live(small_app()) as server, server.connect() as line:
        line.sendall(ONE)
        for _ in range(9):
            line.sendall(b"X-Long: " + b"x" * 4000 + b"\r\n")
            time.sleep(0.01)
        assert read(line).status == 431


def test_a_long_path_is_431() -> None:
    with live(small_app()) as server:
        assert server.send(b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n").status == 431


def test_a_body_in_one_packet_with_its_headers_is_no_header() -> None:
    with live(small_app()) as server:
        assert server.ask("POST", "/predict", b"x" * 100_000).json["size"] == 100_000


def test_headers_that_do_not_come_are_408(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.3)
    with live(small_app()) as server:
        with server.connect() as line:  # drips
            while not select([line], [], [], 0.05)[0]:
                line.sendall(b"G")
            assert read(line).status in {400, 408}
        with server.connect() as line:
            line.sendall(b"GET /health/live HTTP/1.1\r\nHost: loc")
            assert read(line).status == 408
        with server.connect() as line:  # a browser that only gets ready
            assert line.recv(1) == b""
        with server.connect() as line:  # the second request of a connection
            line.sendall(ONE + b"\r\n{}")
            assert read(line).status == 200
            line.sendall(b"GET /health/live HT")
            assert read(line).status == 408


def test_a_request_that_is_whole_is_not_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    with live(small_app()) as server, server.connect() as line:
        for _ in range(3):
            line.sendall(ONE + b"\r\n{")
            time.sleep(0.25)
            line.sendall(b"}")
            assert read(line).status == 200


def test_the_application_is_told_whether_the_body_has_come_when_it_begins() -> None:
    told: list[bool] = []

    class Noting(Application):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                told.append(WHOLE in scope.get("extensions", ()))
            await small_app()(scope, receive, send)

    with live(Noting((), {}, Guards())) as server, server.connect() as line:
        line.sendall(ONE + b"\r\n{}")
        assert read(line).status == 200
        line.sendall(ONE + b"\r\n{")
        time.sleep(0.2)
        line.sendall(b"}")
        assert read(line).status == 200
    assert told == [True, False]


def asked(line: socket.socket) -> int:
    line.sendall(ONE + b"\r\n{}")
    return read(line).status


def test_one_connection_too_many_takes_the_place_of_the_one_that_is_idle_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections.GuardedProtocol, "most_open", 3)
    with (
        live(small_app()) as server,
        server.connect() as first,
        server.connect() as second,
        server.connect() as silent,
    ):
        for line in (second, first, second):
            time.sleep(0.02)  # the loop's clock counts milliseconds
            assert asked(line) == 200
        with server.connect() as fourth:
            assert asked(fourth) == 200
            assert silent.recv(1) == b""
            with server.connect() as fifth:
                assert asked(fifth) == 200
            assert first.recv(1) == b""
            assert [asked(line) for line in (second, fourth)] == [200] * 2


def test_a_server_full_of_connections_that_ask_refuses_one_more_by_503(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections.GuardedProtocol, "most_open", 2)
    with live(small_app()) as server, server.connect() as first, server.connect() as second:
        first.sendall(ONE + b"\r\n{")  # its body is not whole
        second.sendall(ONE)  # its headers are not
        time.sleep(0.1)
        with server.connect() as third:
            got = read(third)
            assert (got.status, got.heads["retry-after"]) == (503, "1")
            assert got.json["detail"] == "more than 2 connections are open"
        first.sendall(b"}")
        second.sendall(b"\r\n{}")
        assert [read(line).status for line in (first, second)] == [200, 200]


@pytest.mark.parametrize(
    ("files", "most"), [(None, 1000), (4096, 1000), (1024, 824), (256, 64), (64, 16)]
)
def test_there_are_never_more_connections_than_files_that_may_be_open(
    files: int | None, most: int
) -> None:
    assert connections.protocol_for(files).most_open == most


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"GET\r\n\r\n",
        b"GET /predict HTTP/9.9\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n{}",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 9" + b"9" * 40 + b"\r\n\r\n{}",
        b"GET /pre\xff\xfedict HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
        b"CONNECT other:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http:// HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_of_ours_are_4xx_and_hurt_nobody(sent: bytes) -> None:
    with live(small_app()) as server:
        got = server.send(sent)
        assert 400 <= got.status < 500
        assert got.heads["content-type"] == "application/problem+json"
        assert server.ask("POST", "/predict", b"{}").status == 200


def test_who_reads_slowly_gets_all_and_who_does_not_read_loses_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "READ_S", 0.5)
    heard = Heard()
    ask = b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with live(small_app(listeners=[heard])) as server:
        with server.connect() as line:
            line.sendall(ask)
            size = 0
            for _ in range(8):  # takes longer than the limit, and never stops
                time.sleep(0.15)
                size += len(line.recv(2_000_000))
            while size < 30_000_000:
                part = line.recv(2_000_000)
                assert part, "the connection was closed"
                size += len(part)
        with server.connect() as line:
            line.sendall(ask)
            time.sleep(1.0)
            with pytest.raises((ConnectionResetError, IncompleteRead)):
                read(line)
        assert server.ask("GET", "/health/live").status == 200
