"""Alerts of a project: they fire, stand and are resolved, and are told to whoever is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from foresell.adapters.alert_outbox import AlertOutbox
from foresell.errors import ForesellError, MachineError
from foresell.monitor.alerts import Observed, Standing, look
from foresell.settings import Settings
from foresell.spec.monitoring import Subject
from foresell.spec.webhooks import Webhook
from foresell.wiring.delivering import deliver
from foresell.wiring.monitor_files import monitor_folder
from foresell.wiring.monitor_gauges import write_gauges
from foresell.wiring.monitor_places import alert_outbox
from foresell.wiring.standing import alone, read_standing, show_standing, write_standing


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What became of an alert.

    ``firing``: whether it stands now, ``since`` when (UTC). ``new``: it fires since this call;
    ``resolved``: it stood before and is over. ``compared``: whether the look compared anything;
    else all is as it was. ``unseen``: what was said of alarms that stand and that this look could
    not see. ``delivered``: messages that were taken now, of this alert and of what waited;
    ``kept``: those that wait. ``trouble``: why, and what to do, of each place that did not take
    one, and of numbers that could not be told; no secret is in it.
    """

    firing: bool
    since: datetime | None = None
    new: bool = False
    resolved: bool = False
    compared: bool = True
    unseen: tuple[str, ...] = ()
    delivered: int = 0
    kept: int = 0
    trouble: tuple[str, ...] = ()


def settle(observed: Observed, settings: Settings, *, page: Path | None = None) -> Settled:
    """Compare what was observed of a subject with what stands, and tell who is to be told.

    An alert fires with the first finding that is an alarm, stands while there is one, and is
    resolved by the first look that saw what its alarms are about and found none: see
    `foresell.monitor.alerts.look`. ``ALERT.txt`` (drift), ``SCHEMA_ALERT.txt`` or
    ``PERFORMANCE_ALERT.txt`` is there while it stands. What waits in the outbox is delivered; a
    place that is out of reach is told of and is no error. ``page``: what shows more. Call it when
    the summaries are written: gauges are made of them, last of all, and whatever they hold.

    A ``DataError``: ``alerts.json`` is spoilt. A ``MachineError``: a file cannot be written; a text
    file that cannot be keeps nothing else from being done.
    """
    project, unwritten = observed.project, list[MachineError]()
    folder = monitor_folder(project, settings)
    with alone(folder):
        before, now = _kept(observed, settings)
        if now is not None:
            try:
                show_standing(folder, observed.subject, now, page)
            except MachineError as error:
                unwritten.append(error)
    sent = deliver(project, settings)
    trouble = (*sent.trouble, *write_gauges(project, settings))
    if unwritten:
        raise unwritten[0]
    stood = before is not None and before.firing
    firing = now is not None and now.firing
    return Settled(
        firing=firing,
        since=now.alert.since if now is not None and now.alert is not None and firing else None,
        new=firing and not stood,
        resolved=stood and not firing,
        compared=observed.compared,
        unseen=tuple(now.alarms[name] for name in now.unseen) if now is not None else (),
        delivered=sent.taken,
        kept=sent.waiting,
        trouble=tuple(f"{what}; {mend}" for what, mend in trouble),
    )


def settle_all(
    observed: Sequence[Observed], settings: Settings, *, page: Path | None = None
) -> Mapping[Subject, Settled]:
    """Settle several subjects; trouble with one keeps no alert of another from firing.

    Errors as of `settle`: the first of them, when all subjects have had their turn.
    """
    settled, errors = dict[Subject, Settled](), list[ForesellError]()
    for one in observed:
        try:
            settled[one.subject] = settle(one, settings, page=page)
        except ForesellError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return settled


def _kept(observed: Observed, settings: Settings) -> tuple[Standing | None, Standing | None]:
    """Keep what a look means for what stands, and messages of it; return it before and after."""
    project, subject = observed.project, observed.subject
    kept = dict(read_standing(project, settings))
    box, places = alert_outbox(project, settings), settings.webhooks
    before = kept.get(subject)
    if before is not None:
        before = _put(before, box, places)  # of which a killed process had told nobody
    now = look(before, observed, datetime.now(UTC))
    if now is not None:
        write_standing(project, {**kept, subject: now}, settings)
        kept[subject] = _put(now, box, places, stands=True)
        write_standing(project, kept, settings)
    return before, now


def _put(
    standing: Standing, box: AlertOutbox, places: Sequence[Webhook], *, stands: bool = False
) -> Standing:
    """Put into the outbox what each place is still to be told; return what they then know.

    Slack is told once that an alert fires or has more alarms, and once that it is over. An
    Alertmanager is told at every look that an alert ``stands``, else it takes it for over. Who has
    heard that it fires is owed its end.
    """
    alert = standing.alert
    if alert is None:
        return standing
    told = dict(standing.told)
    for place in places:
        heard = told.get(place.name)
        again = stands and place.shape == "alertmanager" and alert.state == "firing"
        unheard = alert.state == "resolved" and heard is None
        if unheard or (heard == alert.state and not again):
            continue
        box.put(place.name, alert)
        told[place.name] = alert.state
    return replace(standing, told=told)
