"""Numbers of the server, under the names that Prometheus' world gives them.

Source of the names and labels of HTTP: OpenTelemetry, *Semantic Conventions for HTTP Metrics*, as
Prometheus writes them.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import prometheus_client as prometheus
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from foresell.monitor.gauges import Gauge
from foresell.serving.exchange import FAILED, REFUSED, Asked, Note, Reply, Route
from foresell.serving.served import Served
from foresell.serving.site import Site
from foresell.serving.slots import Slot
from foresell.serving.tallies import Amounts, Labels, Spread
from foresell.serving.watched import Watched
from foresell.spec.serving import Live, Took

METHODS = frozenset((
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
))
OTHER = "_OTHER"  # what OpenTelemetry calls a method that nobody knows
_WHOLE_ROW = "(row)"  # in place of a name that is none of the contract's
# Those of OpenTelemetry, and three below them: a row is answered in less than a millisecond.
_REQUEST_S = (
    *(0.0005, 0.001, 0.0025),
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
)
_MODEL_S = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5)
_SIZES = (0, 0.01, 0.1, 1, 10, 100, 1_000, 10_000, 100_000)
_SHARES = (0.0001, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)
_TOLD = (0.5, 0.95, 0.99, 1.0)  # shares of requests that pages tell the time of
_END = 1000  # no status is as high
_OPEN_METRICS = "application/openmetrics-text"
_HTTP = ("http_request_method", "http_route", "http_response_status_code", "project")
_MODEL = ("project", "version", "alias", "champion", "digest")


class Metrics:
    """The numbers of one server, in a registry of their own.

    ``slots``: what answers now is read from them whenever the numbers are asked for.
    ``lost_lines``: tells how many lines of the log were dropped. ``watched``: what monitoring has
    found; None until somebody says where that is.
    """

    watched: Watched | None = None

    def __init__(
        self,
        slots: Mapping[str, Slot] | None = None,
        lost_lines: Callable[[], int] = lambda: 0,
    ) -> None:
        self._registry = prometheus.CollectorRegistry()
        for collector in (
            prometheus.ProcessCollector,
            prometheus.PlatformCollector,
            prometheus.GCCollector,
        ):
            collector(registry=self._registry)
        self._registry.register(_Standing(slots or {}, lost_lines))
        of = self._registry
        self._requests = Spread(
            "http_server_request_duration_seconds",
            "From the first byte of a request to the last of its reply",
            _HTTP,
            _REQUEST_S,
            of,
        )
        self._active = Amounts(
            GaugeMetricFamily,
            "http_server_active_requests",
            "Requests that are being answered",
            ["http_request_method"],
            of,
        )
        self._inference = Spread(
            "foresell_inference_duration_seconds",
            "Time in the model, of one request",
            ["project"],
            _MODEL_S,
            of,
        )
        self._delta = Spread(
            "foresell_shadow_delta",
            "Between the shadow's answer and that which was given, in the unit of the target",
            ["project"],
            _SIZES,
            of,
        )
        self._share = Spread(
            "foresell_shadow_delta_ratio",
            "The same as a share of the answer which was given",
            ["project"],
            _SHARES,
            of,
        )
        self._counters = {
            name: Amounts(CounterMetricFamily, f"foresell_{name}", says, labels, of)
            for name, says, labels in _COUNTERS
        }
        self._columns: dict[str, tuple[str, frozenset[str]]] = {}

    def going(self, method: str, by: int) -> None:
        """Count one request more, or less, that is being answered."""
        self._active.add((method if method in METHODS else OTHER,), by)

    def request(self, method: str, route: str, status: int, project: str, seconds: float) -> None:
        """Count a request. ``route``: with ``{names}``, empty where none fits."""
        known = method if method in METHODS else OTHER
        self._requests.add((known, route, status, project), seconds)

    def took(self, project: str, method: str, route: str) -> Took | None:
        """Return how long the requests of a project's route took; None where none has come."""

        def counted(first: int, end: int) -> Sequence[int]:
            """Return the requests with a status from ``first`` on and before ``end``."""

            def fits(labels: Labels) -> bool:
                ours = labels[:2] == (method, route) and labels[3] == project
                return ours and first <= int(labels[2]) < end

            return self._requests.counted(fits)

        if not (requests := sum(counted(0, _END))):
            return None
        answered = counted(0, REFUSED)
        return Took(
            name=f"{method} {route}",
            requests=requests,
            answered=sum(answered),
            failed=sum(counted(FAILED, _END)),
            within_s=tuple(self._requests.within(answered, share) for share in _TOLD)
            if any(answered)
            else (),
            longest_s=_REQUEST_S[-1],
        )

    def inference(self, project: str, note: Note, outcome: str) -> None:
        """Count what the model was asked in a request: ``success`` or ``failure``."""
        self.count("inference", project, outcome)
        if note.inference_s is not None:
            self._inference.add((project,), note.inference_s)
        if note.rows and outcome == "success":
            self.count("rows", project, by=note.rows)
        for name, flags in (("unseen", note.unseen), ("outside", note.outside)):
            if any(flags):
                fields = Tally(field for row in flags for field in row)
                for field, rows in fields.items():
                    self.count(name, project, field, by=rows)

    def violations(self, project: str, served: Served | None, note: Note) -> None:
        """Count broken rules, under names of the contract alone: a request must not invent any."""
        for (field, rule), times in Tally(note.violations).items():
            known = served is not None and set(field.split(", ")) <= self._names(project, served)
            self.count(
                "contract_violations", project, field if known else _WHOLE_ROW, rule, by=times
            )

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        """Count with the counter ``foresell_{name}_total``."""
        self._counters[name].add(labels, by)

    def shadow(self, project: str, deltas: Sequence[float], answers: Sequence[float]) -> None:
        """Count rows (n,) that the shadow answered; ``answers``: those that were given.

        OpenMetrics knows no histogram of numbers below 0: how far the shadow is off is one, on
        which side it is stands beside the count.
        """
        for one, given in zip(deltas, answers, strict=True):
            side = "higher" if one > 0 else "lower" if one < 0 else "equal"
            self.count("shadow_scored", project, side)
            self._delta.add((project,), abs(one))
            if given:
                self._share.add((project,), abs(one / given))

    def watch(self, look: Callable[[], Sequence[Gauge]]) -> None:
        """From now on also tell what ``look`` finds, which reads files: what monitoring found."""
        self.watched = Watched(look)
        self._registry.register(self.watched)

    def page(self, accept: bytes = b"") -> tuple[bytes, bytes]:
        """Return all numbers as text, and its media type: OpenMetrics where that is accepted."""
        # What it parses of a header that is no good is an error; it gets the one word it needs.
        wanted = f"{_OPEN_METRICS}; version=1.0.0" if _OPEN_METRICS.encode() in accept else ""
        encode, media_type = choose_encoder(wanted)
        return encode(self._registry), media_type.encode()

    def _names(self, project: str, served: Served) -> frozenset[str]:
        """Return the columns of the contract that a project has now."""
        digest, names = self._columns.get(project, ("", frozenset()))
        if digest != served.live.digest:
            names = frozenset(served.contract.columns)
            self._columns[project] = (served.live.digest, names)
        return names


_COUNTERS: Sequence[tuple[str, str, Sequence[str]]] = (
    ("inference", "Requests that asked the model", ["project", "outcome"]),
    ("rows", "Rows that were answered", ["project"]),
    (
        "contract_violations",
        "Broken rules of the contract in requests",
        ["project", "field", "rule"],
    ),
    ("unseen", "Answered rows with a text that training did not hold", ["project", "field"]),
    ("outside", "Answered rows with a value beyond those of training", ["project", "field"]),
    ("shadow_scored", "Rows that the shadow answered", ["project", "side"]),
    ("shadow_dropped", "Rows that were not given to the shadow", ["project"]),
    ("reload", "Versions that were to be loaded, and what became of them", ["project", "outcome"]),
    ("request_log_rows", "Rows that were written to the log of requests", ["project"]),
    ("request_log_dropped", "Rows that were meant for it and are lost", ["project"]),
)


class _Standing(Collector):
    """What answers now, read from the slots at the moment it is asked for."""

    def __init__(self, slots: Mapping[str, Slot], lost_lines: Callable[[], int]) -> None:
        self._slots, self._lost_lines = slots, lost_lines

    def collect(self) -> Iterable[Metric]:
        """Yield the numbers."""
        build = GaugeMetricFamily("foresell_build_info", "This foresell", labels=["version"])
        build.add_metric([version("foresell")], 1)
        yield build
        lost = "Lines of the log that nobody will read"
        yield CounterMetricFamily("foresell_log_dropped_lines", lost, value=self._lost_lines())
        yield _each("foresell_model_info", "The version that answers", self._models(), _MODEL)
        yield _each("foresell_shadow_info", "The version beside it", self._shadows(), _MODEL)
        for name, says, read in _STATES:
            family = GaugeMetricFamily(name, says, labels=["project"])
            for project, slot in self._slots.items():
                family.add_metric([project], read(slot))
            yield family

    def _models(self) -> Iterable[tuple[Live, str]]:
        """Yield what answers, and its champion."""
        found = [slot.current for slot in self._slots.values()]
        return [(one.live, one.model_name) for one in found if one is not None]

    def _shadows(self) -> Iterable[tuple[Live, str]]:
        """Yield what is loaded to be scored beside; another process alone knows its champion."""
        found = [slot.shadow for slot in self._slots.values() if slot.beside_loaded]
        return [(one, "") for one in found if one is not None]


_STATES: Sequence[tuple[str, str, Callable[[Slot], float]]] = (
    (
        "foresell_model_loaded",
        "1 where a version answers",
        lambda slot: slot.current is not None,
    ),
    (
        "foresell_model_loaded_timestamp_seconds",
        "When the version that answers took the traffic",
        lambda slot: slot.standing.loaded_at,
    ),
    (
        "foresell_model_refused",
        "1 where the version that is to answer is refused and an older one answers",
        lambda slot: slot.standing.refused is not None,
    ),
    (
        "foresell_registry_unreachable",
        "1 where nobody says which version is to answer",
        lambda slot: slot.standing.unreachable is not None,
    ),
)


def routes(site: Site) -> tuple[Route, ...]:
    """Return the route of the numbers, one for the whole server; none where nothing is told."""
    if site.telemetry is None:
        return ()
    metrics = site.telemetry.metrics

    async def scrape(asked: Asked) -> Reply:
        accept = next((value for name, value in asked.headers if name == b"accept"), b"")
        if metrics.watched is not None:
            await metrics.watched.refresh()
        body, media_type = metrics.page(accept)
        return Reply(body=body, media_type=media_type)

    return (
        Route(
            method="GET",
            path="/metrics",
            endpoint=scrape,
            summary="Numbers of the server, for Prometheus",
            description="As text, or as OpenMetrics where the caller accepts that.",
            tag="server",
            scope="read",
            needs_model=False,
            level="server",
            replies={200: _PAGE},
        ),
    )


_PAGE: Mapping[str, Any] = {
    "description": "The numbers",
    "content": {
        "text/plain": {"schema": {"type": "string"}},
        "application/openmetrics-text": {"schema": {"type": "string"}},
    },
}


def _each(
    name: str, says: str, found: Iterable[tuple[Live, str]], labels: Sequence[str]
) -> GaugeMetricFamily:
    """Return a family with a 1 for each version."""
    family = GaugeMetricFamily(name, says, labels=labels)
    for live, champion in found:
        family.add_metric([live.project, live.version, live.alias, champion, live.digest], 1)
    return family
