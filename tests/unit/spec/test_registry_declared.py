"""What a project declares of its versions, and the names that are not its own."""

from importlib.resources import files

import pytest

from foresell.errors import SpecError
from foresell.spec.project import RegistrySpec
from foresell.spec.reading import parse_project

SHIPPED = (files("foresell") / "projects" / "walmart" / "project.yaml").read_text("utf-8")


def test_no_project_waits_for_approval_unless_it_says_so() -> None:
    assert parse_project(SHIPPED, "p.yaml").registry == RegistrySpec(approval=False)
    asked = parse_project(f"{SHIPPED}\nregistry: {{approval: true}}\n", "p.yaml")
    assert asked.registry == RegistrySpec(approval=True)


def test_an_approval_is_true_or_false() -> None:
    with pytest.raises(SpecError) as caught:
        parse_project(f"registry: {{approval: 1}}\n{SHIPPED}", "p.yaml")
    assert caught.value.args == (
        "'registry.approval' is 1",
        "p.yaml, line 1",
        "'registry.approval': write true or false",
    )


def test_a_name_that_begins_as_foresells_own_folders_do_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        parse_project(SHIPPED.replace("name: walmart\n", "name: _registry\n", 1), "p.yaml")
    assert caught.value.args == (
        "the name '_registry' begins with _",
        "p.yaml: name",
        "begin it with a letter: folders that begin with _ are foresell's own",
    )
