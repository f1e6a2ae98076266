"""API keys of servers from Python: made, listed, taken back.

``home``: where all state lives, ``FORESELL_HOME`` or ``./workspace`` by default; the keys are
listed in ``_serving/keys.json`` below it, or in the file that ``FORESELL_KEYS`` names. A server
that runs follows within a second.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from foresell.adapters.key_file import KeyFile
from foresell.errors import UsageError, nearest
from foresell.govern.moments import moment
from foresell.settings import read_settings
from foresell.spec.keys import Key, read_scopes, token_digest, token_text
from foresell.wiring import keys as wiring

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_LIKE_AN_ID = re.compile(r"[0-9a-f]{12}")
_DAYS = re.compile(r"([0-9]{1,5})d")
_SHOWN = 20  # names that an error lists


@dataclass(frozen=True, kw_only=True)
class CreatedKey:
    """A key that was just made. ``token`` is what its owner sends; it is kept nowhere."""

    key: Key
    token: str = field(repr=False)


def create_key(
    name: str,
    *,
    scopes: Iterable[str] = ("predict",),
    expires: str | datetime | timedelta | None = None,
    home: str | Path | None = None,
) -> CreatedKey:
    """Make a key that allows ``scopes``: ``predict``, ``explain``, ``read``, ``admin``.

    ``name``: for whom it is; it stands in logs. ``expires``: a time, a day (its end), or how long,
    ``90d``; by default never.

    Raises:
        UsageError: the name is none or taken, a scope is none, the moment is none or has passed.
    """
    if not _NAME.fullmatch(name) or _LIKE_AN_ID.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a key",
            "NAME",
            "begin with a letter or a digit; then up to 63 more of them, or . _ @ -",
        )
    now = wiring.now()
    token = token_text(wiring.fresh_id(), wiring.fresh_secret())
    key = Key(
        id=token.split("_")[1],
        name=name,
        digest=token_digest(token),
        scopes=read_scopes(scopes, "--scope"),
        created=now,
        expires=_expiry(expires, now),
    )

    def added(kept: tuple[Key, ...]) -> tuple[Key, ...]:
        """Return the keys with the new one at their end.

        Raises:
            UsageError: the name is taken.
        """
        if any(one.name == name for one in kept):
            mend = f"choose another, or take that one back: foresell keys revoke {name}"
            raise UsageError(f"there is a key named {name!r} already", "NAME", mend)
        return (*kept, key)

    _file(home).change(added)
    return CreatedKey(key=key, token=token)


def api_keys(*, home: str | Path | None = None) -> Sequence[Key]:
    """Return all keys, in the order they were made, expired ones among them."""
    return _file(home).keys()


def revoke_key(which: str, *, home: str | Path | None = None) -> Key:
    """Take a key back, by its name or its id, and return what it was; none is a ``UsageError``."""
    gone: list[Key] = []

    def without(kept: tuple[Key, ...]) -> tuple[Key, ...]:
        """Return the other keys.

        Raises:
            UsageError: there is no such key.
        """
        gone[:] = [one for one in kept if which in {one.id, one.name}]
        if not gone:
            known = [one.name for one in kept]
            mend = nearest(which, known, _SHOWN) if known else "there are none at all"
            raise UsageError(f"there is no key {which!r}", "KEY", mend)
        return tuple(one for one in kept if one not in gone)

    _file(home).change(without)
    return gone[0]


def exposed_keys(*, home: str | Path | None = None) -> Path | None:
    """Return the file of keys where others than its owner may read or write it, else None."""
    file = _file(home)
    return file.path if file.exposed() else None


def expired(key: Key) -> bool:
    """Tell whether a key opens nothing any more."""
    return key.expires is not None and key.expires <= wiring.now()


def _file(home: str | Path | None) -> KeyFile:
    """Return the file of keys."""
    return wiring.key_file(read_settings(None if home is None else Path(home)))


def _expiry(given: str | datetime | timedelta | None, now: datetime) -> datetime | None:
    """Return the moment that is meant, to the second.

    Raises:
        UsageError: it is none, or has passed.
    """
    if given is None:
        return None
    if isinstance(given, str) and (days := _DAYS.fullmatch(given.strip())):
        given = timedelta(days=int(days[1]))
    where = "--expires"
    try:
        until = now + given if isinstance(given, timedelta) else moment(given, where)
    except OverflowError:
        raise UsageError(f"{given} leads out of the calendar", where, "use less") from None
    if until <= now:
        raise UsageError("that moment has passed", where, "name one that is to come, or 90d")
    return until.replace(microsecond=0)
