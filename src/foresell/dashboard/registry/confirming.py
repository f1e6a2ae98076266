"""The page that stands before every change: what will happen, on which evidence, and the form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foresell.dashboard.page import Table, Trouble, Visit, told
from foresell.dashboard.reading.shown import Shown
from foresell.dashboard.registry.difference import comparison_of, metric_table, unit_of
from foresell.dashboard.registry.finding import finding, on_the_same_rows
from foresell.dashboard.registry.orders import Order, Rehearsal, rehearsed
from foresell.dashboard.registry.versions import (
    champion,
    deciding,
    gate_passed,
    gate_sentences,
    live_of,
)
from foresell.errors import DataError, counted
from foresell.govern.compared import MetricDifference
from foresell.govern.registry import Move
from foresell.govern.rolling_back import NOWHERE
from foresell.govern.state import earlier
from foresell.report.wording import capitalized, typeset
from foresell.spec.registry import State, Transition, Version

_BESIDE = ("rmse", "wmae", "mae", "wape", "coverage_80")
_ROWS = "On the {} that both were judged on"


@dataclass(frozen=True, kw_only=True)
class Returned:
    """A form that came back: what it held, and what is wrong with which field.

    ``refused``: why nothing was done, where that is no matter of a field.
    """

    reason: str = ""
    override: bool = False
    reason_error: str = ""
    override_error: str = ""
    refused: Trouble | None = None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Where a rollback may go. ``here``: this page is about it."""

    label: str
    query: str
    here: bool


@dataclass(frozen=True, kw_only=True)
class Confirm:
    """What is to be confirmed. ``title``: the question; ``button``: the answer to it.

    ``happens``: what will be, in sentences. ``gate``: what it said, and whether it ``passed``, None
    where nobody knows. ``beside``: the version next to the live one, and ``beside_says`` how it
    does. ``against_gate``: only by an override. ``blocked``: it cannot be done, and why.
    ``choices``: of a rollback, and ``target`` the one it means: sent twice, it goes back once.
    ``final``: nothing takes it back.
    """

    order: Order
    title: str
    button: str
    happens: Sequence[str]
    gate: Sequence[str]
    passed: bool | None
    beside: Table | None
    beside_says: str
    against_gate: bool
    blocked: Trouble | None
    choices: Sequence[Choice]
    target: str
    final: bool
    returned: Returned


def confirmation(visit: Visit, order: Order, state: State, returned: Returned) -> Confirm:
    """Return what there is to confirm. Raises as `Shown.history`."""
    shown = visit.shown
    found = _rehearsal(shown, order)
    transition = found.move.transition if found.move is not None else None
    evidence: Mapping[str, Any] = transition.evidence if transition is not None else {}
    subject = _subject(order, state, transition)
    beside, says = _beside(shown, evidence.get("against_live"), subject, state)
    gate = evidence.get("gate")  # judged anew; of what is no promotion, what was noted
    return Confirm(
        order=order,
        title=_title(order, state, transition),
        button=_button(order, transition),
        happens=list(_happens(found.move, order)),
        gate=_gate_told(subject, gate),
        passed=_gate_passed(subject, gate),
        beside=beside,
        beside_says=says,
        against_gate=found.against_gate,
        blocked=_blocked(found),
        choices=list(_choices(order, state)) if order.do == "rollback" else [],
        target=_target(order, transition),
        final=order.do == "reject",
        returned=returned,
    )


def _rehearsal(shown: Shown, order: Order) -> Rehearsal:
    """Return what would come of an order, remembered as long as nothing else happens."""
    history = shown.history()
    what = ("rehearsal", order.do, order.version, order.alias, order.to)
    return shown.kept(what, history[-1].hash, lambda: rehearsed(shown.registry, history, order))


def _subject(order: Order, state: State, transition: Transition | None) -> Version | None:
    """Return the version that is judged: the one that would answer, or is decided about."""
    number = order.version
    if order.do == "rollback":
        number = transition.after if transition is not None else None
    known = {one.version: one for one in state.versions}
    return known.get(number) if number is not None else None


def _title(order: Order, state: State, transition: Transition | None) -> str:
    """Return the question."""
    if order.do == "promote":
        return f"Promote version {order.version} to {order.alias}?"
    if order.do == "approve":
        return f"Approve version {order.version}?"
    if order.do == "reject":
        return f"Reject version {order.version} for good?"
    if order.to == NOWHERE:
        return f"Take every version off {order.alias}?"
    after = transition.after if transition is not None else order.to
    live = state.aliases[order.alias]
    if not after or live is None:
        return f"Roll back {order.alias}?"
    return f"Roll {order.alias} back from version {live} to {after}?"


def _target(order: Order, transition: Transition | None) -> str:
    """Return where a rollback goes, by name; "" for what is none."""
    if order.do != "rollback" or transition is None:
        return order.to
    return NOWHERE if transition.after is None else str(transition.after)


def _button(order: Order, transition: Transition | None) -> str:
    """Return what the button says."""
    if order.do == "promote":
        return f"Promote version {order.version} to {order.alias}"
    if order.do == "rollback":
        after = transition.after if transition is not None else None
        if after is None:
            return f"Take every version off {order.alias}"
        return f"Roll back to version {after}"
    return f"{order.do.capitalize()} version {order.version}"


def _happens(move: Move | None, order: Order) -> Iterator[str]:
    """Yield what will be, in sentences."""
    if move is None or move.transition is None:
        return
    one = move.transition
    if one.alias is not None and one.action != "reject":
        yield from _moved(one)
    if order.do == "approve":
        yield f"Version {one.version} may be promoted to prod from then on."
        yield "Nothing else changes: what answers now goes on answering."
    elif order.do == "reject":
        yield f"Version {one.version} can never be promoted again. Nothing takes this back."
    elif order.do == "rollback":
        count = counted(int(one.evidence["steps"]), "promotion")
        yield f"{count} taken back. To undo it, promote version {one.before} again."
    elif one.before is not None:
        yield f"A rollback returns to version {one.before}."
    for note in move.notes:
        yield f"{note[:1].upper()}{note[1:]}."


def _moved(one: Transition) -> Iterator[str]:
    """Yield where an alias goes, and who notices."""
    alias = str(one.alias)
    now = "no version" if one.after is None else f"version {one.after}"
    was = "no version" if one.before is None else f"version {one.before}"
    yield f"{alias.capitalize()} points to {now}; it points to {was} now."
    if one.after is None:
        yield f"Nothing answers as {alias} until a version is promoted."
    else:
        yield f"Servers that follow {alias} answer with version {one.after} within a second."


def _blocked(found: Rehearsal) -> Trouble | None:
    """Return why it cannot be done, None where it can."""
    if found.refusal is not None:
        return told(found.refusal)
    if found.move is not None and found.move.transition is None:
        what = "; ".join(found.move.notes) or "it is so already"
        return Trouble(what=what, where="registry", mend="nothing has to be done")
    return None


def _choices(order: Order, state: State) -> Iterator[Choice]:
    """Yield where a rollback may go: each earlier version once, then nowhere."""
    stack = state.stacks.get(order.alias, ())
    rejected = {one.version for one in state.versions if one.approval == "Rejected"}
    names = {one.version: champion(one) for one in state.versions}
    places = dict.fromkeys(stack[-1 - steps] for steps in earlier(stack, rejected))
    for nth, version in enumerate(places):
        to = "" if nth == 0 else str(version)
        yield Choice(
            label=f"version {version}, {names[version]}",
            query=Order(do="rollback", alias=order.alias, to=to).query,
            here=order.to == str(version) or (nth == 0 and order.to == ""),
        )
    if stack:
        yield Choice(
            label="no version at all",
            query=Order(do="rollback", alias=order.alias, to=NOWHERE).query,
            here=order.to == NOWHERE,
        )


def _gate_told(subject: Version | None, gate: Any) -> Sequence[str]:
    """Return what the gate says; ``gate``: as it was judged just now, else what was noted."""
    if isinstance(gate, Mapping):
        return [typeset(str(one)) for one in gate.get("sentences", ())]
    return [] if subject is None else gate_sentences(subject)


def _gate_passed(subject: Version | None, gate: Any) -> bool | None:
    """Tell whether the gate passed; see `_gate_told`."""
    if isinstance(gate, Mapping):
        return gate.get("passed") is True
    return None if subject is None else gate_passed(subject)


def _beside(
    shown: Shown, found: Any, subject: Version | None, state: State
) -> tuple[Table | None, str]:
    """Return the table of a version beside the live one, and what is to be said of it."""
    if not isinstance(found, Mapping) or subject is None:
        return None, ""
    if state.aliases["prod"] is None:
        return _beside_staging(shown, subject, state)
    if found.get("version") == subject.version:
        return None, ""
    if not found.get("comparable"):
        return None, f"{capitalized(str(found.get('why')))}: there is nothing to compare it with."
    live, new = found["live"], found["new"]
    decisive = deciding(subject)
    metrics = [
        MetricDifference(
            metric=name,
            deciding=name in decisive,
            before=live[name],
            after=new[name],
            difference=new[name] - live[name],
            change=_share(name, live[name], new[name]),
        )
        for name in dict.fromkeys([*decisive, *_BESIDE])
        if live.get(name) is not None and new.get(name) is not None
    ]
    before = f"version {found.get('version')}"
    heads = (f"{capitalized(before)}, on prod", f"Version {subject.version}")
    caption = _ROWS.format(counted(int(found["n"]), "row"))
    told = finding(metrics, f"{before}, which is on prod,", heads[1])
    unit = unit_of(shown, subject)
    return metric_table(caption, metrics, heads, unit=unit), told or "Beside the version on prod"


def _beside_staging(shown: Shown, subject: Version, state: State) -> tuple[Table | None, str]:
    """Return a version beside the one that answers from staging, for nothing is on prod."""
    live = live_of(state)
    if live is None or live == subject.version:
        return None, "" if live else "No version answers: there is nothing to compare it with."
    answering = next(one for one in state.versions if one.version == live)
    try:
        found = comparison_of(shown, answering, subject)
    except DataError as error:
        return None, f"{capitalized(error.what)}: there is nothing to compare it with."
    metrics, before = on_the_same_rows(found), f"version {live}"
    if not metrics or found.same_rows is None:
        why = found.same_rows.says if found.same_rows is not None else "both are the same bundle"
        return None, f"Version {live} answers from staging; {why}."
    heads = (f"{capitalized(before)}, on staging", f"Version {subject.version}")
    told = finding(metrics, f"{before}, which answers from staging,", heads[1])
    caption = _ROWS.format(counted(found.same_rows.n, "row"))
    table = metric_table(caption, metrics, heads, unit=unit_of(shown, subject))
    return table, told or "Beside the version that answers"


def _share(name: str, before: float, after: float) -> float | None:
    """Return the change of an error as a share of what it was; None where that means nothing."""
    return None if name == "coverage_80" or not before else (after - before) / abs(before)
