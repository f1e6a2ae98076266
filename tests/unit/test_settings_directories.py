from pathlib import Path

import pytest

from foresell.errors import UsageError
from foresell.settings import read_settings
from foresell.spec.directories import DIRECTORIES


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*DIRECTORIES, "FORESELL_HOME", "FORESELL_ARTIFACTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("variable", list(DIRECTORIES))
def test_each_directory_is_said_by_its_own_variable(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "/elsewhere")
    found = read_settings()
    assert (found.directories, found.raw) == ({variable: Path("/elsewhere")}, "")
    assert found.home == Path("workspace")


def test_a_home_that_is_given_leaves_the_directories_as_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPLITS_DIR", "cut")
    assert read_settings(Path("/here")).directories == {"SPLITS_DIR": tmp_path / "cut"}


def test_registered_versions_are_kept_with_the_models_unless_they_have_a_place_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MODELS_DIR", "/models")
    found = read_settings(Path("/here"))
    assert found.artifacts == "/models/_registry/objects"
    assert found.registry == "sqlite:////here/_registry/registry.db"
    monkeypatch.setenv("FORESELL_ARTIFACTS", "s3://bundles/x")
    assert read_settings(Path("/here")).artifacts == "s3://bundles/x"


def test_data_in_a_bucket_moves_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", "s3://sales/raw")
    found = read_settings()
    assert (found.raw, found.directories) == ("s3://sales/raw", {})


def test_a_home_may_be_one_of_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setenv("FORESELL_HOME", "~/sales")
    assert read_settings().home == Path("/home/ann/sales")


def test_an_address_for_a_directory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPLITS_DIR", "file:///x")
    with pytest.raises(UsageError, match="file:// is no folder"):
        read_settings()
