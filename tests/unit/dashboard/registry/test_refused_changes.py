"""Forms of the registry page that do nothing: whose they are, and what comes back with them."""

from pathlib import Path

import pytest

import foresell
from tests.dashboard_site import send
from tests.signed_visits import PAGE, Browser, browser, hidden, live

PROMOTE = f"{PAGE}?do=promote&version=2"
WHY = "fewer errors & “rückwärts” <b>"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "Say why, in one line."),
        ("   ", "Say why, in one line."),
        ("two\nlines", "Use one plain line of text."),
        ("bell \x07", "Use one plain line of text."),
        ("x" * 501, "Say it in 500 characters; these are 501."),
    ],
)
def test_a_change_without_a_plain_reason_is_refused_beside_its_field(
    home: Path, ana: Browser, reason: str, said: str
) -> None:
    refused = ana.confirmed(PROMOTE, reason=reason)

    assert refused.status_code == 422
    assert f'id="reason-error">{said}' in refused.text
    assert 'aria-describedby="reason-hint reason-error" aria-invalid="true"' in refused.text
    assert live(home) == (1, None)


def test_a_form_that_was_made_before_something_else_happened_does_nothing_and_loses_nothing(
    home: Path, ana: Browser
) -> None:
    form = hidden(ana.get(PROMOTE).text)
    foresell.promote("toy", 2, to="staging", reason="quicker", home=home)

    refused = ana.post(PAGE, form | {"reason": WHY})
    again = ana.post(PAGE, hidden(refused.text) | {"reason": WHY})

    assert refused.status_code == 409
    assert "something else happened to these versions meanwhile" in refused.text
    assert "fewer errors &amp; “rückwärts” &lt;b&gt;" in refused.text
    assert again.status_code == 303
    assert live(home) == (2, 2)


def test_a_form_that_is_sent_twice_is_done_once(home: Path, ana: Browser) -> None:
    foresell.promote("toy", 2, reason="better", home=home)
    foresell.promote("toy", 3, reason="newest", override=True, home=home)
    form = hidden(ana.get(f"{PAGE}?do=rollback").text) | {"reason": WHY}

    codes = [ana.post(PAGE, form).status_code for _ in range(3)]

    assert codes == [303, 409, 409]
    assert live(home) == (2, None)


def test_who_has_not_signed_in_sees_all_of_it_and_is_asked_to_sign_in(home: Path) -> None:
    nobody = browser(home)

    text = nobody.get(PROMOTE).text
    refused = nobody.post(
        PAGE, {"do": "promote", "version": "2", "alias": "prod", "seen": "4", "reason": "mine"}
    )

    assert "Prod points to version 2" in text
    assert '<form method="post"' not in text
    assert "/ui/sign-in?back=/ui/projects/toy/registry%3Fdo%3Dpromote%26version%3D2" in text
    assert refused.status_code == 403
    assert "your session has ended" in refused.text
    assert "%26reason%3Dmine" in refused.text
    assert live(home) == (1, None)


def test_what_was_typed_stands_there_again_after_signing_in(home: Path, ana: Browser) -> None:
    text = ana.get(f"{PROMOTE}&reason=mine%20%22own%22&override=1").text

    assert 'value="mine &#34;own&#34;"' in text


def test_a_key_without_the_scope_admin_changes_nothing_and_is_told_which_key_does(
    home: Path,
) -> None:
    ben = browser(home, "read", "predict", name="ben")
    text = ben.get(PROMOTE).text
    token = text.partition('name="token" value="')[2].partition('"')[0]

    refused = ben.post(
        PAGE,
        {
            "do": "promote",
            "version": "2",
            "alias": "prod",
            "seen": "4",
            "reason": "x",
            "token": token,
        },
    )

    assert "foresell keys create YOUR-NAME --scope read --scope admin" in text
    assert refused.status_code == 403
    assert "the key &#39;ben&#39; may not change anything" in refused.text.lower()
    assert live(home) == (1, None)


@pytest.mark.parametrize("token", ["", "of somebody else", "t" * 43])
def test_a_form_without_the_token_of_the_session_does_nothing(
    home: Path, ana: Browser, token: str
) -> None:
    form = hidden(ana.get(PROMOTE).text) | {"token": token, "reason": WHY}

    refused = ana.post(PAGE, form)

    assert refused.status_code == 403
    assert live(home) == (1, None)


def test_the_token_of_one_session_is_none_of_another(home: Path, ana: Browser) -> None:
    foresell.create_key("eve", scopes=("admin",), home=home)
    eve = Browser(ana.site)
    token = foresell.create_key("mal", scopes=("admin",), home=home).token
    eve = Browser(browser(home).site)
    assert eve.sign_in(token).status_code == 303
    form = hidden(eve.get(PROMOTE).text)

    assert ana.post(PAGE, form | {"reason": WHY}).status_code == 403
    assert live(home) == (1, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/ui/projects/toy/data"), ("POST", "/ui/projects/toy/leaderboard")],
)
def test_other_pages_change_nothing(ana: Browser, method: str, path: str) -> None:
    refused = send(ana.site, method, path, headers={"origin": ana.origin}, data={"do": "promote"})

    assert refused.status_code == 405


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"do": "destroy"},
        {"do": "promote", "version": "x"},
        {"do": "promote", "version": "2", "alias": "live"},
        {"do": "promote", "version": "2", "seen": "-1"},
        {"do": "rollback", "to": "<script>"},
    ],
)
def test_a_form_that_nobody_of_us_has_made_is_refused(
    home: Path, ana: Browser, form: dict[str, str]
) -> None:
    refused = ana.post(PAGE, form)

    assert refused.status_code in {403, 404}
    assert "<script>" not in refused.text.replace("<script src", "")
    assert live(home) == (1, None)


def test_a_bundle_that_was_damaged_is_not_promoted(home: Path, ana: Browser) -> None:
    victim = next(
        one
        for one in sorted((home / "_registry" / "objects").rglob("*"))
        if one.is_file() and b'"seed": 2' in one.read_bytes() and one.stat().st_size < 20
    )
    form = hidden(ana.get(PROMOTE).text)
    victim.chmod(0o644)
    victim.write_bytes(b'{"seed": 3}')

    refused = ana.post(PAGE, form | {"reason": WHY})

    assert refused.status_code == 409
    assert "Version 2 of &#39;toy&#39; is damaged" in refused.text
    assert live(home) == (1, None)
