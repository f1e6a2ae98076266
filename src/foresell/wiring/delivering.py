"""Alerts that wait, sent to the webhooks that the environment names."""

from dataclasses import dataclass
from datetime import UTC, datetime

from foresell.adapters.alert_outbox import AlertOutbox, Message, Tried
from foresell.errors import DataError, MachineError, counted
from foresell.settings import Settings
from foresell.spec.extras import need
from foresell.spec.ports import AlertSink
from foresell.spec.webhooks import URLS, RefusedError, Webhook
from foresell.wiring.monitor_places import alert_outbox

_REFUSED = 2  # in a row, and the newest: then it is the place, and not the messages


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What came of sending: messages that were taken, and that wait; of places, what was wrong.

    ``trouble``: pairs of what is wrong and how to mend it. No secret is in them.
    """

    taken: int = 0
    waiting: int = 0
    trouble: tuple[tuple[str, str], ...] = ()


def deliver(project: str, settings: Settings) -> Delivered:
    """Send what waits of a project, in order, to each place; what is taken waits no more.

    A place that is out of reach keeps what is left of its own waiting, and is told of; it is no
    error, nor is a folder that cannot be read.
    """
    box = alert_outbox(project, settings)
    taken, waiting, trouble = 0, 0, list[tuple[str, str]]()
    named = {place.name: place for place in settings.webhooks}
    try:
        for name in box.places():
            if name in named:
                sent, found = _deliver_to(named[name], box)
            else:
                sent, found = 0, [_unnamed(name, box)]
            taken += sent
            trouble += found
        waiting = box.count()
    except MachineError as error:
        trouble.append((f"{error.where}: {error.what}", error.mend))
    return Delivered(taken=taken, waiting=waiting, trouble=tuple(trouble))


def _unnamed(name: str, box: AlertOutbox) -> tuple[str, str]:
    """Return what is said of a place that is not named any more, and what to do."""
    left = counted(len(box.waiting(name)), "message")
    return (
        f"{left} to {name} cannot be sent: {URLS} does not name it any more",
        f"name it again, or remove the folder {box.root / name}",
    )


def _deliver_to(place: Webhook, box: AlertOutbox) -> tuple[int, list[tuple[str, str]]]:
    """Send what waits for one place; return how many were taken, and what was wrong."""
    try:
        sink = _sink(place)
        with box.sending(place.name):
            taken, errors = drain(sink, box, place.name)
    except MachineError as error:  # of the installation, or of the disk
        taken, errors = 0, [error]
    whose = _whose(place, box) if errors else ""
    said = [
        (f"{error.where}{whose if error.where == place.label else ''}: {error.what}", error.mend)
        for error in errors
    ]
    last = Tried(at=_now(), why=said[0][0], mend=said[0][1]) if said else None
    box.tried(place.name, last)
    return taken, said


def _whose(place: Webhook, box: AlertOutbox) -> str:
    """Return which of several places on a host it is, and what about waits for it."""
    subjects = []
    for message in box.waiting(place.name):
        try:
            subjects.append(message.alert.subject)
        except DataError:  # told of by itself, as its file
            continue
    waits = f", waits: {', '.join(dict.fromkeys(subjects))}" if subjects else ""
    return f" ({place.shape}{waits})"


def drain(
    sink: AlertSink, box: AlertOutbox, place: str
) -> tuple[int, list[MachineError | DataError]]:
    """Send what waits for ``place`` until nothing does; return how many were taken, and errors.

    What cannot be read, or is refused while others are taken, is passed over and left; a place that
    is out of reach, or refuses two in a row and the newest as well, is left alone.
    """
    taken, refused = 0, 0
    errors: list[MachineError | DataError] = []
    seen: set[Message] = set()
    while refused <= _REFUSED:
        message = _next(box, place, seen, newest=refused == _REFUSED)
        if message is None:
            break
        seen.add(message)
        try:
            sink.send(message.alert)
        except RefusedError as error:
            errors.append(error)
            refused += 1
        except DataError as error:
            errors.append(error)
        except MachineError as error:
            return taken, [*errors, error]
        else:
            box.taken(message)
            taken, refused = taken + 1, 0
    return taken, errors


def _next(box: AlertOutbox, place: str, seen: set[Message], *, newest: bool) -> Message | None:
    """Return what waits and was not tried yet, the oldest or the ``newest``.

    They are listed anew each time: a look may put more while others are sent.
    """
    left = [message for message in box.waiting(place) if message not in seen]
    return left[-1 if newest else 0] if left else None


def _sink(place: Webhook) -> AlertSink:
    """Return what tells a place; without the extra ``monitor`` that is a ``MachineError``."""
    need(("httpx",), URLS, "monitor")
    from foresell.adapters.webhook import WebhookSink  # noqa: PLC0415 - the extra monitor

    return WebhookSink(place)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
