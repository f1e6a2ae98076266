"""The monitoring page: what stands, whether forecasts came true, and whether the data moved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from foresell.dashboard.addresses import query_text
from foresell.dashboard.monitoring import drift as drifting
from foresell.dashboard.monitoring import performance as performing
from foresell.dashboard.monitoring import schema as columns
from foresell.dashboard.monitoring.alerts import STATE, Alerts, alerts_of
from foresell.dashboard.monitoring.latency import Latency, latency_of
from foresell.dashboard.monitoring.looks import LOG
from foresell.dashboard.monitoring.movement import Movement, movement_of
from foresell.dashboard.monitoring.opening import first_facts, heading, stale, standfirst
from foresell.dashboard.monitoring.parts import Segments, segments_of
from foresell.dashboard.monitoring.shadow import Shadow, shadow_of
from foresell.dashboard.monitoring.traffic import Traffic, traffic_of
from foresell.dashboard.monitoring.training import Training, training_of
from foresell.dashboard.page import Context, Download, Fact, Figure, Trouble, Visit
from foresell.dashboard.reading.shown import Shown, broken, tried
from foresell.dashboard.reports import reports_of
from foresell.errors import nearest
from foresell.serving.problems import Refused

Made = TypeVar("Made")
OUTPUT = "monitor"
_BESIDE = "versions"  # the folder of what was found of versions that are not served
_REPORTS = ("drift", "performance")
_LOOKS: Mapping[str, str] = {  # by what a part is made again
    **dict.fromkeys(
        ("judged", "periods", "segments"), "judge again: foresell monitor performance {}"
    ),
    **dict.fromkeys(("drift", "movement", "schema"), "look again: foresell monitor drift {}"),
    "alerts": "look at the file, then remove it: the next look settles what stands anew",
    "latency": "measure again: foresell quality {} --measure",
}
_PARTS = ("judged", "drift", "schema", "shadow", "traffic", "latency")  # as they stand on the page
_CSV, _JSON = "text/csv; charset=utf-8", "application/json"


@dataclass(frozen=True, kw_only=True)
class File:
    """A file that can be had, as it lies there. ``says``: what it holds."""

    name: str
    says: str
    media_type: str


# The report of Evidently needs a script of its own, so it is not shown here.
FILES: Sequence[File] = (
    File(name=performing.WEEKS, says="Errors by period", media_type=_CSV),
    File(name=performing.SEGMENTS, says="Errors by part", media_type=_CSV),
    File(name=drifting.TABLE, says="Drift by column", media_type=_CSV),
    File(name=LOG, says="Every look at the data, a line each", media_type="application/x-ndjson"),
    File(
        name="evidently_report.html",
        says="Evidently’s report, to be opened from your disk",
        media_type="text/html; charset=utf-8",
    ),
    File(name="evidently_report.json", says="Evidently’s numbers", media_type=_JSON),
)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A version that was looked at. ``word``: what the address says of it, "" of the served one."""

    word: str
    label: str
    here: bool


@dataclass(frozen=True, kw_only=True)
class Look:
    """A look that nobody has taken yet. ``command``: takes it; ``lacks``: what it would tell."""

    command: str
    lacks: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Monitoring(Context):
    """All that is known of the watch. A part is None where there is a trouble of its name.

    ``versions``: to choose from, empty where only the served one was looked at. ``version``: the
    chosen one as the address says it; of one that is not served there are neither alerts nor a
    shadow. ``training``: None too where nobody can say. ``stale``: what is known of another
    version than the one that answers, or "". ``reports``: names and labels of those that are there;
    ``files``: what can be had.
    """

    project: str
    versions: Sequence[Choice]
    version: str
    stale: str
    facts: Sequence[Fact]
    alerts: Alerts | None
    judged: performing.Judged | None
    periods: performing.Periods | None
    segments: Segments | None
    drift: drifting.Drift | None
    movement: Movement | None
    schema: columns.Schema | None
    shadow: Shadow | None
    traffic: Traffic | None
    latency: Latency | None
    training: Training | None
    reports: Sequence[tuple[str, str]]
    files: Sequence[File]

    @property
    def lacking(self) -> Sequence[str]:
        """The parts that nobody has looked at yet, in the order of the page."""
        told = self.troubles
        return [part for part in _PARTS if part in told and told[part].next]

    @property
    def looks(self) -> Sequence[Look]:
        """What nobody has looked at yet, by the command that does."""
        found: dict[str, list[str]] = {}
        for part in self.lacking:
            found.setdefault(self.troubles[part].mend, []).append(self.troubles[part].what)
        return [Look(command=command, lacks=lacks) for command, lacks in found.items()]

    @property
    def unmade(self) -> bool:
        """Whether there is no version that anybody could watch, and nothing was ever found."""
        live = self.troubles.get("live")
        found = (self.alerts, self.judged, self.drift, self.schema, self.shadow, self.latency)
        return live is not None and live.next and not any(one is not None for one in found)


def context(visit: Visit) -> Monitoring:
    """Return what the page shows.

    A ``Refused``: the address names a version that nobody looked at.
    """
    shown, troubles = visit.shown, dict[str, Trouble]()
    version = visit.one("version")
    folder = _folder(shown, version)
    at = query_text({"version": (version,)})

    def part(name: str, read: Callable[[], Made], file: str, output: str = OUTPUT) -> Made | None:
        """Return a part of the page, None where it cannot be shown."""
        found = tried(troubles, name, read, f"{shown.name}/{output}/{file}")
        if name in troubles:
            troubles[name] = _mended(troubles[name], name, shown.name)
        return found

    took = visit.answering.took if visit.answering is not None else ()
    live = None if folder else part("live", lambda: shown.live().version, "", "registry")
    judged = part(
        "judged", lambda: performing.judged_of(shown, folder), f"{folder}{performing.SUMMARY}"
    )
    drift = part(
        "drift",
        lambda: drifting.drift_of(shown, folder, f"{at}&" if at else "?"),
        f"{folder}{drifting.SUMMARY}",
    )
    periods = segments = movement = alerts = shadow = traffic = latency = training = None
    if judged is not None:
        weeks, parts = f"{folder}{performing.WEEKS}", f"{folder}{performing.SEGMENTS}"
        periods = part("periods", lambda: performing.periods_of(shown, folder), weeks)
        segments = part("segments", lambda: segments_of(shown, folder), parts)
    if drift is not None and drift.columns is not None:
        column = visit.one("column")
        movement = part("movement", lambda: movement_of(shown, folder, column), f"{folder}{LOG}")
    if not folder:
        alerts = part("alerts", lambda: alerts_of(shown), STATE)
        shadow = part("shadow", lambda: shadow_of(shown), "", "_shadow")
        traffic = part("traffic", lambda: traffic_of(shown), "", "_requests")
        latency = part("latency", lambda: latency_of(shown, took), f"{shown.name}.json", "_latency")
    if live is not None:
        training = part("training", lambda: training_of(shown, live, alerts), "")
    unsure = training.unsure if training is not None else ""
    return Monitoring(
        heading=heading(alerts, judged, drift),
        standfirst=" ".join(one for one in (standfirst(judged, drift), unsure) if one),
        figures={one.name: one for one in _figures(periods, movement, shadow, traffic)},
        troubles=troubles,
        project=shown.name,
        versions=_choices(shown, version),
        version=version,
        stale=stale(live, judged, drift),
        facts=first_facts(alerts, judged, drift, latency),
        alerts=alerts,
        judged=judged,
        periods=periods,
        segments=segments,
        drift=drift,
        movement=movement,
        schema=part(
            "schema", lambda: columns.schema_of(shown, folder), f"{folder}{columns.SUMMARY}"
        ),
        shadow=shadow,
        traffic=traffic,
        latency=latency,
        training=None if unsure else training,
        reports=() if folder else _reports(shown),
        files=_files(shown, folder),
    )


def download(visit: Visit, name: str) -> Download:
    """Return a file of the watch, as it lies there.

    Raises:
        Refused: 404, it is none that is given away. An ``AbsentError``: it was not made.
    """
    known = {one.name: one for one in FILES}
    if name not in known:
        raise Refused(
            f"there is no file {name[:60]!r}", "path", nearest(name[:60], known), status=404
        )
    shown, version = visit.shown, visit.one("version")
    content = shown.content(OUTPUT, f"{_folder(shown, version)}{name}")
    stem = f"{shown.name}-{f'version-{version}-' if version else ''}{name}"
    return Download(name=stem, media_type=known[name].media_type, content=content)


def _mended(trouble: Trouble, part: str, project: str) -> Trouble:
    """Return a trouble that says how a file of the watch is made again: by no run."""
    by_run = broken("", project)[2]
    if part not in _LOOKS or trouble.mend != by_run:
        return trouble
    return replace(trouble, mend=_LOOKS[part].format(project))


def _looked_at(shown: Shown) -> Sequence[str]:
    """Return the versions, not served, that somebody looked at: their numbers, the newest first."""
    found = {
        parts[1]
        for name in shown.files(OUTPUT)
        if len(parts := name.split("/")) == 3 and parts[0] == _BESIDE and parts[1].isdecimal()
    }
    return sorted(found, key=int, reverse=True)


def _folder(shown: Shown, version: str) -> str:
    """Return where what is known of a version lies below the folder of the watch, with its slash.

    Raises:
        Refused: 404, nobody looked at it.
    """
    if not version:
        return ""
    if version not in (known := _looked_at(shown)):
        raise Refused(
            f"nobody has looked at version {version[:20]!r} by itself",
            "version",
            f"known: {', '.join(known)}" if known else "leave it out: the served one is shown",
            status=404,
        )
    return f"{_BESIDE}/{version}/"


def _choices(shown: Shown, chosen: str) -> Sequence[Choice]:
    """Return the versions to choose from, none where there is only the served one."""
    others = [
        Choice(word=one, label=f"Version {one}", here=one == chosen) for one in _looked_at(shown)
    ]
    return [Choice(word="", label="What is served", here=not chosen), *others] if others else []


def _figures(
    periods: performing.Periods | None,
    movement: Movement | None,
    *others: Shadow | Traffic | None,
) -> list[Figure]:
    """Return every chart of the page."""
    figures = [*periods.figures] if periods is not None else []
    if movement is not None:
        figures += [movement.figure, *movement.one_figures]
    figures += [one.figure for one in others if one is not None and one.figure is not None]
    return figures


def _reports(shown: Shown) -> Sequence[tuple[str, str]]:
    """Return the reports of the watch that are there, by name, with what they are called."""
    return [(one.name, one.label) for one in reports_of(shown) if one.name in _REPORTS]


def _files(shown: Shown, folder: str) -> Sequence[File]:
    """Return the files of the watch that are there."""
    return [one for one in FILES if shown.stamp(OUTPUT, f"{folder}{one.name}") is not None]
