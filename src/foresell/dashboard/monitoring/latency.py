"""How long answers take: asked by one caller in turn, and under load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foresell.dashboard.monitoring.moments import iso_moment
from foresell.dashboard.page import Cell, Fact, Table
from foresell.dashboard.reading.shown import AbsentError, Shown
from foresell.errors import counted
from foresell.report.wording import percent

ALONE, LOAD, SUMMARY = "_latency", "_load", "summary.json"
_QUANTILES = ("p50_ms", "p95_ms", "p99_ms", "max_ms")
Told = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Latency:
    """How long answers take. ``table``: a row for each way it was measured."""

    headline: str
    facts: Sequence[Fact]
    table: Table
    notes: Sequence[str]


def latency_of(shown: Shown) -> Latency:
    """Return what was measured of a project's server.

    Raises:
        AbsentError: nothing was.
    """
    file = f"{shown.name}.json"
    alone: Told | None = None
    load: Told | None = None
    if shown.stamp(ALONE, file) is not None:
        alone = shown.json(ALONE, file)
    if shown.stamp(LOAD, SUMMARY) is not None:
        found: Told = shown.json(LOAD, SUMMARY)
        load = found if shown.name in found["projects"] else None
    if alone is None and load is None:
        raise AbsentError(
            "nobody has measured how long an answer takes",
            f"{shown.name}/{ALONE}",
            f"foresell quality {shown.name} --measure",
        )
    rows, notes, facts = list[list[Cell]](), list[str](), list[Fact]()
    if alone is not None:
        rows.append(_row("one caller, a row at a time", alone))
        facts.append(_fact(alone, "95 of 100 rows, asked alone", f"{ALONE}/{file}"))
        notes.append(_alone_note(alone))
    if load is not None:
        rows.append(_row(f"{counted(int(load['users']), 'caller')} at once", load))
        rows += [_row(str(one["name"]), one) for one in load["endpoints"]]
        facts.append(_fact(load, "95 of 100 requests, under load", f"{LOAD}/{SUMMARY}"))
        notes.append(_load_note(load))
    return Latency(
        headline=_headline(alone, load),
        facts=facts,
        table=Table(
            caption="Milliseconds over HTTP, from the first byte to the last",
            heads=("Asked by", "p50", "p95", "p99", "Slowest", "Requests", "Failed"),
            rows=rows,
        ),
        notes=notes,
    )


def _headline(alone: Told | None, load: Told | None) -> str:
    """Return the finding as a sentence."""
    if alone is not None:
        return f"95 of 100 rows are answered within {_ms(alone['p95_ms'])} milliseconds"
    if load is not None:
        users = counted(int(load["users"]), "caller")
        within = f"within {_ms(load['p95_ms'])} milliseconds"
        return f"Under {users}, 95 of 100 requests are answered {within}"
    return ""


def _row(label: str, told: Told) -> list[Cell]:
    """Return a row of the table."""
    failed = int(told["failures"])
    return [
        Cell(text=label),
        *(Cell(text=_ms(told[name])) for name in _QUANTILES),
        Cell(text=f"{int(told['requests']):,}"),
        Cell(text=f"{failed:,}", mark="warn" if failed else ""),
    ]


def _fact(told: Told, label: str, source: str) -> Fact:
    """Return the first number."""
    return Fact(value=f"{_ms(told['p95_ms'])}\u00a0ms", label=label, note="p95", source=source)


def _alone_note(told: Told) -> str:
    """Return when and where a lone caller asked."""
    return (
        f"Version {told['version']} ({told['alias']}), {told['endpoint']}, "
        f"{iso_moment(told['measured_at'])}, on {told['machine']}."
    )


def _load_note(told: Told) -> str:
    """Return under which load."""
    rate = f"{float(told['requests_per_second']):,.0f} requests a second"
    failed = percent(float(told["failure_share"]))
    held = "held" if told["passed"] else "were not held"
    return (
        f"The last load test: {float(told['duration_s']):,.0f} seconds, {rate}, {failed} failed, "
        f"on {told['machine']}; its thresholds {held}."
    )


def _ms(value: float) -> str:
    """Return milliseconds.

    >>> _ms(1.234), _ms(45.67), _ms(1234.5)
    ('1.23', '45.7', '1,234')
    """
    number = float(value)
    return f"{number:,.{0 if number >= 100 else 1 if number >= 10 else 2}f}"
