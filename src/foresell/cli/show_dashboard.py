"""What ``foresell dashboard`` prints when it listens: where the pages are, and who may look."""

import sys
from typing import TYPE_CHECKING

from foresell.cli.terminal import plain, print_json, screen

if TYPE_CHECKING:
    from foresell.wiring.http_server import Listening


def json_showing(listening: "Listening") -> None:
    """Print it for a program."""
    print_json({
        "url": f"{listening.url}/ui",
        "keys": listening.keys,
        "ready_after_s": round(listening.seconds, 3),
        "projects": list(listening.site.slots),
    })
    sys.stdout.flush()  # who reads it through a pipe waits for it, and the process goes on


def say_showing(listening: "Listening") -> None:
    """Print it for people."""
    console = screen()
    names = ", ".join(listening.site.slots)
    console.print(f"[bold]{listening.url}/ui[/bold]  {plain(names)}", soft_wrap=True)
    who = "one must sign in with a key" if listening.keys else "anybody on this machine may look"
    console.print(f"  {who}; changes need a key with the scope admin: foresell keys create NAME")
    console.print("  Ctrl-C ends it")
    sys.stdout.flush()  # as above
