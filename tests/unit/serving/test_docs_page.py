"""The page /docs: it works without the internet, and runs no script that is not a file of ours."""

import re
from importlib.resources import files

import pytest

from foresell.serving.factory import create_app
from foresell.serving.guards import Guards
from foresell.serving.site import Site
from tests.live_server import live
from tests.served_bundles import served, slot


def _site() -> Site:
    slots = slot(current=served()), slot("other")
    return Site(slots={one.project: one for one in slots}, root="toy", guards=Guards())


@pytest.mark.parametrize("place", ["", "/projects/toy", "/projects/other"])
def test_every_file_that_the_page_names_is_served_beside_it(place: str) -> None:
    with live(create_app(_site())) as server:
        page = server.ask("GET", f"{place}/docs")
        named = re.findall(r'(?:href|src)="([^"]+)"', page.body.decode())
        found = {name: server.ask("GET", f"{place}/{name}").status for name in named}

    assert page.status == 200
    assert "docs/swagger-ui-bundle.js" in found
    waits = {"metadata": 503} if place.endswith("other") else {}
    assert {name: code for name, code in found.items() if code != 200} == waits


def test_the_policy_of_the_page_lets_nothing_in_from_elsewhere() -> None:
    with live(create_app(_site())) as server:
        heads = server.ask("GET", "/docs").heads
        answer = server.ask("GET", "/health").heads

    policy = dict(
        part.strip().split(" ", 1) for part in heads["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert "http" not in heads["content-security-policy"]
    assert "script-src" not in answer["content-security-policy"]


def test_our_own_files_name_no_other_server() -> None:
    for file in files("foresell.serving").joinpath("pages").iterdir():
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]|@import|url\(", text), file.name


def test_a_file_that_is_none_of_the_page_is_not_given() -> None:
    with live(create_app(_site())) as server:
        asked = ("docs.html", "redoc.standalone.js", "..%2Fdocs_page.py", "%2e%2e")
        found = [server.ask("GET", f"/docs/{name}").status for name in asked]

    assert found == [404, 404, 404, 404]


def test_the_page_of_a_server_with_several_projects_leads_to_each() -> None:
    with live(create_app(_site())) as server:
        page = server.ask("GET", "/docs").body.decode()

    assert '<a href="projects/toy/docs">toy</a> <a href="projects/other/docs">other</a>' in page


def test_the_document_is_written_anew_when_another_version_answers() -> None:
    site = _site()
    with live(create_app(site)) as server:
        before = server.ask("GET", "/openapi.json").json["info"]["version"]
        site.slots["toy"].current = served(2)
        after = server.ask("GET", "/openapi.json").json["info"]["version"]

    assert (before, after) == ("1", "2")
