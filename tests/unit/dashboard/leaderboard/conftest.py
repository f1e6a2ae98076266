"""What the tests of the leaderboard page look at."""

import pytest

from tests.judged_run import Files, run_files


@pytest.fixture(scope="session")
def panel() -> Files:
    """The files of a run of a panel."""
    return run_files("panel")


@pytest.fixture(scope="session")
def table() -> Files:
    """The files of a run of a table."""
    return run_files("tabular")
