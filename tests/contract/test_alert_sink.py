"""One specification for every sink of alerts: in memory, Slack, and an Alertmanager."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from foresell.adapters.alerts_memory import MemorySink
from foresell.adapters.webhook import Patience, WebhookSink
from foresell.errors import MachineError
from foresell.spec.ports import AlertSink
from foresell.spec.webhooks import read_webhooks
from tests.alerts_made import alert
from tests.webhook_server import ALERTS, SLACK, Answer, webhook

QUICK = Patience(tries=2, pause_s=0.01, try_s=2, whole_s=2)


@dataclass(frozen=True)
class Place:
    """A sink, how many alerts it has taken, and how to take it out of reach."""

    sink: AlertSink
    taken: Callable[[], int]
    fall: Callable[[], None]


@pytest.fixture(params=["memory", "slack", "alertmanager"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "memory":
        kept = MemorySink()
        yield Place(kept, lambda: len(kept.told), lambda: setattr(kept, "down", True))
        return
    with ExitStack() as stack:
        hook = stack.enter_context(webhook())
        path = ALERTS if request.param == "alertmanager" else SLACK
        [named] = read_webhooks({"FORESELL_WEBHOOK": hook.url(path)})

        def fall() -> None:
            hook.next += [Answer(503)] * 9

        yield Place(WebhookSink(named, QUICK), lambda: len(hook.told), fall)
        assert hook.refused == []


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(alert(), id="one that fires"),
        pytest.param(alert(state="resolved", findings=()), id="one that is over"),
        pytest.param(alert(*["CPI has moved " * 20] * 60), id="one with many findings"),
        pytest.param(alert("<!channel> *R&D* é 😀", version=None), id="one with odd letters"),
    ],
)
def test_an_alert_is_taken_and_may_be_told_again(place: Place, told: object) -> None:
    place.sink.send(told)  # type: ignore[arg-type]
    place.sink.send(told)  # type: ignore[arg-type]
    assert place.taken() == 2


def test_a_place_that_is_out_of_reach_is_named_without_what_is_secret(place: Place) -> None:
    place.fall()
    with pytest.raises(MachineError) as error:
        place.sink.send(alert())
    assert place.taken() == 0
    assert error.value.where == place.sink.label
    assert "hush" not in f"{error.value} {place.sink!r} {place.sink.label}"
