"""Pages without a socket: over a real home, or over files and versions in memory."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.adapters.outputs import MemoryOutputs
from foresell.adapters.vault_memory import MemoryVault
from foresell.bundle.bundle import Bundle
from foresell.dashboard.page import Context, Visit
from foresell.dashboard.pages import OVERVIEW, page_of
from foresell.dashboard.reading.shown import Declared, Shown
from foresell.dashboard.routes import Dashboard
from foresell.errors import DataError
from foresell.govern.registry import Registry
from foresell.serving.application import Application
from foresell.serving.exchange import Kind
from foresell.serving.factory import create_app
from foresell.serving.site import Options, Site
from foresell.settings import read_settings
from foresell.spec.registry import Version
from foresell.wiring.dashboard import make_dashboard
from foresell.wiring.serving import Asked, make_site

BASE = "http://127.0.0.1"
_APPS: dict[int, tuple[Site, Application]] = {}  # the site too, so that no other gets its id


def site_of(home: Path, *projects: str, **asked: Any) -> Site:
    """Return the site that `foresell dashboard PROJECT...` has over ``home``; nothing is loaded."""
    quiet = Options(log="off")
    told = Asked(projects=projects, looked_at=True, options=quiet, **asked)
    return make_site(told, read_settings(home)).site


def board_of(home: Path, *projects: str) -> Dashboard:
    """Return what pages of ``projects`` are made from."""
    return make_dashboard(site_of(home, *projects).slots, read_settings(home), keyed=False)


def visit_of(shown: Shown, query: Mapping[str, str | Sequence[str]] | None = None) -> Visit:
    """Return a visit of a project's page by nobody in particular."""
    told = {
        name: (value,) if isinstance(value, str) else tuple(value)
        for name, value in (query or {}).items()
    }
    return Visit(own=shown, projects={shown.name: shown}, query=told, path="/ui")


def context(board: Dashboard, project: str, page: str, **query: str | Sequence[str]) -> Any:
    """Return the context of a page, as its template is given it."""
    shown = board.projects[project]
    return import_module(page_of(page, shown.kind).module).context(visit_of(shown, query))


def overview(board: Dashboard) -> Any:
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

    def bundle_of(version: Version) -> Bundle:
        return (bundles or {})[version.version]

    def none() -> Declared:
        raise DataError("nothing is declared", name, "declare it")

    return Shown(
        name,
        kind,
        MemoryOutputs(files or {}),
        Registry(
            ledger=ledger or MemoryLedger(),
            vault=MemoryVault(),
            clock=lambda: datetime(2026, 1, 2, tzinfo=UTC),
            who="tester",
        ),
        declared=declared or none,
        bundle_of=bundle_of,
    )
