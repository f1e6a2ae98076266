"""A webhook is asked again where that may help, never for long, and nothing secret is shown."""

import asyncio
import io
import logging
import pickle
import socket
import string
import time
import traceback
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.webhook import Patience, WebhookSink
from foresell.errors import MachineError
from foresell.spec.webhooks import RefusedError, read_webhooks
from tests.alerts_made import alert
from tests.webhook_server import ALERTS, SLACK, Answer, Hook, webhook

QUICK = Patience(tries=3, pause_s=0.01, try_s=2, whole_s=4)


@pytest.fixture(scope="module")
def served() -> Iterator[Hook]:
    with webhook() as hook:
        yield hook


@pytest.fixture
def hook(served: Hook) -> Hook:
    for seen in (served.next, served.told, served.asked, served.refused):
        seen.clear()
    return served


def sink(url: str, patience: Patience = QUICK, **words: str) -> WebhookSink:
    [place] = read_webhooks({"FORESELL_WEBHOOK": url, **words})
    return WebhookSink(place, patience)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_trouble_that_may_pass_is_tried_again(hook: Hook, status: int) -> None:
    hook.next[:] = [Answer(status), Answer(status)]
    sink(hook.url()).send(alert())
    assert (len(hook.asked), len(hook.told)) == (3, 1)


def test_a_place_that_stays_in_trouble_is_given_up_and_its_status_is_said(hook: Hook) -> None:
    hook.next[:] = [Answer(500)] * 3
    with pytest.raises(MachineError) as error:
        sink(hook.url()).send(alert())
    assert len(hook.asked) == 3
    assert error.value.args == (
        "the alert was not taken: it answered 500",
        f"http://127.0.0.1:{hook.port}",
        "foresell monitor deliver tries again",
    )


def test_what_the_place_asks_for_is_waited(hook: Hook) -> None:
    hook.next[:] = [Answer(429, {"Retry-After": "1"})]
    start = time.monotonic()
    sink(hook.url()).send(alert())
    assert 1 <= time.monotonic() - start < 3
    assert len(hook.told) == 1


def test_a_longer_wait_than_there_is_patience_is_none(hook: Hook) -> None:
    hook.next[:] = [Answer(503, {"Retry-After": "3600"})]
    start = time.monotonic()
    with pytest.raises(MachineError, match="it answered 503"):
        sink(hook.url()).send(alert())
    assert time.monotonic() - start < 2
    assert len(hook.asked) == 1


@pytest.mark.parametrize(
    ("status", "mend"),
    [
        (401, "look at FORESELL_WEBHOOK_TOKEN"),
        (404, "look at FORESELL_WEBHOOK: there is nothing under this address"),
        (302, "redirects are not followed: name the address itself in FORESELL_WEBHOOK"),
        (413, "look at FORESELL_WEBHOOK and FORESELL_WEBHOOK_SHAPE, and at the log of the place"),
    ],
)
def test_a_refusal_is_not_tried_again(hook: Hook, status: int, mend: str) -> None:
    hook.next[:] = [Answer(status, {"Location": hook.url("/elsewhere")})]
    with pytest.raises(RefusedError) as error:
        sink(hook.url()).send(alert())
    assert error.value.args == (
        f"the alert was refused: it answered {status}",
        f"http://127.0.0.1:{hook.port}",
        mend,
    )
    assert [path for path, _ in hook.asked] == [SLACK]


@pytest.mark.parametrize("answer", [Answer(wait_s=9), Answer(drip=True)], ids=["late", "dripping"])
def test_a_place_that_is_too_slow_is_left(hook: Hook, answer: Answer) -> None:
    hook.next[:] = [answer] * 2
    start = time.monotonic()
    with pytest.raises(MachineError, match="no answer within 0 s"):
        sink(hook.url(), Patience(tries=2, pause_s=0.01, try_s=0.3, whole_s=1)).send(alert())
    assert 0.6 <= time.monotonic() - start < 3


def test_nobody_at_the_address_is_said() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(MachineError, match="nobody can be reached there"):
        sink(f"http://127.0.0.1:{port}{SLACK}").send(alert())


def test_an_alert_is_told_from_within_a_loop_of_the_caller_too(hook: Hook) -> None:
    async def caller() -> None:
        sink(hook.url()).send(alert())

    asyncio.run(caller())
    assert len(hook.told) == 1


def test_the_token_goes_to_an_alertmanager_alone(hook: Hook) -> None:
    for path in (ALERTS, SLACK):
        sink(hook.url(path), FORESELL_WEBHOOK_TOKEN="hush").send(alert())  # noqa: S106 - of nothing
    told = [heads.get("Authorization") for _, heads in hook.asked]
    assert told == ["Bearer hush", None]


@pytest.mark.parametrize(
    ("variable", "word"),
    [("ALL_PROXY", "nonsense://jo:hushhush@proxy"), ("SSL_CERT_FILE", "/hushhush/no.pem")],
)
def test_a_proxy_or_certificates_that_cannot_be_used_are_trouble_and_no_crash(
    monkeypatch: pytest.MonkeyPatch, variable: str, word: str
) -> None:
    monkeypatch.setenv(variable, word)
    with pytest.raises(MachineError, match="that the environment names cannot be used") as error:
        sink("https://a.example/x").send(alert())
    assert not [text for text in shown(error.value) if "hushhush" in text]


def sent(place: WebhookSink) -> BaseException | None:
    """Tell of an alert; the error where it was not taken."""
    try:
        place.send(alert())
    except MachineError as error:
        return error
    return None


def shown(error: BaseException | None) -> Iterator[str]:
    if error is None:
        return
    yield f"{error} {error!r} {error.__cause__!r}"
    yield "".join(traceback.format_exception(error))
    yield pickle.dumps(error).decode("latin-1")


@settings(max_examples=15, deadline=None)
@given(
    secret=st.text(string.ascii_letters + string.digits, min_size=6, max_size=12),
    status=st.sampled_from([200, 302, 400, 404, 500]),
    wire=st.booleans(),
)
def test_no_error_log_or_text_form_shows_address_or_token(
    served: Hook, secret: str, status: int, *, wire: bool
) -> None:
    hidden = f"Zq7{secret}"
    served.next[:] = [Answer(status, {"Location": f"/{hidden}"})] * 3
    port = served.port if wire else 9
    urls = [
        f"http://127.0.0.1:{port}/services/{hidden}?key={hidden}",
        f"http://jo:{hidden}@127.0.0.1:{port}{ALERTS}",
    ]
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        for url in urls:
            named = sink(url, Patience(tries=1, try_s=2))
            assert hidden not in f"{named!r} {named} {named.label}"
            texts = list(shown(sent(named)))
            assert not [text for text in texts if hidden in text]
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
        served.next.clear()
    assert hidden not in lines.getvalue()
    assert quote(hidden) not in lines.getvalue()
