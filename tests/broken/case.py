"""What a broken input is: files with one thing wrong, and what must be said of it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

Files = Mapping[str, bytes]
Change = Callable[[Files], Files]
VALUES = "mend the values at their source"
RAGGED = "mend or remove that line; fields are told apart by ','"
QUOTES = "mend the quotes of that record"
UNKNOWN = "remove it or add it to contract.yaml and project.yaml"
AGAIN = "get the file again"


class Broken(NamedTuple):
    """``change`` makes a good folder bad; ``what`` and ``mend`` are how those sentences begin."""

    change: Change
    what: str
    where: str
    mend: str


def content(name: str, made: bytes | str) -> Change:
    """Another content of one file."""
    return lambda files: {**files, name: made if isinstance(made, bytes) else made.encode()}


def anew(name: str, make: Callable[[bytes], bytes]) -> Change:
    """One file made from what it was."""
    return lambda files: {**files, name: make(files[name])}


def lines(name: str, make: Callable[[list[str]], list[str]]) -> Change:
    """One file made from the lines it had."""
    return anew(name, lambda text: "\n".join(make(text.decode().splitlines())).encode())


def rows(name: str, make: Callable[[list[str]], list[str]]) -> Change:
    """One file with the fields of every line made from what they were."""
    return lines(name, lambda text: [",".join(make(line.split(","))) for line in text])


def field(name: str, line: int, column: int, value: str) -> Change:
    """One field of one line, both counted from 1."""

    def make(text: list[str]) -> list[str]:
        row = text[line - 1].split(",")
        row[column - 1] = value
        return [*text[: line - 1], ",".join(row), *text[line:]]

    return lines(name, make)


def swapped(one: int, other: int) -> Callable[[list[str]], list[str]]:
    """Two fields in each other's place, counted from 1."""

    def make(row: list[str]) -> list[str]:
        row[one - 1], row[other - 1] = row[other - 1], row[one - 1]
        return row

    return make


def not_of(kind: str, column: str, value: str, count: int = 1) -> str:
    """What is said of values that are not of their type; the first of them is ``value``."""
    values, verb = ("value", "is") if count == 1 else ("values", "are")
    return f"{count} {values} of {column!r} {verb} not of type {kind}: {value!r}"
