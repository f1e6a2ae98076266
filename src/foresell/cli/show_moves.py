"""What is said after a version was registered, promoted, rolled back, approved or rejected."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from foresell.cli.metric_cells import change_cell, metric_cells, metric_title
from foresell.cli.show_registry import state_json
from foresell.cli.terminal import plain, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from rich.console import Console

    from foresell.govern.registering import Registered
    from foresell.govern.registry import Move
    from foresell.spec.registry import State, Transition

_WIDE = 27  # characters of what stands before a line of evidence


def show_registered(done: "Registered") -> None:
    """Print which version a bundle is."""
    console, one = screen(), done.version
    named = f"version {one.version} of {plain(one.project)}"
    if not done.new:
        console.print(
            f"nothing changed: this bundle is {named} already; --force gives it a new number",
            soft_wrap=True,
        )
        return
    gate = one.record["gate"]
    console.print(
        f"[green]✓[/green] [bold]{named}[/bold], {plain(str(one.record['champion']))} "
        f"[dim]{one.digest[:12]}[/dim]",
        soft_wrap=True,
    )
    _say(console, "against the best baseline", _gate(gate))
    waits = one.approval == "PendingManualApproval"
    verb = "approve" if waits else "promote"
    label = "waits for approval" if waits else "to make it live"
    option = "" if waits or gate["passed"] else " --override-gate"
    command = f"foresell registry {verb} {plain(one.project)} {one.version}{option} --reason TEXT"
    _say(console, label, command)


def registered_json(done: "Registered") -> dict[str, Any]:
    """Return the same as plain values."""
    return {"project": done.version.project, "new": done.new, "version": asdict(done.version)}


def show_move(done: "Move") -> None:
    """Print what has become of it, on which evidence, and how to take it back."""
    console = screen()
    if done.transition is None:
        said = "; ".join(done.notes) or "it was so already"
        console.print(f"nothing changed: {plain(said)}", soft_wrap=True)
        return
    console.print(_headline(done.transition), soft_wrap=True)
    for label, told in _told(done.transition, done.state):
        _say(console, label, told)
    for note in done.notes:
        _say(console, "note", plain(note))


def move_json(done: "Move") -> dict[str, Any]:
    """Return the same as plain values: what `state_json` has, the transition or null, notes."""
    transition = None if done.transition is None else asdict(done.transition)
    told = {"changed": done.transition is not None, "transition": transition}
    return {**state_json(done.state), **told, "notes": list(done.notes)}


def _headline(done: "Transition") -> str:
    """Return what a transition changed."""
    project, version = plain(done.project), done.version
    if done.action in {"approve", "reject"}:
        word = "approved" if done.action == "approve" else "rejected, for good"
        return f"[green]✓[/green] [bold]version {version} of {project} is {word}[/bold]"
    was = "nothing was before" if done.before is None else f"it was version {done.before}"
    now = f"{done.alias} of {project} is version {version} now"
    if done.after is None:
        now = f"{done.alias} of {project} is no version now"
    return f"[green]✓[/green] [bold]{now}[/bold]; {was}"


def _told(done: "Transition", state: "State") -> Iterator[tuple[str, str]]:
    """Yield the evidence of a transition, and the way back or on."""
    project = plain(done.project)
    if done.action == "approve":
        command = f"foresell registry promote {project} {done.version} --reason TEXT"
        yield "to make it live", command
    elif done.action == "promote":
        yield from _evidence(done.evidence)
        if done.before is not None:
            yield "to go back", _rollback(done)
    elif done.action == "roll back":
        if done.after is not None:
            gate = state.versions[done.version - 1].record["gate"]
            yield "against the best baseline", _gate(gate)
        yield "taken back", counted(int(done.evidence["steps"]), "promotion")
        to = "" if done.alias == "prod" else f" --to {done.alias}"
        again = f"foresell registry promote {project} {done.before}{to} --reason TEXT"
        yield "to undo this", again


def _evidence(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield how the model did against the best baseline, and against the one that was live."""
    if evidence["override"]:
        yield "gate", "[yellow]not passed, overridden; the history says so[/yellow]"
    yield "against the best baseline", _gate(evidence["gate"])
    live = evidence["against_live"]
    label = f"against version {live['version']}, live" if "version" in live else "against live"
    if not live["comparable"]:
        yield label, plain(str(live["why"]))
        return
    pairs = [
        _pair(name, live["new"].get(name), live["live"].get(name))
        for name in [one["metric"] for one in evidence["gate"]["comparisons"]]
    ]
    rows = counted(int(live["n"]), "row")
    yield label, f"{', '.join(pairs)}; on {rows} both were judged on"


def _gate(gate: Mapping[str, Any]) -> str:
    """Return what the gate said, in short.

    >>> _gate({"champion": "ridge", "sentences": [
    ...     "ridge: RMSE 8.00 beats 10.00 of the best baseline, mean (+20.0% value added)"]})
    'RMSE 8.00 beats 10.00 of mean (+20.0%)'
    """
    said = (one.removeprefix(f"{gate['champion']}: ") for one in gate["sentences"])
    short = (one.replace("of the best baseline, ", "of ") for one in said)
    return plain(", ".join(one.replace(" value added)", ")") for one in short))


def _pair(name: str, new: float | None, live: float | None) -> str:
    """Return one metric of both models."""
    difference = None if new is None or live is None else new - live
    change = difference / abs(live) if difference is not None and live else None
    cells = metric_cells(name, new, live)
    told = change_cell(name, live, new, change)
    return f"{metric_title(name)} {' against '.join(cells)} ({told})"


def _rollback(done: "Transition") -> str:
    """Return the command that takes a promotion back."""
    alias = "" if done.alias == "prod" else f" --alias {done.alias}"
    return f"foresell registry rollback {plain(done.project)}{alias} --reason TEXT"


def _say(console: "Console", label: str, told: str) -> None:
    """Print a line of evidence; in a terminal what does not fit goes on below itself."""
    if not console.is_terminal:
        console.print(f"  [dim]{label:<{_WIDE}}[/dim]{told}", soft_wrap=True)
        return
    from rich.table import Table  # noqa: PLC0415 - only when something is shown

    line = Table.grid()
    line.add_column(width=_WIDE + 2, no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(f"  [dim]{label}[/dim]", told)
    console.print(line)
