"""Pages without a socket: over a real home, or over files and versions in memory."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.adapters.outputs import MemoryOutputs
from foresell.adapters.vault_memory import MemoryVault
from foresell.bundle.bundle import Bundle
from foresell.dashboard.maker import Answer, Aside
from foresell.dashboard.making import Pages
from foresell.dashboard.page import Context, Visit
from foresell.dashboard.pages import OVERVIEW, page_of
from foresell.dashboard.reading.shown import Declared, Shown
from foresell.dashboard.routes import routes
from foresell.dashboard.wanted import Wanted, plain_reply, plain_wanted, reply_of, wanted_of
from foresell.errors import DataError
from foresell.govern.registry import Registry, read_state
from foresell.serving.application import Application
from foresell.serving.desk import Desk
from foresell.serving.exchange import Kind, Reply
from foresell.serving.factory import create_app
from foresell.serving.site import Options, Site
from foresell.serving.telemetry import Telemetry
from foresell.settings import read_settings
from foresell.wiring.dashboard import make_dashboard
from foresell.wiring.desks import pages_desk
from foresell.wiring.pages_desk import pages_of_home
from foresell.wiring.serving import Asked, make_site, needs_keys
from foresell.wiring.shown_projects import shown

BASE = "http://127.0.0.1"
_APPS: dict[int, tuple[Site, Application]] = {}  # the site too, so that no other gets its id


@dataclass(frozen=True)
class Here:
    """Pages made in a thread of this process, from what would have crossed to another."""

    pages: Pages

    async def make(self, wanted: Wanted, answer: Answer) -> Reply:
        """Return the reply; see `foresell.dashboard.maker.Maker`."""
        loop = asyncio.get_running_loop()

        def ask(method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
            asked = answer(method, path, json.dumps(body).encode())
            status, reply = asyncio.run_coroutine_threadsafe(asked, loop).result(60)
            return status, json.loads(reply)

        told = wanted_of(json.loads(json.dumps(plain_wanted(wanted))))
        reply = await asyncio.to_thread(self.pages.reply, told, ask)
        return reply_of(json.loads(json.dumps(plain_reply(reply))))

    def leave(self) -> None:
        """There is nothing to leave."""

    async def close(self) -> None:
        """There is nothing to end."""


@dataclass(frozen=True)
class Board:
    """The projects of a home, as pages see them."""

    projects: Mapping[str, Shown]


def site_of(
    home: Path, *projects: str, changed: Callable[[str], None] | None = None, **asked: Any
) -> Site:
    """Return the site that `foresell dashboard PROJECT...` has over ``home``; nothing is loaded.

    Pages are made in this process. ``changed``: hears of what they change, instead of MLflow.
    """
    quiet = Options(log="off")
    told = Asked(projects=projects, looked_at=True, options=quiet, **asked)
    settings = read_settings(home)
    site = make_site(told, settings).site
    pages = pages_of_home(settings, _failed)
    if changed is not None:
        pages = replace(pages, acting=replace(pages.acting, changed=changed))
    board = make_dashboard(
        site.slots, settings, Telemetry(), quiet, keyed=needs_keys(told), maker=Here(pages)
    )
    return replace(site, pages=partial(routes, board), opening=(), closing=())


def here(home: Path) -> Here:
    """Return what makes the pages of a home in this process."""
    return Here(pages_of_home(read_settings(home), _failed))


def aside(home: Path) -> tuple[Aside, Sequence[Desk]]:
    """Pages made by a child; and the desk that has it."""
    desks: list[Desk] = []

    def opened(heard: Callable[[Mapping[str, Any]], None]) -> Desk:
        desks.append(pages_desk(read_settings(home), heard))
        return desks[0]

    return Aside(opened), desks


def _failed(level: str, message: str, fields: Mapping[str, Any]) -> None:
    """Fail where a page does: tests want to know why.

    Raises:
        AssertionError: something nobody foresaw happened.
    """
    if level == "ERROR":
        raise AssertionError(f"{message}: {fields}")


def board_of(home: Path, *projects: str) -> Board:
    """Return what pages of ``projects`` are made from."""
    settings = read_settings(home)
    slots = make_site(Asked(projects=projects, pages=False), settings).site.slots
    return Board({
        name: shown(name, "panel" if slot.kind == "panel" else "tabular", settings)
        for name, slot in slots.items()
    })


def visit_of(shown: Shown, query: Mapping[str, str | Sequence[str]] | None = None) -> Visit:
    """Return a visit of a project's page by nobody in particular."""
    told = {
        name: (value,) if isinstance(value, str) else tuple(value)
        for name, value in (query or {}).items()
    }
    return Visit(own=shown, projects={shown.name: shown}, query=told, path="/ui")


def context(board: Board, project: str, page: str, **query: str | Sequence[str]) -> Any:
    """Return the context of a page, as its template is given it."""
    shown = board.projects[project]
    return import_module(page_of(page, shown.kind).module).context(visit_of(shown, query))


def overview(board: Board) -> Any:
    """Return the context of the overview."""
    visit = Visit(own=None, projects=board.projects, path="/ui")
    made: Context = import_module(OVERVIEW.module).context(visit)
    return made


def get(site: Site, path: str, **headers: str) -> httpx.Response:
    """Ask for a page through the whole application."""
    return send(site, "GET", path, headers=headers)


def send(site: Site, method: str, path: str, **how: Any) -> httpx.Response:
    """Send one request through the whole application; nothing is followed."""

    _, app = _APPS.setdefault(id(site), (site, create_app(site)))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.request(method, path, **how)

    return asyncio.run(ask())


def memory_shown(
    name: str = "toy",
    kind: Kind = "panel",
    files: Mapping[tuple[str, str], bytes] | None = None,
    *,
    declared: Callable[[], Declared] | None = None,
    bundles: Mapping[int, Bundle] | None = None,
    ledger: MemoryLedger | None = None,
) -> Shown:
    """Return a project whose files are ``files``, by output and file, and versions ``bundles``."""

    registry = Registry(
        ledger=ledger or MemoryLedger(),
        vault=MemoryVault(),
        clock=lambda: datetime(2026, 1, 2, tzinfo=UTC),
        who="tester",
    )

    def bundle_of(digest: str) -> Bundle:
        versions = read_state(registry, name).versions
        return (bundles or {})[next(one.version for one in versions if one.digest == digest)]

    def none() -> Declared:
        raise DataError("nothing is declared", name, "declare it")

    return Shown(
        name,
        kind,
        MemoryOutputs(files or {}),
        registry,
        declared=declared or none,
        bundle_of=bundle_of,
    )
