from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from foresell.cli.registry import register
from tests.toy_registry import Ask


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """``foresell registry`` in a home of its own, as the user ana."""
    monkeypatch.setenv("FORESELL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FORESELL_USER", "ana")
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)

    def command(*words: object) -> Result:
        return CliRunner().invoke(app, ["registry", *map(str, words)])

    return command
