"""A page in Debian's Chromium: what it says, what it loads, and what axe finds wrong with it."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

_QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")
# What axe holds pages against: WCAG 2.2 A and AA, and its own best practices.
_RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


@dataclass
class Window:
    """One window on pages at ``base``. ``said``: on the console; ``asked``: every address."""

    view: "Page"
    base: str
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, path: str) -> int:
        """Open a page and wait for its charts; its status."""
        reply = self.view.goto(f"{self.base}{path}")
        self.drawn()
        return reply.status if reply else 0

    def follow(self, what: "Locator", *, key: str | None = None) -> None:
        """Click ``what``, or press ``key`` in it, and wait for the page and the charts it leads to.

        Its address may be the one that is shown already, so it is not the address that is waited
        for.
        """
        with self.view.expect_navigation():
            if key is None:
                what.click()
            else:
                what.press(key)
        self.drawn()

    def drawn(self) -> None:
        """Scroll through the page until every chart of it is drawn."""
        for plot in self.view.locator(".plot[data-chart]:visible").all():
            plot.scroll_into_view_if_needed()
        self.view.wait_for_function(
            "() => [...document.querySelectorAll('.plot[data-chart]')]"
            ".filter(one => one.clientWidth).every(one => one.dataset.state)"
        )
        failed = self.view.locator(".plot[data-state=failed]").all_inner_texts()
        assert failed == []

    def strangers(self) -> list[str]:
        """Return what was asked of anybody but this server."""
        own = urlsplit(self.base).netloc
        return [one for one in self.asked if urlsplit(one).netloc not in {own, ""}]

    def faults(self) -> list[str]:
        """Return what axe finds wrong with the page as it is now, one line each."""
        from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]  # noqa: PLC0415 - with a browser
            Axe,
        )

        found: Mapping[str, Any] = Axe().run(self.view, options=_RULES).response
        return [
            f"{fault['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
            for fault in found["violations"]
            for node in fault["nodes"]
        ]

    def is_clean(self) -> None:
        """Check that nobody complained, nobody else was asked, and axe finds no fault."""
        assert self.said == []
        assert self.strangers() == []
        assert self.faults() == []


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """A browser for the tests of one module.

    Playwright has a loop of its own running in this thread until it ends, so it ends with the
    module: other tests may want one.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - where there is a browser

    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=program(), args=_QUIET)
        yield browser
        browser.close()


@contextmanager
def window(browser: "Browser", base: str, **how: Any) -> Iterator[Window]:
    """Open a window on ``base`` that shares nothing with others.

    ``how``: as Playwright's ``new_context`` takes it.
    """
    shape = {"viewport": {"width": 1280, "height": 900}} | how
    context = browser.new_context(**shape)
    view = context.new_page()
    view.set_default_timeout(60_000)
    made = Window(view, base)
    view.on("request", lambda one: made.asked.append(one.url))
    view.on("console", lambda one: made.said.append(one.text))
    view.on("pageerror", lambda one: made.said.append(str(one)))
    yield made
    context.close()


def program() -> str:
    """Return the path of the browser."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(path for path in map(shutil.which, names) if path)
