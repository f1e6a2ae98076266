"""What browsers are told of an answer, and which pages of the web may read it."""

from collections.abc import Mapping, Sequence

from foresell.serving.exchange import Reply

# By OWASP's REST Security Cheat Sheet; an answer may bring its own instead, as the docs page does.
SECURITY: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_MAY_SEND = b"authorization, content-type, x-api-key, x-request-id, traceparent"
_MAY_READ = b"x-request-id, retry-after, ratelimit, ratelimit-policy"
_DAY_S = b"86400"
_NO_CONTENT = 204  # RFC 9110, 8.6: it says no length


def sent_headers(reply: Reply, request_id: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer: its own, and the guards' where it has none of that name."""
    heads = [(b"x-request-id", request_id.encode("ascii"))]
    if reply.status != _NO_CONTENT:
        heads.append((b"content-type", reply.media_type))
        heads.append((b"content-length", b"%d" % len(reply.body)))
    if not reply.headers:
        heads += SECURITY
        return heads
    own = {name for name, _ in reply.headers}
    heads += [pair for pair in SECURITY if pair[0] not in own]
    heads += reply.headers
    return heads


def origin_headers(
    origin: bytes | None, allowed: frozenset[bytes]
) -> Sequence[tuple[bytes, bytes]]:
    """Return what lets the page of an ``allowed`` origin read the answer; nothing for any other."""
    if not allowed:
        return ()
    vary = (b"vary", b"origin")  # an answer for one origin is not one for another
    if origin not in allowed or origin is None:
        return (vary,)
    return (
        vary,
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", _MAY_READ),
    )


def options_headers(
    heads: Mapping[bytes, bytes], methods: Sequence[str], allowed: frozenset[bytes]
) -> Sequence[tuple[bytes, bytes]]:
    """Return the headers of an answer to OPTIONS: the methods, and what a page may send."""
    listed = ", ".join(methods).encode()
    own: list[tuple[bytes, bytes]] = [(b"allow", listed)]
    if heads.get(b"origin") in allowed and b"access-control-request-method" in heads:
        own += [
            (b"access-control-allow-methods", listed),
            (b"access-control-allow-headers", _MAY_SEND),
            (b"access-control-max-age", _DAY_S),
        ]
    return own
