"""Where a server is put together: projects, versions, desks, guards, the log."""

import math
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from foresell.errors import ForesellError, UsageError, nearest
from foresell.serving.guards import Guards
from foresell.serving.hosts import allowed_hosts, is_loopback
from foresell.serving.loading import load_served
from foresell.serving.logs import lines_to
from foresell.serving.rate import paced
from foresell.serving.reloading import Reloading
from foresell.serving.shadow import Shadow, Tally
from foresell.serving.site import LogForm, Options, Site
from foresell.serving.slots import Shelf, Slot
from foresell.serving.telemetry import Telemetry
from foresell.settings import Settings
from foresell.spec.registry import ALIAS_WORDS, alias_of
from foresell.wiring import runs
from foresell.wiring.desks import project_desks, shadow_desk
from foresell.wiring.monitor_gauges import WatchedGauges
from foresell.wiring.request_sinks import request_log
from foresell.wiring.shelves import alias_shelf, first_shelf, folder_shelf, number_shelf

PORT = 8000
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")  # of a version
_PATIENCE_S = 1.0  # for a registry that is held: callers are told of an outage soon


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of a server.

    ``projects``: the first one also answers at the root; none where ``bundle``, a folder, says it.
    ``version``: an alias, ``prod`` where None, or the number of a version. ``shadow``: an alias
    that is scored beside.
    ``keys``: whether callers need one, None where that hangs on ``host``. ``rate``: requests a
    minute of one caller. ``host_names``: further names it is asked by. ``cors``: origins whose
    pages may read answers. ``pages``: whether there are pages to look at, below ``/ui``; None for
    wherever there can be, which is not where a ``bundle`` answers.
    ``looked_at``: it is started for the pages; then staging answers where nothing is on prod.
    """

    projects: tuple[str, ...] = ()
    version: str | None = None
    shadow: str | None = None
    bundle: Path | None = None
    host: str = "127.0.0.1"
    port: int = PORT
    keys: bool | None = None
    rate: float | None = None
    host_names: tuple[str, ...] = ()
    cors: tuple[str, ...] = ()
    pages: bool | None = None
    looked_at: bool = False
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A site, and what keeps it at the versions that its shelves say."""

    site: Site
    reloading: Reloading

    def end(self) -> None:
        """End what runs in threads, and write what is still to be written."""
        self.reloading.end()
        if self.site.telemetry is not None:
            self.site.telemetry.close()


def make_site(asked: Asked, settings: Settings) -> Made:
    """Return what a server answers from. Nothing is loaded yet: ``reloading.begin`` does that.

    A ``UsageError``: no such project, version or alias; a ``DataError``: no bundle in the folder,
    or a file of keys that cannot be read.
    """
    refuse_contradictions(asked)
    slots = _slots(asked, settings)
    by_name = {slot.project: slot for slot in slots}
    telemetry = Telemetry(lines_to(sys.stderr.buffer, asked.options.log), by_name)
    telemetry.metrics.watch(WatchedGauges(tuple(by_name), settings).look)
    requests = request_log(settings, asked.options, telemetry)
    for slot in slots:
        slot.desks = project_desks(settings, asked.options.timeout_s, asked.options.log)
    shadows = [
        _shadow(slot, telemetry, settings, asked.options.log)
        for slot in slots
        if slot.shadow_shelf is not None
    ]
    pages = _pages(asked, by_name, settings, telemetry)
    site = Site(
        slots=by_name,
        root=slots[0].project,
        guards=_guards(asked, settings, telemetry),
        options=asked.options,
        telemetry=telemetry,
        listeners=(*shadows, *(() if requests is None else (requests,))),
        closing=(
            *(desk.close for slot in slots for desk in slot.desks.values()),
            *(shadow.close for shadow in shadows),
            *(() if requests is None else (requests.finish,)),
            *pages.get("closing", ()),
        ),
        opening=(*(shadow.open for shadow in shadows), *pages.get("opening", ())),
        leaving=pages.get("leaving", ()),
        pages=pages.get("pages", lambda _: ()),
    )
    every_s = asked.options.poll_s
    return Made(
        site=site,
        reloading=Reloading(site.slots, load_served, telemetry.heard, every_s=every_s),
    )


def _pages(
    asked: Asked, slots: Mapping[str, Slot], settings: Settings, telemetry: Telemetry
) -> Mapping[str, Any]:
    """Return what a site needs to have pages, nothing where it is to have none."""
    if not has_pages(asked):
        return {}
    from foresell.dashboard.routes import routes, warm  # noqa: PLC0415 - not where nobody looks
    from foresell.wiring.dashboard import make_dashboard  # noqa: PLC0415 - as above

    board = make_dashboard(slots, settings, telemetry, asked.options, keyed=needs_keys(asked))
    return {
        "pages": partial(routes, board),
        "closing": (board.maker.close,),
        "leaving": (board.maker.leave,),
        # A server that answers programs keeps its memory until somebody looks.
        **({"opening": (partial(warm, board),)} if asked.looked_at else {}),
    }


def refuse_contradictions(asked: Asked) -> None:
    """Refuse what cannot be asked of a server at once.

    Raises:
        UsageError: what it is.
    """
    if not asked.projects and asked.bundle is None:
        raise UsageError("no project is named", "PROJECT", "foresell projects lists them")
    if asked.bundle is not None:
        _refuse_beside_folder(asked)
    if asked.shadow is not None and asked.shadow not in ALIAS_WORDS:
        raise UsageError(
            f"there is no alias {asked.shadow!r}", "--shadow", nearest(asked.shadow, ALIAS_WORDS)
        )
    if twice := sorted({one for one in asked.projects if asked.projects.count(one) > 1}):
        raise UsageError(f"{', '.join(twice)} is named twice", "PROJECT", "name it once")
    if not 0 <= asked.port < 65536:
        raise UsageError(f"there is no port {asked.port}", "--port", "use 1 to 65535")
    _refuse_limits(asked.options)
    if not 0 <= asked.options.request_log <= 1:
        raise UsageError(
            f"{asked.options.request_log:g} is no share", "--request-log", "use 0 to 1"
        )


def _refuse_beside_folder(asked: Asked) -> None:
    """Refuse what cannot be asked of a server that answers from a folder.

    Raises:
        UsageError: what it is.
    """
    if asked.version is not None:
        raise UsageError(
            "a folder and a registered version cannot both answer",
            "--bundle, --alias",
            "leave one of them out",
        )
    if asked.pages:
        raise UsageError(
            "a folder has no runs and no versions to look at",
            "--bundle, --ui",
            "leave out --ui, or serve the project: foresell serve PROJECT",
        )
    if len(asked.projects) > 1:
        raise UsageError(
            "one bundle cannot answer for several projects",
            "--bundle",
            "name one project, or none: the bundle says which it is of",
        )


def _refuse_limits(options: Options) -> None:
    """Refuse limits that would let nothing through.

    Raises:
        UsageError: which one does.
    """
    for option, value in (
        ("--max-rows", options.max_rows),
        ("--max-body", options.max_body),
        ("--timeout", options.timeout_s),
    ):
        if not 0 < value < math.inf:
            raise UsageError(f"{value:g} lets nothing through", option, "use a number above 0")


def is_pinned(asked: Asked) -> bool:
    """Tell whether one version answers and no other: a number's, or that in a folder."""
    return asked.bundle is not None or _NUMBER.fullmatch(asked.version or "") is not None


def has_pages(asked: Asked) -> bool:
    """Tell whether there are pages to look at: a folder has no runs."""
    return asked.pages is not False and asked.bundle is None


def needs_keys(asked: Asked) -> bool:
    """Tell whether callers need a key: by default as soon as others than this machine reach it."""
    return asked.keys if asked.keys is not None else not is_loopback(asked.host)


def _slots(asked: Asked, settings: Settings) -> Sequence[Slot]:
    """Return a slot for every project, still empty."""
    if asked.bundle is not None:
        told = asked.projects[0] if asked.projects else ""
        shelf = folder_shelf(asked.bundle, settings, told)
        project = shelf.look().project
        kind = _bundle_kind(asked.bundle)
        return [_slot(project, kind, shelf, asked, settings)]
    if asked.looked_at and asked.version is None:
        make: Callable[[str], Shelf] = partial(
            first_shelf, settings=settings, patience_s=_PATIENCE_S
        )
    else:
        make = _shelf_of(asked.version or "prod", settings)
    kind_of = _shown_kind if asked.looked_at else _kind
    return [
        _slot(name, kind_of(name, settings), make(name), asked, settings) for name in asked.projects
    ]


def _slot(project: str, kind: str, shelf: Shelf, asked: Asked, settings: Settings) -> Slot:
    """Return the slot of a project."""
    beside = None
    if asked.shadow is not None:
        beside = alias_shelf(project, alias_of(asked.shadow), settings, _PATIENCE_S)
    return Slot(project=project, kind=kind, shelf=shelf, shadow_shelf=beside)


def _shadow(slot: Slot, telemetry: Telemetry, settings: Settings, log: LogForm) -> Shadow:
    """Return the listener that has the answers of a project scored by another version."""
    tally = Tally(
        scored=telemetry.shadow_scored,
        dropped=telemetry.shadow_dropped,
        said=partial(telemetry.said, "WARNING"),
    )
    return Shadow(slot, partial(shadow_desk, settings, log=log), tally)


def _shelf_of(version: str, settings: Settings) -> Callable[[str], Shelf]:
    """Return what makes the shelf of a project, of an alias or a number.

    Raises:
        UsageError: it is neither.
    """
    if _NUMBER.fullmatch(version):
        return partial(number_shelf, number=int(version), settings=settings, patience_s=_PATIENCE_S)
    if version not in ALIAS_WORDS:
        raise UsageError(
            f"{version!r} is neither an alias nor the number of a version",
            "--alias",
            f"use {', '.join(ALIAS_WORDS)}, or a number of foresell registry show PROJECT",
        )
    return partial(alias_shelf, alias=alias_of(version), settings=settings, patience_s=_PATIENCE_S)


def _kind(project: str, settings: Settings) -> str:
    """Return of which kind a project is: as declared here, else as its latest version is.

    A ``UsageError`` where nobody knows the project.
    """
    kind = ""
    if project not in runs.declarations(settings):
        kind = _registered_kind(project, settings)
    return kind or runs.declaration(project, settings)[1].kind


def _registered_kind(project: str, settings: Settings) -> str:
    """Return of which kind the latest version of a project is; "" where there is none."""
    from foresell.govern.registry import read_state  # noqa: PLC0415 - SQLAlchemy takes a while
    from foresell.wiring.registry import registry  # noqa: PLC0415

    state = read_state(registry(settings), project)
    return str(state.versions[-1].record["kind"]) if state.versions else ""


def _shown_kind(project: str, settings: Settings) -> str:
    """Return the kind of a project whose declaration may be broken: its own pages say so then.

    A ``UsageError`` where nobody knows the project.
    """
    if project not in runs.declarations(settings):
        return _kind(project, settings)
    try:
        return _kind(project, settings)
    except ForesellError:
        return _registered_kind(project, settings) or "panel"


def _bundle_kind(folder: Path) -> str:
    """Return of which kind the bundle in a folder is."""
    from foresell.spec.reading import parse_project  # noqa: PLC0415 - only for a folder

    where = folder / "project.yaml"
    return parse_project(where.read_text(encoding="utf-8"), str(where)).kind


def _guards(asked: Asked, settings: Settings, telemetry: Telemetry) -> Guards:
    """Return what stands before every endpoint."""
    keys = None
    if needs_keys(asked):
        from foresell.wiring.keys import key_ring  # noqa: PLC0415 - only where keys are asked for

        keys = key_ring(settings, lambda said: telemetry.said("WARNING", said))
    rate = None
    if asked.rate is not None:
        rate = paced(asked.rate, time.monotonic)
    return Guards(
        keys=keys,
        rate=rate,
        max_body=asked.options.max_body,
        body_s=min(10.0, asked.options.timeout_s),
        hosts=allowed_hosts(asked.host, asked.host_names, keys=keys is not None),
        cors=asked.cors,
    )
