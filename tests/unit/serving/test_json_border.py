"""JSON at the border: what is no plain JSON is refused, with its place and without its values."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.serving.json_border import parse_json, parse_with_nan
from foresell.serving.problems import Refused

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(values, st.booleans())
def test_json_is_read_as_what_was_written(value: Any, ascii_only: bool) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(max_size=3), st.text(max_size=5), max_size=4), min_size=1),
    st.integers(2000, 3000),
    st.data(),
)
def test_a_name_that_stands_twice_is_refused_however_long_the_body_is(
    rows: list[dict[str, str]], padding: int, data: st.DataObject
) -> None:
    told = [json.dumps(row) for row in rows]
    at = data.draw(st.integers(0, len(rows) - 1))
    body = f'{{"rows": [{", ".join(told)}]}}{" " * padding}'.encode()
    assert parse_json(body) == {"rows": rows}

    told[at] = f'{{"n": 1, "m": {told[at]}, "n": 2}}'
    with pytest.raises(Refused, match="the field 'n' stands twice in one object") as refused:
        parse_json(f'{{"rows": [{", ".join(told)}]}}{" " * padding}'.encode())

    assert refused.value.status == 422


@pytest.mark.parametrize(
    ("body", "status", "what", "where"),
    [
        (b"", 400, "the body is empty", "body, line 1, column 0"),
        (b" \n ", 400, "the body is empty", "body, line 2, column 1"),
        (b'{"a":\n nope}', 400, "not JSON: expected ident", "body, line 2, column 3"),
        (b'{"a": 1} x', 400, "not JSON: trailing characters", "body, line 1, column 10"),
        (b'{"a": 1,}', 400, "not JSON: trailing comma", "body, line 1, column 9"),
        (b'"\xff\xfe"', 400, "not JSON: invalid unicode code point", "body, line 1, column 2"),
        (b"\xef\xbb\xbf{}", 400, "not JSON: expected value", "body, line 1, column 1"),
        (b'"\\ud800"', 400, "not JSON: unexpected end of hex escape", "body, line 1, column 8"),
        (b'{"a": NaN}', 400, "not JSON: expected value", "body, line 1, column 7"),
        (b'{"a": -Infinity}', 400, "not JSON: invalid number", "body, line 1, column 8"),
        (b'{"a": 1, "a": 1}', 422, "the field 'a' stands twice in", "body, line 1, column 14"),
        (b"[" * 5000 + b"]" * 5000, 422, "it is nested too deeply", "body, line 1, column 202"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, 422, "it is nested too deeply", "body, line 1"),
        (b"[" + b"9" * 5000 + b"]", 422, "a number in it has too many digits", "body, line 1"),
    ],
)
def test_what_is_no_plain_json_is_refused_with_its_place(
    body: bytes, status: int, what: str, where: str
) -> None:
    with pytest.raises(Refused) as refused:
        parse_json(body)

    assert refused.value.status == status
    assert refused.value.what.startswith(what)
    assert refused.value.where.startswith(where)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40))
def test_no_bytes_do_anything_but_be_read_or_be_refused(body: bytes) -> None:
    for parse in (parse_json, parse_with_nan):
        with suppress(Refused):
            parse(body)


def test_not_a_number_is_read_only_where_it_is_asked_who_holds_it() -> None:
    found = parse_with_nan(b'{"a": NaN, "b": [Infinity]}')

    assert str(found) == "{'a': nan, 'b': [inf]}"
    with pytest.raises(Refused, match="stands twice"):
        parse_with_nan(b'{"a": NaN, "a": 1}')
