from collections.abc import Iterator

import pytest

from foresell.features.threads import one_thread


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """As an assessment holds it: every matrix is small."""
    with one_thread():
        yield
