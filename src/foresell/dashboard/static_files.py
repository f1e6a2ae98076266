"""What pages load is sent, and what pages need is imported before somebody waits for it."""

import asyncio
from contextlib import suppress
from importlib import import_module

from foresell.dashboard import assets
from foresell.dashboard.pages import OVERVIEW, PAGES
from foresell.serving.exchange import Asked, Reply
from foresell.serving.problems import Refused
from foresell.serving.threads import Threads

_YEAR = b"public, max-age=31536000, immutable"
_NOT_FOUND = 404


async def static_file(asked: Asked) -> Reply:
    """Answer a file that pages load, which a browser keeps: its address changes with it.

    Raises:
        Refused: 404, there is none.
    """
    name = asked.path["file"]
    if name not in assets.names():
        raise Refused("there is no such file", "path", "GET /ui", status=_NOT_FOUND)
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(None, assets.asset, name)
    packs = b"gzip" in dict(asked.headers).get(b"accept-encoding", b"")
    return Reply(
        body=found.packed if packs else found.content,
        media_type=found.media_type,
        headers=(
            (b"cache-control", _YEAR),
            (b"vary", b"accept-encoding"),
            *(((b"content-encoding", b"gzip"),) if packs else ()),
        ),
    )


async def warm(threads: Threads) -> None:
    """Begin to import what pages need, so that the first visitor does not wait for it."""
    loop = asyncio.get_running_loop()
    loop.run_in_executor(threads, _import_all)  # nobody waits for it


def _import_all() -> None:
    """Import every page, and make the files that all of them load."""
    for page in (OVERVIEW, *PAGES):
        with suppress(ImportError):  # who looks is told of it
            import_module(page.module)
    for name in assets.names():
        assets.asset(name)
