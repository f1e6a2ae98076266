"""The app factory: from a site to the one ASGI object that a server runs."""

import asyncio

from foresell.serving.application import Application
from foresell.serving.routes import all_routes
from foresell.serving.site import Site


def create_app(site: Site) -> Application:
    """Return the application of ``site``: every route, behind every guard.

    It loads nothing: ``Slot.current`` is filled by who made the site, before or
    while it answers. Run it by any ASGI server; `foresell.wiring.serving` runs it by uvicorn.
    """
    app = Application(
        all_routes(site),
        site.slots,
        site.guards,
        telemetry=site.telemetry,
        listeners=site.listeners,
        root=site.root,
    )

    async def open_all() -> None:
        """Begin everything side by side."""
        await asyncio.gather(*(one() for one in site.opening))

    async def close() -> None:
        """Close everything side by side: each may take the better part of a second."""
        await asyncio.gather(*(one() for one in site.closing))

    app.starting.append(open_all)
    app.ending.append(close)
    return app
