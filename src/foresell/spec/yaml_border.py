"""The border between YAML text and declarations: parsed once, every finding in one error."""

from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError
from yaml.constructor import ConstructorError

from foresell.errors import SpecError
from foresell.spec.yaml_findings import findings
from foresell.spec.yaml_places import lines

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
            at once, with their lines.
    """
    loaded = load_mapping(text, where)
    try:
        return adapter.validate_python(loaded)
    except ValidationError as error:
        found = findings(error.errors(include_url=False), loaded, adapter)
        at = lines([finding.place for finding in found], text)
        raise SpecError(
            what="; ".join(finding.what for finding in found),
            where=where + _lines(at),
            mend="; ".join(dict.fromkeys(finding.mend for finding in found)),
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


def _lines(found: list[int]) -> str:
    """Return lines in words, to be put behind the name of a file."""
    noun = "line" if len(found) == 1 else "lines"
    return f", {noun} {', '.join(map(str, found))}" if found else ""
