"""What pydantic found wrong with a declaration, in words for the person who wrote it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from reprlib import repr as _short
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import ErrorDetails

from foresell.errors import counted, nearest
from foresell.spec.yaml_places import Place, place_words, real_place

_UNKNOWN = frozenset({"unexpected_keyword_argument", "extra_forbidden"})
_MISSING = frozenset({"missing", "missing_argument", "missing_keyword_only_argument"})
_LENGTHS = frozenset({"too_long", "too_short"})
_MAPPINGS = frozenset({"dataclass_type", "dict_type", "mapping_type", "model_type"})
_EXPECTED: Mapping[str, str] = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number that is not without end",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list, such as [a, b]",
    "list_type": "a list, such as [a, b]",
    "date_type": "a day, such as 2024-12-31",
    "date_parsing": "a day, such as 2024-12-31",
    "date_from_datetime_parsing": "a day, such as 2024-12-31",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "string_too_short": "text of at least {min_length} characters",
    "too_long": "{max_length} at most",
    "too_short": "{min_length} at least",
}
_EXAMPLES: Mapping[str, str] = {  # of nouns whose keys alone do not show how they are written
    "Fill": "{value: 0} or {statistic: median}",
    "Outliers": "{columns: [PRICE], factor: 1.5}",
    "Grouping": "{by: [Store, Date], columns: {Sales: sum}}",
    "TypeOptions": "{minimum: 0}",
    "Team": "{name: Sales}",
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong: ``place`` in the document, what it is, and how to mend it."""

    place: Place
    what: str
    mend: str


def findings(
    details: Sequence[ErrorDetails], document: object, adapter: TypeAdapter[Any]
) -> list[Finding]:
    """Return what is wrong with ``document``, each place once, in the order of ``details``.

    Of a list with a bad item only the item is news; of a value that may be one of several kinds
    and is none, all kinds are named.
    """
    placed = [(real_place(detail["loc"], document), detail) for detail in details]
    places = [place for place, _ in placed]
    causes = [
        (place, detail)
        for place, detail in placed
        if not any(other[: len(place)] == place != other for other in places)
    ]
    return [
        _finding(place, [detail for _, detail in group], document, adapter)
        for place, group in groupby(causes, key=lambda cause: cause[0])
    ]


def _finding(
    place: Place, details: Sequence[ErrorDetails], document: object, adapter: TypeAdapter[Any]
) -> Finding:
    """Return what is wrong at one place."""
    first, words = details[0], place_words(place, document)
    kind, value = first["type"], first["input"]
    if kind in _UNKNOWN | _MISSING:
        key, above = str(place[-1]), place_words(place[:-1], document)
        within = f" in {above}" if above else ""
        if kind in _MISSING:
            return Finding(
                place=place, what=f"{key!r} is missing{within}", mend=f"add {key!r}{within}"
            )
        known = _known_keys(place[:-1], adapter)
        mend = nearest(key, known) if known else "take it out"
        return Finding(place=place, what=f"unknown key {key!r}{within}", mend=mend)
    if kind == "literal_error":
        names = str(first.get("ctx", {}).get("expected", "")).replace("'", "")
        known = names.replace(" or ", ", ").split(", ")
        mend = nearest(str(value), known)
    else:
        wanted = dict.fromkeys(_expected(detail, place, adapter) for detail in details)
        mend = f"{words}: {' or '.join(wanted).replace('or write ', 'or ')}"
    return Finding(place=place, what=f"{words} {_stated(first)}", mend=mend)


def _stated(detail: ErrorDetails) -> str:
    """Return what a value is, as YAML writes it; of a list of a wrong length, its length."""
    value: object = detail["input"]
    if detail["type"] in _LENGTHS and isinstance(value, list):
        return f"has {counted(len(value), 'item')}"
    if value is None:
        return "is empty"
    return f"is {str(value).lower() if isinstance(value, bool) else _short(value)}"


def _expected(detail: ErrorDetails, place: Place, adapter: TypeAdapter[Any]) -> str:
    """Return what should stand there."""
    kind, facts = detail["type"], dict(detail.get("ctx", {}))
    if kind == "string_type":
        return _text(detail["input"])
    if kind in _MAPPINGS:
        return _mapping(str(facts.get("class_name", "")), place, adapter)
    if kind == "string_too_short" and facts.get("min_length") == 1:
        return "write text that is not empty"
    if kind in _LENGTHS:
        for name in ("min_length", "max_length"):
            facts[name] = counted(int(facts.get(name, 0)), "item")
    if kind in _EXPECTED:
        return f"write {_EXPECTED[kind].format(**facts)}"
    return detail["msg"].replace("Input should be", "write").replace("Value error, ", "")


def _text(value: object) -> str:
    """Return how text is written that YAML reads as something else."""
    if isinstance(value, bool):
        return "write text, in quotes: YAML reads yes, no, on and off as true and false"
    return f"write text, in quotes: '{value}'" if isinstance(value, int | float) else "write text"


def _mapping(noun: str, place: Place, adapter: TypeAdapter[Any]) -> str:
    """Return how a mapping is written: by an example, or by its keys."""
    if noun in _EXAMPLES:
        return f"write it as a mapping, such as {_EXAMPLES[noun]}"
    keys = _known_keys(place, adapter)
    if keys:
        return f"write it as a mapping with keys among {', '.join(keys)}"
    return "write it as a mapping, such as {name: value}"


def _known_keys(place: Place, adapter: TypeAdapter[Any]) -> list[str]:
    """Return the keys allowed in the mapping at ``place``, by asking pydantic's own schema.

    None where any key is allowed, or where the mapping is one of several kinds.
    """
    schema = adapter.json_schema()
    node: Mapping[str, Any] = schema
    for step in place:
        node = _resolve(node, schema)
        if isinstance(step, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(step) or node.get("additionalProperties") or {}
    return list(_resolve(node, schema).get("properties", {}))


def _resolve(node: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and the one non-null branch of an optional."""
    for branch in _branches(node):
        return _resolve(branch, schema)
    if "$ref" in node:
        name = str(node["$ref"]).rsplit("/", 1)[-1]
        resolved: Mapping[str, Any] = schema["$defs"][name]
        return resolved
    return node


def _branches(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the branches of an optional that hold something."""
    yield from (branch for branch in node.get("anyOf", []) if branch.get("type") != "null")
