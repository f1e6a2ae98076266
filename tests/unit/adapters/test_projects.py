from pathlib import Path

import pytest

from foresell.adapters.projects import Declaration, find_declarations, read_declaration
from foresell.errors import SpecError, UsageError


def declare(folder: Path, name: str, text: str = "name: mine\n") -> Path:
    (folder / name).mkdir(parents=True)
    (folder / name / "project.yaml").write_text(text, encoding="utf-8")
    (folder / name / "contract.yaml").write_text("kind: DataContract\n", encoding="utf-8")
    return folder / name


def test_the_projects_that_ship_are_found_with_no_folder_at_all() -> None:
    assert list(find_declarations([])) == [
        "california_housing",
        "retail",
        "sales_orders",
        "walmart",
    ]


def test_an_earlier_folder_wins_over_a_later_one_and_over_the_package(tmp_path: Path) -> None:
    first = declare(tmp_path / "first", "walmart")
    declare(tmp_path / "second", "walmart")
    mine = declare(tmp_path / "second", "bakery")
    found = find_declarations([tmp_path / "first", tmp_path / "second", tmp_path / "absent"])
    assert list(found) == [*("bakery", "california_housing", "retail", "sales_orders", "walmart")]
    assert (found["bakery"], found["walmart"]) == (mine, first)


def test_a_declaration_is_its_two_texts_and_the_folder_they_stand_in(tmp_path: Path) -> None:
    folder = declare(tmp_path, "bakery", "title: Bäckerei\n")
    assert read_declaration("bakery", [tmp_path]) == Declaration(
        name="bakery",
        project_text="title: Bäckerei\n",
        contract_text="kind: DataContract\n",
        where=str(folder),
    )


def test_an_unknown_project_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_declaration("walmrt", [tmp_path])
    assert caught.value.args == (
        "there is no project 'walmrt'",
        f"{tmp_path}, the package",
        "did you mean 'walmart'? Known: california_housing, retail, sales_orders, walmart",
    )


def test_a_project_without_a_contract_is_refused(tmp_path: Path) -> None:
    (declare(tmp_path, "bakery") / "contract.yaml").unlink()
    with pytest.raises(UsageError) as caught:
        read_declaration("bakery", [tmp_path])
    assert caught.value.args == (
        "the project has no contract",
        str(tmp_path / "bakery"),
        "write contract.yaml beside project.yaml",
    )


def test_a_declaration_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = declare(tmp_path, "bakery") / "project.yaml"
    path.write_bytes(b"name: bakery\ntitle: B\xe4ckerei\n")
    with pytest.raises(SpecError) as caught:
        read_declaration("bakery", [tmp_path])
    assert caught.value.args == ("the file is not UTF-8", f"{path}, line 2", "save it as UTF-8")
