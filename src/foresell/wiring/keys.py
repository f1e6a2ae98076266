"""Where API keys meet their file, the clock and the dice."""

import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from foresell.adapters.key_file import KeyFile
from foresell.errors import UsageError
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


def now() -> datetime:
    """Return this moment, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def fresh_id() -> str:
    """Return an id that no other key has."""
    return secrets.token_hex(6)


def fresh_secret() -> str:
    """Return 256 random bits, as text."""
    return secrets.token_urlsafe(32)
