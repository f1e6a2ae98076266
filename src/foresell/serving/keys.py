"""Who may ask: API keys, compared in constant time, and read again when their file changes."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn, Protocol

from foresell.errors import ForesellError
from foresell.serving.problems import Refused
from foresell.spec.keys import Key, token_digest, token_id
from foresell.spec.serving import Scope

_LOOK_S = 0.5  # a key that was revoked opens nothing any more after this
_NOBODY = "0" * 64  # compared with where no key has the id, so that both cases take as long
_MEND = "send 'Authorization: Bearer fsk_...' or 'X-API-Key: fsk_...'; foresell keys create"


def presented(heads: Mapping[bytes, bytes]) -> str | None:
    """Return the token that a request shows, None where it shows none.

    ``Authorization: Bearer TOKEN`` (RFC 6750), or ``X-API-Key: TOKEN``; the first one counts.
    """
    bearer = heads.get(b"authorization")
    if bearer is None:
        token = heads.get(b"x-api-key")
        return None if token is None else token.decode("latin-1")
    kind, _, token = bearer.partition(b" ")
    return token.strip().decode("latin-1") if kind.lower() == b"bearer" else None


class KeySource(Protocol):
    """Where the keys are kept."""

    def stamp(self) -> object:
        """Return something that changes when they do; cheap."""
        ...

    def keys(self) -> Sequence[Key]:
        """Return all of them. Raises DataError or MachineError where they cannot be read."""
        ...


class KeyRing:
    """The keys as they are now. ``wall``: seconds since 1970; ``clock``: seconds that only grow.

    A list that cannot be read when the server starts is an error. One that is spoilt later leaves
    the keys as they were, and ``tell`` and ``trouble`` say so: a slip of the hand locks nobody out.
    A list that is gone holds no keys.
    """

    def __init__(
        self,
        source: KeySource,
        wall: Callable[[], float],
        clock: Callable[[], float],
        tell: Callable[[str], None],
    ) -> None:
        self._source, self._wall, self._clock, self._tell = source, wall, clock, tell
        self._stamp = source.stamp()
        self._keys = _by_id(source.keys())
        self._looked = clock()
        self.trouble = ""

    def __len__(self) -> int:
        """Return how many keys there are, expired ones among them."""
        return len(self._keys)

    def admit(self, token: str | None, scope: Scope | None) -> Key:
        """Return the key that ``token`` is.

        It is ``Refused`` by 401 where it is none that is known and not expired, by 403 where it
        does not allow ``scope``; None is allowed by every key.
        """
        if self._clock() - self._looked > _LOOK_S:
            self._look()
        if token is None:
            _refuse_unknown("this needs an API key", b"Bearer")
        claimed = token_id(token)
        key = self._keys.get(claimed or "")
        kept = _NOBODY if key is None else key.digest
        same = hmac.compare_digest(token_digest(token) if claimed else "", kept)
        if key is None or not same:
            _refuse_unknown("this API key is not known", b'Bearer error="invalid_token"')
        if self._is_over(key):
            _refuse_unknown("this API key has expired", b'Bearer error="invalid_token"')
        if scope is not None and scope not in key.scopes:
            _refuse_scope(scope)
        return key

    def still(self, key: Key) -> Key | None:
        """Return a key that was admitted before as it is now; None where it opens nothing more."""
        if self._clock() - self._looked > _LOOK_S:
            self._look()
        now = self._keys.get(key.id)
        return None if now is None or now.digest != key.digest or self._is_over(now) else now

    def _is_over(self, key: Key) -> bool:
        """Tell whether a key has expired."""
        return key.expires is not None and key.expires.timestamp() <= self._wall()

    def _look(self) -> None:
        """Read the keys again if they have changed."""
        self._looked = self._clock()
        stamp = self._source.stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = _by_id(self._source.keys())
        except ForesellError as error:
            self.trouble = error.what
            self._tell(f"the API keys cannot be read, those from before stand: {error.what}")
        else:
            self.trouble = ""


def _by_id(keys: Sequence[Key]) -> Mapping[str, Key]:
    return {key.id: key for key in keys}


def _refuse_unknown(what: str, challenge: bytes) -> NoReturn:
    """Refuse somebody who is not known.

    Raises:
        Refused: always.
    """
    raise Refused(
        what, "Authorization", _MEND, status=401, headers=((b"www-authenticate", challenge),)
    )


def _refuse_scope(scope: Scope) -> NoReturn:
    """Refuse a key that may do other things.

    Raises:
        Refused: always.
    """
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'.encode()
    raise Refused(
        f"this API key does not allow {scope!r}",
        "Authorization",
        f"use a key with that scope: foresell keys create NAME --scope {scope}",
        status=403,
        headers=((b"www-authenticate", challenge),),
    )
