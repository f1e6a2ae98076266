"""Which request a request is: its id, and its place in the trace of who asks."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foresell.serving.tracing import Trace, read_trace, request_id

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_the_trace_of_the_caller_goes_on_with_a_span_of_its_own() -> None:
    found = read_trace(f"00-{TRACE}-{SPAN}-01".encode())
    assert (found.trace_id, found.parent_id, found.sampled) == (TRACE, SPAN, True)
    assert re.fullmatch("[0-9a-f]{16}", found.span_id)
    assert found.span_id != SPAN
    assert found.header == f"00-{TRACE}-{found.span_id}-01".encode()


@pytest.mark.parametrize(
    ("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("03", True), ("ff", True)]
)
def test_only_the_last_flag_says_that_a_trace_is_kept(flags: str, sampled: bool) -> None:
    assert read_trace(f"00-{TRACE}-{SPAN}-{flags}".encode()).sampled is sampled


@pytest.mark.parametrize("more", ["", "-", "-what-the-future-says"])
def test_a_version_of_the_future_is_read_as_far_as_it_is_known(more: str) -> None:
    assert read_trace(f"cc-{TRACE}-{SPAN}-01{more}".encode()).trace_id == TRACE


# From the test suite of the specification: each of these starts a new trace.
@pytest.mark.parametrize(
    "header",
    [
        f"00-{TRACE}-{SPAN}-01-what",
        f"00-{TRACE}-{SPAN}-01-",
        f"cc-{TRACE}-{SPAN}-01.what",
        f"ff-{TRACE}-{SPAN}-01",
        f".0-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0",
        f"00-{TRACE}-{SPAN}-.0",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}0-{SPAN}-01",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        "",
    ],
)
def test_a_header_that_is_not_valid_starts_a_new_trace(header: str) -> None:
    found = read_trace(header.encode())
    assert found.trace_id != TRACE
    assert (found.parent_id, found.sampled) == ("", False)


@given(header=st.none() | st.binary(max_size=80))
@example(header=f"00-{TRACE}-{SPAN}-01".encode())
def test_whatever_comes_the_place_in_a_trace_is_one_that_others_can_read(
    header: bytes | None,
) -> None:
    found = read_trace(header)
    again = read_trace(found.header)
    assert (again.trace_id, again.parent_id) == (found.trace_id, found.span_id)
    assert again.sampled is found.sampled


def test_two_requests_without_a_trace_are_in_two() -> None:
    first, second = read_trace(None), read_trace(None)
    assert first.trace_id != second.trace_id
    assert isinstance(first, Trace)


@given(given_id=st.none() | st.binary(max_size=200))
def test_an_id_is_a_plain_word_whatever_was_given(given_id: bytes | None) -> None:
    found = request_id(given_id)
    assert re.fullmatch(r"[A-Za-z0-9._:+/=@-]{1,128}", found)
    if given_id is not None and re.fullmatch(rb"[A-Za-z0-9._:+/=@-]{1,128}", given_id):
        assert found == given_id.decode()


def test_ids_that_nobody_gave_are_never_the_same() -> None:
    assert len({request_id(None) for _ in range(1000)}) == 1000
