"""What differs between two trees of plain values, leaf by leaf."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

ABSENT = object()  # what stands in a tree that has no such leaf; null is a value of its own
_NAMES = ("name", "column", "property")  # by which a list of mappings tells its items apart


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One leaf that differs.

    ``place``: its keys joined by dots, an item of a list by its name. ``before`` and ``after``:
    plain values, None where there is nothing; ``effect`` tells that from a null.
    """

    place: str
    effect: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


def differences(before: Any, after: Any, place: str = "") -> tuple[Difference, ...]:
    """Return every leaf that differs, in the order of ``before``, then what only ``after`` has.

    Mappings are compared key by key, lists of named mappings name by name, and their order as one
    leaf more; any other list is one leaf. 1 and 1.0 are the same, true and 1 are not.

    >>> [one.place for one in differences({"a": {"b": 1, "c": 3}}, {"a": {"b": 2, "c": 3.0}})]
    ['a.b']
    >>> differences({"a": [1, 2]}, {"a": [1, 2]})
    ()
    >>> [(one.place, one.effect) for one in differences({"a": 1}, {"b": None})]
    [('a', 'removed'), ('b', 'added')]
    """
    return tuple(_walk(before, after, place))


def _walk(before: Any, after: Any, place: str) -> Iterator[Difference]:
    """Yield the leaves that differ below ``place``."""
    old, new = _branches(before), _branches(after)
    alike = isinstance(before, Mapping) is isinstance(after, Mapping)
    if old is not None and new is not None and alike:
        for key in dict.fromkeys([*old, *new]):
            at = f"{place}.{key}" if place else key
            yield from _walk(old.get(key, ABSENT), new.get(key, ABSENT), at)
        if not isinstance(before, Mapping):
            yield from _order([*old], [*new], place)
    elif before is ABSENT:
        yield Difference(place=place, effect="added", after=after)
    elif after is ABSENT:
        yield Difference(place=place, effect="removed", before=before)
    elif not _same(before, after):
        yield Difference(place=place, effect="changed", before=before, after=after)


def _order(before: Sequence[str], after: Sequence[str], place: str) -> Iterator[Difference]:
    """Yield the order of named items, where those of both lists stand otherwise."""
    if [one for one in before if one in after] != [one for one in after if one in before]:
        yield Difference(place=place, effect="changed", before=[*before], after=[*after])


def _same(before: Any, after: Any) -> bool:
    """Tell whether two leaves are the same."""
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        pairs = zip(before, after, strict=False)
        return len(before) == len(after) and all(_same(*pair) for pair in pairs)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return not differences(before, after)
    return bool(before == after) and isinstance(before, bool) is isinstance(after, bool)


def _branches(value: Any) -> Mapping[str, Any] | None:
    """Return what a value holds by name; None for a leaf."""
    if isinstance(value, Mapping):
        return {str(key): one for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes) and value:
        return _named(value)
    return None


def _named(items: Sequence[Any]) -> Mapping[str, Any] | None:
    """Return the items of a list by name; None where they have none, or share one."""
    if not all(isinstance(item, Mapping) for item in items):
        return None
    for word in _NAMES:
        named = {str(item[word]): item for item in items if word in item}
        if len(named) == len(items):
            return named
    return None
