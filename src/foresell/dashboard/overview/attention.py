"""What needs attention: rules over what is known of a project, the most urgent first.

Each rule takes the facts of one project and yields what it has to say. None reads anything.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from foresell.dashboard.data.shares import share
from foresell.dashboard.overview.facts import Facts, gate_of, whose
from foresell.monitor.retraining import Evidence
from foresell.report.wording import capitalized, count, day

Urgency = Literal["now", "soon", "later"]
URGENCIES: Mapping[Urgency, str] = {
    "now": "Now",  # answers are wrong, or there are none
    "soon": "Soon",  # somebody has to decide or to run something
    "later": "Worth knowing",
}
SILENT = timedelta(hours=1)  # without a word from a run: a stage tells of itself more often
STUDIED = timedelta(days=365)  # a forecast that ended so long ago is history that somebody studies
_DATA_STAGES = frozenset({"manifest", "ingest", "validate", "split", "eda"})
_PAGES = {  # where a part that cannot be read is shown
    "registry": "registry",
    "run": "leaderboard",
    "rows": "data",
    "data": "data",
    "reach": "forecast",
    "figure": "forecast",
    "bundle": "registry",
    "alerts": "monitoring",
    "performance": "monitoring",
    "drift": "monitoring",
}


@dataclass(frozen=True, kw_only=True)
class Concern:
    """One thing that needs attention.

    ``says``: a sentence; ``page``: of the project, where it is mended; ``command``: what mends it,
    "" where that page says more. ``source``: what it was read from.
    """

    urgency: Urgency
    project: str
    says: str
    page: str
    command: str = ""
    source: str = ""


Rule = Callable[[Facts], Iterable[Concern]]


def concerns(projects: Sequence[Facts]) -> tuple[Concern, ...]:
    """Return what needs attention, most urgent first; then by rule, then in the projects' order."""
    order = list(URGENCIES)
    found = [
        (order.index(one.urgency), place, number, one)
        for number, facts in enumerate(projects)
        for place, rule in enumerate(RULES)
        for one in rule(facts)
    ]
    return tuple(one for *_, one in sorted(found, key=lambda each: each[:3]))


def _why(reason: str) -> str:
    """Return a reason as it goes on after a sentence that ends without its full stop.

    >>> _why("price has moved."), _why("")
    (': price has moved', '')
    """
    return f": {reason.rstrip('.')}" if reason else ""


def _opened(sentence: str) -> str:
    """Return a sentence with a large first letter, unless it begins with the name of a file.

    >>> _opened("the history was changed"), _opened("checks/checks.json is broken")
    ('The history was changed', 'checks/checks.json is broken')
    """
    word = sentence.split(" ", 1)[0]
    return sentence if {"/", "."} & set(word) else capitalized(sentence)


def _ended(sentence: str) -> str:
    """Return a sentence with its full stop, unless it has an end of its own.

    >>> _ended("it is damaged"), _ended("Is the server running?")
    ('it is damaged.', 'Is the server running?')
    """
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."


def _unreadable(facts: Facts) -> Iterator[Concern]:
    """What cannot be read: the registry before all."""
    for part, trouble in facts.troubles.items():
        if trouble.next:
            continue
        yield Concern(
            urgency="now" if part == "registry" else "soon",
            project=facts.name,
            says=_ended(_opened(trouble.what)),
            page=_PAGES.get(part, "data"),
            source=trouble.where,
        )


def _alerts(facts: Facts) -> Iterator[Concern]:
    """Alerts that stand: critical ones say that answers are wrong already."""
    for alert in facts.watch.alerts:
        yield Concern(
            urgency="now" if alert.severity == "critical" else "soon",
            project=facts.name,
            says=f"{capitalized(alert.says)}, since {day(alert.since)}{_why(alert.first)}.",
            page="monitoring",
            source="monitor/alerts.json",
        )


def _nobody_answers(facts: Facts) -> Iterator[Concern]:
    """There is something that could answer, and nothing does."""
    newest = facts.newest
    if facts.state is None or facts.live is not None:
        return
    if newest is None:
        if facts.left is not None:  # a bundle without a version; else `_run` tells why
            yield Concern(
                urgency="now",
                project=facts.name,
                says="No version answers: the bundle of the last run is not registered.",
                page="registry",
                command=f"foresell run {facts.name}",
                source="registry",
            )
        return
    if gate_of(newest).get("passed") is False:
        return  # `_gate` tells of it
    waits = newest.approval == "PendingManualApproval"
    why = "waits for approval" if waits else "is on neither staging nor prod"
    yield Concern(
        urgency="now",
        project=facts.name,
        says=f"No version answers: version {newest.version} {why}.",
        page="registry",
        source="registry",
    )


def _performance(facts: Facts) -> Iterator[Concern]:
    """The verdict on what came true, where no alert tells of it already."""
    found = facts.watch.performance
    if found is None or any(one.subject == "performance" for one in facts.watch.alerts):
        return
    if found.state not in {"usable", "old"} or found.verdict not in {"retrain", "watch"}:
        return
    again = found.verdict == "retrain"
    head = "It is time to train again" if again else "The forecasts are to be watched"
    why = _why(found.reasons[0] if found.reasons else "")
    yield Concern(
        urgency="now" if again else "soon",
        project=facts.name,
        says=f"{head}{why}.",
        page="monitoring",
        command=f"foresell retrain {facts.name}" if again else "",
        source="monitor/performance_summary.json",
    )


def _run(facts: Facts) -> Iterator[Concern]:
    """A run that did not come to its end."""
    run = facts.run
    if run is None or run.ended == "finished":
        return
    where = f" in {run.stage}" if run.stage else ""
    if run.ended == "failed":
        yield Concern(
            urgency="now" if facts.live is None else "soon",
            project=facts.name,
            says=f"The last run failed{where}{_why(run.says)}.",
            page="data" if run.stage in _DATA_STAGES else "leaderboard",
            command=f"foresell run {facts.name}",
            source="run.log",
        )
    elif run.heard is None or facts.now - run.heard > SILENT:
        when = f" since {day(run.heard)}, {run.heard:%H:%M} UTC" if run.heard else ""
        yield Concern(
            urgency="soon",
            project=facts.name,
            says=f"The last run never finished: nothing was heard of it{when}{where}.",
            page="leaderboard",
            command=f"foresell run {facts.name}",
            source="run.log",
        )


def _gate(facts: Facts) -> Iterator[Concern]:
    """The newest version did not pass its gate."""
    newest = facts.newest
    if newest is None or gate_of(newest).get("passed") is not False:
        return
    gate = gate_of(newest)
    failed = [
        text
        for text, one in zip(gate.get("sentences", ()), gate.get("comparisons", ()), strict=False)
        if not one.get("passed")
    ]
    why = _why(failed[0] if failed else "")
    answers = facts.live is not None and facts.live.version == newest.version
    if answers:
        says = f"Version {newest.version} answers although it did not pass its gate{why}."
    else:
        says = f"Version {newest.version} did not pass its gate{why}."
    yield Concern(
        urgency="later" if answers else "now" if facts.live is None else "soon",
        project=facts.name,
        says=says,
        page="leaderboard",
        source="registry",
    )


def _promotion(facts: Facts) -> Iterator[Concern]:
    """Somebody has to decide what goes on prod."""
    if facts.state is None or facts.live is None:
        return
    prod, staging = facts.state.aliases["prod"], facts.state.aliases["staging"]
    if prod is None:
        says = f"Version {staging} answers from staging: nothing is on prod."
    elif staging is not None and staging > prod:
        says = f"Version {staging} waits on staging, and version {prod} on prod answers."
    else:
        return
    yield Concern(urgency="soon", project=facts.name, says=says, page="registry", source="registry")


def _ran_out(facts: Facts) -> Iterator[Concern]:
    """Nothing is forecast of today any more."""
    reaches, today = facts.days.reaches, facts.now.date()
    if reaches is None or today <= reaches:
        return
    studied = today - reaches > STUDIED
    data = f"; the data end on {day(facts.days.observed)}" if facts.days.observed else ""
    yield Concern(
        urgency="later" if studied else "soon",
        project=facts.name,
        says=f"The forecast ran out on {day(reaches)}{data}.",
        page="data",
        command="" if studied else f"foresell run {facts.name}",
        source="registry",
    )


def _quarantine(facts: Facts) -> Iterator[Concern]:
    """Rows that broke the contract."""
    rows = facts.rows
    if rows is None or not rows.quarantined:
        return
    verb = "is" if rows.quarantined == 1 else "are"
    part, head = f"({share(rows.share)}) ", ""
    if rows.checked < rows.read:  # of the others nobody knows what they would break
        broken = f" ({share(rows.broken / rows.checked)})" if rows.broken else ""
        head = (
            f"{count(rows.broken) if rows.broken else 'None'} of "
            f"{count(rows.checked, 'checked row')}{broken} broke the contract; "
        )
        part = ""
    yield Concern(
        urgency="soon" if rows.share > rows.allowed / 2 else "later",
        project=facts.name,
        says=f"{head}{count(rows.quarantined)} of {count(rows.read, 'row')} "
        f"{part}{verb} in quarantine.",
        page="data",
        source="checks/checks.json",
    )


def _other_version(facts: Facts) -> Iterator[Concern]:
    """What the last run left is of another version, and no promotion is about to mend that."""
    if not facts.stale or facts.live is None or facts.state is None:
        return
    staging, newest = facts.state.aliases["staging"], facts.newest
    if staging is not None and staging > facts.live.version:
        return  # `_promotion` tells of it
    if newest and newest.digest == facts.left and gate_of(newest).get("passed") is False:
        return  # `_gate` does
    yield Concern(
        urgency="later",
        project=facts.name,
        says=f"Reports and forecast of the last run are of {whose(facts)}; "
        f"version {facts.live.version} answers.",
        page="registry",
        source="bundle/checksums.json",
    )


def _old_watch(facts: Facts) -> Iterator[Concern]:
    """What is known of drift and performance is old, of another version, or not readable."""
    if facts.live is None:
        return
    found: list[tuple[str, Evidence | None]] = [
        ("performance", facts.watch.performance),
        ("drift", facts.watch.drift),
    ]
    for subject, one in found:
        if one is None or one.state in {"usable", "missing"}:
            continue
        # What mends it stands beside it: the command is taken out of the sentence.
        says = one.says.partition(": foresell")[0]
        yield Concern(
            urgency="later",
            project=facts.name,
            says=f"{capitalized(says)}.",
            page="monitoring",
            command=f"foresell monitor {subject} {facts.name}",
            source=f"monitor/{subject}_summary.json",
        )


RULES: tuple[Rule, ...] = (
    _unreadable,
    _nobody_answers,
    _alerts,
    _performance,
    _run,
    _gate,
    _promotion,
    _ran_out,
    _quarantine,
    _other_version,
    _old_watch,
)
