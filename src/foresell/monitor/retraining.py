"""Whether a served version is to be trained again, from what the watch has written of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from foresell.errors import counted

Told = Mapping[str, Any]
State = Literal["usable", "old", "missing", "unreadable", "of another version"]

OLD_DAYS = 30  # from then on, what was steady says nothing of today
_MOVED = frozenset({"shift", "unseen", "segment", "prediction", "target"})  # what training can mend


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What one summary says of the served version.

    ``about``: performance or drift. ``verdict``: steady, watch or retrain of performance, steady or
    moved of drift; "" where the summary is not ``usable`` or ``old``. ``reasons``: sentences for
    it. ``says``: the whole in a sentence.
    """

    about: Literal["performance", "drift"]
    state: State
    says: str
    verdict: str = ""
    reasons: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values under the names of the fields."""
        return {**asdict(self), "reasons": list(self.reasons)}


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """Whether training again is needed, and why or why not, a sentence each."""

    needed: bool
    reasons: tuple[str, ...]


def of_performance(told: Told | None, version: int, days: float, makes: str) -> Evidence:
    """Return what ``performance_summary.json`` says of ``version``.

    ``told``: its content; None where there is none, empty where it cannot be read. ``days``: its
    age. ``makes``: the command that writes it. A version that nothing was judged of is none that
    copes: that is missing.
    """
    lacking = _lacking("performance", told, version, makes)
    if lacking is not None or told is None:
        return lacking or _missing("performance", makes)
    verdict = str(told.get("verdict", ""))
    if verdict not in {"steady", "watch", "retrain", "unknown"}:
        return _unreadable("performance", makes)
    reasons = tuple(str(one) for one in told.get("reasons", ()))
    if verdict == "unknown" or (verdict == "steady" and told.get("periods") == 0):
        why = reasons[0] if reasons else "no whole period has been judged yet"
        return Evidence(about="performance", state="missing", says=f"{why}: {makes} tells")
    return _aged("performance", verdict, f"performance is judged {verdict}", reasons, days, makes)


def of_drift(told: Told | None, version: int, days: float, makes: str) -> Evidence:
    """Return what ``drift_summary.json`` says of ``version``; see `of_performance`.

    Alarms about columns that stand still or are empty are faults of what delivers them: a model
    that learns them would be worse, so they are no reason to train.
    """
    lacking = _lacking("drift", told, version, makes)
    if lacking is not None or told is None:
        return lacking or _missing("drift", makes)
    found = told.get("findings")
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        return _unreadable("drift", makes)
    alarms = [one for one in found if one.get("weight") == "alarm"]
    moved = tuple(str(one.get("says", "")) for one in alarms if one.get("seen") in _MOVED)
    faults = len(alarms) - len(moved)
    verdict = "moved" if moved else "steady"
    says = f"drift raised {counted(len(moved), 'alarm')} that training again can answer"
    says += f", and {counted(faults, 'alarm')} about faults of the data" if faults else ""
    return _aged("drift", verdict, says, moved, days, makes)


def weigh(performance: Evidence, drift: Evidence) -> Weighed:
    """Return whether training again is needed.

    It is where performance says retrain; where it says watch and data moved; and where nothing is
    known of performance and data moved. Moved data alone is no reason while errors are as in the
    backtest: the model copes. A retrain that is old still holds, for the version is the same; data
    that moved long ago may have come back.
    """
    errors = performance.verdict
    if performance.state == "old" and errors != "retrain":
        errors = ""
    moved = drift.verdict == "moved" and drift.state != "old"
    if errors == "retrain":
        return Weighed(needed=True, reasons=performance.reasons or (performance.says,))
    if moved and errors == "watch":
        return Weighed(needed=True, reasons=(*performance.reasons, *drift.reasons))
    if moved and not errors:
        return Weighed(needed=True, reasons=(*drift.reasons, performance.says))
    if moved:
        why = f"{drift.says}, but errors are as in the backtest"
        return Weighed(needed=False, reasons=(why,))
    return Weighed(needed=False, reasons=(performance.says, drift.says))


def _lacking(
    about: Literal["performance", "drift"], told: Told | None, version: int, makes: str
) -> Evidence | None:
    """Return what is wrong with a summary, None where it is one of ``version``."""
    if told is None or told.get("available") is False:
        return _missing(about, makes)
    if not told:
        return _unreadable(about, makes)
    if told.get("version") != version:
        other = told.get("version")
        says = f"what is known of {about} is of version {other}, and {version} is served: {makes}"
        return Evidence(about=about, state="of another version", says=says)
    return None


def _missing(about: Literal["performance", "drift"], makes: str) -> Evidence:
    return Evidence(
        about=about, state="missing", says=f"nothing is known of {about} yet: {makes} tells"
    )


def _unreadable(about: Literal["performance", "drift"], makes: str) -> Evidence:
    says = f"the summary of {about} cannot be read: {makes} writes it anew"
    return Evidence(about=about, state="unreadable", says=says)


def _aged(
    about: Literal["performance", "drift"],
    verdict: str,
    says: str,
    reasons: tuple[str, ...],
    days: float,
    makes: str,
) -> Evidence:
    """Return evidence with its age where that counts."""
    old = days > OLD_DAYS
    if old:
        says += f", {days:.0f} days ago: {makes} tells it of today"
    return Evidence(
        about=about,
        state="old" if old else "usable",
        says=says,
        verdict=verdict,
        reasons=reasons,
    )
