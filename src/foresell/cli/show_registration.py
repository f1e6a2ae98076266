"""What a run says of the version it registered, in one line."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foresell.cli.terminal import plain

if TYPE_CHECKING:
    from rich.console import Console


def show_registration(project: str, told: Mapping[str, Any] | None, console: "Console") -> None:
    """Print which version a bundle is, where it stands, and what may come next.

    ``told``: as `foresell.pipeline.stages.register.run` writes it; None where the run ended before.
    """
    if told is None:
        return
    said = f"[bold]Registered[/bold]  {plain(registered(project, told))}"
    console.print(said, highlight=False, soft_wrap=True)


def registered(project: str, told: Mapping[str, Any]) -> str:
    """Return the line in words.

    >>> aliases, new = {"prod": 3, "staging": 3}, {"approval": "Approved", "new": True}
    >>> registered("retail", {"version": 3, "new": False, "aliases": aliases, "reasons": []})
    'version 3 already (prod, staging)'
    >>> at = {"version": 4, "aliases": {"staging": 4}, "gate": {"passed": True}}
    >>> registered("retail", {**at, **new, "reasons": []})
    'version 4, on staging; foresell registry promote retail 4 --to prod --reason TEXT'
    """
    number, on = told["version"], [a for a, at in told["aliases"].items() if at == told["version"]]
    if not told["new"] and on:
        return f"version {number} already ({', '.join(on)})"
    state = f"on {' and '.join(on)}" if on else f"not on staging: {'; '.join(told['reasons'])}"
    return f"version {number}{'' if told['new'] else ' already'}, {state}{_next(project, told, on)}"


def _next(project: str, told: Mapping[str, Any], on: list[str]) -> str:
    """Return the command that takes the version further, behind a semicolon; or nothing."""
    words = f"foresell registry {{}} {project} {told['version']}"
    if told["approval"] == "PendingManualApproval":
        return f"; it waits for approval: {words.format('approve')} --reason TEXT"
    passed = told["gate"]["passed"]
    if told["approval"] == "Rejected" or not (passed or on):
        return ""
    override = "" if passed else " --override-gate"
    promote = f"{words.format('promote')} --to {'prod' if on else 'staging'}"
    return f"; {promote} --reason TEXT{override}"
