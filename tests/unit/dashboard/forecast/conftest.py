"""The shops of `tests.explored_shops`, indexed once for all tests of this folder."""

import pytest

from foresell.dashboard.reading.shown import Shown
from tests.explored_shops import shops_shown


@pytest.fixture(scope="session")
def shown() -> Shown:
    """Return the shops with version 1, on which nothing points, and the files of its run."""
    return shops_shown()
