"""Where API keys meet their file, the clock and the dice."""

import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from foresell.adapters.key_file import KeyFile
from foresell.errors import ForesellError, UsageError
from foresell.serving.keys import KeyRing
from foresell.settings import Settings
from foresell.spec.keys import Key


def key_file(settings: Settings) -> KeyFile:
    """Return the file that the settings name; it may not be there yet."""
    return KeyFile(settings.keys)


def key_ring(settings: Settings, tell: Callable[[str], None]) -> KeyRing:
    """Return the keys that a server asks for. ``tell`` hears what is wrong with their file.

    A list that cannot be read is a ``DataError`` or a ``MachineError``.

    Raises:
        UsageError: there is no key, and nobody could ask anything.
    """
    file = key_file(settings)
    ring = KeyRing(_Watched(file, tell), time.time, time.monotonic, tell)
    if not len(ring):
        raise UsageError(
            "callers need an API key here, and there is none",
            str(file.path),
            "make one: foresell keys create NAME; or let anybody ask: --no-keys",
        )
    return ring


def open_ring(settings: Settings, tell: Callable[[str], None] | None = None) -> KeyRing:
    """Return the keys as `key_ring` does, of which there may be none yet.

    Nor need they be readable: who looks without a key is not in need of them. ``tell`` hears of it,
    and nobody signs in before the list is mended.
    """
    said = tell or (lambda _: None)
    watched = _NoneAtFirst(_Watched(key_file(settings), said), said)
    return KeyRing(watched, time.time, time.monotonic, said)


class _Watched:
    """The keys of a file; says so when others may read it, at the start and whenever they may."""

    def __init__(self, file: KeyFile, tell: Callable[[str], None]) -> None:
        self._file, self._tell = file, tell
        self._exposed = False

    def stamp(self) -> object:
        """Return what changes when the keys do, and look at who may read them."""
        exposed = self._file.exposed()
        if exposed and not self._exposed:
            path = self._file.path
            self._tell(f"others than its owner may read or write {path}; chmod 600 mends it")
        self._exposed = exposed
        return self._file.stamp()

    def keys(self) -> Sequence[Key]:
        """Return all of them; errors as of `KeyFile.keys`."""
        return self._file.keys()


class _NoneAtFirst:
    """Keys of a source that may be spoilt when it is first read: then there are none."""

    def __init__(self, source: "_Watched", tell: Callable[[str], None]) -> None:
        self._source, self._tell = source, tell
        self._begun = False

    def stamp(self) -> object:
        """Return what changes when the keys do."""
        return self._source.stamp()

    def keys(self) -> Sequence[Key]:
        """Return all of them, none where they cannot be read the first time.

        Raises:
            ForesellError: they cannot be read later on; then those from before stand.
        """
        begun, self._begun = self._begun, True
        try:
            return self._source.keys()
        except ForesellError as error:
            if begun:
                raise
            self._tell(f"the API keys cannot be read, so nobody can sign in: {error.what}")
            return ()


def now() -> datetime:
    """Return this moment, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def fresh_id() -> str:
    """Return an id that no other key has."""
    return secrets.token_hex(6)


def fresh_secret() -> str:
    """Return 256 random bits, as text."""
    return secrets.token_urlsafe(32)
