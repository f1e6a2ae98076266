"""Whether it is time to train again, by the same rule as `foresell retrain --if-needed`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from foresell.dashboard.monitoring.alerts import Alerts
from foresell.dashboard.monitoring.drift import SUMMARY as DRIFT
from foresell.dashboard.monitoring.performance import OUTPUT
from foresell.dashboard.monitoring.performance import SUMMARY as PERFORMANCE
from foresell.dashboard.reading.shown import Shown
from foresell.monitor.retraining import Evidence, Told, of_drift, of_performance, weigh
from foresell.report.wording import typeset


@dataclass(frozen=True, kw_only=True)
class Training:
    """Whether the live ``version`` is to be trained again. ``command``: what would do it.

    ``unsure``: why nobody can say that it need not be, "" where somebody can or it is ``needed``.
    """

    needed: bool
    version: int
    reasons: Sequence[str]
    command: str
    unsure: str = ""


def training_of(shown: Shown, live: int, alerts: Alerts | None) -> Training:
    """Return whether training again is needed, and why or why not.

    ``alerts``: by which the age of what is known is told. A ``DataError``: a summary is broken.
    """
    makes = f"foresell monitor {{}} {shown.name}"
    days = {
        subject: (shown.now() - looked) / timedelta(days=1)
        for subject, looked in (alerts.checked if alerts is not None else {}).items()
    }
    performance = of_performance(
        _told(shown, PERFORMANCE), live, days.get("performance", 0.0), makes.format("performance")
    )
    drift = of_drift(_told(shown, DRIFT), live, days.get("drift", 0.0), makes.format("drift"))
    weighed = weigh(performance, drift)
    return Training(
        needed=weighed.needed,
        version=live,
        reasons=[typeset(one) for one in weighed.reasons],
        command=f"foresell retrain {shown.name} --if-needed",
        unsure="" if weighed.needed else _unsure(shown, live, performance, drift),
    )


def _unsure(shown: Shown, live: int, *known: Evidence) -> str:
    """Return why nobody can say that a version need not be trained again, "" where somebody can."""
    gate = shown.version(str(live)).record.get("gate")
    if isinstance(gate, Mapping) and gate.get("passed") is False:
        return f"Version {live} answers although it did not pass its gate."
    if any(one.state == "usable" for one in known):
        return ""
    why = "neither its errors nor its data have been watched of late"
    return f"Nobody can say whether version {live} is to be trained again: {why}."


def _told(shown: Shown, file: str) -> Told | None:
    """Return a summary; None where there is none."""
    if shown.stamp(OUTPUT, file) is None:
        return None
    told: Told = shown.json(OUTPUT, file)
    return told
