"""A console that breaks long lines between words where somebody reads it in a terminal."""

import re
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_WORD = re.compile(r"\s*\S+")


class WordConsole(Console):
    """Rich's console; text that is printed with ``soft_wrap`` is wrapped at words in a terminal.

    A word that is wider than the screen, such as a path, stays whole, so that it can be copied.
    Where nobody looks at a terminal a sentence stays on one line.
    """

    def print(self, *objects: Any, soft_wrap: bool | None = None, **how: Any) -> None:
        """Print as Rich does."""
        if not (soft_wrap and self.is_terminal and len(objects) == 1):
            super().print(*objects, soft_wrap=soft_wrap, **how)
            return
        text = objects[0]
        whole = text if isinstance(text, Text) else Text.from_markup(str(text))
        for line in whole.split("\n", allow_blank=True):
            indent = Text(" " * _indent(line.plain))
            for at, piece in enumerate(line.divide(_breaks(line.plain, self.width))):
                piece.rstrip()
                super().print(indent + piece if at else piece, soft_wrap=True, **how)


def _indent(line: str) -> int:
    """Return how many blanks a line begins with."""
    return len(line) - len(line.lstrip(" "))


def _breaks(line: str, width: int) -> list[int]:
    """Return the places in ``line`` at which a new one of at most ``width`` cells begins.

    The new ones are indented as the first is.

    >>> _breaks("one two three", 7), _breaks("/a/very/long/path", 7)
    ([8], [])
    """
    places, begun, room = [], 0, width
    for word in _WORD.finditer(line):
        if begun < word.start() and cell_len(line[begun : word.end()]) > room:
            begun = word.end() - len(word[0].lstrip())
            places.append(begun)
            room = width - _indent(line)
    return places
