"""From the text of ``project.yaml`` to a checked declaration."""

from pydantic import TypeAdapter

from foresell.spec.project import ProjectSpec
from foresell.spec.yaml_border import parse_yaml

_PROJECT = TypeAdapter(ProjectSpec)


def parse_project(text: str, where: str) -> ProjectSpec:
    """Parse the YAML ``text`` found at ``where`` into a project.

    A contradiction or an unknown key is a ``SpecError`` that names the nearest known key.
    """
    return parse_yaml(_PROJECT, text, where)
