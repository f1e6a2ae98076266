"""Signing in and out through the whole application, and what strangers are shown."""

import json
from pathlib import Path

import pytest

import foresell
from foresell.serving.site import Options
from foresell.settings import read_settings
from foresell.wiring.serving import Asked, make_site
from tests.dashboard_site import send, site_of
from tests.signed_visits import Browser, browser, toys

PAGE = "/ui/projects/toy/registry"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return toys(tmp_path / "home", 8.0)


def test_one_comes_back_to_where_one_was_and_is_known_by_the_name_of_the_key(home: Path) -> None:
    token = foresell.create_key("ana", scopes=("admin",), home=home).token
    view = Browser(site_of(home, "toy"))
    asked = view.get(f"/ui/sign-in?back={PAGE}%3Fa%3D1")

    entered = view.sign_in(token, f"{PAGE}?a=1")

    assert asked.status_code == 200
    assert f'value="{PAGE}?a=1"' in asked.text
    assert (entered.status_code, entered.headers["location"]) == (303, f"{PAGE}?a=1")
    assert entered.headers["cache-control"] == "no-store"
    assert '<span class="who">ana</span>' in view.get(PAGE).text
    assert view.get(f"/ui/sign-in?back={PAGE}").headers["location"] == PAGE


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/ui\\evil", ""])
def test_nobody_is_led_to_another_site_after_signing_in(home: Path, back: str) -> None:
    token = foresell.create_key("ana", scopes=("admin",), home=home).token

    entered = Browser(site_of(home, "toy")).sign_in(token, back)

    assert entered.headers["location"] == "/ui"


def test_a_key_that_is_none_is_told_beside_its_field_and_never_shown_again(home: Path) -> None:
    view = Browser(site_of(home, "toy"))
    typed = "fsk_0123456789ab_" + "x" * 43

    refused = view.sign_in(typed, PAGE)

    assert refused.status_code == 401
    assert "This API key is not known" in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert 'aria-describedby="key-error key-hint"' in refused.text
    assert f'value="{PAGE}"' in refused.text
    assert typed not in refused.text
    assert "set-cookie" not in refused.headers


def test_a_key_that_may_not_look_is_told_so_where_looking_takes_one(home: Path) -> None:
    token = foresell.create_key("ana", scopes=("predict", "admin"), home=home).token

    refused = Browser(site_of(home, "toy", keys=True)).sign_in(token)

    assert refused.status_code == 403
    assert "does not allow &#39;read&#39;" in refused.text


def test_where_keys_are_needed_a_stranger_sees_no_page_no_name_and_no_chart(home: Path) -> None:
    foresell.create_key("ana", scopes=("read",), home=home)
    site = site_of(home, "toy", keys=True)

    for path in (
        "/ui",
        PAGE,
        "/ui/projects/nosuch",
        "/ui/no/such/page",
        f"{PAGE}/files/history.jsonl",
    ):
        reply = send(site, "GET", path)
        assert (reply.status_code, reply.headers["location"]) == (
            303,
            f"/ui/sign-in?back={path.replace('/', '%2F')}",
        )
    chart = send(site, "GET", f"{PAGE}/figures/a.json", headers={"sec-fetch-mode": "cors"})
    assert chart.status_code == 401
    assert "toy" not in send(site, "GET", "/ui/sign-in").text
    assert send(site, "GET", "/ui/static/dashboard.css").status_code == 200


def test_signing_out_takes_a_form_of_the_session_and_ends_it(home: Path) -> None:
    view = browser(home, "admin")
    cookie = dict(view.cookies)

    kept = view.post("/ui/sign-out", {"token": "of somebody else"})
    assert kept.headers["location"] == "/ui"
    assert "ana" in view.get(PAGE).text
    token = view.get(PAGE).text.partition('name="token" value="')[2].partition('"')[0]
    gone = view.post("/ui/sign-out", {"token": token})

    assert "Max-Age=0" in gone.headers["set-cookie"]
    view.cookies = cookie
    assert ">Sign in</a>" in view.get(PAGE).text
    assert send(view.site, "GET", "/ui/sign-out").headers["location"] == "/ui"


@pytest.mark.parametrize(
    "heads",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/ui/sign-in", "/ui/sign-out", PAGE])
def test_no_form_from_another_site_is_taken(home: Path, path: str, heads: dict[str, str]) -> None:
    view = browser(home, "admin")

    refused = view.post(path, {"key": "x", "do": "promote"}, heads)

    assert refused.status_code == 403
    assert "not sent by a page of this server" in refused.text
    assert "set-cookie" not in refused.headers


def test_who_comes_from_another_site_asks_again_with_the_cookie(home: Path) -> None:
    site = site_of(home, "toy")

    from_a_chat = send(site, "GET", "/ui/sign-in", headers={"sec-fetch-site": "cross-site"})
    from_here = send(site, "GET", "/ui/sign-in", headers={"sec-fetch-site": "same-origin"})

    assert from_a_chat.headers["refresh"] == "0"
    assert "refresh" not in from_here.headers


def test_a_body_that_is_json_signs_nobody_in(home: Path) -> None:
    token = foresell.create_key("ana", scopes=("admin",), home=home).token
    heads = {"origin": "http://127.0.0.1", "content-type": "application/json"}

    refused = send(
        site_of(home, "toy"),
        "POST",
        "/ui/sign-in",
        content=json.dumps({"key": token}),
        headers=heads,
    )

    assert refused.status_code == 401


def test_pages_tell_browsers_to_say_where_our_own_forms_come_from(home: Path) -> None:
    reply = send(site_of(home, "toy"), "GET", "/ui/sign-in")

    assert reply.headers["referrer-policy"] == "same-origin"
    assert "form-action 'self'" in reply.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]


def test_the_log_of_requests_holds_neither_key_nor_token(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    token = foresell.create_key("ana", scopes=("admin",), home=home).token
    asked = Asked(projects=("toy",), looked_at=True, options=Options(log="json"))
    view = Browser(make_site(asked, read_settings(home)).site)
    assert view.sign_in(token).status_code == 303
    view.sign_in("fsk_0123456789ab_" + "y" * 43)
    view.site.telemetry.close()  # type: ignore[union-attr]

    said = capfd.readouterr()
    assert "/ui/sign-in" in said.err
    assert token not in said.err + said.out
    assert "y" * 43 not in said.err + said.out
    assert next(iter(view.cookies.values())) not in said.err + said.out
