"""The page /docs in a browser: it shows the API, tries it, and asks nobody but the server."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from foresell.serving.factory import create_app
from foresell.serving.guards import Guards
from foresell.serving.keys import KeyRing
from foresell.serving.loading import load_served
from foresell.serving.site import Site
from foresell.serving.slots import Slot
from foresell.spec.keys import Key, token_digest, token_text
from tests.live_server import Live, live
from tests.served_bundles import ROW, answering_bundle, slot
from tests.served_bundles import live as version

_QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")


def _toy() -> Slot:
    """A toy whose bundle keeps a row as its example."""
    bundle = answering_bundle("toy", 125.0)
    told = replace(bundle, metadata={**bundle.metadata, "input_example": dict(ROW)})
    return slot(current=load_served(told, version()))


@pytest.fixture
def server() -> Iterator[Live]:
    toy = _toy()
    with live(create_app(Site(slots={"toy": toy}, root="toy", guards=Guards()))) as running:
        yield running


def _browser() -> str:
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    return next(path for path in found if path)


@pytest.mark.browser
@pytest.mark.parametrize("place", ["", "/projects/toy"])
def test_a_row_is_tried_on_the_page_and_nothing_comes_from_elsewhere(
    server: Live, place: str
) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - where there is a browser

    asked: list[str] = []
    said: list[str] = []
    base = f"http://127.0.0.1:{server.port}"
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=_browser(), args=_QUIET)
        view = browser.new_page(viewport={"width": 1100, "height": 900})
        view.set_default_timeout(60_000)
        view.on("request", lambda one: asked.append(one.url))
        view.on("console", lambda one: said.append(one.text))
        view.on("pageerror", lambda one: said.append(str(one)))
        view.goto(f"{base}{place}/docs")
        operation = view.locator("#operations-predict-post_predict")
        operation.locator(".opblock-summary").click()
        operation.get_by_role("button", name="Execute").click()
        answer: Any = json.loads(
            operation.locator(".live-responses-table .microlight").first.inner_text()
        )
        title = view.locator("h1, h2.title").first.inner_text()
        wide = view.evaluate("document.documentElement.scrollWidth")
        browser.close()

    assert answer["prediction"] == 125.0
    assert "toy" in title
    assert wide <= 1100
    assert said == []
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {
        urlsplit(base).netloc
    }


@dataclass(frozen=True)
class OneKey:
    """A list of one key that never changes."""

    token: str

    def stamp(self) -> object:
        return self.token

    def keys(self) -> list[Key]:
        digest = token_digest(self.token)
        return [
            Key(
                id=self.token[4:16],
                name="jo",
                digest=digest,
                scopes=("read", "predict"),
                created=datetime(2026, 11, 21, tzinfo=UTC),
                expires=None,
            )
        ]


@pytest.mark.browser
def test_where_keys_are_asked_for_the_page_asks_for_one_and_tries_with_it() -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - where there is a browser

    token = token_text("0123456789ab", "s" * 43)
    ring = KeyRing(OneKey(token), time.time, time.monotonic, print)
    site = Site(slots={"toy": _toy()}, root="toy", guards=Guards(keys=ring))
    with live(create_app(site)) as running, sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=_browser(), args=_QUIET)
        view = browser.new_page()
        view.set_default_timeout(60_000)
        view.goto(f"http://127.0.0.1:{running.port}/docs")
        field = view.get_by_label("An API key with the scope read")
        field.fill("fsk_nobody")
        field.press("Enter")
        view.get_by_text("This key is not known here.").wait_for()
        field.fill(token)
        field.press("Enter")
        operation = view.locator("#operations-predict-post_predict")
        operation.locator(".opblock-summary-path").click()
        operation.get_by_role("button", name="Execute").click()
        answer: Any = json.loads(
            operation.locator(".live-responses-table .microlight").first.inner_text()
        )
        browser.close()

    assert answer["prediction"] == 125.0
