"""How long answers take: of this server, asked by one caller in turn, and under load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foresell.dashboard.monitoring.moments import iso_moment
from foresell.dashboard.page import Cell, Fact, Table
from foresell.dashboard.reading.shown import AbsentError, Shown
from foresell.errors import counted
from foresell.report.wording import percent
from foresell.spec.serving import Took

ALONE, LOAD, SUMMARY = "_latency", "_load", "summary.json"
_QUANTILES = ("p50_ms", "p95_ms", "p99_ms", "max_ms")
_ENOUGH = 100  # answers of a route, before 95 of 100 of them are a finding
_P95 = 1  # its place in `Took.within_s`
_HERE = "/metrics"
_HERE_NOTE = (
    "Callers: every request to these endpoints since this server was started, but none of its "
    "pages. The times are of those it answered; ≤\u00a02.5 means no longer than that. It is to "
    "blame for those that failed."
)
Told = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Latency:
    """How long answers take. ``table``: a row for each way it was measured."""

    headline: str
    facts: Sequence[Fact]
    table: Table
    notes: Sequence[str]


def latency_of(shown: Shown, took: Sequence[Took] = ()) -> Latency:
    """Return what is known of a project's server. ``took``: of the one that is asked for the page.

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
    if alone is None and load is None and not took:
        raise AbsentError(
            "nobody has measured how long an answer takes",
            f"{shown.name}/{ALONE}",
            f"foresell quality {shown.name} --measure",
        )
    rows = [_row_here(one) for one in took]
    notes, facts = list[str](), list[Fact]()
    often = next((one for one in took if one.answered >= _ENOUGH), None)
    if took:
        notes.append(_HERE_NOTE)
    if often is not None:
        facts.append(_fact_here(often))
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
        headline=_headline(alone, load) or _headline_here(often),
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


def _headline_here(often: Took | None) -> str:
    """Return what requests of this server tell, as a sentence."""
    if often is None:
        return "How long an answer takes"
    within = often.within_s[_P95]
    if within is None:
        more = f"longer than {_plain(often.longest_s)} milliseconds"
        return f"More than 5 of 100 answers of {_name(often)} took {more}"
    return f"95 of 100 answers of {_name(often)} took at most {_plain(within)} milliseconds"


def _fact_here(took: Took) -> Fact:
    """Return the first number of this server."""
    return Fact(
        value=f"{_bound(took, _P95)}\u00a0ms",
        label=f"95 of 100 answers here, {_name(took)}",
        note="p95",
        source=_HERE,
    )


def _row_here(took: Took) -> list[Cell]:
    """Return a row of the table, of requests that callers sent to this server."""
    return [
        Cell(text=f"callers, {_name(took)}"),
        *(Cell(text=_bound(took, place)) for place in range(len(_QUANTILES))),
        Cell(text=f"{took.requests:,}"),
        Cell(text=f"{took.failed:,}", mark="warn" if took.failed else ""),
    ]


def _name(took: Took) -> str:
    """Return method and path in one piece."""
    return took.name.replace(" ", "\u00a0")


def _bound(took: Took, place: int) -> str:
    """Return what a histogram knows of a time, in milliseconds."""
    if not took.within_s:
        return "–"
    within = took.within_s[place]
    return f">\u00a0{_plain(took.longest_s)}" if within is None else f"≤\u00a0{_plain(within)}"


def _plain(seconds: float) -> str:
    """Return a bound in milliseconds, as it was set.

    >>> _plain(0.0025), _plain(0.075), _plain(10)
    ('2.5', '75', '10,000')
    """
    return f"{round(1000 * seconds, 3):,.10g}"


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
