"""What a database says is told on one line, and never with its secret."""

import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.adapters.sqlstates import told

AS_IT_STANDS: list[Callable[[str], str]] = [
    str,
    json.dumps,
    repr,
    quote,
    quote_plus,
    lambda secret: quote(secret, safe=""),
    lambda secret: secret.replace("'", "''"),
    lambda secret: secret.replace("\\", "\\\\").replace("'", "\\'"),
]
# A secret shorter than this may stand in what is said by chance.
secrets = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=4, max_size=20
)
words = st.text("abcdef: @/\"'\n", max_size=20)


@pytest.mark.parametrize("written", AS_IT_STANDS)
@given(secret=secrets, before=words, after=words)
def test_no_secret_is_told_however_it_is_written(
    written: Callable[[str], str], secret: str, before: str, after: str
) -> None:
    shown = written(secret).strip("\"'")
    found = told(f"{before}{written(secret)}{after}")
    if shown.strip() and shown not in f"{before} {after}":
        found = told(f"{before}{written(secret)}{after}", secret)
        assert "***" in found
        assert shown not in found.replace("***", "\0")


def test_what_is_said_is_one_line_and_not_too_long() -> None:
    assert told("a\n  b\tc") == "a b c"
    assert told("x" * 500) == f"{'x' * 300} ..."
    assert told(f"{'x' * 298}secret", "secret") == f"{'x' * 298}** ..."


def test_without_a_secret_nothing_is_taken_out() -> None:
    assert told("a *** b", "") == "a *** b"
