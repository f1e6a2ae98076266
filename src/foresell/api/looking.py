"""The dashboard: pages to look at, of all projects or of some."""

from collections.abc import Callable, Sequence
from pathlib import Path

from foresell.serving.site import LogForm, Options
from foresell.settings import read_settings
from foresell.spec.extras import LOOKING, need
from foresell.wiring import runs
from foresell.wiring.http_server import Listening
from foresell.wiring.http_server import serve as run
from foresell.wiring.serving import Asked

PATIENCE_S = 90.0  # for an explanation: somebody watches, and the first one takes the longest


def serve_dashboard(
    projects: str | Sequence[str] = (),
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    keys: bool | None = None,
    host_names: Sequence[str] = (),
    log: LogForm = "off",
    listen: Callable[[Listening], None] | None = None,
    home: str | Path | None = None,
) -> None:
    """Show ``projects``, all that are declared where none is named, until it is told to end.

    The pages are at ``/ui`` of the address that ``listen`` hears. What is on prod is shown and
    answers what-ifs, or what is on staging where nothing is. ``keys``: whether one must sign in
    with a key to look; by default as soon as ``host`` lets others than this machine reach it.
    To promote, approve, reject or roll back one always does. ``port`` 0 takes any that is free.

    A ``UsageError``: no such project or host; a ``MachineError``: the port is taken, or what pages
    need is not installed.
    """
    need(LOOKING, "foresell dashboard", "dashboard")
    settings = read_settings(Path(home) if home is not None else None)
    named = (projects,) if isinstance(projects, str) else tuple(projects)
    asked = Asked(
        projects=named or tuple(runs.declarations(settings)),
        host=host,
        port=port,
        keys=keys,
        host_names=tuple(host_names),
        looked_at=True,
        options=Options(log=log, timeout_s=PATIENCE_S),
    )
    run(asked, settings, listen or (lambda _: None))
