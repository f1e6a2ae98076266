"""Where in a YAML text something stands: in words for people, and as a line."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

Place = tuple[str | int, ...]

_NOUNS: Mapping[str, str] = {  # what one item of a list is called
    "properties": "column",
    "schema": "object",
    "quality": "rule",
    "tables": "table",
    "events": "event",
    "customProperties": "property",
}


def real_place(place: Place, document: object) -> Place:
    """Return ``place`` without what pydantic adds to it: the branch of a union, a mark for keys.

    The last step may be missing from ``document``, as a key that is asked for.
    """
    node, kept = document, list[str | int]()
    for step in place:
        if isinstance(node, dict) and step != "[key]":
            node = node.get(step)
        elif isinstance(node, list) and isinstance(step, int):
            node = node[step] if step < len(node) else None
        else:
            break
        kept.append(step)
    return tuple(kept)


def place_words(place: Place, document: object) -> str:
    """Return a place in words: an item of a list by its name, or else counted from 1.

    >>> columns = {"properties": [{"name": "Dept", "options": {"min": 1}, "tags": ["a"]}]}
    >>> place_words(("properties", 0, "options", "min"), columns)
    "column 'Dept', 'options.min'"
    >>> place_words(("properties", 0, "tags", 0), columns)
    "column 'Dept', 'tags', item 1"
    """
    words, keys, node = list[str](), list[str](), document
    for step in place:
        node = _below(node, step)
        if not isinstance(step, int):
            keys.append(str(step))
            continue
        name = node.get("name") if isinstance(node, dict) else None
        called = f"item {step + 1}"
        if isinstance(name, str) and keys:
            key = keys.pop()
            called = f"{_NOUNS.get(key, key)} {name!r}"
            words = [] if key == "properties" else words  # a contract has one list of columns
        words += [repr(".".join(keys))] if keys else []
        words.append(called)
        keys = []
    return ", ".join([*words, repr(".".join(keys))] if keys else words)


def _below(node: object, step: str | int) -> object:
    """Return what stands at ``step`` of a mapping or a list; None where nothing does."""
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    return None


def lines(places: Sequence[Place], text: str) -> list[int]:
    """Return the lines of ``text`` where ``places`` stand, from 1, each once.

    Of a key that is missing it is the line of the mapping that lacks it; of one that is missing
    at the top it is none.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = (_line(root, place) for place in places)
    return sorted({line for line in found if line is not None})


def _line(node: yaml.Node | None, place: Place) -> int | None:
    """Return the line of the deepest step of ``place`` that is there."""
    line: int | None = None
    for step in place:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode):
            pairs: list[Any] = [pair for pair in node.value if pair[0].value == str(step)]
            if not pairs:
                break
            key, node = pairs[0]
            line = key.start_mark.line + 1
    return line
