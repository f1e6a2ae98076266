"""Which project keeps its rows in the warehouse."""

from pathlib import Path

import pytest

from foresell.errors import SpecError, UsageError
from foresell.settings import Settings
from foresell.wiring.warehouse import kept_project

SHIPPED = Settings(home=Path("nowhere"), projects=())


def declare(folder: Path, name: str, project: bytes) -> Settings:
    """Write a project beside the shipped ones."""
    (folder / name).mkdir()
    (folder / name / "project.yaml").write_bytes(project)
    (folder / name / "contract.yaml").write_text("id: x", "utf-8")
    return Settings(home=folder, projects=(folder,))


def test_the_only_project_with_a_warehouse_need_not_be_named() -> None:
    assert kept_project(None, SHIPPED) == kept_project("walmart", SHIPPED)


def test_of_several_one_has_to_be_named(tmp_path: Path) -> None:
    settings = declare(tmp_path, "second", b"name: second\nwarehouse:\n  columns: {}\n")

    with pytest.raises(UsageError, match="2 projects declare a warehouse") as refused:
        kept_project(None, settings)

    assert refused.value.mend == "name one: second, walmart"


def test_a_broken_declaration_beside_it_spoils_nothing(tmp_path: Path) -> None:
    settings = declare(tmp_path, "broken", b"name: [\xff\n  warehouse: no section, indented\n")

    assert kept_project(None, settings).project.name == "walmart"


def test_where_no_project_has_one_it_is_said_how_to_declare_it(tmp_path: Path) -> None:
    settings = declare(tmp_path, "walmart", b"name: walmart\n")  # in place of the shipped one

    with pytest.raises(UsageError, match="no project declares a warehouse"):
        kept_project(None, settings)


def test_a_project_without_a_warehouse_is_refused_by_its_file() -> None:
    with pytest.raises(UsageError, match="'retail' keeps nothing in the warehouse") as refused:
        kept_project("retail", SHIPPED)

    assert refused.value.where.endswith("retail/project.yaml")


def test_a_section_that_names_no_column_is_refused_as_such(tmp_path: Path) -> None:
    settings = declare(tmp_path, "second", b"name: second\nwarehouse:\n  columns: {}\n")

    with pytest.raises(SpecError):
        kept_project("second", settings)
