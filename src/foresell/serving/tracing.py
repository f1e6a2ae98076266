"""Which request this is: its own id, and its place in a trace that began elsewhere (W3C)."""

import re
from os import urandom
from typing import NamedTuple

REQUEST_ID = b"x-request-id"
TRACEPARENT = b"traceparent"
TRACERESPONSE = b"traceresponse"  # as OpenTelemetry's response propagators call it
_ID = re.compile(rb"[A-Za-z0-9._:+/=@-]{1,128}")  # nothing that could break a line of a log
_VERSION_0 = 55  # characters of a traceparent of version 00
_PARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class Trace(NamedTuple):
    """This request's place in a trace.

    ``trace_id``: 32 hexadecimal digits, those of the caller where it told them. ``span_id``: 16, of
    this request alone. ``parent_id``: the span of the caller, empty where it told none.
    ``sampled``: the caller keeps this trace.
    """

    trace_id: str
    span_id: str
    parent_id: str = ""
    sampled: bool = False

    @property
    def header(self) -> bytes:
        """The value of a ``traceresponse``, which names the span of this request.

        It is written like a ``traceparent``.
        """
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}".encode()


def request_id(given: bytes | None) -> str:
    """Return the id of a request: the one that was ``given`` where it is a plain word, else a new.

    >>> request_id(b"order-7f3a")
    'order-7f3a'
    >>> len(request_id(b"two words")), len(request_id(None))
    (32, 32)
    """
    if given is not None and _ID.fullmatch(given):
        return given.decode("ascii")
    return urandom(16).hex()


def read_trace(given: bytes | None) -> Trace:
    """Return the place of a request in the trace that its ``traceparent`` names, else in a new one.

    What is no valid header starts a new trace, as the specification asks; so does None.
    Source: W3C, *Trace Context*, Recommendation of 23 November 2021, 3.2 and 4.3.

    >>> found = read_trace(b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    >>> found.trace_id, found.parent_id, found.sampled
    ('4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7', True)
    >>> read_trace(b"00-00000000000000000000000000000000-00f067aa0ba902b7-01").parent_id
    ''
    """
    if given is not None and (found := _parent(given)) is not None:
        trace, span, flags = found
        return Trace(trace, urandom(8).hex(), span, bool(flags & 1))
    fresh = urandom(24).hex()
    return Trace(fresh[:32], fresh[32:])


def _parent(given: bytes) -> tuple[str, str, int] | None:
    """Return the trace, the span and the flags of a ``traceparent``, None where it is no valid one.

    A version of the future may say more behind a dash; version 00 may not.
    """
    found = _PARENT.fullmatch(given)
    if found is None or found[1] == b"ff" or (found[1] == b"00" and len(given) != _VERSION_0):
        return None
    if not found[2].strip(b"0") or not found[3].strip(b"0"):
        return None
    return found[2].decode(), found[3].decode(), int(found[4], 16)
