"""One project on the overview: what a reader takes away, and where each number was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from foresell.dashboard.overview.facts import Facts, Run, gate_of
from foresell.dashboard.page import Fact, Figure, Trouble
from foresell.dashboard.reading.deciding import beside, deciding
from foresell.monitor.retraining import Evidence
from foresell.report.tables import METRICS
from foresell.report.wording import NBSP, capitalized, count, day, percent

_DASH = "–"
_ALERTS = "monitor/alerts.json"
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True, kw_only=True)
class Way:
    """A link to a page or a report of the project."""

    label: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """One project. ``numbers``: the big ones; ``facts``: the quiet ones below them.

    ``figure``: None where there is nothing to draw; then ``troubles`` says why, under ``figure``.
    ``made_up``: its rows are synthetic.
    """

    name: str
    title: str
    says: str
    home: str
    made_up: bool = False
    numbers: tuple[Fact, ...] = ()
    facts: tuple[Fact, ...] = ()
    figure: Figure | None = None
    square: bool = False
    pages: tuple[Way, ...] = ()
    reports: tuple[Way, ...] = ()
    troubles: Mapping[str, Trouble] = field(default_factory=dict)


def says(facts: Facts) -> str:
    """Return how a project stands, as a sentence."""
    if facts.state is None:
        return "The registry cannot be read, so nobody can say which version answers."
    if facts.live is None:
        newest = facts.newest
        tail = f" Version {newest.version} is the newest." if newest else " None is registered yet."
        return f"No version answers.{tail}"
    head = f"Version {facts.live.version} answers from {facts.alias}"
    one = deciding(gate_of(facts.live))
    gain = one.get("value_added") if one else None
    if one is None or gain is None:
        return f"{head}."
    return f"{head}. Its {beside(one['metric'], gain, one['best_baseline'])}."


def numbers(facts: Facts) -> tuple[Fact, ...]:
    """Return the big numbers: value added, error, coverage, and alerts that stand."""
    found: list[Fact] = []
    if facts.live is not None:
        found += _quality(gate_of(facts.live), facts.live.record.get("scores") or {})
    if "alerts" not in facts.troubles:
        found.append(_alerts(facts))
    return tuple(found)


def _alerts(facts: Facts) -> Fact:
    """Return how many alerts stand; a dash where nobody ever looked."""
    standing, checked = len(facts.watch.alerts), facts.watch.checked
    if checked is None:
        note = "nobody has looked yet"
        return Fact(value=_DASH, label="alerts", note=note, source=_ALERTS)
    return Fact(
        value=count(standing),
        label="alert stands" if standing == 1 else "alerts stand",
        note=f"last look {day(checked)}",
        source=_ALERTS,
        tone="bad" if standing else "",
    )


def _quality(gate: Mapping[str, Any], scores: Mapping[str, Any]) -> list[Fact]:
    """Return how good the version is that answers, as its registration noted it."""
    found = []
    one = deciding(gate)
    if one is not None:
        metric, gain = METRICS[one["metric"]], one["value_added"]
        errors = f"{metric.show(one['champion'])} against {metric.show(one['baseline'])}"
        found.append(
            Fact(
                value=_DASH if gain is None else percent(abs(gain)),
                label="below the best baseline"
                if gain is None or gain >= 0
                else "above the best baseline",
                note=f"{metric.title} {errors} of {one['best_baseline']}",
                source="registry",
                tone="" if one["passed"] else "bad",
            )
        )
    for name, label in (("wape", "WAPE"), ("coverage_80", f"inside the 80{NBSP}% band")):
        value = scores.get(name)
        if value is not None:
            judged = count(int(scores["n"]), "row") if scores.get("n") else "rows"
            note = f"of {judged} it was judged on" if name == "wape" else "of what came true"
            found.append(Fact(value=percent(value), label=label, note=note, source="registry"))
    return found


def quiet(facts: Facts) -> tuple[Fact, ...]:
    """Return the quiet facts: the version, the run, the data, the forecast, the watch."""
    found = [*_version(facts), *_run(facts.run), *_data(facts), *_reach(facts)]
    found += _watched(facts)
    return tuple(found)


def _watched(facts: Facts) -> list[Fact]:
    """Return what the watch says; one line where it has said nothing yet."""
    subjects = (("Performance", facts.watch.performance), ("Drift", facts.watch.drift))
    known = [(name, one) for name, one in subjects if one is not None]
    if len(known) == len(subjects) and all(one.state == "missing" for _, one in known):
        source = "monitor/performance_summary.json"
        note = "neither performance nor drift"
        return [Fact(value="nothing known yet", label="Watch", note=note, source=source)]
    return [_verdict(name, one) for name, one in known]


def _version(facts: Facts) -> list[Fact]:
    """Return which version answers, and what it is."""
    live = facts.live
    if live is None:
        return []
    champion, preset = live.record.get("champion"), live.record.get("preset")
    what = [str(champion)] if champion else []
    what += [f"preset {preset}"] if preset else []
    registered = datetime.fromisoformat(live.registered_at)
    return [
        Fact(
            value=f"{live.version}, {facts.alias}",
            label="Version",
            note=", ".join([*what, f"registered {day(registered)}"]),
            source="registry",
        )
    ]


def _run(run: Run | None) -> list[Fact]:
    """Return how the last run went."""
    if run is None:
        return []
    when = f"{day(run.began)}, {run.began:%H:%M} UTC" if run.began else run.run_id
    if run.ended == "finished":
        note = f"{_duration(run.seconds)} of work" if run.seconds else "nothing had changed"
        return [Fact(value=when, label="Last run", note=note, source="run.json")]
    failed = run.ended == "failed"
    said = f"failed in {run.stage}" if failed else "not ended"
    note = said if failed or not run.stage else f"{said}, last in {run.stage}"
    return [
        Fact(
            value=when,
            label="Last run",
            note=note,
            source="run.log",
            tone="bad" if failed else "",
        )
    ]


def _duration(seconds: float) -> str:
    r"""Return how long something took.

    >>> _duration(23.6), _duration(185.0), _duration(7_380.0)
    ('24\xa0s', '3\xa0min', '2\xa0h 3\xa0min')
    """
    if seconds < _MINUTE:
        return f"{seconds:.0f}{NBSP}s" if seconds >= 1 else f"{seconds:.1f}{NBSP}s"
    minutes = round(seconds / _MINUTE)
    if seconds < _HOUR:
        return f"{minutes}{NBSP}min"
    return f"{minutes // 60}{NBSP}h {minutes % 60}{NBSP}min"


def _data(facts: Facts) -> list[Fact]:
    """Return how fresh the rows are, and how many there are."""
    days, rows, found = facts.days, facts.rows, list[Fact]()
    when = facts.run.loaded if facts.run else None
    loaded = f"loaded {day(when)}" if when else ""
    if days.observed:
        found.append(
            Fact(
                value=f"to {day(days.observed)}",
                label="Data",
                note=loaded,
                source="splits/split.json",
            )
        )
    if rows is not None:
        aside = (
            f"{count(rows.quarantined)} in quarantine" if rows.quarantined else "none in quarantine"
        )
        aside = (
            f"{count(rows.checked)} of them checked, {aside}" if rows.checked < rows.read else aside
        )
        note = aside if days.observed or not loaded else f"{aside}; {loaded}"
        found.append(
            Fact(value=count(rows.read), label="Rows read", note=note, source="checks/checks.json")
        )
    return found


def _reach(facts: Facts) -> list[Fact]:
    """Return how far the live version can forecast, and what is left of that."""
    reaches = facts.days.reaches
    if reaches is None:
        return []
    left = (reaches - facts.now.date()).days
    note = f"{count(left, 'day')} left" if left > 0 else "it ends today"
    if left < 0:
        note = "it has run out"
    return [Fact(value=f"to {day(reaches)}", label="Forecast", note=note, source="registry")]


def _verdict(subject: str, one: Evidence) -> Fact:
    """Return what the watch says of a subject."""
    value = {
        "usable": one.verdict,
        "old": f"{one.verdict}, long ago",
        "missing": "not known yet",
        "unreadable": "not readable",
        "of another version": "of another version",
    }[one.state]
    return Fact(
        value=value,
        label=subject,
        source=f"monitor/{subject.lower()}_summary.json",
        tone="bad" if one.verdict == "retrain" else "",
    )


def heading(projects: Sequence[Facts], now: Sequence[str], rest: Sequence[str]) -> str:
    """Return how all projects stand, in a few words.

    ``now``: those of which something is that urgent, each once; ``rest``: of which anything else
    is to be said. All is well only where nothing is, and of what answers somebody knows it.

    >>> heading((), (), ())
    'No project is shown here'
    """
    if not projects:
        return "No project is shown here"
    if all(one.untouched for one in projects):
        return "Nothing was run yet"
    if now and len(projects) == 1:
        return f"{capitalized(now[0])} needs attention now"
    if now:
        verb = "needs" if len(now) == 1 else "need"
        return f"{len(now)} of {count(len(projects), 'project')} {verb} attention now"
    well = not rest and all(one.well or one.untouched for one in projects)
    return "All is well" if well else "Nothing is urgent"


def standfirst(projects: Sequence[Facts], now: Sequence[str], soon: Sequence[str]) -> str:
    """Return what stands below the heading: how many answer, what stands, and what waits."""
    if not projects or all(one.untouched for one in projects):
        return ""
    alerts = sum(len(one.watch.alerts) for one in projects)
    said = _answering(projects)
    told = f"{alerts} {'alert stands' if alerts == 1 else 'alerts stand'}"
    if not alerts:
        told = _no_alerts(projects)
    waits = [name for name in soon if name not in now]
    if not waits:
        return f"{said}, and {told}."
    who = waits[0] if len(waits) == 1 else count(len(waits), "project")
    return f"{said}, and {told}. Something is to be done soon in {who}."


def _answering(projects: Sequence[Facts]) -> str:
    """Return of how many projects a version answers, as far as the registry could be read."""
    answer = sum(one.live is not None for one in projects)
    unknown = sum(one.state is None for one in projects)
    if unknown == len(projects):
        return f"Which {'version answers' if unknown == 1 else 'versions answer'} is not known"
    if len(projects) == 1:
        return "A version answers" if answer else "No version answers"
    verb = "has" if answer == 1 else "have"
    said = f"{answer} of {count(len(projects), 'project')} {verb} a version that answers"
    return f"{said}, of {count(unknown)} it is not known" if unknown else said


def _no_alerts(projects: Sequence[Facts]) -> str:
    """Return that no alert stands, as far as somebody has looked at what answers."""
    looked = [one.watch.checked is not None for one in projects if one.live is not None]
    if not any(looked):
        return "whether alerts stand is not known"
    return "no alerts stand" if all(looked) else "no alerts stand where somebody has looked"
