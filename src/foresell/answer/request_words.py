"""What is wrong with a field of a request, and what it may be, in words."""

from collections.abc import Mapping

from foresell.contracts.compiled.request_fields import RequestField
from foresell.contracts.rules import Rule

_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "date": "day as YYYY-MM-DD",
}


def wrong_words(field: RequestField, rule: str, rules: Mapping[tuple[str, str], Rule]) -> str:
    """Return what is wrong with a field, in words. ``rules``: by column and kind."""
    if rule == "required":
        return "must have a value"
    if rule == "finite":
        return "is no finite number"
    if rule == "type":
        return (
            "is neither true nor false"
            if field.kind == "boolean"
            else f"is no {_KINDS[field.kind]}"
        )
    return rules[field.name, rule].says.removeprefix(f"{field.name} ")


def allowed_words(field: RequestField) -> str:
    """Return what a field may be, in words."""
    limits, words = field.limits, [_KINDS[field.kind]]
    if {"ge", "le"} <= limits.keys():
        words.append(f"{limits['ge']} to {limits['le']}")
    else:
        named = (("ge", "from"), ("gt", "above"), ("le", "up to"), ("lt", "below"))
        words += [f"{word} {limits[name]}" for name, word in named if name in limits]
    if {"min_length", "max_length"} & limits.keys():
        low, high = limits.get("min_length", 0), limits.get("max_length")
        words.append(f"{low} characters or more" if high is None else f"{low} to {high} characters")
    words += [f"matching {limits['pattern']}"] if "pattern" in limits else []
    words += [f"one of {', '.join(map(str, field.domain))}"] if field.domain is not None else []
    return ", ".join(words)
