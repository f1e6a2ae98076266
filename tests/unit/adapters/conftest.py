"""Where a ledger is tested in a database."""

from pathlib import Path

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, or none yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'registry.db'}"
    return str(request.getfixturevalue("emptied"))
