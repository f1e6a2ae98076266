"""Who looks: sessions that a key has opened, and what each may do."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from foresell.dashboard.page import Visitor
from foresell.serving.keys import KeyRing
from foresell.spec.keys import Key
from foresell.spec.serving import SCOPES, Scope

LONG_S = 12 * 3600  # a session ends after so many seconds, whatever is done in it
_EACH = 20  # sessions of one key; the oldest one ends for one more
_LONGEST = 8_192  # characters of cookies that are looked at
_OPEN: tuple[Scope, ...] = tuple(scope for scope in SCOPES if scope != "admin")


@dataclass(frozen=True, kw_only=True)
class Session:
    """One sign-in. ``key``: as it was then. ``token``: what forms send back. ``until``: its end."""

    key: Key
    token: str
    until: float


class Sessions:
    """Who has signed in. ``required``: who has not sees no page.

    A session is 256 random bits in a cookie; of these only the digest is kept, and only in memory:
    it ends after twelve hours, with the server, and as soon as its key is revoked or expires.
    ``clock``: seconds that only grow; ``dice``: 256 random bits as text of a URL.
    """

    def __init__(
        self,
        keys: KeyRing,
        *,
        required: bool,
        clock: Callable[[], float],
        dice: Callable[[], str],
    ) -> None:
        self.required = required
        self._keys, self._clock, self._dice = keys, clock, dice
        # Browsers do not tell the ports of a host apart: two servers must not share a name.
        self._name = f"foresell_{hashlib.sha256(dice().encode()).hexdigest()[:8]}"
        self._kept: dict[str, Session] = {}

    def __len__(self) -> int:
        """Return how many sessions are kept, some of which may have ended."""
        return len(self._kept)

    def visitor(self, heads: Mapping[bytes, bytes]) -> Visitor | None:
        """Return who a request comes from; None where it must sign in first."""
        found = self._found(heads)
        if found is None:
            return None if self.required else Visitor(scopes=_OPEN)
        session, key = found
        admin = "admin" in key.scopes
        free = () if self.required else _OPEN
        allowed = tuple(scope for scope in SCOPES if scope in {*free, *key.scopes})
        return Visitor(name=key.name, admin=admin, token=session.token, scopes=allowed)

    def begin(self, token: str, heads: Mapping[bytes, bytes]) -> bytes:
        """Open a session for who shows the ``token`` of a key; return the cookie that is it.

        It is a new one each time, and the one that ``heads`` bear ends: nobody can have prepared
        it. ``Refused`` as `KeyRing.admit` says: a key that may not look opens none.
        """
        key = self._keys.admit(token, "read" if self.required else None)
        self._drop(heads)
        now = self._clock()
        self._kept = {one: held for one, held in self._kept.items() if held.until > now}
        own = [one for one, held in self._kept.items() if held.key.id == key.id]
        for one in own[: max(0, len(own) - _EACH + 1)]:
            del self._kept[one]
        secret = self._dice()
        self._kept[_digest(secret)] = Session(key=key, token=self._dice(), until=now + LONG_S)
        return self._cookie(secret, LONG_S, heads)

    def end(self, heads: Mapping[bytes, bytes]) -> bytes:
        """End the session of a request; return the cookie that takes its own away."""
        self._drop(heads)
        return self._cookie("", 0, heads)

    def _found(self, heads: Mapping[bytes, bytes]) -> tuple[Session, Key] | None:
        """Return the session of a request and its key as it is now; None where there is none."""
        mark = self._mark(heads)
        session = self._kept.get(mark)
        if session is None:
            return None
        key = self._keys.still(session.key) if session.until > self._clock() else None
        if key is None or (self.required and "read" not in key.scopes):
            del self._kept[mark]
            return None
        return session, key

    def _drop(self, heads: Mapping[bytes, bytes]) -> None:
        """Forget the session of a request."""
        self._kept.pop(self._mark(heads), None)

    def _mark(self, heads: Mapping[bytes, bytes]) -> str:
        """Return the digest of the cookie that a request bears.

        Sessions are looked up by it, so that how long that takes tells nothing of any cookie.
        """
        told = heads.get(b"cookie", b"")[:_LONGEST].decode("latin-1")
        for pair in told.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self._name:
                return _digest(value)
        return ""

    def _cookie(self, secret: str, seconds: int, heads: Mapping[bytes, bytes]) -> bytes:
        """Return the header that sets the cookie: for no script, with no request from elsewhere.

        A browser that says it came by https is told to send it by nothing else.
        """
        secure = "; Secure" if heads.get(b"origin", b"").startswith(b"https://") else ""
        return (
            f"{self._name}={secret}; Path=/ui; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
        ).encode()


def _digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
