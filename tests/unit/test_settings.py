import os
from pathlib import Path

import pytest

from foresell.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORESELL_HOME", "FORESELL_PROJECTS"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_word_state_is_in_workspace_and_projects_beside_it() -> None:
    assert read_settings() == Settings(home=Path("workspace"), projects=(Path("projects"),))


def test_the_environment_names_another_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESELL_HOME", "/somewhere")
    assert read_settings().home == Path("/somewhere")


def test_a_home_that_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESELL_HOME", "/somewhere")
    assert read_settings(Path("/here")).home == Path("/here")


def test_project_folders_are_searched_in_the_order_they_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORESELL_PROJECTS", os.pathsep.join(["/a", "", "/b"]))
    assert read_settings().projects == (Path("projects"), Path("/a"), Path("/b"))


def test_an_empty_variable_is_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESELL_HOME", "")
    monkeypatch.setenv("FORESELL_PROJECTS", "")
    assert read_settings() == Settings(home=Path("workspace"), projects=(Path("projects"),))
