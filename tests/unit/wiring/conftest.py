"""A home that tells of its alerts, and a webhook that hears of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foresell.settings import Settings, read_settings
from tests.webhook_server import Hook, webhook

Told = Callable[..., Settings]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Settings of a home of one's own, with the webhooks of ``urls``."""

    def named(*urls: str) -> Settings:
        monkeypatch.setenv("FORESELL_WEBHOOK", " ".join(urls))
        return read_settings(tmp_path)

    return named


@pytest.fixture
def hook() -> Iterator[Hook]:
    with webhook() as served:
        yield served
        assert served.refused == []
