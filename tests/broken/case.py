"""What a broken input is: files with one thing wrong, and what must be said of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Files = Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Broken:
    """``break_it`` makes the files of a good folder bad. ``mend``: a part of that sentence."""

    break_it: Callable[[Files], Files]
    what: str
    where: str
    mend: str
    stage: str = "ingest"


def content(name: str, made: bytes | str) -> Callable[[Files], Files]:
    """Another content of one file."""
    return lambda files: {**files, name: made if isinstance(made, bytes) else made.encode()}


def change(name: str, *pairs: tuple[str, str], times: int = 1) -> Callable[[Files], Files]:
    """Words of one file replaced: the first time they occur, or ``times`` (-1: always)."""

    def changed(files: Files) -> Files:
        made = files[name]
        for old, new in pairs:
            assert old.encode() in made, (name, old)
            made = made.replace(old.encode(), new.encode(), times)
        return {**files, name: made}

    return changed


def anew(name: str, make: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    """One file made from what it was."""
    return lambda files: {**files, name: make(files[name])}


def fields(
    name: str, make: Callable[[list[str]], list[str]], separator: str = ","
) -> Callable[[Files], Files]:
    """One file with the fields of every line made from what they were."""

    def made(content: bytes) -> bytes:
        lines = [make(line.split(",")) for line in content.decode().splitlines()]
        return "\n".join(separator.join(line) for line in lines).encode()

    return anew(name, made)
