"""The border between YAML text and declarations: parsed once, every finding in one error."""

from reprlib import repr as _short
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from yaml.constructor import ConstructorError

from foresell.errors import SpecError, nearest

Declared = TypeVar("Declared")


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a key stands once: the last one winning hides a slip of the pen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - as overridden
        """Refuse a mapping that names a key twice, or by anything but a word.

        Raises:
            ConstructorError: it does; the line of that key is named.
        """
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ConstructorError(None, None, "a key is no word", key.start_mark)
            if key.value in seen:
                raise ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - as overridden
        """Refuse a value that looks like a date or a number and is none, such as 2010-02-30.

        Raises:
            ConstructorError: it is one; its line is named.
        """
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError) as error:
            problem = f"{node.value!r} cannot be read: {error}"
            raise ConstructorError(None, None, problem, node.start_mark) from error


def parse_yaml(adapter: TypeAdapter[Declared], text: str, where: str) -> Declared:
    """Parse the YAML ``text`` found at ``where`` into a declaration.

    Raises:
        SpecError: the text is no YAML mapping, or a key is unknown (the nearest known one is
            named), missing, stands twice, or has a value of the wrong kind. All findings are listed
            at once.
    """
    loaded = load_mapping(text, where)
    try:
        return adapter.validate_python(loaded)
    except ValidationError as error:
        details = error.errors(include_url=False)
        places = [detail["loc"] for detail in details]
        causes = [  # a list with a bad item is itself reported as bad: only the item is news
            detail
            for detail in details
            if not any(place[: len(detail["loc"])] == detail["loc"] != place for place in places)
        ]
        found = [_finding(detail, adapter) for detail in causes]
        raise SpecError(
            what="; ".join(what for what, _ in found),
            where=where,
            mend="; ".join(dict.fromkeys(mend for _, mend in found)),
        ) from error
    except SpecError as error:  # a noun that contradicts itself knows its key, not its file
        raise SpecError(error.what, f"{where}: {error.where}", error.mend) from error


def load_mapping(text: str, where: str) -> dict[str, Any]:
    """Parse ``text`` as one YAML mapping.

    Raises:
        SpecError: the text is not YAML, or is a list or a scalar.
    """
    try:
        loaded = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "the text cannot be read"
        raise SpecError(
            f"not YAML: {problem}", f"{where}{line}", "mend the syntax there"
        ) from error
    if not isinstance(loaded, dict):
        raise SpecError(
            f"a mapping of keys to values was expected, not {type(loaded).__name__}",
            where,
            "start the file with 'name: ...'",
        )
    return loaded


def _finding(detail: ErrorDetails, adapter: TypeAdapter[Declared]) -> tuple[str, str]:
    """Return what is wrong and how to mend it, for one finding of pydantic."""
    path = [str(part) for part in detail["loc"]]
    place = ".".join(path)
    match detail["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            return f"unknown key {place!r}", nearest(path[-1], _known_keys(path[:-1], adapter))
        case "missing" | "missing_argument" | "missing_keyword_only_argument":
            return f"{place!r} is missing", f"add {place!r}"
        case "literal_error":
            allowed = str(detail.get("ctx", {}).get("expected", ""))
            names = allowed.replace("'", "").replace(" or ", ", ").split(", ")
            return f"{place!r} is {_short(detail['input'])}", nearest(str(detail["input"]), names)
        case _:
            return f"{place!r} is {_short(detail['input'])}", f"{place}: {detail['msg']}"


def _known_keys(path: list[str], adapter: TypeAdapter[Declared]) -> list[str]:
    """Return the keys allowed in the mapping at ``path``, by asking pydantic's own schema."""
    schema = adapter.json_schema()
    node: dict[str, Any] = schema
    for part in path:
        node = _resolve(node, schema)
        node = node["items"] if part.isdigit() else node["properties"][part]
    return list(_resolve(node, schema).get("properties", {}))


def _resolve(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, and the non-null branch of an optional."""
    for branch in node.get("anyOf", []):
        if branch.get("type") != "null":
            return _resolve(branch, schema)
    if "$ref" in node:
        name = str(node["$ref"]).rsplit("/", 1)[-1]
        resolved: dict[str, Any] = schema["$defs"][name]
        return resolved
    return node
