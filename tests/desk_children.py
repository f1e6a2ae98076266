"""Programs for the children of desks that behave well, hang, throw, are slow, or die."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from foresell.serving.desk import Desk

LONG_S = 20.0  # on a machine that is busy

_HEAD = """
import os, sys, time
from foresell.serving.frames import framed, read_frame

def say(message):
    sys.stdout.buffer.write(framed(message))
    sys.stdout.buffer.flush()

while (message := read_frame(sys.stdin.buffer)) is not None:
"""
# ``answer`` does what a question says; ``notes`` counts what it is told; ``pairs`` answers
# two questions when it has both, the later one first.
_BODIES: Mapping[str, str] = {
    "answers": """
    if message.get("do") == "sleep":
        time.sleep(message["seconds"])
    if message.get("do") == "die":
        os._exit(9)
    if message.get("do") == "throw":
        raise ValueError("nobody foresaw this")
    if message.get("do") == "refuse":
        say({"number": message["number"], "error": message["error"]})
        continue
    if "notes" in message:
        say({"done": len(message["notes"]), "told": message["notes"]})
        continue
    say({"number": message["number"], "answer": {"pid": os.getpid(), "heard": message.get("say")}})
""",
    "pairs": """
    other = read_frame(sys.stdin.buffer)
    for one in (other, message):
        say({"number": one["number"], "answer": one["say"]})
""",
    "hangs": """
    while True:
        time.sleep(60)
""",
    "spins": """
    while True:
        pass
""",
    "dies": """
    os._exit(9)
""",
    "throws": """
    raise ValueError("nobody foresaw this")
""",
    "slow": """
    time.sleep(0.3)
    say({"done": len(message["notes"])})
""",
    "noise": """
    sys.stdout.write("this is no frame, and that is what it is")
    sys.stdout.flush()
""",
}


def child(behaviour: str) -> tuple[str, ...]:
    """Return the words that start a child of this ``behaviour``."""
    return (sys.executable, "-c", _HEAD + _BODIES[behaviour])


def with_desk(desk: Desk, do: Callable[[Desk], Awaitable[Any]]) -> Any:
    """Do something with a desk, which is closed whatever happens."""

    async def run() -> Any:
        try:
            return await do(desk)
        finally:
            await desk.close()

    return asyncio.run(run())


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(LONG_S):
        while not true():
            await asyncio.sleep(0.02)


def running(pid: int) -> bool:
    """Tell whether a process is there, and no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    shown = ["ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(shown, capture_output=True, text=True, check=False).stdout.strip()
    return bool(state) and not state.startswith("Z")


def children() -> set[int]:
    """The processes that this one has started and that are left."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(one) for task in tasks for one in task.read_text().split()}
