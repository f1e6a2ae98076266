"""The file that lists API keys: read when it changes, written whole, by one process at a time."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from foresell.adapters.file_locks import lock
from foresell.errors import MachineError
from foresell.spec.keys import Key, keys_text, parse_keys

_OWN = 0o600  # rights: the file says which keys there are, if not the keys themselves


@dataclass(frozen=True)
class KeyFile:
    """The keys in one file; none where it is not there yet."""

    path: Path

    def stamp(self) -> object:
        """Return what changes whenever the file is replaced or written to; None where it is not.

        A file that cannot be looked at has the error as its stamp: `keys` then says what it is.
        """
        try:
            told = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            return error.errno
        return told.st_mtime_ns, told.st_size, told.st_ino

    def keys(self) -> tuple[Key, ...]:
        """Return the keys, in the order they were made.

        A list that is spoilt is a ``DataError``, one that cannot be read a ``MachineError``.
        """
        try:
            text = self.path.read_bytes().decode("utf-8", "replace")
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._trouble("read", error) from error
        return parse_keys(text, str(self.path))

    def change(self, to: Callable[[tuple[Key, ...]], tuple[Key, ...]]) -> None:
        """Put what ``to`` makes of the keys in their place; whoever reads sees either list whole.

        A folder that cannot be written is a ``MachineError``.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.with_name(f".{self.path.name}.lock").open("a") as handle:
                lock(handle)
                self._write(keys_text(to(self.keys())))
        except OSError as error:
            raise self._trouble("written", error) from error

    def exposed(self) -> bool:
        """Tell whether others than the owner of the file may read or write it."""
        try:
            return bool(self.path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
        except OSError:  # nothing is there to be read
            return False

    def _write(self, text: str) -> None:
        """Write the file beside its place, for its owner alone, and put it there."""
        draft = self.path.with_name(f".{self.path.name}.draft")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)

    def _trouble(self, verb: str, error: OSError) -> MachineError:
        """Return what is wrong with the file."""
        return MachineError(
            f"the list of API keys cannot be {verb}: {error.strerror}",
            str(self.path),
            "mend the rights of the file and its folder, or set FORESELL_KEYS to another file",
        )
