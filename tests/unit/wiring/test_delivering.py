"""Messages that wait lose nothing: spoilt ones, killed looks, two at once, places no more named."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foresell.errors import DataError
from foresell.settings import Settings, environment
from foresell.wiring.alerting import Settled, settle
from foresell.wiring.delivering import deliver
from foresell.wiring.webhooks import examine_webhooks
from tests.alerts_made import finding, observed, several
from tests.webhook_server import SLACK, Answer, Hook

Told = Callable[..., Settings]
FIRES = "🔴 toy: the data has drifted (1 alarm)"


def drifted(settings: Settings, *about: str) -> Settled:
    return settle(observed("toy", "drift", several(*about)), settings)


def heads(hook: Hook) -> list[str]:
    return [one["text"] for one in hook.told]


def test_messages_for_a_place_that_is_not_named_any_more_are_told_of(
    told: Told, hook: Hook
) -> None:
    hook.next[:] = [Answer(404)]
    settings = told(hook.url(SLACK))
    [name] = [one.name for one in settings.webhooks]
    drifted(settings, "CPI")
    [(what, mend)] = deliver("toy", told()).trouble
    assert what == (
        f"1 message to {name} cannot be sent: FORESELL_WEBHOOK does not name it any more"
    )
    assert mend.startswith("name it again, or remove the folder ")


def test_a_file_of_alerts_that_is_spoilt_is_no_reason_to_fire_again(told: Told) -> None:
    settings = told()
    drifted(settings, "CPI")
    (settings.home / "toy" / "monitor" / "alerts.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="the alerts that stand cannot be read"):
        drifted(settings, "CPI")


def test_a_message_that_is_spoilt_is_named_and_holds_nothing_up(told: Told, hook: Hook) -> None:
    settings = told(hook.url(SLACK))
    hook.next[:] = [Answer(404)]
    drifted(settings, "CPI")
    [kept] = settings.home.rglob("outbox/*/0*.json")
    kept.write_text("{", encoding="utf-8")
    settled = settle(observed("toy", "schema", several("CPI")), settings)
    assert (settled.delivered, settled.kept) == (1, 1)
    assert settled.trouble == (
        f"{kept}: a message that waits cannot be read; look at it, then remove it",
    )


def test_without_the_library_that_tells_the_alert_stands_and_waits(
    told: Told, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = told(hook.url(SLACK))
    with monkeypatch.context() as lacking:
        lacking.setitem(sys.modules, "httpx", None)
        settled = drifted(settings, "CPI")
        assert (settled.new, settled.kept) == (True, 1)
        assert settled.trouble == (
            "FORESELL_WEBHOOK: the library 'httpx' is not installed; pip install "
            "'foresell[monitor]'",
        )
        assert examine_webhooks(settings).mend == "pip install 'foresell[monitor]'"
    assert deliver("toy", settings).taken == 1


LOOK = """
import sys
from pathlib import Path
from foresell.settings import read_settings
from foresell.wiring.alerting import settle
from tests.alerts_made import observed, several
settle(observed("toy", "drift", several(*sys.argv[2:])), read_settings(Path(sys.argv[1])))
"""


def look(settings: Settings, *about: str) -> "subprocess.Popen[bytes]":
    """A process that looks once."""
    words = [sys.executable, "-c", LOOK, str(settings.home), *about]
    return subprocess.Popen(words, env=environment(PYTHONPATH="."))


def test_who_is_killed_in_mid_delivery_loses_no_message(told: Told, hook: Hook) -> None:
    settings = told(hook.url(SLACK))
    hook.next[:] = [Answer(500), Answer(500, wait_s=30)]
    killed = look(settings, "CPI")
    try:
        while len(hook.asked) < 2:
            hook.came.wait(30)
    finally:
        killed.kill()
        killed.wait()
    hook.done.set()
    assert hook.told == []
    again = drifted(settings, "CPI")
    assert (again.new, again.delivered, again.kept) == (False, 1, 0)
    assert heads(hook) == [FIRES]


def test_two_looks_at_once_fire_once(told: Told, hook: Hook) -> None:
    settings = told(hook.url(SLACK))
    both = [look(settings, "CPI") for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert heads(hook) == [FIRES]


def test_what_is_kept_and_told_holds_no_address(told: Told, hook: Hook) -> None:
    hook.next[:] = [Answer(404)]
    settings = told(f"http://jo:hushhush@127.0.0.1:{hook.port}/services/hushhush")
    settled: Any = drifted(settings, "CPI")
    kept = b"".join(
        one.name.encode() + one.read_bytes() for one in settings.home.rglob("*") if one.is_file()
    )
    assert b"hushhush" not in kept
    assert "hushhush" not in f"{settled!r} {settings!r}"


def test_findings_keep_their_order_within_alarms(told: Told) -> None:
    settings = told()
    found = [finding("Year", "note"), *several("CPI", "Store")]
    settle(observed("toy", "drift", found, version=None), settings, page=Path("drift_report.html"))
    text = (settings.home / "toy" / "monitor" / "ALERT.txt").read_text(encoding="utf-8")
    assert "- CPI has moved\n- Store has moved\n- Year has moved\n" in text
    assert "version  unknown\n" in text
    assert "page     drift_report.html\n" in text
