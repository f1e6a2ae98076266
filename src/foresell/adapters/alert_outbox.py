"""Messages of alerts that wait to be taken, in order, until they were.

Layout under ``root``: ``<place>/<number>-<state>-<key>.json``, an alert each, and beside them
``tried.json``: how the last sending there ended. A message appears whole, by a rename, and goes
when it was taken: who is killed in between leaves it, and it is told once more. What somebody who
was killed left half written is swept by the next who writes there.

A folder that cannot be read or written is a ``MachineError``, whatever was asked of it.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from foresell.adapters.file_locks import lock
from foresell.errors import DataError, MachineError
from foresell.spec.monitoring import Alert

_TRIED, _DRAFT = "tried.json", ".draft"
_DIGITS = 6
_MESSAGE = re.compile(r"(?P<number>[0-9]+)-(?P<same>(?:firing|resolved)-(?P<key>.+))")


@dataclass(frozen=True, kw_only=True)
class Tried:
    """How the last sending to a place ended (``at``: UTC, ISO): ``why`` it was not taken."""

    at: str
    why: str
    mend: str


_ALERT = TypeAdapter(Alert)
_ATTEMPT = TypeAdapter(Tried)


@dataclass(frozen=True, kw_only=True)
class Message:
    """An alert that waits for a place, as it was kept."""

    place: str
    file: Path
    content: bytes

    @property
    def alert(self) -> Alert:
        """What it says.

        Raises:
            DataError: it is no alert.
        """
        try:
            return _ALERT.validate_json(self.content)
        except ValidationError:
            raise DataError(
                "a message that waits cannot be read", str(self.file), "look at it, then remove it"
            ) from None


@dataclass(frozen=True)
class AlertOutbox:
    """The folder that holds it."""

    root: Path

    def put(self, place: str, alert: Alert) -> None:
        """Keep a message; one that waits for the same place with the same key and state is renewed.

        A ``MachineError``: it cannot be written.
        """
        name = f"{alert.state}-{alert.key}.json"
        with self._writing(place) as folder:
            there = _messages(folder)
            same = next((file for file in there if _part(file, "same") == name), None)
            number = 1 + max(map(_number, there), default=0)
            write_whole(
                same or folder / f"{number:0{_DIGITS}}-{name}",
                _ALERT.dump_json(alert, indent=1),
            )

    def places(self) -> list[str]:
        """Return the places for which something waits, sorted."""
        with _plainly(self.root):
            if not self.root.is_dir():
                return []
            there = [one for one in self.root.iterdir() if one.is_dir() and _messages(one)]
            return sorted(one.name for one in there)

    def waiting(self, place: str) -> list[Message]:
        """Return what waits for a place, oldest first."""
        found = []
        with _plainly(self.root / place):
            for file in _messages(self.root / place):
                try:
                    found.append(Message(place=place, file=file, content=file.read_bytes()))
                except FileNotFoundError:  # taken just now, by another sender
                    continue
        return found

    def count(self) -> int:
        """Return how many messages wait, for all places."""
        return sum(len(_messages(self.root / place)) for place in self.places())

    def taken(self, message: Message) -> None:
        """Drop a message that was taken, and older ones of its subject that were refused.

        One that was renewed since it was read still waits. An older one, of the same alert or of
        one before it, would say that an alert fires which is told to be over, or the reverse.
        """
        subject = _subject(message.file)
        with self._writing(message.place) as folder:
            for file in _messages(folder):
                if _number(file) < _number(message.file) and _subject(file) == subject:
                    file.unlink()
            if message.file.is_file() and message.file.read_bytes() == message.content:
                message.file.unlink()

    @contextmanager
    def sending(self, place: str) -> Iterator[None]:
        """Hold what waits for a place, for one sender; the lock dies with the process."""
        with _held(self.root / place / ".sending"):
            yield

    def tried(self, place: str, attempt: Tried | None) -> None:
        """Keep how the last sending to a place ended; None where all went well."""
        with self._writing(place) as folder:
            if attempt is None:
                (folder / _TRIED).unlink(missing_ok=True)
            else:
                write_whole(folder / _TRIED, _ATTEMPT.dump_json(attempt, indent=1))

    def last_try(self, place: str) -> Tried | None:
        """Return why the last sending to a place failed, None where it did not."""
        try:
            return _ATTEMPT.validate_json((self.root / place / _TRIED).read_bytes())
        except (OSError, ValidationError):
            return None

    @contextmanager
    def _writing(self, place: str) -> Iterator[Path]:
        """Hold the folder of a place while a message is put in or taken out; sweep drafts."""
        folder = self.root / place
        with _held(folder / ".writing"), _plainly(folder):
            for draft in folder.glob(f".*{_DRAFT}"):
                draft.unlink(missing_ok=True)
            yield folder


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a crash.

    One writer at a time: the caller holds a lock. A ``MachineError``: it cannot be written.
    """
    draft = path.with_name(f".{path.name}{_DRAFT}")
    with _plainly(path):
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Hold a lock, whose folder is made where it is missing; it dies with the process."""
    with _plainly(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("a")
    with handle:
        lock(handle)
        yield


@contextmanager
def _plainly(where: Path) -> Iterator[None]:
    """Say plainly that a disk is full, or may not be read or written.

    Raises:
        MachineError: it is.
    """
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"an alert cannot be kept: {error.strerror or error}",
            str(where),
            "free the disk, or mend the rights",
        ) from error


def _messages(folder: Path) -> list[Path]:
    """Return the files of messages in a folder, by number."""
    if not folder.is_dir():
        return []
    return sorted((one for one in folder.iterdir() if _MESSAGE.fullmatch(one.name)), key=_number)


def _number(file: Path) -> int:
    """Return the number of a message."""
    return int(_part(file, "number"))


def _subject(file: Path) -> str:
    """Return the project and subject of a message; its key ends with when the alert began."""
    key = _part(file, "key").removesuffix(".json")
    return key.rpartition(".")[0] or key


def _part(file: Path, name: str) -> str:
    """Return a part of the name of a message."""
    found = _MESSAGE.fullmatch(file.name)
    return found[name] if found else ""
