"""What ``foresell registry history`` prints: who changed what, when and why, oldest first."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from foresell.cli.numbers import MISSING
from foresell.cli.show_registry import MORE, REASON, ROOMY, empty_table, second, state_json
from foresell.cli.tables import print_table
from foresell.cli.terminal import one_line, plain, screen
from foresell.errors import counted
from foresell.govern.registry import how_to_begin

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from foresell.api.registry import History
    from foresell.spec.registry import Transition

_OVERRIDDEN = "[yellow]gate overridden[/yellow]: "


def show_history(found: "History", at: "datetime | None") -> None:
    """Print one line a transition, oldest first; with ``at`` also what was live then."""
    console = screen()
    if at is not None:
        _show_then(console, found, at)
    if found.transitions:
        _show_transitions(console, found.transitions)
    elif at is None:
        begin = how_to_begin(found.state.project)
        console.print(f"nothing has happened yet; {plain(begin)}", soft_wrap=True)
    else:
        console.print("nothing had happened yet")


def history_json(found: "History", at: "datetime | None") -> dict[str, Any]:
    """Return a history as plain values: what `state_json` has, ``at`` and the transitions."""
    then = None if at is None else at.isoformat(timespec="microseconds")
    transitions = [asdict(one) for one in found.transitions]
    return {**state_json(found.state), "at": then, "transitions": transitions}


def _show_then(console: "Console", found: "History", at: "datetime") -> None:
    """Print what was live at ``at``; that it is still to come, where it is."""
    state = found.state
    live = ", ".join(f"{alias} {_number(version)}" for alias, version in state.aliases.items())
    count = counted(len(state.versions), "version") if state.versions else "no version yet"
    then = second(at.isoformat(timespec="microseconds"))
    console.print(f"[bold]At {then}[/bold]  {live}; {count}", soft_wrap=True)
    if found.to_come:
        said = "that time is still to come: this is how it stands now"
        console.print(f"[yellow]{said}[/yellow]", soft_wrap=True)


def _show_transitions(console: "Console", transitions: "Sequence[Transition]") -> None:
    """Print the table; on a narrow screen who it was stands before the reason, if not always one.

    There the versions of a promotion or a rollback are told by where the alias moved.
    """
    roomy = console.width >= ROOMY
    alone = len({one.who for one in transitions}) == 1 and not roomy
    heads = ("who", "what", "moved", "why") if roomy else ("what", "moved", "why")
    table = empty_table("#", "when, UTC", *heads)
    table.columns[0].justify = "right"
    for column in table.columns:
        column.no_wrap = column.header not in {"who", "why"}
    for one in transitions:
        who, why = plain(one_line(one.who)), plain(one_line(one.reason, REASON))
        why = f"{_OVERRIDDEN}{why}" if one.evidence.get("override") is True else why
        told = (who, _what(one), _moved(one), why) if roomy else (_short(one), _moved(one), why)
        if not (roomy or alone):
            told = (*told[:-1], f"{who}: {why}")
        table.add_row(str(one.number), second(one.at, zone=""), *told)
    if not (roomy or alone):
        table.columns[-1].header = "who: why"
    print_table(console, table, more=MORE)
    if alone:
        console.print(f"[dim]all of it by {plain(one_line(transitions[0].who))}[/dim]")


def _moved(transition: "Transition") -> str:
    """Return which alias went from where to where; "" where none did."""
    if transition.alias is None:
        return ""
    return f"{transition.alias} {_number(transition.before)} → {_number(transition.after)}"


def _what(transition: "Transition") -> str:
    """Return what happened, in few words."""
    if transition.action == "roll back":
        return f"roll back to {transition.after or 'none'}"
    return f"{transition.action} {transition.version}"


def _short(transition: "Transition") -> str:
    """Return what happened, without what `_moved` tells."""
    if transition.action in {"promote", "roll back"}:
        return transition.action
    return _what(transition)


def _number(version: int | None) -> str:
    return MISSING if version is None else str(version)
