"""What a page changes is shown to MLflow by a child, and what goes wrong there is told."""

import time
from dataclasses import replace
from pathlib import Path

from foresell.settings import read_settings
from foresell.wiring.mirroring_aside import mirror_aside


def test_what_the_child_cannot_do_is_told_with_what_mends_it(tmp_path: Path) -> None:
    told: list[str] = []
    settings = replace(read_settings(tmp_path / "home"), tracked=True)  # the child's are not

    mirror_aside(settings, told.append)("walmart")

    until = time.monotonic() + 60
    while not told and time.monotonic() < until:
        time.sleep(0.05)
    assert len(told) == 1
    assert told[0].startswith(
        "MLflow does not show the versions of walmart as they are, the registry does: error runs "
        "are not tracked"
    )
    assert told[0].endswith("; later: foresell registry reconcile walmart")


def test_where_runs_are_not_tracked_nothing_is_begun(tmp_path: Path) -> None:
    told: list[str] = []

    mirror_aside(read_settings(tmp_path / "home"), told.append)("walmart")

    assert told == []
    assert not (tmp_path / "home").exists()
