"""Where a form came from, whose it is, and where it may lead."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foresell.dashboard.forms import form_of, inner, own_token, refuse_elsewhere
from foresell.dashboard.page import Visitor
from foresell.serving.problems import Refused

HOST = b"box.example:8080"


@pytest.mark.parametrize(
    "heads",
    [
        {b"sec-fetch-site": b"same-origin"},
        {b"sec-fetch-site": b"same-origin", b"origin": b"https://outside.example", b"host": HOST},
        {b"origin": b"http://box.example:8080", b"host": HOST},
        {b"origin": b"https://BOX.example:8080", b"host": HOST},
        {b"origin": b"http://[::1]:8080", b"host": b"[::1]:8080"},
    ],
)
def test_a_form_of_our_own_page_is_taken(heads: dict[bytes, bytes]) -> None:
    refuse_elsewhere(heads)


@pytest.mark.parametrize(
    "heads",
    [
        {},
        {b"host": HOST},
        {b"origin": b"null", b"host": HOST},
        {b"origin": b"http://", b"host": b""},
        {b"origin": b"", b"host": b""},
        {b"origin": b"http://evil.example", b"host": HOST},
        {b"origin": b"http://box.example", b"host": HOST},
        {b"origin": b"http://box.example:8080.evil.example", b"host": HOST},
        {b"origin": b"file://box.example:8080", b"host": HOST},
        {b"sec-fetch-site": b"cross-site", b"origin": b"http://box.example:8080", b"host": HOST},
        {b"sec-fetch-site": b"same-site", b"origin": b"http://box.example:8080", b"host": HOST},
        {b"sec-fetch-site": b"none", b"host": HOST},
    ],
)
def test_a_form_from_anywhere_else_is_refused(heads: dict[bytes, bytes]) -> None:
    with pytest.raises(Refused) as refused:
        refuse_elsewhere(heads)

    assert refused.value.status == 403


def test_a_form_is_of_the_session_whose_token_it_bears_and_of_no_other() -> None:
    ana = Visitor(name="ana", token="t" * 43)

    assert own_token(ana, {"token": ("t" * 43,)})
    for told in ((), ("",), ("t" * 42,), ("T" * 43,), ("t" * 43, "x"), ("ü",)):
        assert not own_token(ana, {"token": told} if told else {})
    assert not own_token(Visitor(), {"token": ("",)})
    assert not own_token(Visitor(), {})


@given(st.text(max_size=60))
@example("//evil.example")
@example("/ui//evil.example")
@example("/ui\\..\\evil.example")
@example("/\tui")
@example("/ui\r\nset-cookie: a=b")
@example("/ui/../../evil")
@example("https://evil.example/ui")
@example("/ui@evil.example")
@example("javascript:alert(1)")
def test_one_is_led_back_to_our_own_pages_and_nowhere_else(address: str) -> None:
    place = inner(address)

    led = urlsplit(urljoin("http://box.example:8080/ui/sign-in", place))
    assert (led.scheme, led.netloc) == ("http", "box.example:8080")
    assert place == "/ui" or place.startswith(("/ui/", "/ui?"))
    assert place.isascii()
    assert not set(place) & set(" \t\r\n\\")


@pytest.mark.parametrize("address", ["/ui/sign-in", "/ui/sign-out", "/ui/sign-in?back=/ui"])
def test_nobody_is_led_from_signing_in_to_signing_in(address: str) -> None:
    assert inner(address) == "/ui"


@pytest.mark.parametrize("body", [b"a=%ff", b"\xff=1", b"&".join([b"a=1"] * 61)])
def test_what_is_no_form_of_ours_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        form_of(body)

    assert refused.value.status == 422


def test_a_form_is_read_as_browsers_write_it() -> None:
    body = b"reason=fewer+errors+%26+r%C3%BCckw%C3%A4rts&a=1&a=2"

    assert form_of(body) == {"reason": ("fewer errors & rückwärts",), "a": ("1", "2")}
