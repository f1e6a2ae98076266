"""Every page over real Walmart and real sales orders, as a browser shows it to anybody."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from foresell.dashboard.pages import pages_of
from tests.browser import Window, window
from tests.looked_homes import dashboard

pytestmark = [pytest.mark.browser, pytest.mark.realdata]

PAGES = [
    "/ui",
    *(f"/ui/projects/walmart/{page.name}" for page in pages_of("panel")),
    *(f"/ui/projects/sales_orders/{page.name}" for page in pages_of("tabular")),
    "/ui/sign-in",
]

# Of every chart: words that leave it, and words that lie over others; haloes lie below their own.
_CROWDED = """() => [...document.querySelectorAll('.plot svg.marks')].flatMap((svg) => {
  const whole = svg.getBoundingClientRect(), found = [];
  const named = svg.closest('figure').id;
  const words = [...svg.querySelectorAll('text:not([stroke])')]
    .filter((one) => one.textContent.trim())
    .map((one) => [one.getBoundingClientRect(), one.textContent]);
  words.forEach(([own, text], place) => {
    if (own.left < whole.left - 2 || own.right > whole.right + 2) found.push(`${named}: ${text}`);
    for (const [other, beside] of words.slice(place + 1)) {
      const across = Math.min(own.right, other.right) - Math.max(own.left, other.left);
      const down = Math.min(own.bottom, other.bottom) - Math.max(own.top, other.top);
      if (across > 1 && down > 4) found.push(`${named}: ${text} over ${beside}`);
    }
  });
  return found;
})"""


@pytest.fixture(scope="module")
def base(looked_home: Path) -> Iterator[str]:
    with dashboard(looked_home, "walmart", "sales_orders") as address:
        yield address


@pytest.fixture(scope="module")
def view(chromium: Browser, base: str) -> Iterator[Window]:
    with window(chromium, base) as made:
        yield made


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_without_a_fault_in_light_in_dark_and_on_a_phone(view: Window, path: str) -> None:
    view.view.set_viewport_size({"width": 1280, "height": 900})
    view.view.emulate_media(color_scheme="light")
    assert view.open(path) == 200
    view.is_clean()

    view.view.emulate_media(color_scheme="dark")
    view.is_clean()

    view.view.set_viewport_size({"width": 360, "height": 800})
    view.open(path)
    view.is_clean()
    assert view.view.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("width", [1280, 360])
def test_no_label_of_a_chart_is_cut_off_or_lies_over_another(
    chromium: Browser, base: str, width: int
) -> None:
    with window(chromium, base, viewport={"width": width, "height": 900}) as view:
        crowded = {}
        for path in PAGES:
            view.open(path)
            crowded[path] = view.view.evaluate(_CROWDED)
        assert crowded == {path: [] for path in PAGES}


def test_all_pages_of_a_project_are_named_on_a_phone(chromium: Browser, base: str) -> None:
    with window(chromium, base, viewport={"width": 360, "height": 800}) as view:
        view.open("/ui/projects/walmart/registry")
        for page in pages_of("panel"):
            box = view.view.get_by_role("link", name=page.label, exact=True).first.bounding_box()
            assert box is not None
            assert 0 <= box["x"] <= box["x"] + box["width"] <= 360


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_without_scripts(chromium: Browser, base: str, path: str) -> None:
    with window(chromium, base, java_script_enabled=False) as still:
        still.view.goto(f"{base}{path}")
        pictures = still.view.locator("noscript img").all()
        for picture in pictures:
            picture.scroll_into_view_if_needed()
            still.view.wait_for_load_state("networkidle")
            drawn = still.view.request.get(f"{base}{picture.get_attribute('src')}")
            assert (drawn.status, drawn.headers["content-type"]) == (200, "image/svg+xml")
        assert still.view.locator("h1").count() == 1
        assert still.strangers() == []


def test_the_look_that_is_chosen_stays(chromium: Browser, base: str) -> None:
    with window(chromium, base, color_scheme="light") as view:
        view.open("/ui")
        light = view.view.evaluate("getComputedStyle(document.body).backgroundColor")
        view.view.get_by_role("button", name="Dark").click()
        dark = view.view.evaluate("getComputedStyle(document.body).backgroundColor")
        assert dark != light
        view.open("/ui/projects/walmart/forecast")
        assert view.view.evaluate("getComputedStyle(document.body).backgroundColor") == dark
        assert view.view.get_by_role("button", name="Light").is_visible()


def test_every_page_is_reached_by_keyboard_alone(chromium: Browser, base: str) -> None:
    with window(chromium, base) as view:
        view.open("/ui")
        view.view.keyboard.press("Tab")
        assert view.view.locator(":focus").inner_text() == "Skip to the content"
        seen = []
        for page in pages_of("panel"):
            view.open("/ui/projects/walmart/forecast")
            _tab_to(view, page.label)
            view.follow(view.view.locator(":focus"), key="Enter")
            seen.append(urlsplit(view.view.url).path.rpartition("/")[2])
        assert seen == [page.name for page in pages_of("panel")]


def _tab_to(view: Window, label: str) -> None:
    """Press the tabulator until the link ``label`` has the focus, forty times at most.

    Raises:
        AssertionError: it was not reached.
    """
    for _ in range(40):
        view.view.keyboard.press("Tab")
        if view.view.locator(":focus").inner_text() == label:
            return
    raise AssertionError(f"{label} was not reached")
