"""Many processes at one registry, killed at random: what they leave is one whole history."""

from pathlib import Path

import pytest

from tests.registry_herd import Place, bundles, faults, loose

SECONDS = 8.0
LEAST = 20  # transitions, however busy the machine is


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A registry that is not made yet; all workers are the first ones at once."""
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("emptied")
    bundles(tmp_path / "folder")
    return Place(url=url, artifacts=tmp_path / "objects", folder=tmp_path / "folder")


@pytest.mark.slow
def test_eight_writers_killed_at_random_leave_one_whole_history_and_no_lock(place: Place) -> None:
    counts = loose(place, SECONDS, seed=6, least=LEAST)
    assert faults(place) == []
    assert counts["kills"] >= 8
    assert counts["kept"] >= LEAST
