"""Made-up data is called so on every page that shows it."""

import json

import pytest

from foresell.dashboard.pages import page_of
from foresell.dashboard.registry.page import context
from foresell.dashboard.rendering import rendered
from tests.dashboard_site import memory_shown, visit_of

_SAYS = "SYNTHETIC data."


def _page(manifest: bytes | None) -> str:
    files = {} if manifest is None else {("manifest", "manifest.json"): manifest}
    visit = visit_of(memory_shown("toy", "panel", files))
    return rendered(page_of("registry", "panel"), context(visit), visit, keyed=False).decode()


def test_a_page_of_made_up_data_says_so_once() -> None:
    assert _page(json.dumps({"files": [], "synthetic": True}).encode()).count(_SAYS) == 1


@pytest.mark.parametrize(
    "manifest", [None, b"{", b"[]", json.dumps({"files": [], "synthetic": False}).encode()]
)
def test_a_page_of_other_data_or_of_none_that_is_known_does_not(manifest: bytes | None) -> None:
    assert _SAYS not in _page(manifest)
