"""An alert as receivers take it.

Sources: Slack, *Reference: blocks* and *Formatting text for app surfaces*; Prometheus Alertmanager,
*API v2 specification* (postableAlerts).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from foresell.errors import counted
from foresell.spec.monitoring import Alert

# An Alertmanager takes an alert for over when its end has passed. Looks are a day or a week apart.
STANDS = timedelta(days=8)
_MOST = 10  # findings in a message
_HEAD, _SECTION = 150, 2900  # characters that Slack takes: 150 and 3,000


def slack_message(alert: Alert) -> Mapping[str, Any]:
    """Return the message for a Slack incoming webhook: a text for notices, and blocks.

    The blocks are plain text, so that no name of a column formats anything or calls anybody.
    """
    firing = alert.state == "firing"
    head = f"{'🔴' if firing else '🟢'} {alert.project}: {alert.says}"
    version = "" if alert.version is None else f"version {alert.version}, "
    times = f"{version}since {alert.since:%Y-%m-%d %H:%M} UTC"
    if not firing:
        times += f", over {alert.at:%Y-%m-%d %H:%M} UTC"
    blocks = [{"type": "header", "text": _plain(head[:_HEAD])}]
    if alert.findings:
        blocks.append({"type": "section", "text": _plain(_listed(alert)[:_SECTION])})
    context = {"type": "context", "elements": [_plain(f"{alert.subject}, {times}")]}
    return {"text": _escaped(head), "blocks": [*blocks, context]}


def alertmanager_alerts(alert: Alert) -> list[Mapping[str, Any]]:
    """Return the alerts for an Alertmanager, of which there is one.

    It is known by its labels, which are the same through its life. While it fires its end lies
    ahead, and moves with every look; when it is resolved its end is the look that found it over.
    """
    ends = alert.at + STANDS if alert.state == "firing" else alert.at
    return [
        {
            "labels": {
                "alertname": f"Foresell{alert.subject.capitalize()}",
                "project": alert.project,
                "severity": alert.severity,
                "subject": alert.subject,
            },
            "annotations": {
                "summary": f"{alert.project}: {alert.says}",
                "description": _listed(alert),
                "version": "" if alert.version is None else str(alert.version),
                "key": alert.key,
            },
            "startsAt": _rfc3339(alert.since),
            "endsAt": _rfc3339(ends),
        }
    ]


def _listed(alert: Alert) -> str:
    """Return the first findings, one a line."""
    lines = [f"• {one}" for one in alert.findings[:_MOST]]
    if left := len(alert.findings) - _MOST:
        lines += [f"and {counted(left, 'finding')} more"] if left > 0 else []
    return "\n".join(lines)


def _plain(text: str) -> Any:
    """Return a text object of Slack that is shown as it stands."""
    return {"type": "plain_text", "text": text, "emoji": False}


def _escaped(text: str) -> str:
    """Return ``text`` with the three letters that Slack gives a meaning made harmless.

    >>> _escaped("R&D <!here>")
    'R&amp;D &lt;!here&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _rfc3339(moment: datetime) -> str:
    """Return a moment in UTC as Go reads it.

    >>> from datetime import UTC
    >>> _rfc3339(datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC))
    '2026-05-04T03:02:01.000Z'
    """
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
