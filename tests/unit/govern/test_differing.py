import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from foresell.govern.differing import Difference, differences

LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2)
NAMES = st.sampled_from(["x", "y", "z", "name"])
TREES = st.dictionaries(
    NAMES,
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@given(before=TREES, after=TREES)
def test_trees_differ_where_their_text_does_and_nowhere_else(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    texts = [json.dumps(tree, sort_keys=True) for tree in (before, after)]
    assert (differences(before, after) == ()) is (texts[0] == texts[1])


@given(before=TREES, after=TREES)
def test_the_other_way_round_is_the_same_with_both_sides_exchanged(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    there = {one.place: one for one in differences(before, after)}
    back = {one.place: one for one in differences(after, before)}

    assert {place: (turned[one.effect], one.after, one.before) for place, one in there.items()} == {
        place: (one.effect, one.before, one.after) for place, one in back.items()
    }


def test_a_null_is_a_value_and_not_a_missing_one() -> None:
    assert differences({"a": None}, {"b": None}) == (
        Difference(place="a", effect="removed"),
        Difference(place="b", effect="added"),
    )


def test_items_of_a_list_are_told_apart_by_name_and_their_order_is_told() -> None:
    before = {"tables": [{"name": "a", "file": "a.csv"}, {"name": "b", "file": "b.csv"}]}
    after = {"tables": [{"name": "b", "file": "c.csv"}, {"name": "a", "file": "a.csv"}]}

    assert differences(before, after) == (
        Difference(place="tables.b.file", effect="changed", before="b.csv", after="c.csv"),
        Difference(place="tables", effect="changed", before=["a", "b"], after=["b", "a"]),
    )


def test_an_item_that_came_first_changes_no_order() -> None:
    before, after = [{"name": "a"}, {"name": "b"}], [{"name": "c"}, {"name": "a"}, {"name": "b"}]

    assert differences(before, after, "events") == (
        Difference(place="events.c", effect="added", after={"name": "c"}),
    )


def test_a_list_without_names_is_one_leaf() -> None:
    assert differences({"a": [1, 2]}, {"a": [1, 3]}) == (
        Difference(place="a", effect="changed", before=[1, 2], after=[1, 3]),
    )


def test_numbers_of_the_same_value_are_the_same_and_truth_is_no_number() -> None:
    assert differences({"a": 1, "b": [2]}, {"a": 1.0, "b": [2.0]}) == ()
    assert [one.place for one in differences({"a": 1, "b": [1]}, {"a": True, "b": [True]})] == [
        "a",
        "b",
    ]
