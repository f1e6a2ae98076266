"""An alert is kept until it is told, told once, and resolved once, whatever the webhook does."""

import json
import socket
from collections.abc import Callable

import pytest

from foresell.errors import MachineError
from foresell.monitor.alerts import Sight
from foresell.settings import Settings
from foresell.spec.monitoring import Subject
from foresell.wiring.alerting import Settled, settle, settle_all
from foresell.wiring.delivering import deliver
from foresell.wiring.standing import read_standing
from tests.alerts_made import finding, observed, several
from tests.webhook_server import ALERTS, SLACK, Answer, Hook, webhook

Told = Callable[..., Settings]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def drifted(settings: Settings, *about: str) -> Settled:
    return settle(observed("toy", "drift", several(*about)), settings)


def heads(hook: Hook) -> list[str]:
    return [one["text"] for one in hook.told]


def files(settings: Settings) -> list[str]:
    folder = settings.home / "toy" / "monitor"
    return sorted(one.name for one in folder.iterdir() if one.suffix == ".txt")


FIRES = "🔴 toy: the data has drifted (1 alarm)"
OVER = "🟢 toy: the data looks as in training again"


def test_an_alert_is_told_once_while_it_stands_and_once_when_it_is_over(
    told: Told, hook: Hook
) -> None:
    settings = told(hook.url(SLACK))
    first, second = drifted(settings, "CPI"), drifted(settings, "CPI")
    assert (first.firing, first.new, first.delivered, first.kept) == (True, True, 1, 0)
    assert second == Settled(firing=True, since=first.since)
    assert files(settings) == ["ALERT.txt"]
    assert drifted(settings) == Settled(firing=False, resolved=True, delivered=1)
    assert drifted(settings) == Settled(firing=False)
    assert files(settings) == []
    assert heads(hook) == [FIRES, OVER]


def test_an_alertmanager_is_told_at_every_look_as_long_as_it_stands(told: Told, hook: Hook) -> None:
    settings = told(hook.url(ALERTS))
    for about in (["CPI"], ["CPI"], [], []):
        drifted(settings, *about)
    sent = [one for [one] in hook.told]
    assert len({json.dumps(one["labels"]) for one in sent}) == 1
    assert len({one["startsAt"] for one in sent}) == 1
    assert [one["endsAt"] > one["startsAt"][:10] + "T23:59:59" for one in sent[:2]] == [True, True]
    assert len(sent) == 3


def test_each_subject_has_an_alert_and_a_file_of_its_own(told: Told, hook: Hook) -> None:
    settings = told(hook.url(SLACK))
    for subject in ("drift", "schema", "performance"):
        settle(observed("toy", subject, several("CPI")), settings)
    assert files(settings) == ["ALERT.txt", "PERFORMANCE_ALERT.txt", "SCHEMA_ALERT.txt"]
    settle(observed("toy", "schema", []), settings)
    assert files(settings) == ["ALERT.txt", "PERFORMANCE_ALERT.txt"]
    assert len(hook.told) == 4


def test_a_note_raises_no_alert_and_clears_the_one_that_stands(told: Told) -> None:
    settings = told()
    assert not settle(observed("toy", "drift", [finding("Year", "note")]), settings).firing
    drifted(settings, "CPI")
    assert settle(observed("toy", "drift", [finding("Year", "note")]), settings).resolved


def test_what_cannot_be_delivered_is_kept_and_sent_in_order_when_the_place_is_back(
    told: Told,
) -> None:
    port = free_port()
    settings = told(f"http://127.0.0.1:{port}{SLACK}")
    fired = drifted(settings, "CPI")
    assert (fired.kept, fired.delivered) == (1, 0)
    assert fired.trouble == (
        f"http://127.0.0.1:{port} (slack, waits: drift): the alert was not taken: nobody can be "
        "reached there; foresell monitor deliver tries again",
    )
    over = drifted(settings)
    assert (over.resolved, over.kept, len(over.trouble)) == (True, 2, 1)
    with webhook(port, Answer(500), Answer(wait_s=0.2)) as hook:
        sent = deliver("toy", settings)
        assert (sent.taken, sent.waiting, sent.trouble) == (2, 0, ())
        assert heads(hook) == [FIRES, OVER]
        assert deliver("toy", settings).taken == 0


def test_what_waited_goes_with_the_next_look_before_what_it_found(told: Told, hook: Hook) -> None:
    settings = told(hook.url(SLACK))
    hook.next[:] = [Answer(404)]
    assert drifted(settings, "CPI").kept == 1
    assert drifted(settings).delivered == 2
    assert heads(hook) == [FIRES, OVER]


def test_an_alarm_that_joins_is_told_and_one_that_was_told_is_not(told: Told, hook: Hook) -> None:
    settings = told(hook.url(SLACK))
    for about in (["CPI"], ["CPI", "Store"], ["CPI"], ["Store"]):
        drifted(settings, *about)
    assert heads(hook) == [FIRES, "🔴 toy: the data has drifted (2 alarms)"]


def test_a_place_that_is_named_later_hears_of_what_stands_and_of_its_end_only(
    told: Told, hook: Hook
) -> None:
    drifted(told(), "CPI")
    settings = told(hook.url(SLACK))
    drifted(settings, "CPI")
    drifted(told())
    assert heads(hook) == [FIRES]
    drifted(settings)
    assert heads(hook) == [FIRES, OVER]


def test_one_place_that_is_down_keeps_nothing_from_the_other(told: Told, hook: Hook) -> None:
    settings = told(f"http://127.0.0.1:{free_port()}{SLACK}", hook.url(ALERTS))
    settled = drifted(settings, "CPI")
    assert (settled.delivered, settled.kept, len(settled.trouble)) == (1, 1, 1)
    assert len(hook.told) == 1


def test_a_message_that_is_refused_holds_nothing_up_and_is_not_told_after_the_end(
    told: Told, hook: Hook
) -> None:
    settings = told(hook.url(SLACK))
    hook.next[:] = [Answer(400), Answer(400)]
    drifted(settings, "CPI")
    over = drifted(settings)
    assert (over.delivered, over.kept, len(over.trouble)) == (1, 0, 1)
    assert heads(hook) == [OVER]


def test_who_heard_that_an_alert_fires_hears_its_end_whatever_was_found_without_telling(
    told: Told, hook: Hook
) -> None:
    drifted(told(hook.url(SLACK)), "CPI")
    drifted(told(), "CPI", "Store")
    drifted(told())
    drifted(told(hook.url(SLACK)))
    assert heads(hook) == [FIRES, OVER]


def test_two_messages_that_nobody_takes_keep_no_newer_one_back(told: Told, hook: Hook) -> None:
    settings = told(hook.url(SLACK))
    hook.next[:] = [Answer(400)] * 3
    for subject in ("drift", "schema"):
        settle(observed("toy", subject, several("CPI")), settings)
    hook.next[:] = [Answer(400)] * 2
    settled = settle(observed("toy", "performance", several("CPI")), settings)
    assert (settled.delivered, settled.kept) == (1, 2)
    assert heads(hook) == ["🔴 toy: forecasts are worse than in the backtest (1 alarm)"]


def test_the_end_of_an_alert_is_not_told_after_the_next_one_has_begun(
    told: Told, hook: Hook
) -> None:
    settings = told(hook.url(SLACK))
    drifted(settings, "CPI")
    hook.next[:] = [Answer(400)]
    assert drifted(settings).kept == 1
    hook.next[:] = [Answer(400)]
    again = drifted(settings, "CPI")
    assert (again.delivered, again.kept) == (1, 0)
    assert deliver("toy", settings).taken == 0
    assert heads(hook) == [FIRES, FIRES]


def test_what_waits_for_one_address_is_never_sent_to_another_of_the_same_host(
    told: Told, hook: Hook
) -> None:
    first, second = hook.url(f"{SLACK}-a"), hook.url(f"{SLACK}-b")
    hook.next[:] = [Answer(404), Answer(404)]
    assert drifted(told(first, second), "CPI").kept == 2
    deliver("toy", told(second))
    assert [path for path, _ in hook.asked][2:] == [f"{SLACK}-b"]


@pytest.mark.parametrize("subject", ["drift", "schema", "performance"])
def test_a_look_that_compared_nothing_tells_nobody_that_all_is_well(
    told: Told, hook: Hook, *, subject: Subject
) -> None:
    settings = told(hook.url(SLACK))
    settle(observed("toy", subject, several("CPI")), settings)
    there = files(settings)
    blind = settle(observed("toy", subject, sight=Sight(seen=frozenset())), settings)
    assert (blind.firing, blind.resolved, blind.compared) == (True, False, False)
    assert blind.unseen == ("CPI has moved",)
    assert (files(settings), len(hook.told)) == (there, 1)


def test_a_look_that_compared_nothing_before_any_other_is_no_look(told: Told) -> None:
    settings = told()
    blind = settle(observed("toy", "drift", sight=Sight(seen=frozenset())), settings)
    assert blind == Settled(firing=False, compared=False)
    assert read_standing("toy", settings) == {}


@pytest.mark.parametrize("odd", ["{", "[]", '{"recent": [1]}', '{"recent": {"wape": 1e999}}'])
def test_a_summary_of_another_verb_that_is_odd_keeps_no_alert_from_firing(
    told: Told, hook: Hook, *, odd: str
) -> None:
    settings = told(hook.url(SLACK))
    folder = settings.home / "toy" / "monitor"
    folder.mkdir(parents=True)
    (folder / "performance_summary.json").write_text(odd, encoding="utf-8")
    seen = [observed("toy", "drift", several("CPI")), observed("toy", "schema", several("CPI"))]
    settled = settle_all(seen, settings)
    assert [one.new for one in settled.values()] == [True, True]
    assert (files(settings), len(hook.told)) == (["ALERT.txt", "SCHEMA_ALERT.txt"], 2)
    assert len(settled["drift"].trouble) == (0 if "wape" in odd else 1)
    assert (
        b'foresell_alert{project="toy",subject="schema"} 1.0'
        in (folder / "metrics.prom").read_bytes()
    )


def test_a_text_file_that_cannot_be_written_is_told_when_everybody_has_heard(
    told: Told, hook: Hook
) -> None:
    settings = told(hook.url(SLACK))
    (settings.home / "toy" / "monitor" / "ALERT.txt").mkdir(parents=True)
    seen = [observed("toy", "drift", several("CPI")), observed("toy", "schema", several("CPI"))]
    with pytest.raises(MachineError, match="cannot be kept"):
        settle_all(seen, settings)
    assert len(hook.told) == 2
