"""What the server tells of itself: numbers to be scraped, and a line for every request."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from foresell.errors import ForesellError
from foresell.serving.exchange import FAILED, Asked, Note
from foresell.serving.logs import Level, Lines, Plain, error_text, taken_over
from foresell.serving.metrics import Metrics
from foresell.serving.reloading import Reload
from foresell.serving.slots import Slot
from foresell.serving.tracing import Trace
from foresell.spec.serving import MODEL_SCOPES, Scope

_PATH = 200  # characters of a path that leads nowhere
# Asked for again and again by machines: only what ends badly is worth a line.
_QUIET = ("/health/live", "/health/ready", "/metrics", "/ping")
_OUTCOMES: Mapping[str, str] = {
    "loaded": "success",
    "refused": "refused",
    "unreachable": "unreachable",
}


@dataclass(slots=True)
class Ended:
    """One request to which a reply was sent, or whose caller went away (status 499).

    ``route``: the path as the route has it, with ``{names}``; empty where no route fits, and then
    ``path`` says what was asked for. ``scope``: what its route is for. ``seconds``: from its first
    byte to the last of the reply. ``asked``: None where it was refused before any endpoint was
    found for it. ``refused``: the words of the refusal, which hold no value of the request.
    ``trouble``: what nobody foresaw.
    """

    method: str
    route: str
    status: int
    seconds: float
    request_id: str
    trace: Trace
    asked: Asked | None = None
    path: str = ""
    scope: Scope | None = None
    reply_bytes: int = 0
    refused: str = ""
    trouble: BaseException | None = None


Listener = Callable[[Ended], None]  # is told of every request after its reply; must never wait


class Telemetry:
    """Counts and writes down what happens. None of its verbs waits for a disk or a reader.

    ``lines`` is None where no log is wanted. ``slots``: the projects whose versions are told.
    """

    def __init__(self, lines: Lines | None = None, slots: Mapping[str, Slot] | None = None) -> None:
        self.lines = lines
        self.metrics = Metrics(slots, lambda: lines.dropped if lines is not None else 0)

    def began(self, method: str, path: str = "") -> None:  # noqa: ARG002 - a route is found later
        """A request has come; ``ended`` follows, whatever happens."""
        self.metrics.going(method, 1)

    def ended(self, ended: Ended) -> None:
        """A request is over."""
        metrics, asked = self.metrics, ended.asked
        metrics.going(ended.method, -1)
        slot = asked.slot if asked is not None else None
        project = slot.project if slot is not None else ""
        metrics.request(ended.method, ended.route, ended.status, project, ended.seconds)
        if asked is not None and slot is not None:
            note = asked.note
            if ended.status >= FAILED:
                if ended.scope in MODEL_SCOPES and asked.served is not None:
                    metrics.inference(project, note, "failure")
            elif note.inference_s is not None or note.rows:
                metrics.inference(project, note, "success")
            if note.violations:
                metrics.violations(project, asked.served, note)
        if self.lines is None or (ended.status == 200 and ended.route.endswith(_QUIET)):
            return
        self._write(ended, project, self.lines)

    def heard(self, told: Reload) -> None:
        """Another version was to be loaded, or the registry came and went."""
        outcome = _OUTCOMES.get(told.outcome)
        if outcome is not None:
            self.metrics.count("reload", told.project, outcome)
        version = told.live.version if told.live is not None else ""
        self.said(
            "INFO" if told.outcome in {"loaded", "reachable", "unchanged"} else "ERROR",
            f"{told.project}: {told.outcome}{f' version {version}' if version else ''}",
            project=told.project,
            model_version=version,
            outcome=told.outcome,
            why=told.why,
            seconds=round(told.seconds, 3),
            **_trouble(told.error),
        )

    def shadow_scored(
        self, project: str, deltas: Sequence[float], answers: Sequence[float]
    ) -> None:
        """The shadow answered rows (n,): by how much more than the ``answers`` that were given."""
        self.metrics.shadow(project, deltas, answers)

    def shadow_dropped(self, project: str, rows: int = 1) -> None:
        """Rows were not given to the shadow, which is busy."""
        self.metrics.count("shadow_dropped", project, by=rows)

    def said(self, level: Level, message: str, **fields: Plain) -> None:
        """Something happened that is no request: a line of the log."""
        if self.lines is not None:
            self.lines.add(level, message, fields)

    def libraries(self) -> AbstractContextManager[None]:
        """While it lasts, what uvicorn and asyncio log are lines of this log."""
        return taken_over(lambda level, message, fields: self.said(level, message, **fields))

    def close(self) -> None:
        """Write what is still to be written, within a second."""
        if self.lines is not None:
            self.lines.close()

    @staticmethod
    def _write(ended: Ended, project: str, lines: Lines) -> None:
        """Write the line of a request.

        ``trace_id``, ``span_id`` and ``trace_flags`` are named as OpenTelemetry names them in logs
        that are no OTLP. No path that fits a route and no query is told: they may hold a value.
        """
        asked, trace = ended.asked, ended.trace
        note = asked.note if asked is not None else Note()
        served = asked.served if asked is not None else None
        where = ended.route or "(no route)"
        lines.add(
            "ERROR" if ended.status >= FAILED else "INFO",
            f"{ended.method} {where} {ended.status}",
            {
                "request_id": ended.request_id,
                "trace_id": trace.trace_id,
                "span_id": trace.span_id,
                "parent_span_id": trace.parent_id,
                "trace_flags": "01" if trace.sampled else "00",
                "method": ended.method,
                "route": ended.route,
                "path": "" if ended.route else ended.path[:_PATH],
                "status": ended.status,
                "duration_ms": round(ended.seconds * 1000, 3),
                "project": project,
                "model_version": served.live.version if served is not None else "",
                "rows": note.rows or None,
                "inference_ms": None
                if note.inference_s is None
                else round(note.inference_s * 1000, 3),
                "reply_bytes": ended.reply_bytes,
                "caller": asked.caller if asked is not None else "",
                "refused": ended.refused,
                "exception": error_text(ended.trouble) if ended.trouble is not None else "",
            },
        )


def _trouble(error: BaseException | None) -> Mapping[str, str]:
    """Return what is told of an error: what is one on purpose says it in words."""
    if isinstance(error, ForesellError):
        return {"where": error.where, "mend": error.mend}
    return {"exception": error_text(error)} if error is not None else {}
