"""What every command prints with: a console as wide as whoever reads, text without markup, JSON."""

import json
import re
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_PLAIN_SIZE = (120, 25)  # where nobody looks at a terminal: a file, a pipe, a log
_VALUE = 40  # characters of a value of the data that are shown
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but a tab and a new line


def screen(*, stderr: bool = False) -> "Console":
    """Return the console of standard output or standard error.

    It is as wide as the terminal, and breaks sentences between words; elsewhere as wide as the
    variable COLUMNS says, or 120 characters.
    """
    from foresell.cli.wrapping import WordConsole  # noqa: PLC0415 - only when something is shown

    console = WordConsole(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = shutil.get_terminal_size(_PLAIN_SIZE).columns
    return console


def plain(text: str) -> str:
    r"""Return ``text`` with Rich's square brackets made harmless, and what would steer a terminal.

    >>> plain("an [XL] shirt"), plain("red\x1b[31m")
    ('an \\[XL] shirt', 'red\\x1b\\[31m')
    """
    return _CONTROL.sub(_escaped, text).replace("[", "\\[")


def one_line(value: object, most: int = _VALUE) -> str:
    r"""Return a value of the data as a person reads it: one line, not longer than ``most``.

    >>> one_line(None), one_line(True), one_line(80.0), one_line("a\nb"), one_line("long", 3)
    ('missing', 'true', '80', 'a\\nb', 'lo…')
    """
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).removesuffix(".0") if isinstance(value, float) else str(value)
    text = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _escaped(found: re.Match[str]) -> str:
    """Return a control character as Python writes it."""
    return repr(found[0])[1:-1]


def print_json(value: object) -> None:
    """Print ``value`` for a program; what JSON has no word for as text."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
