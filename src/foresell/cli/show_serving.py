"""What ``foresell serve`` prints when it listens: what is served, where, and who may ask."""

import sys
from typing import TYPE_CHECKING, Any

from foresell.cli.numbers import MISSING
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import plain, print_json, screen

if TYPE_CHECKING:
    from foresell.serving.slots import Slot
    from foresell.wiring.http_server import Listening


def json_listening(listening: "Listening") -> None:
    """Print it for a program."""
    site = listening.site
    print_json({
        "url": listening.url,
        "docs": f"{listening.url}/docs",
        "root": site.root,
        "keys": listening.keys,
        "ready_after_s": round(listening.seconds, 3),
        "projects": [_json(slot) for slot in site.slots.values()],
    })
    sys.stdout.flush()  # who reads it through a pipe waits for it, and the process goes on


def say_listening(listening: "Listening") -> None:
    """Print it for people."""
    console = screen()
    site = listening.site
    table = result_table("project", "VERSION", "named by", "model", "shadow", "path")
    for slot in site.slots.values():
        told = _json(slot)
        table.add_row(
            f"[bold]{plain(slot.project)}[/bold]",
            told["model_version"] or MISSING,
            plain(told["alias"] or MISSING),
            plain(told["model_name"]) if told["model_name"] else "[yellow]none yet[/yellow]",
            told["shadow_version"] or MISSING,
            plain(told["path"]),
        )
    print_table(console, table, more="--format json has them all")
    for slot in site.slots.values():
        if slot.current is None:
            console.print(
                f"[yellow]![/yellow] no version of {plain(slot.project)} answers yet: "
                f"{plain(_why(slot))}; it answers as soon as one can: "
                f"foresell registry show {plain(slot.project)}",
                soft_wrap=True,
            )
    console.print(f"[bold]{listening.url}[/bold]  ready after {listening.seconds:.2f} s")
    console.print(f"  {listening.url}/docs shows what can be asked, and tries it")
    keys = "callers need an API key: foresell keys create NAME"
    console.print(f"  {keys if listening.keys else 'no API key is needed'}; Ctrl-C ends it")
    sys.stdout.flush()  # as above


def _json(slot: "Slot") -> dict[str, Any]:
    """Return what is told of one project."""
    now = slot.current
    return {
        "project": slot.project,
        "kind": slot.kind,
        "model_version": now.live.version if now else None,
        "alias": (now.live.alias or None) if now else None,
        "model_name": now.model_name if now else None,
        "shadow_version": slot.shadow.version if slot.shadow else None,
        "path": f"/projects/{slot.project}/",
        **({} if now else {"waiting": _why(slot)}),
    }


def _why(slot: "Slot") -> str:
    """Return why no version answers."""
    stand = slot.standing
    if stand.refused is not None:
        return stand.refused.why
    return stand.unreachable.why if stand.unreachable else "it is being loaded"
