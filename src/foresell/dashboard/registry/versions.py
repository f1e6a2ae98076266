"""The versions of a project as rows, newest first, and what may be done to each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foresell.dashboard.page import Cell
from foresell.dashboard.reading.deciding import deciding as decides
from foresell.dashboard.reading.deciding import title
from foresell.dashboard.registry.orders import Order
from foresell.dashboard.registry.timeline import moment
from foresell.errors import counted
from foresell.report.tables import METRICS
from foresell.report.wording import signed, typeset
from foresell.spec.registry import Approval, State, Version

MISSING = "–"
APPROVAL: Mapping[Approval, str] = {
    "PendingManualApproval": "waits for approval",
    "Approved": "approved",
    "Rejected": "rejected",
}


@dataclass(frozen=True, kw_only=True)
class Action:
    """A link to what may be done. ``label``: in few words; ``rest``: what else it is about."""

    label: str
    rest: str
    query: str


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """One version. ``cells``: as the heads of its table say; ``live``: it is what answers."""

    number: int
    aliases: tuple[str, ...]
    live: bool
    cells: Sequence[Cell]
    actions: Sequence[Action]


@dataclass(frozen=True, kw_only=True)
class Versions:
    """The table. ``heads``: of ``cells``, those in ``words`` hold text."""

    caption: str
    heads: Sequence[str]
    words: Sequence[str]
    rows: Sequence[VersionRow]


def live_of(state: State) -> int | None:
    """Return the version that answers, on prod or else on staging; None where none does."""
    return state.aliases["prod"] or state.aliases["staging"]


def usual_pair(state: State) -> tuple[int, int] | None:
    """Return the two versions that are likely to be compared, the earlier one first.

    The one that answers, or the newest where none does, and the newest other; None where there are
    not two.
    """
    numbers = [one.version for one in state.versions]
    if len(numbers) < 2:
        return None
    usual = live_of(state) or max(numbers)
    other = next(one for one in reversed(numbers) if one != usual)
    return min(usual, other), max(usual, other)


def versions_of(state: State, live: int | None) -> Versions:
    """Return the table of the versions of ``state``; ``live`` is the one that answers."""
    metrics = list(dict.fromkeys(name for one in state.versions for name in deciding(one)))
    words = ("Champion", "Gate", "Approval", "Registered", "By")
    heads = (
        *("Champion", *(METRICS[name].title if name in METRICS else name for name in metrics)),
        *("Value added", "Gate", "Approval", "Registered", "By"),
    )
    return Versions(
        caption=f"{counted(len(state.versions), 'version')}, newest first; each as it was judged "
        "when it was trained",
        heads=heads,
        words=words,
        rows=[_row(one, state, metrics, live) for one in reversed(state.versions)],
    )


def deciding(version: Version) -> tuple[str, ...]:
    """Return the metrics that the gate of a version looked at."""
    return tuple(str(one["metric"]) for one in _gate(version).get("comparisons", ()))


def gate_sentences(version: Version) -> Sequence[str]:
    """Return what the gate said of a version."""
    return [typeset(str(one)) for one in _gate(version).get("sentences", ())]


def gate_passed(version: Version) -> bool | None:
    """Tell whether a version passed its gate; None where nobody noted that."""
    return _gate(version).get("passed")


def scored(version: Version, metric: str) -> str:
    """Return a score of a version as reports show it."""
    value = (version.record.get("scores") or {}).get(metric)
    if value is None:
        return MISSING
    return METRICS[metric].show(value) if metric in METRICS else f"{value:g}"


def champion(version: Version) -> str:
    """Return the name of a version's champion, as files and commands call it."""
    return str(version.record.get("champion") or MISSING)


def value_added(version: Version) -> tuple[str, str] | None:
    """Return by how much a version beats the best baseline, and on what; None: nobody knows."""
    one = decides(_gate(version))
    if one is None or one.get("value_added") is None:
        return None
    told = f"{title(str(one['metric']))} against {one['best_baseline']}"
    return signed(one["value_added"]), told


def rollbacks(state: State) -> Iterator[Action]:
    """Yield what may be taken back."""
    for alias, live in state.aliases.items():
        if live is not None:
            order = Order(do="rollback", alias=alias)
            yield Action(label=f"Roll back {alias}", rest=f"from version {live}", query=order.query)


def _row(version: Version, state: State, metrics: Sequence[str], live: int | None) -> VersionRow:
    """Return one row."""
    passed, added = gate_passed(version), value_added(version)
    waits = version.approval != "Approved"
    aliases = tuple(alias for alias, at in state.aliases.items() if at == version.version)
    return VersionRow(
        number=version.version,
        aliases=aliases,
        live=version.version == live,
        cells=[
            Cell(text=champion(version)),
            *(Cell(text=scored(version, metric)) for metric in metrics),
            Cell(text=MISSING if added is None else f"{added[0]}, {added[1]}", mark="wraps"),
            Cell(
                text=MISSING if passed is None else "passed" if passed else "not passed",
                mark="warn" if passed is False else "",
            ),
            Cell(text=APPROVAL[version.approval], mark="warn" if waits else ""),
            Cell(text=moment(version.registered_at)),
            Cell(text=version.who),
        ],
        actions=list(_actions(version, aliases)),
    )


def _actions(version: Version, aliases: Sequence[str]) -> Iterator[Action]:
    """Yield what may be done to a version, the likeliest first."""
    number = version.version
    if version.approval == "Rejected":
        return
    if version.approval == "PendingManualApproval":
        order = Order(do="approve", version=number)
        yield Action(label="Approve", rest=f"version {number}", query=order.query)
    elif "prod" not in aliases:
        order = Order(do="promote", version=number)
        yield Action(label="Promote", rest=f"version {number} to prod", query=order.query)
    if not aliases:
        order = Order(do="promote", version=number, alias="staging")
        yield Action(label="Stage", rest=f"version {number}, on staging", query=order.query)
    if "prod" not in aliases:
        order = Order(do="reject", version=number)
        yield Action(label="Reject", rest=f"version {number}", query=order.query)


def _gate(version: Version) -> Mapping[str, Any]:
    """Return what a registration noted of the gate."""
    found = version.record.get("gate")
    return found if isinstance(found, Mapping) else {}
