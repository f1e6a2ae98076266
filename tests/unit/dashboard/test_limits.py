"""What pages take of anybody, what they tell other sites, and what stands where none is made."""

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import httpx
import pytest

import foresell
from foresell.dashboard.maker import Answer
from foresell.dashboard.routes import Dashboard, routes
from foresell.dashboard.wanted import Wanted
from foresell.errors import UsageError
from foresell.serving.desk import LostError
from foresell.serving.exchange import Reply
from foresell.serving.problems import Refused
from foresell.serving.site import Options, Site
from foresell.serving.telemetry import Telemetry
from foresell.settings import read_settings
from foresell.wiring.dashboard import make_dashboard
from foresell.wiring.serving import Asked, make_site, refuse_contradictions
from tests.dashboard_site import BASE, get, send, site_of

FORM = {"content-type": "application/x-www-form-urlencoded", "origin": BASE}
ORIGIN = "https://shop.example"


@pytest.mark.parametrize("path", ["/ui/sign-in", "/ui/projects/retail/registry", "/ui/sign-out"])
def test_a_form_of_more_than_64_000_bytes_is_refused_before_it_is_read(
    tmp_path: Path, path: str
) -> None:
    site = site_of(tmp_path, "retail")
    reply = send(site, "POST", path, headers=FORM, content=b"key=" + b"x" * 64_000)
    assert reply.status_code == 413
    assert reply.headers["content-type"] == "text/html; charset=utf-8"


def test_whoever_is_led_to_sign_in_is_led_by_a_short_address(tmp_path: Path) -> None:
    foresell.create_key("ana", scopes=["read"], home=tmp_path)
    site = site_of(tmp_path, "retail", keys=True)
    form = b"&".join(b"field%d=%s" % (number, b"%C3%A4" * 150) for number in range(50))
    long_form = send(site, "POST", "/ui/projects/retail/registry", headers=FORM, content=form)
    long_query = get(site, f"/ui/projects/retail/forecast?q={'%C3%A4' * 2_500}")

    assert long_form.headers["location"] == "/ui/sign-in?back=%2Fui%2Fprojects%2Fretail%2Fregistry"
    assert long_query.headers["location"] == "/ui/sign-in?back=%2Fui%2Fprojects%2Fretail%2Fforecast"


def test_pages_count_towards_the_pace_of_who_asks_and_their_charts_do_not(tmp_path: Path) -> None:
    site = site_of(tmp_path, "retail", rate=1)
    chart = "/ui/projects/retail/forecast/figures/outlook.json"
    replies = [get(site, path) for path in ("/ui", chart, chart, chart, "/ui")]

    assert [one.status_code for one in replies] == [200, 404, 404, 404, 429]
    assert replies[-1].headers["content-type"] == "text/html; charset=utf-8"
    assert "more than 1 requests a minute" in replies[-1].text
    assert int(replies[-1].headers["retry-after"]) > 0


def test_an_origin_that_may_read_answers_may_not_read_pages(tmp_path: Path) -> None:
    site = site_of(tmp_path, "retail", cors=(ORIGIN,))
    page, answer = (get(site, path, origin=ORIGIN) for path in ("/ui", "/ping"))

    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert page.status_code == 200
    assert "access-control-allow-origin" not in page.headers


@dataclass(frozen=True)
class Broken:
    """Makes nothing."""

    error: Refused

    async def make(self, wanted: Wanted, answer: Answer) -> Reply:
        """Refuse, always."""
        del wanted, answer
        raise self.error

    def leave(self) -> None:
        """There is nothing to leave."""

    async def close(self) -> None:
        """There is nothing to end."""


def broken(home: Path, kind: type[Refused] = Refused) -> Site:
    """A site whose pages cannot be made."""
    error = kind("it has <ended>", "the process that makes pages", "ask again", status=503)
    settings, quiet = read_settings(home), Options(log="off")
    site = make_site(Asked(projects=("retail",), options=quiet), settings).site
    board: Dashboard = make_dashboard(
        site.slots, settings, Telemetry(), quiet, keyed=False, maker=Broken(error)
    )
    return replace(site, pages=partial(routes, board), opening=(), closing=())


@pytest.mark.parametrize("path", ["/ui", "/ui/sign-in", "/ui/projects/retail/data", "/ui/a/b"])
def test_where_no_page_can_be_made_a_plain_one_says_why(tmp_path: Path, path: str) -> None:
    reply = get(broken(tmp_path), path)

    assert reply.status_code == 503
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "it has &lt;ended&gt;" in reply.text
    assert "ask again" in reply.text


def test_only_of_a_form_that_was_handed_over_it_is_said_that_it_may_have_been_done(
    tmp_path: Path,
) -> None:
    path, says = "/ui/projects/retail/registry", "what was asked for may have been done"
    lost, refused = (
        send(broken(tmp_path, kind), "POST", path, headers=FORM, content=b"do=promote")
        for kind in (LostError, Refused)
    )

    assert (lost.status_code, refused.status_code) == (503, 503)
    assert says in lost.text
    assert says not in refused.text


def test_a_folder_has_no_pages(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no runs and no versions to look at"):
        refuse_contradictions(Asked(bundle=tmp_path, pages=True))


def test_without_pages_nothing_stands_at_their_address(tmp_path: Path) -> None:
    asked = Asked(projects=("retail",), pages=False, options=Options(log="off"))
    reply: httpx.Response = get(make_site(asked, read_settings(tmp_path)).site, "/ui")

    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"


def children() -> list[int]:
    """The processes that this one has started and that are left."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(one) for task in tasks for one in task.read_text().split()]


def test_a_server_that_nobody_looks_at_starts_no_process_for_pages(tmp_path: Path) -> None:
    asked = Asked(projects=("retail",), options=Options(log="off"))
    site = make_site(asked, read_settings(tmp_path)).site
    before = set(children())

    async def live() -> None:
        """Start the server and end it."""
        for one in (*site.opening, *site.closing):
            await one()

    asyncio.run(live())
    assert site.opening == ()
    assert set(children()) <= before


def test_what_people_type_leads_to_the_first_page(tmp_path: Path) -> None:
    reply = get(site_of(tmp_path, "retail"), "/ui/")
    assert (reply.status_code, reply.headers["location"]) == (303, "/ui")


def test_no_method_below_ui_is_allowed_to_another_origin(tmp_path: Path) -> None:
    site = site_of(tmp_path, "retail", cors=(ORIGIN,))
    heads = {"origin": ORIGIN, "access-control-request-method": "POST"}
    page = send(site, "OPTIONS", "/ui/projects/retail/registry", headers=heads)
    answer = send(site, "OPTIONS", "/ping", headers=heads)

    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in page.headers
    assert "access-control-allow-methods" not in page.headers


def test_a_declaration_that_cannot_be_read_is_told_on_every_page_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own" / "odd"
    own.mkdir(parents=True)
    (own / "project.yaml").write_text("name: odd\nkind: [oops\n")
    (own / "contract.yaml").write_text("kind: DataContract\n")
    monkeypatch.setenv("FORESELL_PROJECTS", str(tmp_path / "own"))
    site = site_of(tmp_path / "home", "odd", "retail")
    pages = [
        get(site, path) for path in ("/ui", "/ui/projects/odd/data", "/ui/projects/odd/registry")
    ]
    sound = get(site, "/ui/projects/retail/data")

    assert [one.status_code for one in (*pages, sound)] == [200] * 4
    for page in pages:
        assert "The declaration of odd cannot be read" in page.text
        assert "project.yaml" in page.text
    assert "cannot be read" not in sound.text
