"""Derived columns of a row, and what they are called."""

import pytest

from foresell.errors import SpecError
from foresell.spec.features import FeatureSpec, check_features

ROLES = dict.fromkeys(("a", "b", "c", "north", "east"), "feature")
EVERY = FeatureSpec(
    products=(("a", "b"),),
    ratios=(("a", "b"),),
    steps={"a": (1, 1.5)},
    months=("a", "b"),
    coordinates=("north", "east"),
)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("products", "a x b"),
        ("ratios", "a / b"),
        ("steps", "a from 1.5"),
        ("months", "months"),
        ("coordinates", "north, east turned 15 across"),
        ("coordinates", "place"),
    ],
)
def test_a_feature_called_as_what_is_derived_is_refused_by_name_and_key(
    key: str, name: str
) -> None:
    check_features(EVERY, {**ROLES, name: "excluded"}, "tabular")
    with pytest.raises(SpecError) as caught:
        check_features(EVERY, {**ROLES, name: "feature"}, "tabular")
    assert caught.value.args == (
        f"what features.{key} derives is called {name!r}, as is the column with that name",
        f"features.{key}",
        f"give the column {name!r} another name in the source or the role excluded, or take this "
        "feature out",
    )


def test_two_features_that_are_called_the_same_are_refused() -> None:
    spec = FeatureSpec(products=(("a x b", "c"), ("a", "b x c")))
    with pytest.raises(SpecError) as caught:
        check_features(spec, {**ROLES, "a x b": "feature", "b x c": "feature"}, "tabular")
    assert caught.value.args == (
        "what features.products derives is called 'a x b x c', as is what features.products "
        "derives beside it",
        "features.products",
        "take one of them out",
    )
