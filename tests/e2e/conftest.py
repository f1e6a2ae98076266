import sys
from pathlib import Path

import pytest

import foresell as platform
from foresell.api import RunResult
from foresell.cli import main
from tests.builders import weekly_files
from tests.e2e.command import Foresell, Ran
from tests.e2e.order_rows import Predict
from tests.e2e.small_run import declare_small_retail, run
from tests.row_bundles import make_bundle
from tests.tabular_files import order_files, order_lines


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
    declare_small_retail(folder / "own")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORESELL_PROJECTS", str(folder / "own"))
        result = platform.run("retail", preset="fast", home=folder / "home", override="a test")
    return folder, result


@pytest.fixture(scope="session")
def orders_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a bundle of ``sales_orders``, trained on few rows with two candidates."""
    folder = tmp_path_factory.mktemp("orders")
    make_bundle("sales_orders", order_files(order_lines(120))["sales_data_sample.csv"], folder)
    return folder


@pytest.fixture
def predict(foresell: Foresell, orders_home: Path, monkeypatch: pytest.MonkeyPatch) -> Predict:
    """``foresell predict sales_orders`` in that home."""
    monkeypatch.setenv("FORESELL_HOME", str(orders_home))

    def command(*words: str | Path) -> Ran:
        return foresell("predict", "sales_orders", *words)

    return command
