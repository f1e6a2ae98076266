"""Serving: answers over HTTP, from registered versions or a bundle folder."""

from collections.abc import Callable, Sequence
from pathlib import Path

from foresell.serving.site import Options
from foresell.settings import read_settings
from foresell.wiring.http_server import Listening
from foresell.wiring.http_server import serve as run
from foresell.wiring.serving import Asked


def serve(
    projects: str | Sequence[str] = (),
    *,
    alias: str | None = None,
    shadow: str | None = None,
    bundle: str | Path | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    keys: bool | None = None,
    rate: float | None = None,
    host_names: Sequence[str] = (),
    cors: Sequence[str] = (),
    pages: bool | None = None,
    options: Options | None = None,
    listen: Callable[[Listening], None] | None = None,
    home: str | Path | None = None,
) -> None:
    """Answer for ``projects`` over HTTP until it is told to end, by Ctrl-C or SIGTERM.

    ``alias``: which version answers, ``prod`` (None) or ``staging``, or the number of one; with
    ``bundle`` a folder does instead, and no project need be named. An alias is followed: another
    version answers within a second of its promotion. ``shadow``: an alias whose version is scored
    beside, which no caller notices. ``port`` 0 takes any that is free. ``keys``: whether callers
    need one; by default as soon as ``host`` lets others than this machine reach it. ``rate``:
    requests a minute of one caller. ``host_names``: further names it is asked by; ``cors``: web
    origins whose pages may read answers. ``pages``: whether ``/ui`` has the dashboard; None for
    yes, but with a ``bundle``, which has none. ``listen`` hears of it once it listens.

    A ``UsageError``: no such project, alias or host; a ``MachineError``: the port is taken, or what
    serving needs is not installed.
    """
    asked = Asked(
        projects=(projects,) if isinstance(projects, str) else tuple(projects),
        version=alias,
        shadow=shadow,
        bundle=Path(bundle) if bundle is not None else None,
        host=host,
        port=port,
        keys=keys,
        rate=rate,
        host_names=tuple(host_names),
        cors=tuple(cors),
        pages=pages,
        options=options or Options(),
    )
    settings = read_settings(Path(home) if home is not None else None)
    run(asked, settings, listen or (lambda _: None))
