"""Which words name a webhook, and that what is wrong is said without them."""

import string
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.errors import UsageError
from foresell.spec.webhooks import read_webhooks

HOOK = "https://hooks.slack.com/services/T0/B0/x"


def read(urls: str, **more: str) -> list[dict[str, str]]:
    words = {f"FORESELL_WEBHOOK_{name.upper()}": value for name, value in more.items()}
    return [asdict(one) for one in read_webhooks({"FORESELL_WEBHOOK": urls, **words})]


def test_several_are_read_in_order_and_of_one_host_each_has_its_own_name() -> None:
    found = read(f"{HOOK}  {HOOK}y\nhttps://am.example:9093/api/v2/alerts", token="hush")  # noqa: S106
    assert found == [
        {
            "name": "hooks.slack.com-46e1e49d",
            "shape": "slack",
            "label": "https://hooks.slack.com",
            "url": HOOK,
            "token": "",
        },
        {
            "name": "hooks.slack.com-9292c6b9",
            "shape": "slack",
            "label": "https://hooks.slack.com",
            "url": f"{HOOK}y",
            "token": "",
        },
        {
            "name": "am.example_9093-430dfb4b",
            "shape": "alertmanager",
            "label": "https://am.example:9093",
            "url": "https://am.example:9093/api/v2/alerts",
            "token": "hush",
        },
    ]


def test_a_place_keeps_its_name_wherever_it_stands_and_whatever_its_password_is() -> None:
    names = [one["name"] for one in read(f"{HOOK} {HOOK}y")]
    assert [one["name"] for one in read(f"{HOOK}y {HOOK}")] == names[::-1]
    secret = [read(f"https://jo:{word}@am.example")[0]["name"] for word in ("hush", "hushhush")]
    assert secret[0] == secret[1] == read("https://am.example")[0]["name"]
    both = [one["name"] for one in read("https://a:b@am.example https://c:d@am.example")]
    assert both == [secret[0], f"{secret[0]}-2"]


@pytest.mark.parametrize(
    ("url", "shape", "asked"),
    [
        ("https://a.example/api/v2/alerts/", "", "https://a.example/api/v2/alerts"),
        ("http://localhost:9093", "", "http://localhost:9093/api/v2/alerts"),
        ("http://[::1]:9093/", "", "http://[::1]:9093/api/v2/alerts"),
        ("https://a.example/am/api/v2/alerts", "", "https://a.example/am/api/v2/alerts"),
        ("https://a.example/mine", "alertmanager", "https://a.example/mine"),
    ],
)
def test_an_alertmanager_is_known_by_its_path_by_none_or_by_what_is_said(
    url: str, shape: str, asked: str
) -> None:
    [found] = read(url, shape=shape)
    assert (found["shape"], found["url"]) == ("alertmanager", asked)


def test_nothing_said_is_no_webhook() -> None:
    assert read_webhooks({}) == ()
    assert read("  ") == []


@pytest.mark.parametrize(
    ("words", "what", "where"),
    [
        ({"urls": "ftp://a.example/x"}, "no address", "FORESELL_WEBHOOK, address 1"),
        ({"urls": f"{HOOK} mailbox"}, "no address", "FORESELL_WEBHOOK, address 2"),
        ({"urls": "https:///x"}, "no address", "FORESELL_WEBHOOK, address 1"),
        ({"urls": "https://a.example:99999/x"}, "no address", "FORESELL_WEBHOOK, address 1"),
        ({"urls": "https://a.example/x#y"}, "no address", "FORESELL_WEBHOOK, address 1"),
        ({"urls": "https://jo:12/34@a.example/"}, "an @ behind", "FORESELL_WEBHOOK, address 1"),
        ({"urls": f"{HOOK} {HOOK}"}, "named twice", "FORESELL_WEBHOOK"),
        ({"urls": "http://a.example/x"}, "without encryption", "FORESELL_WEBHOOK, address 1"),
        ({"urls": HOOK, "shape": "teams"}, "no such shape", "FORESELL_WEBHOOK_SHAPE"),
        ({"urls": HOOK, "http": "yes"}, "neither on nor off", "FORESELL_WEBHOOK_HTTP"),
        ({"urls": HOOK, "token": "a b"}, "a blank or a letter", "FORESELL_WEBHOOK_TOKEN"),
        (
            {"urls": "https://jo:x@a.example", "token": "t"},
            "and there is a token",
            "FORESELL_WEBHOOK, address 1",
        ),
    ],
)
def test_a_word_that_means_nothing_is_refused_with_its_variable(
    words: dict[str, str], what: str, where: str
) -> None:
    with pytest.raises(UsageError) as error:
        read(**words)
    assert what in error.value.what
    assert error.value.where == where


def test_plain_http_may_leave_this_machine_where_that_is_said() -> None:
    [found] = read("http://am.example:9093", http="on")
    assert found["url"] == "http://am.example:9093/api/v2/alerts"


@given(
    secret=st.text(string.ascii_letters + "@:/?#%&=+ '\"\\${}é", min_size=4, max_size=12),
    form=st.sampled_from([
        "https://a.example/{}",
        "https://jo:{}@a.example/x",
        "https://a.example/x?key={}",
        "http://a.example/{}",
        "ftp://a.example/{}",
    ]),
    token=st.booleans(),
)
def test_no_error_and_no_text_form_shows_a_secret(secret: str, form: str, *, token: bool) -> None:
    hidden = f"Zq7{secret}xK9"
    words = {"FORESELL_WEBHOOK": form.format(hidden)}
    if token:
        words["FORESELL_WEBHOOK_TOKEN"] = hidden
    try:
        told = repr(read_webhooks(words))
    except UsageError as error:
        told = f"{error} {error!r} {error.__context__!r}"
    assert "Zq7" not in told
    assert "xK9" not in told
