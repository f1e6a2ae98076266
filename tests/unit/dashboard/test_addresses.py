"""The addresses of pages: what each answers, to whom, and what it tells the browser."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.dashboard.pages import PAGES, pages_of
from foresell.serving.description import openapi
from foresell.serving.routes import all_routes
from foresell.serving.site import Site
from tests.dashboard_site import get, send, site_of

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALL = [(project, page.name) for project, kind in (("retail", "panel"), ("sales_orders", "tabular"))
        for page in pages_of("panel" if kind == "panel" else "tabular")]  # fmt: skip


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Projects that were never run."""
    return site_of(tmp_path_factory.mktemp("home"), "retail", "sales_orders")


@pytest.mark.parametrize(("project", "page"), _ALL)
def test_a_page_of_a_project_that_never_ran_says_what_to_do_next(
    empty: Site, project: str, page: str
) -> None:
    reply = get(empty, f"/ui/projects/{project}/{page}")
    assert reply.status_code == 200
    assert f"foresell run {project}" in reply.text
    assert "Traceback" not in reply.text


def test_the_overview_leads_to_every_project(empty: Site) -> None:
    reply = get(empty, "/ui")
    assert reply.status_code == 200
    assert [
        name for name in ("retail", "sales_orders") if f"/ui/projects/{name}" in reply.text
    ] == [
        "retail",
        "sales_orders",
    ]


def test_a_page_lets_the_browser_load_only_from_this_server(empty: Site) -> None:
    heads = get(empty, "/ui").headers
    assert heads["content-security-policy"] == _POLICY
    assert heads["x-content-type-options"] == "nosniff"
    assert heads["referrer-policy"] == "same-origin"  # with none at all a form has no origin


def test_a_page_that_has_not_changed_is_not_sent_again(empty: Site) -> None:
    first = get(empty, "/ui")
    again = send(empty, "GET", "/ui", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_page_is_packed_for_who_can_unpack_it(empty: Site) -> None:
    plain = send(empty, "GET", "/ui", headers={"accept-encoding": "identity"})
    packed = send(empty, "GET", "/ui", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content  # httpx unpacks
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, 5, mtime=0))


def test_the_address_of_a_project_leads_to_its_first_page(empty: Site) -> None:
    reply = get(empty, "/ui/projects/retail")
    assert (reply.status_code, reply.headers["location"]) == (303, "/ui/projects/retail/forecast")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/ui/projects/retial/forecast", "Did you mean &#39;retail&#39;?"),
        ("/ui/projects/retail/forcast", "Did you mean &#39;forecast&#39;?"),
        ("/ui/projects/retail/reports/rum", "Did you mean &#39;run&#39;?"),
        ("/ui/nothing", "Start at /ui"),
        ("/ui/projects/retail/forecast/figures/none.json", "no chart"),
        ("/ui/projects/retail/leaderboard/files/none.csv", "To the overview"),
        ("/ui/projects/retail/reports/run", "foresell run retail"),
    ],
)
def test_an_address_where_nothing_stands_is_a_page_that_says_so(
    empty: Site, address: str, says: str
) -> None:
    reply = get(empty, address)
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert says in reply.text


@settings(max_examples=40)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=6))
def test_no_address_below_ui_makes_the_server_fail(empty: Site, parts: Sequence[str]) -> None:
    path = "/".join(("/ui", *(quote(part, safe="") for part in parts)))
    reply = get(empty, path)
    assert reply.status_code in {303, 404, 405}, path


@settings(max_examples=60)
@given(
    st.sampled_from(_ALL),
    st.dictionaries(
        st.sampled_from([
            "version",
            "width",
            "q",
            "page",
            "from",
            "to",
            "compare",
            "with",
            "series",
        ]),
        st.text(max_size=40),
        max_size=4,
    ),
)
def test_no_value_of_an_address_makes_a_page_fail(
    empty: Site, page: tuple[str, str], query: dict[str, str]
) -> None:
    path = httpx.URL(f"/ui/projects/{page[0]}/{page[1]}", params=query)
    reply = get(empty, str(path))
    assert reply.status_code in {200, 404, 422}, str(path)
    assert "<script>" not in reply.text


@pytest.mark.parametrize(
    ("query", "kept"), [("?v=1", "public, max-age=31536000, immutable"), ("", "no-cache")]
)
def test_files_that_pages_load_are_kept_for_a_year_where_their_address_changes_with_them(
    empty: Site, query: str, kept: str
) -> None:
    reply = get(empty, f"/ui/static/dashboard.css{query}")
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == kept


def test_pages_are_not_part_of_the_described_api(empty: Site) -> None:
    described = openapi(all_routes(empty), empty.slots["retail"], empty.guards, at_root=True)
    assert [path for path in described["paths"] if path.startswith("/ui")] == []


def test_who_has_no_session_is_led_to_sign_in_where_keys_are_asked_for(tmp_path: Path) -> None:
    import foresell  # noqa: PLC0415 - only here

    foresell.create_key("ana", scopes=["read"], home=tmp_path)
    keyed = site_of(tmp_path, "retail", keys=True)
    reply = get(keyed, "/ui/projects/retail/data?page=2")
    assert reply.status_code == 303
    assert (
        reply.headers["location"] == "/ui/sign-in?back=%2Fui%2Fprojects%2Fretail%2Fdata%3Fpage%3D2"
    )


def test_every_page_has_a_name_a_label_and_says_what_it_answers() -> None:
    assert all(page.name and page.label and page.says.endswith(".") for page in PAGES)
