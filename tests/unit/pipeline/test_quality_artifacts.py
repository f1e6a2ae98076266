"""A number is what its file holds at the place that is named, and its hash is that of the file."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import DataError
from foresell.pipeline.quality_artifacts import json_artifact, pointer, taken

keys = st.text("ab/~ é", min_size=1, max_size=4)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.floats(-9, 9), st.text(max_size=3)
)
trees = st.dictionaries(
    keys,
    st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def places(told: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Every single value of a tree, with the way to it."""
    if isinstance(told, dict):
        return [one for key, inner in told.items() for one in places(inner, (*path, key))]
    if isinstance(told, list):
        return [one for at, inner in enumerate(told) for one in places(inner, (*path, at))]
    return [(path, told)]


@settings(max_examples=60, deadline=None)
@given(tree=trees)
def test_every_value_of_a_file_is_found_at_its_pointer(tree: dict[str, Any]) -> None:
    content = json.dumps(tree).encode()
    file = json_artifact("some.json", content)
    wanted = [(str(at), pointer(*path), "") for at, (path, _) in enumerate(places(tree))]

    found = taken(file, wanted)

    assert [one.value for one in found] == [value for _, value in places(tree)]
    assert [one.at for one in found] == [place for _, place, _ in wanted]
    assert {(one.artifact, one.sha256) for one in found} <= {
        ("some.json", hashlib.sha256(content).hexdigest())
    }


def test_what_a_file_does_not_have_or_has_as_many_values_is_no_number() -> None:
    file = json_artifact("a.json", b'{"a": {"b": [1, 2]}, "c": null, "n": NaN}')
    wanted = [(at, at, "") for at in ("/a", "/a/b", "/a/b/2", "/a/b/x", "/d", "/c/d", "/n", "/c")]

    assert [(one.name, one.value) for one in taken(file, wanted)] == [("/c", None)]


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"a": 1', b"\xff"])
def test_a_file_that_holds_no_object_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(DataError) as refused:
        json_artifact("some.json", content)

    assert refused.value.where == "some.json"
