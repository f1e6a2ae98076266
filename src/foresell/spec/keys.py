"""API keys: what is kept of one, how its token is written, and the file that lists them."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from foresell.errors import DataError, UsageError, nearest
from foresell.spec.serving import SCOPES, Scope

_TOKEN = re.compile(r"fsk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_ID = re.compile(r"[0-9a-f]{12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FORMAT = 1
_MEND = "mend the file by hand, or move it away and create the keys again: foresell keys create"


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key. Its secret is not kept: ``digest`` is the sha256 of the token, in hex.

    The secret is 256 random bits, so that its plain digest can be neither guessed nor looked up; a
    slow one, as passwords need, would only cost every request. ``expires``: from that moment on it
    opens nothing; None for never.
    """

    id: str
    name: str
    digest: str
    scopes: tuple[Scope, ...]
    created: datetime
    expires: datetime | None = None


def token_text(key_id: str, secret: str) -> str:
    """Return the token of a key: what its owner sends."""
    return f"fsk_{key_id}_{secret}"


def token_id(token: str) -> str | None:
    """Return the id of the key that a token claims to be; None for a text that is no token.

    >>> token_id("fsk_0123456789ab_" + "x" * 43), token_id("fsk_x")
    ('0123456789ab', None)
    """
    found = _TOKEN.fullmatch(token)
    return found[1] if found else None


def token_digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def read_scopes(words: Iterable[str], where: str) -> tuple[Scope, ...]:
    """Return scopes in their own order, each once.

    Raises:
        UsageError: none is given, or one that there is not.
    """
    asked = set(words)
    for word in sorted(asked):
        if word not in SCOPES:
            raise UsageError(f"there is no scope {word!r}", where, nearest(word, SCOPES))
    if not asked:
        raise UsageError("a key without a scope opens nothing", where, f"use {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in asked)


def keys_text(keys: Iterable[Key]) -> str:
    """Return the file that lists ``keys``."""
    listed = [
        {
            "id": key.id,
            "name": key.name,
            "sha256": key.digest,
            "scopes": list(key.scopes),
            "created": _written(key.created),
            "expires": None if key.expires is None else _written(key.expires),
        }
        for key in keys
    ]
    return json.dumps({"format": _FORMAT, "keys": listed}, indent=2, ensure_ascii=False) + "\n"


def parse_keys(text: str, where: str) -> tuple[Key, ...]:
    """Return the keys that a file lists, in its order.

    Raises:
        DataError: it is no such file, or two keys bear one id.
    """
    try:
        told = json.loads(text)
        if told["format"] != _FORMAT:
            raise DataError(f"its format is {told['format']!r}, not {_FORMAT}", where, _MEND)
        keys = tuple(_parsed(one) for one in told["keys"])
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise DataError("this is no list of API keys", where, _MEND) from error
    if len({key.id for key in keys}) < len(keys):
        raise DataError("two keys bear the same id", where, _MEND)
    return keys


def _parsed(told: Any) -> Key:
    """Return one key.

    Raises:
        ValueError: its id, its digest or a moment is none.
    """
    if not (_ID.fullmatch(told["id"]) and _DIGEST.fullmatch(told["sha256"])):
        raise ValueError(told["id"])
    expires = told["expires"]
    return Key(
        id=told["id"],
        name=str(told["name"]),
        digest=told["sha256"],
        scopes=read_scopes(told["scopes"], "scopes"),
        created=_moment(told["created"]),
        expires=None if expires is None else _moment(expires),
    )


def _moment(text: str) -> datetime:
    """Return a moment.

    Raises:
        ValueError: it has no zone, so that nobody knows when it is.
    """
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(text)
    return read.astimezone(UTC)


def _written(moment: datetime) -> str:
    """Return a moment as the file has it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
