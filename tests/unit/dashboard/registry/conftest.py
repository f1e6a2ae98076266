"""What the tests of the registry page look at."""

from pathlib import Path

import pytest

from tests.signed_visits import Browser, browser, one_live


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of three versions: 1 is prod, 2 is better, 3 failed its gate."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORESELL_USER", "ann")
    return one_live(tmp_path / "home")


@pytest.fixture
def ana(home: Path) -> Browser:
    """A browser signed in with a key that has the scope admin."""
    return browser(home, "admin")
