"""What monitoring has found, as numbers for Prometheus.

Source: Prometheus, *Exposition formats* (text format) and *Metric and label naming*.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from foresell.errors import DataError
from foresell.monitor.alerts import FILES, Standing
from foresell.spec.monitoring import Subject


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """One number: its name, what it is, and its labels in order."""

    name: str
    says: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, kw_only=True)
class Watch:
    """All that is known of the watch over a project; an empty summary where there is none.

    ``drift``, ``performance``: what ``drift_summary.json`` and ``performance_summary.json`` hold.
    ``standing``: by subject. ``waiting``: messages in the outbox.
    """

    project: str
    drift: Mapping[str, Any] = field(default_factory=dict)
    performance: Mapping[str, Any] = field(default_factory=dict)
    standing: Mapping[Subject, Standing] = field(default_factory=dict)
    waiting: int = 0


def gauges(watch: Watch) -> list[Gauge]:
    """Return the numbers, those of one name together; what is not known is left out.

    A ``DataError``: a summary is of another shape.
    """
    return [*_of_alerts(watch), *_of_drift(watch), *_of_performance(watch)]


def prometheus_text(found: Sequence[Gauge]) -> bytes:
    r"""Return ``found`` in Prometheus' text format, those of one name together.

    >>> one = Gauge(name="foresell_x", says="An x", labels={"column": 'a "b"'}, value=0.5)
    >>> print(prometheus_text([one]).decode(), end="")
    # HELP foresell_x An x
    # TYPE foresell_x gauge
    foresell_x{column="a \"b\""} 0.5
    """
    lines: list[str] = []
    named: dict[str, list[Gauge]] = {}
    for one in found:
        named.setdefault(one.name, []).append(one)
    for name, group in named.items():
        lines += [f"# HELP {name} {_escaped(group[0].says)}", f"# TYPE {name} gauge"]
        for one in group:
            told = ",".join(f'{key}="{_quoted(value)}"' for key, value in one.labels.items())
            lines.append(f"{name}{{{told}}} {one.value!r}")
    return "".join(f"{line}\n" for line in lines).encode()


def _of_alerts(watch: Watch) -> Iterable[Gauge]:
    """Yield what stands, when each subject was looked at, and what waits to be told."""
    for subject in FILES:
        one = watch.standing.get(subject)
        if one is None:
            continue
        labels = {"project": watch.project, "subject": subject}
        yield _gauge("alert", "1 while an alert stands", labels, one.firing)
        yield _gauge(
            "monitor_checked_timestamp_seconds",
            "When a subject was last looked at",
            labels,
            one.checked.timestamp(),
        )
    if watch.standing:
        yield _gauge(
            "outbox_waiting",
            "Messages of alerts that wait to be delivered",
            {"project": watch.project},
            watch.waiting,
        )


_DRIFTS: Mapping[str, tuple[str, str]] = {  # of a column, by its key in the summary
    "psi": ("drift_psi", "Population stability index of a column against training"),
    "ks": ("drift_ks", "Largest distance of two cumulative shares of a column, 0 to 1"),
    "drifted": ("drift_column_drifted", "1 where a column has drifted: a large, sure effect"),
}


def _of_drift(watch: Watch) -> Iterable[Gauge]:
    """Yield how far each column has moved."""
    summary = watch.drift
    version = _text(summary.get("version"))
    columns = _columns(summary)
    for key, (name, says) in _DRIFTS.items():
        for column in columns:
            labels = {
                "project": watch.project,
                "version": version,
                "column": _text(column.get("name")),
                "part": _text(column.get("part")),
            }
            if (value := _number(column.get(key))) is not None:
                yield _gauge(name, says, labels, value)


_FARED: Sequence[tuple[str, str, str, str]] = (  # of which part of the summary, by which key
    ("recent", "wape", "performance_wape", "Error of the last periods over the sum of the truth"),
    ("backtest", "wape", "performance_backtest_wape", "The same error in the backtest"),
    ("", "tracking_signal", "tracking_signal", "Cumulative bias over the usual size of a bias"),
    ("recent", "coverage_80", "coverage_80", "Share of the truth within the 80 % interval"),
    ("recent", "value_added", "value_added", "1 less the error over that of the seasonal naive"),
)


def _of_performance(watch: Watch) -> Iterable[Gauge]:
    """Yield how forecasts fared."""
    summary = watch.performance
    labels = {"project": watch.project, "version": _text(summary.get("version"))}
    for part, key, name, says in _FARED:
        held = _part(summary, part) if part else summary
        if (value := _number(held.get(key))) is not None:
            yield _gauge(name, says, labels, value)
    if "verdict" in summary:
        for verdict in ("steady", "watch", "retrain"):
            yield _gauge(
                "performance_verdict",
                "1 for the verdict that holds",
                {**labels, "verdict": verdict},
                summary["verdict"] == verdict,
            )


def _columns(summary: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the columns of a summary of drift, each once.

    Raises:
        DataError: it has something else in their place.
    """
    found = summary.get("columns") or ()
    if not isinstance(found, list | tuple) or not all(isinstance(one, Mapping) for one in found):
        raise DataError("columns are told in another shape", "columns", "look at drift anew")
    named = {(_text(one.get("name")), _text(one.get("part"))): one for one in found}
    return tuple(named.values())  # a page with one name twice is taken by nobody


def _part(summary: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    """Return a part of a summary, empty where nothing is known.

    Raises:
        DataError: it has something else in its place.
    """
    found = summary.get(part) or {}
    if not isinstance(found, Mapping):
        raise DataError(f"{part} is told in another shape", part, "look at performance anew")
    return found


def _gauge(name: str, says: str, labels: Mapping[str, str], value: float) -> Gauge:
    """Return a gauge under foresell's name."""
    return Gauge(name=f"foresell_{name}", says=says, labels=labels, value=float(value))


def _number(value: object) -> float | None:
    """Return a finite number, None of anything else."""
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # a whole number with hundreds of digits
        return None
    return number if math.isfinite(number) else None


def _text(value: object) -> str:
    """Return a label; what is not known is empty, half of a letter is a question mark."""
    return "" if value is None else str(value).encode(errors="replace").decode()


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', r"\"")
