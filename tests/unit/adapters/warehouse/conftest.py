from pathlib import Path

import pytest

import foresell
from tests.warehouse_loads import Warehouse
from tests.warehouse_toy import Load, loads


@pytest.fixture
def warehouse(emptied: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Warehouse:
    """An empty warehouse, which the environment names."""
    monkeypatch.setenv("FORESELL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    found = Warehouse.at(emptied)
    found.name_it(monkeypatch)
    foresell.migrate_warehouse("walmart")
    return found


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load the toy files, but for those that are given."""
    return loads(tmp_path)
