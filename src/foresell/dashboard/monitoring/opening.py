"""What the page begins with: the finding in a few words, and the numbers that matter."""

import re
from collections.abc import Sequence

from foresell.dashboard.monitoring.alerts import OUTPUT, STATE, Alerts
from foresell.dashboard.monitoring.drift import Drift
from foresell.dashboard.monitoring.latency import Latency
from foresell.dashboard.monitoring.performance import Judged
from foresell.dashboard.page import Fact
from foresell.errors import counted

_ALARMS = re.compile(r" \(\d+ alarms?\)$")


def heading(alerts: Alerts | None, judged: Judged | None, drift: Drift | None) -> str:
    """Return the finding of the page: what stands, else what was judged, else what moved."""
    standing = alerts.standing if alerts is not None else ()
    if len(standing) == 1:
        return standing[0].says
    if len(standing) == 2:
        first, second = (_ALARMS.sub("", one.says) for one in standing)
        return f"{first}, and {second[:1].lower()}{second[1:]}"
    if standing:
        return f"{counted(len(standing), 'alert')} stand"
    pressing = judged is not None and judged.verdict in {"watch", "retrain"}
    moved = drift is not None and drift.alarms
    if judged is not None and (pressing or (judged.verdict == "steady" and not moved)):
        return judged.headline
    if drift is not None:
        return drift.headline
    return "Nobody has looked at it yet" if judged is None else judged.headline


def standfirst(judged: Judged | None, drift: Drift | None) -> str:
    """Return what is known, in a sentence or two."""
    said = []
    if judged is not None:
        said.append(judged.standfirst)
    if drift is not None:
        said.append(f"{drift.headline}.")
    if said:
        return " ".join(said)
    return (
        "A version that answers is watched: whether what it is asked still looks like what it "
        "learnt from, and whether its forecasts came true."
    )


def stale(live: int | None, judged: Judged | None, drift: Drift | None) -> str:
    """Return what is known of another version than the one that answers now; "" of none."""
    known = [("performance", judged), ("drift", drift)]
    other = [
        f"{about} of version {one.version}"
        for about, one in known
        if one is not None and live is not None and one.version != live
    ]
    if not other:
        return ""
    return f"Version {live} answers now. What is known here is the {' and the '.join(other)}."


def first_facts(
    alerts: Alerts | None, judged: Judged | None, drift: Drift | None, latency: Latency | None
) -> Sequence[Fact]:
    """Return one number of each part that has any."""
    facts: list[Fact] = []
    if alerts is not None:
        standing = len(alerts.standing)
        facts.append(
            Fact(
                value=str(standing),
                label="alert stands" if standing == 1 else "alerts stand",
                note=f"of {counted(alerts.looked, 'subject')} looked at",
                source=f"{OUTPUT}/{STATE}",
                tone="bad" if standing else "",
            )
        )
    parts = (judged, drift, latency)
    return [*facts, *(one.facts[0] for one in parts if one is not None and one.facts)]
