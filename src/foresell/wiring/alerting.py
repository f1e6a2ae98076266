"""Alerts of a project: they fire, stand and are resolved, and are told to whoever is named."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from foresell.adapters.alert_outbox import AlertOutbox
from foresell.monitor.alerts import Observed, Standing, look
from foresell.settings import Settings
from foresell.spec.monitoring import Finding, Subject
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
    ``resolved``: it stood before and is over. ``delivered``: messages that were taken now, of this
    alert and of what waited; ``kept``: those that wait. ``trouble``: why, and what to do, of each
    place that did not take one; no secret is in it.
    """

    firing: bool
    since: datetime | None = None
    new: bool = False
    resolved: bool = False
    delivered: int = 0
    kept: int = 0
    trouble: tuple[str, ...] = ()


def settle(
    project: str,
    subject: Subject,
    version: int | None,
    findings: Sequence[Finding],
    settings: Settings,
    *,
    page: Path | None = None,
) -> Settled:
    """Compare what was found of a subject with what stands, and tell who is to be told.

    An alert fires with the first finding that is an alarm, stands while there is one, and is
    resolved by the first call without. ``ALERT.txt`` (drift), ``SCHEMA_ALERT.txt`` or
    ``PERFORMANCE_ALERT.txt`` is there while it stands. What waits in the outbox is delivered; a
    place that is out of reach is told of and is no error. ``version``: that was looked at;
    ``page``: what shows more. Call it when the summaries are written: gauges are made of them.

    A ``DataError``: ``alerts.json`` is spoilt.
    """
    observed = Observed(project=project, subject=subject, version=version, findings=findings)
    folder = monitor_folder(project, settings)
    with alone(folder):
        kept = dict(read_standing(project, settings))
        box, places = alert_outbox(project, settings), settings.webhooks
        before = kept.get(subject)
        if before is not None:
            before = _put(before, box, places)  # of which a killed process had told nobody
        now = look(before, observed, datetime.now(UTC))
        write_standing(project, {**kept, subject: now}, settings)
        show_standing(folder, subject, now, page)
        kept[subject] = _put(now, box, places, stands=True)
        write_standing(project, kept, settings)
    sent = deliver(project, settings)
    write_gauges(project, settings)
    stood = before is not None and before.firing
    return Settled(
        firing=now.firing,
        since=now.alert.since if now.alert is not None and now.firing else None,
        new=now.firing and not stood,
        resolved=stood and not now.firing,
        delivered=sent.taken,
        kept=sent.waiting,
        trouble=tuple(f"{what}; {mend}" for what, mend in sent.trouble),
    )


def _put(
    standing: Standing, box: AlertOutbox, places: Sequence[Webhook], *, stands: bool = False
) -> Standing:
    """Put into the outbox what each place is still to be told; return what they then know.

    Slack is told once that an alert fires or has more alarms, and once that it is over. An
    Alertmanager is told at every look that an alert ``stands``, else it takes it for over.
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
