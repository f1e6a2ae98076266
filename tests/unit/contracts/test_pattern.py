import re
from typing import Any

import polars as pl
import psycopg
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from foresell.contracts.pattern import plain_pattern, whole
from foresell.errors import SpecError

SAME = {
    "S[0-9]{4}": "S[0-9]{4}",
    "^[A-Z]+$": "[A-Z]+",
    "(a|b)?": "(?:a|b)?",
    "(?:a|b){2,}": "(?:a|b){2,}",
    "a.c": "a[^\\n]c",
    "a\\.c\\$": "a\\.c\\$",
    "[^a-z\\]\\-]": "[^a-z\\]\\-]",
    "a\\-b": "a-b",
    "\\^|x$": "\\^|x",
    "cost\\$": "cost\\$",
    "": "",
    "é{2}": "é{2}",
}
REFUSED = {
    "\\d{4}": "write [0-9]",
    "\\w": "write [A-Za-z0-9_]",
    "\\bx": "write the characters that are meant, as in [A-Z]",
    "(a)\\1": "write the characters that are meant, as in [A-Z]",
    "(?i)a": "use ( ) without ?, or (?: )",
    "(?=a)": "use ( ) without ?, or (?: )",
    "a+?": "keep one",
    "a{2}{3}": "keep one",
    "a{300}": "write {n}, {n,} or {n,m} up to 255; \\{ for the character",
    "a{3,2}": "write {n}, {n,} or {n,m} up to 255; \\{ for the character",
    "a{,2}": "write {n}, {n,} or {n,m} up to 255; \\{ for the character",
    "a{": "write {n}, {n,} or {n,m} up to 255; \\{ for the character",
    "*a": "write \\* for the character itself",
    "a^b": "take it out: a pattern always describes the whole value",
    "(a": "close it, or write \\( for the character",
    "a)": "write \\) for the character itself",
    "[a": "write \\[ for the character itself",
    "[]": "write \\[ for the character itself",
    "[z-a]": "write a-z",
    "[[:alpha:]]": "write \\[",
    "[a&&b]": "write \\&",
    "a\\": "write the characters that are meant, as in [A-Z]",
    "a\0": "no text in a database holds it",
}


@pytest.mark.parametrize(("pattern", "plain"), SAME.items())
def test_a_pattern_is_put_in_one_plain_spelling(pattern: str, plain: str) -> None:
    assert plain_pattern(pattern, "here") == plain
    assert plain_pattern(plain, "here") == plain


@pytest.mark.parametrize(("pattern", "mend"), REFUSED.items())
def test_what_engines_read_differently_is_refused(pattern: str, mend: str) -> None:
    with pytest.raises(SpecError) as caught:
        plain_pattern(pattern, "column 'x'")
    assert caught.value.what.startswith(f"the pattern {pattern!r}: ")
    assert (caught.value.where, caught.value.mend) == ("column 'x'", mend)


CHARS = st.sampled_from([*"abA09 -é]", "\\^", "\\.", "\\$", "\\\\", "\\n", "\\-", "\\{", "."])
CLASS = st.tuples(
    st.sampled_from(["", "^"]),
    st.lists(st.sampled_from(["a-c", "0-9", "é", "\\]", "\\-", "_"]), min_size=1),
).map(lambda t: f"[{t[0]}{''.join(t[1])}]")
PATTERN = st.recursive(
    st.one_of(CHARS, CLASS),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,}", "{0,3}"])).map(
            lambda t: f"({t[0]}){t[1]}"
        ),
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda t: f"({t[0]}|{t[1]})"),
    ),
    max_leaves=5,
)
VALUE = st.text(st.sampled_from("abcA09 -é]^.$\\\n{_x"), max_size=4)


@pytest.mark.filterwarnings("ignore")
@settings(deadline=None, max_examples=150, phases=[Phase.generate])
@given(pattern=PATTERN, values=st.lists(VALUE, min_size=1, max_size=8))
def test_an_allowed_pattern_matches_the_same_values_in_every_engine(
    pattern: str, values: list[str], database: psycopg.Connection[Any]
) -> None:
    plain = plain_pattern(pattern, "here")
    in_python = [re.fullmatch(plain, value) is not None for value in values]
    assert pl.Series(values).str.contains(whole(plain)).to_list() == in_python
    asked = database.execute(
        "SELECT array_agg(v ~ %s ORDER BY i) FROM unnest(%s::text[]) WITH ORDINALITY AS t(v, i)",
        [whole(plain), values],
    )
    assert asked.fetchone() == (in_python,)
