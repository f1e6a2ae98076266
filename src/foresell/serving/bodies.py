"""The body of a request: of a type that is read here, within its cap, and in time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, NoReturn

from foresell.serving.problems import Refused

Receive = Callable[[], Awaitable[dict[str, Any]]]
WHOLE = "foresell.whole_body"  # in a scope's extensions: the body has come with the headers
_CHARSETS = (b"utf-8", b"utf8", b"us-ascii")  # the last is a part of the first
_LINGER_S = 2.0
_LINGER_BYTES = 32_000_000


class GoneError(Exception):
    """The caller went away before its request was answered."""


def check_type(heads: Mapping[bytes, bytes], accepts: tuple[bytes, ...], *, bare: bool) -> None:
    """Refuse a body that is not of a type that is read here, or is packed.

    ``bare``: it may have none. An empty type in ``accepts``: it need not say one. That plain forms
    and texts are refused is a guard too: they are what a page of the web may send anywhere without
    asking first.

    Raises:
        Refused: 415, with the types that are accepted.
    """
    told = heads.get(b"content-type")
    if told in accepts:
        kind: bytes | None = told
    else:
        kind = None if told is None else told.partition(b";")[0].strip().lower()
    untyped = kind is None and (b"" in accepts or (bare and not has_body(heads)))
    if kind not in accepts and not untyped:
        known = b", ".join(filter(None, accepts))
        raise Refused(
            "the body has no content type" if kind is None else "the body is of another type",
            "Content-Type",
            f"send {known.decode()}",
            status=415,
            headers=((b"accept", known),),
        )
    if kind is not told and told is not None:
        _check_charset(told)
    if heads.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Refused(
            "the body is packed",
            "Content-Encoding",
            "send it as it is",
            status=415,
            headers=((b"accept-encoding", b"identity"),),
        )


def _check_charset(told: bytes) -> None:
    """Refuse a content type that says another charset than the one that bodies are read in.

    Raises:
        Refused: 415.
    """
    for parameter in told.split(b";")[1:]:
        name, _, value = parameter.partition(b"=")
        if name.strip().lower() == b"charset" and value.strip(b' "\t').lower() not in _CHARSETS:
            raise Refused(
                "the body is in another charset than UTF-8",
                "Content-Type",
                "send it in UTF-8",
                status=415,
            )


def has_body(heads: Mapping[bytes, bytes]) -> bool:
    """Tell whether a body follows the headers."""
    return b"transfer-encoding" in heads or heads.get(b"content-length", b"0") != b"0"


def small_body(heads: Mapping[bytes, bytes], most: int) -> bool:
    """Tell whether what follows the headers is declared to be at most so many bytes, or nothing."""
    length = heads.get(b"content-length", b"0")
    return b"transfer-encoding" not in heads and length.isdigit() and int(length[:18]) <= most


async def read_body(
    receive: Receive, heads: Mapping[bytes, bytes], most: int, seconds: float, *, here: bool = False
) -> bytes:
    """Return the whole body; no more than ``most`` bytes are kept. See `_whole` for who goes away.

    ``here``: all of it has come, so that nothing is waited for: a timer costs more than reading it.

    Raises:
        Refused: 408, it is not here in time; 413, it is declared or turns out to be too long.
    """
    if b"content-length" in heads and not small_body(heads, most):
        refuse_length(most)
    if here:
        return await _whole(receive, most)
    try:
        async with asyncio.timeout(seconds):
            return await _whole(receive, most)
    except TimeoutError:
        raise Refused(
            f"the body was not whole after {seconds:g} s",
            "body",
            "send it faster, or fewer rows at once",
            status=408,
        ) from None


async def _whole(receive: Receive, most: int) -> bytes:
    """Return a body, which may come in parts; 413 if it is too long.

    Raises:
        GoneError: the caller went away.
    """
    parts: list[bytes] = []
    size = 0
    while (message := await receive())["type"] == "http.request":
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > most:
            refuse_length(most)
        if not message.get("more_body", False):
            return b"".join(parts)
    raise GoneError


async def linger(receive: Receive) -> None:
    """Take in, for a while, what still comes of a body that was refused, and drop it.

    A connection that is closed on unread bytes is reset, and the caller never sees the refusal.
    """
    size, more = 0, True
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            while more and size < _LINGER_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                more = message.get("more_body", False)


def refuse_length(most: int) -> NoReturn:
    """Refuse a body that is too long.

    Raises:
        Refused: always.
    """
    raise Refused(
        f"the body is longer than {most:,} bytes",
        "body",
        "ask for fewer rows at once",
        status=413,
    )


def refuse_crowd() -> NoReturn:
    """Refuse a large body while as many others as may be are held.

    Raises:
        Refused: always.
    """
    raise Refused(
        "too many large requests are being answered",
        "body",
        "ask again in a moment",
        status=503,
        headers=((b"retry-after", b"1"),),
    )
