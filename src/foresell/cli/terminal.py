"""What every command prints with: a console as wide as whoever reads, text without markup, JSON."""

import json
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_PLAIN_SIZE = (120, 25)  # where nobody looks at a terminal: a file, a pipe, a log


def screen(*, stderr: bool = False) -> "Console":
    """Return the console of standard output or standard error.

    It is as wide as the terminal; elsewhere as the variable COLUMNS says, or 120 characters.
    """
    from rich.console import Console  # noqa: PLC0415 - only when something is shown

    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = shutil.get_terminal_size(_PLAIN_SIZE).columns
    return console


def plain(text: str) -> str:
    r"""Return ``text`` with Rich's square brackets made harmless.

    >>> plain("an [XL] shirt")
    'an \\[XL] shirt'
    """
    return text.replace("[", "\\[")


def print_json(value: object) -> None:
    """Print ``value`` for a program; what JSON has no word for as text."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
