import sys
from importlib.resources import files
from pathlib import Path

import pytest

import foresell as platform
from foresell.api import RunResult
from foresell.cli import main
from tests.builders import weekly_files, write_files
from tests.e2e.command import Foresell, Ran
from tests.e2e.small_run import run

SMALL = 'stores: 8, products: 48, start: "2023-01-01"'


@pytest.fixture
def foresell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Foresell:
    """The command line in this process, with its own home, projects folder and working folder."""
    monkeypatch.setenv("FORESELL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FORESELL_PROJECTS", str(tmp_path / "declared"))
    monkeypatch.chdir(tmp_path)

    def command(*words: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["foresell", *map(str, words)])
        capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Ran(code=int(str(code or 0)), err=err, out=out)

    return command


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult]:
    """One undisturbed run on ragged files, shared by the tests that only look."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, run(weekly_files(ragged=True), folder)


@pytest.fixture(scope="session")
def shops(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult]:
    """A run of a smaller ``retail``: eight stores, two years."""
    folder = tmp_path_factory.mktemp("shops")
    shipped = files("foresell") / "projects" / "retail"
    text = (shipped / "project.yaml").read_text("utf-8")
    small = text.replace('stores: 10, products: 120, start: "2022-01-01"', SMALL)
    assert small != text
    contract = (shipped / "contract.yaml").read_text("utf-8")
    own = {"project.yaml": small.encode(), "contract.yaml": contract.encode()}
    write_files(folder / "own" / "retail", own)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORESELL_PROJECTS", str(folder / "own"))
        result = platform.run("retail", preset="fast", home=folder / "home", override="a test")
    return folder, result
