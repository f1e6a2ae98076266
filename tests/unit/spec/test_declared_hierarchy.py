"""The names that the answers of a hierarchy need for themselves, in the project that ships."""

from importlib.resources import files

import pytest

from foresell.errors import SpecError
from foresell.spec.reading import parse_project

SHIPPED = (files("foresell") / "projects" / "walmart" / "project.yaml").read_text("utf-8")
LEVELS = "hierarchy:\n  levels: [[Store], [Dept], []]"


def renamed(line: str, name: str) -> str:
    """Return the declaration with the column of ``line`` beside one called ``name``."""
    role = line.split(": ")[1]
    new = f"{name}: time" if role == "time" else f"{line}\n  {name}: {role}"
    assert SHIPPED.count(f"  {line}\n") == 1
    return SHIPPED.replace(f"  {line}\n", f"  {new}\n")


@pytest.mark.parametrize("name", ["level", "rows"])
@pytest.mark.parametrize("line", ["Dept: key", "Date: time", "Type: static"])
def test_a_column_named_as_one_of_the_sums_is_refused(line: str, name: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_project(renamed(line, name), "p.yaml")
    assert caught.value.args == (
        f"columns ['{name}'] have names that foresell gives to columns of its own",
        "p.yaml: hierarchy, columns",
        "rename them in the source; taken are level, rows, and names that start with x_ or __",
    )


@pytest.mark.parametrize("name", ["level", "rows"])
def test_without_a_hierarchy_or_as_a_column_of_the_future_the_name_is_free(name: str) -> None:
    assert SHIPPED.count(LEVELS) == 1
    parse_project(renamed("Type: static", name).replace(LEVELS, ""), "p.yaml")
    parse_project(renamed("IsHoliday: known_future", name), "p.yaml")
