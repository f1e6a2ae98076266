"""By which names a server answers, and which pages of the web may read its answers."""

import pytest

from foresell.errors import UsageError
from foresell.serving.guards import Guards
from foresell.serving.hosts import ANY_ADDRESS, allowed_hosts, is_loopback
from tests.live_server import Got, Live, live
from tests.unit.serving.small_app import small_app

HERE = ("localhost", "127.0.0.1", "[::1]")
PAGE = "https://dashboard.example"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LocalHost:8000", 200),
        ("127.0.0.1:1", 200),
        ("[::1]", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("localhost:80@evil.example", 421),
        ("127.0.0.1.", 421),
        ("127.0.0.2", 421),
        ("localhost:x", 421),
        ("::1", 421),
        ("", 400),
    ],
)
def test_only_this_machines_own_names_are_answered_on_loopback(host: str, status: int) -> None:
    with live(small_app()) as server:
        got = server.ask("POST", "/predict", b"{}", {"Host": host})
        assert got.status == status
        assert server.ask("GET", "/health/live", None, {"Host": host}).status == status


def test_a_host_twice_or_not_at_all_is_400() -> None:
    with live(small_app()) as server:
        twice = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"
        assert server.send(twice).json["detail"] == "a header is there twice"
        none = b"GET /health/live HTTP/1.1\r\nX: y\r\n\r\n"
        assert server.send(none).json["detail"] == "the request says no host"


def test_a_header_that_decides_is_there_once() -> None:
    with live(small_app()) as server:
        for name in (b"Content-Type: application/json", b"Authorization: a", b"X-API-Key: a"):
            got = server.send(
                b"POST /predict HTTP/1.1\r\nHost: localhost\r\n" + (name + b"\r\n") * 2 + b"\r\n"
            )
            assert (got.status, got.json["detail"]) == (400, "a header is there twice")


@pytest.mark.parametrize(
    ("bind", "names", "keys", "allowed"),
    [
        ("127.0.0.1", [], True, HERE),
        ("127.0.0.7", [], False, (*HERE, "127.0.0.7")),
        ("::1", ["box"], False, (*HERE, "box")),
        ("192.0.2.7", [], True, ()),
        ("192.0.2.7", [], False, (*HERE, ANY_ADDRESS)),
        ("", [], False, (*HERE, ANY_ADDRESS)),
        ("Box", [], False, (*HERE, "box", ANY_ADDRESS)),
        ("::", ["api.example"], True, ("api.example",)),
        ("box", ["api.example"], False, ("api.example",)),
    ],
)
def test_where_it_binds_says_by_which_names_it_is_asked(
    bind: str,
    names: list[str],
    keys: bool,
    allowed: tuple[str, ...],
) -> None:
    assert allowed_hosts(bind, names, keys=keys) == allowed


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("192.0.2.7", 200),
        ("10.1.2.3:8000", 200),
        ("[2001:db8::7]:8000", 200),
        ("evil.example", 421),
        ("192.0.2.7.evil.example", 421),
        ("any.address", 421),
        ("1.2.3", 421),
        ("[evil.example]", 421),
        ("\xff", 421),
    ],
)
def test_a_server_without_keys_and_names_is_asked_by_address_only(host: str, status: int) -> None:
    guards = Guards(hosts=allowed_hosts("192.0.2.7", [], keys=False))
    with live(small_app(guards)) as server:
        head = b"POST /admin/reload HTTP/1.1\r\nHost: " + host.encode("latin-1")
        assert server.send(head + b"\r\n\r\n").status == status


def test_what_may_be_reached_from_elsewhere_is_not_loopback() -> None:
    binds = ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]", "192.0.2.7", "::", "", "box"]
    assert [is_loopback(bind) for bind in binds] == [True] * 5 + [False] * 4


def ask(server: Live, origin: str) -> Got:
    return server.ask("POST", "/predict", b"{}", {"Origin": origin})


def test_without_a_word_no_page_may_read_an_answer() -> None:
    with live(small_app()) as server:
        got = ask(server, PAGE)
        assert not [name for name in got.heads if name.startswith("access-control")]
        preflight = server.ask(
            "OPTIONS", "/predict", None, {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
        )
        assert not [name for name in preflight.heads if name.startswith("access-control")]


def test_a_named_origin_may_read_answers_and_refusals_and_no_other_may() -> None:
    with live(small_app(Guards(cors=(PAGE,)))) as server:
        got = ask(server, PAGE)
        assert got.heads["access-control-allow-origin"] == PAGE
        assert got.heads["vary"] == "origin"
        assert "x-request-id" in got.heads["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in got.heads
        refused = server.ask("POST", "/nowhere", b"{}", {"Origin": PAGE})
        assert refused.heads["access-control-allow-origin"] == PAGE
        for other in ("https://evil.example", f"{PAGE}.evil.example", "null", f"{PAGE}:8443", "*"):
            told = ask(server, other).heads
            assert "access-control-allow-origin" not in told
            assert told["vary"] == "origin"


def test_a_named_origin_is_told_what_it_may_send() -> None:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    with live(small_app(Guards(cors=(PAGE,)))) as server:
        got = server.ask("OPTIONS", "/predict", None, asked)
        assert (got.status, got.heads["access-control-allow-methods"]) == (204, "OPTIONS, POST")
        assert got.heads["access-control-allow-origin"] == PAGE
        assert "authorization" in got.heads["access-control-allow-headers"]
        told = server.ask("OPTIONS", "/predict", None, {**asked, "Origin": "https://x.example"})
        assert "access-control-allow-methods" not in told.heads


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "dashboard.example", "https://", "https://*.example", "https://a/", "file:///a"],
)
def test_a_pattern_or_a_page_is_no_origin(origin: str) -> None:
    with pytest.raises(UsageError, match="is no web origin"):
        Guards(cors=(origin,))
