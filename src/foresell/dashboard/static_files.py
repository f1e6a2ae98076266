"""What pages load is sent, and what pages need is imported before somebody waits for it."""

from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module

from foresell.dashboard import assets
from foresell.dashboard.pages import OVERVIEW, PAGES
from foresell.dashboard.rendering import templates
from foresell.errors import MachineError
from foresell.serving.exchange import Reply
from foresell.serving.problems import Refused

_YEAR, _ANEW = b"public, max-age=31536000, immutable", b"no-cache"
_NOT_FOUND = 404


def static_file(name: str, heads: Mapping[bytes, bytes], *, tagged: bool) -> Reply:
    """Return a file that pages load. A browser keeps it where its address changes with it.

    Raises:
        Refused: 404, there is none.
    """
    if name not in assets.names():
        raise Refused("there is no such file", "path", "GET /ui", status=_NOT_FOUND)
    found = assets.asset(name)
    packs = b"gzip" in heads.get(b"accept-encoding", b"")
    return Reply(
        body=found.packed if packs else found.content,
        media_type=found.media_type,
        headers=(
            (b"cache-control", _YEAR if tagged else _ANEW),
            (b"vary", b"accept-encoding"),
            *(((b"content-encoding", b"gzip"),) if packs else ()),
        ),
    )


def imported() -> None:
    """Import every page, and read every template."""
    with suppress(ImportError):  # who looks is told of it
        for page in (OVERVIEW, *PAGES):
            import_module(page.module)
            templates().get_template(page.template)


def made_ready() -> None:
    """Make the files that pages load."""
    with suppress(ImportError, MachineError):  # as above
        for name in assets.names():
            assets.asset(name)
