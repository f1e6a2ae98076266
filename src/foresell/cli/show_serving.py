"""What ``foresell serve`` prints when it listens: what is served, where, and who may ask."""

import sys
from typing import TYPE_CHECKING, Any

from foresell.cli.numbers import MISSING
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import plain, print_json, screen

if TYPE_CHECKING:
    from foresell.serving.slots import Slot
    from foresell.wiring.http_server import Listening

_STAGED = "staging is "  # in the advice of a registry that has a version there


def json_listening(listening: "Listening") -> None:
    """Print it for a program."""
    site = listening.site
    print_json({
        "url": listening.url,
        "docs": f"{listening.url}/docs",
        **({"ui": f"{listening.url}/ui"} if listening.pages else {}),
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
            plain(told["alias"] or _named(slot)),
            plain(told["model_name"]) if told["model_name"] else "[yellow]none yet[/yellow]",
            told["shadow_version"] or MISSING,
            plain(told["path"]),
        )
    print_table(console, table, more="--format json has them all")
    for slot in site.slots.values():
        if said := _warning(slot):
            console.print(f"[yellow]![/yellow] {plain(said)}", soft_wrap=True)
    console.print(f"[bold]{listening.url}[/bold]  {plain(_when(listening))}", soft_wrap=True)
    console.print(f"  {listening.url}/docs shows what can be asked, and tries it")
    if listening.pages:
        console.print(f"  {listening.url}/ui is the dashboard")
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
        **({} if now else {"waiting": _why(slot), "mend": _mend(slot)}),
    }


def _named(slot: "Slot") -> str:
    """Return what names a version that no alias does."""
    if slot.current is None:
        return MISSING
    return "folder" if slot.current.live.place.folder else "number"


def _warning(slot: "Slot") -> str:
    """Return what is odd about a project, empty where nothing is."""
    now, beside = slot.current, slot.shadow
    if now is None:
        return f"{slot.project} answers nothing yet: {_why(slot)}; {_mend(slot)}"
    if beside is not None and beside.digest == now.live.digest:
        return (
            f"the shadow of {slot.project} is the version that answers, {now.live.version}: until "
            "its alias moves, a comparison says nothing"
        )
    return ""


def _when(listening: "Listening") -> str:
    """Return when it was ready, or that it is not."""
    seconds, slots = f"{listening.seconds:.2f} s", listening.site.slots.values()
    waiting = [slot.project for slot in slots if slot.current is None]
    if waiting:
        return f"listening after {seconds}, not ready: {', '.join(waiting)}"
    return f"ready after {seconds}"


def _mend(slot: "Slot") -> str:
    """Return what lets a version answer."""
    lost = slot.standing.unreachable
    if lost is not None and lost.mend:
        return f"{lost.mend}: or serve that, --alias staging" if _STAGED in lost.mend else lost.mend
    return f"it answers as soon as one can: foresell registry show {slot.project}"


def _why(slot: "Slot") -> str:
    """Return why no version answers."""
    stand = slot.standing
    if stand.refused is not None:
        return stand.refused.why
    return stand.unreachable.why if stand.unreachable else "it is being loaded"
