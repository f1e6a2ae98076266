"""The desks of a server: which programs its children run."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from foresell.serving.desk import Desk
from foresell.serving.site import LogForm
from foresell.settings import Settings

_PROGRAM = "foresell.wiring.desk_program"
_DRAWING_S = 30.0  # for all of a page but the answers it asks for
_VISITS, AT_ONCE = 64, 4  # requests for pages that may wait, and that are worked on side by side
_ROWS = 2_000  # of notes that a shadow may be behind: some seconds of traffic


def project_desks(
    settings: Settings, seconds: float = 30.0, log: LogForm = "json"
) -> dict[str, Desk]:
    """Return the desks of one project, by name; none is started yet.

    Each project has its own: what is asked of one waits for nobody who asks another. ``answer``
    computes what is not published of a panel, ``explain`` takes answers apart. ``seconds``: for one
    answer. ``log``: in which form their children log.
    """
    return {
        name: Desk(_command(name, settings, log), f"the {name} desk", seconds=seconds)
        for name in ("answer", "explain")
    }


def shadow_desk(
    settings: Settings,
    heard: Callable[[Mapping[str, Any]], None],
    seconds: float = 30.0,
    log: LogForm = "json",
) -> Desk:
    """Return the desk that scores rows of one project with another version; not started yet.

    ``heard`` gets what it says: see `foresell.serving.shadow.Shadow`.
    """
    command = _command("shadow", settings, log)
    return Desk(command, "the shadow", seconds=seconds, waiting=_ROWS, heard=heard)


def pages_desk(
    settings: Settings,
    heard: Callable[[Mapping[str, Any]], None],
    seconds: float = 30.0,
    log: LogForm = "json",
) -> Desk:
    """Return the desk whose child makes pages; not started yet.

    ``seconds``: for one answer that a page asks for, of which it may need two. The child says what
    is wrong whatever the ``log`` is: nobody else could.
    """
    command = _command("pages", settings, "text" if log == "off" else log)
    return Desk(
        command,
        "the process that makes pages",
        seconds=2 * seconds + _DRAWING_S,
        waiting=_VISITS,
        at_once=AT_ONCE,
        heard=heard,
    )


def _command(kind: str, settings: Settings, log: LogForm) -> tuple[str, ...]:
    """Return the words that start a child."""
    return (sys.executable, "-m", _PROGRAM, kind, str(settings.home.absolute()), log)
