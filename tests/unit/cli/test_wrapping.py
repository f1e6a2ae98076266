"""Sentences in a terminal: broken between words, and nowhere else."""

import io

import pytest

from foresell.cli.wrapping import WordConsole

SENTENCE = "  [dim]mend[/dim]  name one of the rows of the test by another column"
PATH = "/home/somebody/a/folder/with/a/long/name/report.html"


def shown(text: str, *, terminal: bool) -> list[str]:
    """What is printed on a screen of 30 characters."""
    out = io.StringIO()
    console = WordConsole(file=out, width=30, force_terminal=terminal, color_system=None)
    console.print(text, soft_wrap=True)
    return out.getvalue().splitlines()


def test_a_terminal_gets_whole_words_below_each_other() -> None:
    assert shown(SENTENCE, terminal=True) == [
        "  mend  name one of the rows",
        "  of the test by another",
        "  column",
    ]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_path_is_never_broken(terminal: bool) -> None:
    assert shown(PATH, terminal=terminal) == [PATH]


def test_where_nobody_looks_a_sentence_is_one_line() -> None:
    assert shown(SENTENCE, terminal=False) == [SENTENCE.replace("[dim]", "").replace("[/dim]", "")]
