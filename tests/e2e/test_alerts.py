"""Alerts by the command line: which stand, what waits, and telling it when the place is back."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from foresell.settings import environment, read_settings
from foresell.wiring.alerting import settle
from tests.alerts_made import observed, several
from tests.e2e.command import Foresell
from tests.webhook_server import ALERTS, SLACK, Answer, webhook

MAIN = "from foresell.cli import main; main()"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORESELL_HOME", str(tmp_path))
    monkeypatch.delenv("FORESELL_WEBHOOK", raising=False)
    return tmp_path


def drifted(*about: str) -> None:
    settle(observed("walmart", "drift", several(*about)), read_settings())


def test_nothing_was_looked_at_yet(home: Path, foresell: Foresell) -> None:
    ran = foresell("monitor", "alerts")
    assert ran.code == 0
    assert ran.out == (
        "nothing was looked at yet: foresell monitor drift PROJECT\n"
        "told: nobody: FORESELL_WEBHOOK names no webhook\n"
    )


def test_what_stands_is_shown_and_can_fail_a_job(
    home: Path, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "nowhere").mkdir()
    drifted("CPI", "Store")
    ran = foresell("monitor", "alerts", "walmart", "--fail-on-alert")
    assert ran.code == 1
    assert "firing" in ran.out
    assert "the data has drifted (2 alarms)" in ran.out
    assert "walmart, drift\n  CPI has moved\n  Store has moved\n" in ran.out
    monkeypatch.setenv("FORESELL_PROJECTS", str(home / "nowhere"))
    assert "firing" in foresell("monitor", "alerts").out
    monkeypatch.delenv("FORESELL_PROJECTS")
    drifted()
    over = foresell("monitor", "alerts", "walmart", "--fail-on-alert")
    assert over.code == 0
    assert "resolved" in over.out


def test_a_project_that_is_unknown_is_refused(home: Path, foresell: Foresell) -> None:
    ran = foresell("monitor", "alerts", "walmrt")
    assert ran.code == 2
    assert "did you mean 'walmart'?" in ran.err


def test_what_could_not_be_told_is_kept_shown_and_told_later(
    home: Path, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook() as hook:
        hook.next[:] = [Answer(403)] * 4
        monkeypatch.setenv("FORESELL_WEBHOOK", hook.url())
        drifted("CPI")
        left = foresell("monitor", "alerts", "--format", "json")
        told: dict[str, Any] = json.loads(left.out)
        assert told["waiting"] == [
            {
                "project": "walmart",
                "place": told["waiting"][0]["place"],
                "messages": 1,
                "why": f"http://127.0.0.1:{hook.port} (slack, waits: drift): the alert was "
                "refused: it answered 403",
                "mend": "look at FORESELL_WEBHOOK_TOKEN and FORESELL_WEBHOOK: the address may have "
                "been withdrawn",
            }
        ]
        failed = foresell("monitor", "deliver", "walmart")
        assert failed.code == 3
        assert "it answered 403" in failed.out
        hook.next.clear()
        sent = foresell("monitor", "deliver")
        assert (sent.code, sent.out) == (0, "1 message told\n")
        assert foresell("monitor", "deliver").out == "nothing to tell\n"
        assert json.loads(foresell("monitor", "alerts", "--format", "json").out)["waiting"] == []
        assert [one["text"] for one in hook.told] == ["🔴 walmart: the data has drifted (1 alarm)"]
        shown = f"{left} {failed} {sent}"
        assert SLACK.rpartition("/")[2] not in shown


def test_who_is_killed_while_telling_leaves_the_message_for_the_next_one(
    home: Path, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook() as hook:
        hook.next[:] = [Answer(404), Answer(wait_s=30)]
        monkeypatch.setenv("FORESELL_WEBHOOK", hook.url(ALERTS))
        drifted("CPI")
        words = [sys.executable, "-c", MAIN, "monitor", "deliver"]
        telling = subprocess.Popen(words, env=environment())
        try:
            end = time.monotonic() + 60
            while len(hook.asked) < 2 and time.monotonic() < end:
                time.sleep(0.02)
        finally:
            telling.send_signal(signal.SIGKILL)
            telling.wait()
        assert len(hook.asked) == 2
        sent = foresell("monitor", "deliver", "--format", "json")
        assert json.loads(sent.out) == {"taken": 1, "waiting": 0, "trouble": []}


@pytest.mark.parametrize(
    ("variable", "word", "where"),
    [
        ("FORESELL_WEBHOOK", "https://jo:hushhush/@a.example/x", "FORESELL_WEBHOOK, address 1"),
        ("FORESELL_WEBHOOK_SHAPE", "hushhush", "FORESELL_WEBHOOK_SHAPE"),
        ("FORESELL_WEBHOOK_TOKEN", "hush hush", "FORESELL_WEBHOOK_TOKEN"),
    ],
)
def test_a_word_that_means_nothing_stops_a_command_and_is_not_shown(
    home: Path,
    foresell: Foresell,
    monkeypatch: pytest.MonkeyPatch,
    *,
    variable: str,
    word: str,
    where: str,
) -> None:
    monkeypatch.setenv(variable, word)
    ran = foresell("monitor", "alerts")
    assert ran.code == 2
    assert f"where {where}" in ran.err
    assert "hush" not in ran.err + ran.out


def test_doctor_says_who_is_told_without_the_address(
    home: Path, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_WEBHOOK", "https://hooks.example/services/hushhush")
    ran = foresell("doctor", "--format", "json")
    [check] = [one for one in json.loads(ran.out) if one["name"] == "webhook"]
    assert check == {
        "name": "webhook",
        "state": "ok",
        "found": "https://hooks.example (slack)",
        "mend": "",
    }
    assert not re.search("hush", ran.out + ran.err)
