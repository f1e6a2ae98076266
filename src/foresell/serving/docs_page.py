"""The page that shows the API to people, and lets them try it. It asks nobody but this server.

Swagger UI comes from the package ``fastapi_offline``, of which only the files are read.
"""

import asyncio
import html
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Literal

from foresell.errors import MachineError
from foresell.serving.exchange import Asked, Endpoint, Reply, Route
from foresell.serving.problems import Refused
from foresell.serving.site import Site
from foresell.serving.slots import Slot
from foresell.spec.extras import install_words

if TYPE_CHECKING:
    from foresell.serving.guards import Guards

_PACKAGE = "fastapi_offline"
_OWN = Path(__file__).parent / "pages"
_MEDIA = {".js": b"text/javascript", ".css": b"text/css", ".svg": b"image/svg+xml"}
_SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css")
_DOCUMENT = "/openapi.json"
_FILES = ("docs.css", "docs.js", "icon.svg", *_SWAGGER)
# Swagger UI sets styles of its own elements; scripts come as files, and nothing comes from outside.
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    b"frame-ancestors 'none'"
)
_DAY = (b"cache-control", b"public, max-age=86400")
_TEXT = {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "The page."}
_ANY = {"content": {"*/*": {"schema": {"type": "string"}}}, "description": "The file."}
_WHICH = {
    "name": "file",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "enum": list(_FILES)},
}
_OPENAPI = {"type": "object", "description": "The OpenAPI 3.1 document of what is served here."}
Describe = Callable[[], Sequence[Route]]  # all routes, these among them


def routes(site: Site, described: Describe) -> tuple[Route, ...]:
    """Return the routes of the documents and pages, of every project and of the root.

    ``described`` gives the whole table, which is complete only when these are part of it.
    """
    documents = _Documents(described, site.guards)
    at_root = site.slots[site.root] if site.root is not None else None
    own = _routes(documents.of_project, _project_page, "project")
    if at_root is None:
        return own

    async def root_document(_: Asked) -> Reply:
        """Answer what is served at the root."""
        return await documents.reply(at_root, at_root=True)

    async def root_page(_: Asked) -> Reply:
        """Answer the page of what is served at the root."""
        return _page(at_root.project, tuple(site.slots) if len(site.slots) > 1 else ())

    return (*own, *_routes(root_document, root_page, "server"))


def refuse_without_files() -> None:
    """Refuse to serve without the package that has the files of the page.

    Raises:
        MachineError: it is not installed.
    """
    if find_spec(_PACKAGE) is None:
        raise MachineError(
            f"{_PACKAGE} is not installed, which has the files of /docs",
            "foresell serve",
            install_words("serve"),
        )


class _Documents:
    """Writes the documents of projects, and keeps them as long as their version answers."""

    def __init__(self, described: Describe, guards: "Guards") -> None:
        self._described, self._guards = described, guards
        self._kept: dict[tuple[str, bool], tuple[str, bytes]] = {}
        self._one = asyncio.Lock()

    async def of_project(self, asked: Asked) -> Reply:
        """Answer the document of the project that is asked.

        Raises:
            Refused: the path names no project.
        """
        if asked.slot is None:
            raise Refused("no project answers here", "path", "GET / lists them", status=404)
        return await self.reply(asked.slot, at_root=False)

    async def reply(self, slot: Slot, *, at_root: bool) -> Reply:
        """Answer the document of a project, which is written in a thread when it is first asked."""
        digest = slot.current.live.digest if slot.current else ""
        place = slot.project, at_root
        async with self._one:
            if self._kept.get(place, ("-", b""))[0] != digest:
                loop = asyncio.get_running_loop()
                body = await loop.run_in_executor(None, self._write, slot, at_root)
                self._kept[place] = digest, body
        return Reply(body=self._kept[place][1])

    def _write(self, slot: Slot, at_root: bool) -> bytes:  # noqa: FBT001 - called by an executor
        """Return the document as JSON."""
        from foresell.serving.description import openapi  # noqa: PLC0415 - FastAPI, when asked

        told = openapi(self._described(), slot, self._guards, at_root=at_root)
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _routes(
    document: Endpoint, page: Endpoint, level: Literal["project", "server"]
) -> tuple[Route, ...]:
    """Return the routes of one place."""
    told: Mapping[str, tuple[Endpoint, str, Mapping[str, object]]] = {
        _DOCUMENT: (document, "The description of this API", _OPENAPI),
        "/docs": (page, "This page", _TEXT),
        "/docs/{file}": (_file, "A file of this page", _ANY),
    }
    return tuple(
        Route(
            method="GET",
            path=path,
            endpoint=endpoint,
            summary=summary,
            tag="server",
            # The page is the same everywhere; the description tells the contract of the data.
            scope="read" if path == _DOCUMENT else None,
            needs_model=False,
            level=level,
            replies={200: reply},
            parameters=[_WHICH] if "{file}" in path else [],
        )
        for path, (endpoint, summary, reply) in told.items()
    )


async def _project_page(asked: Asked) -> Reply:
    """Answer the page of the project that is asked."""
    return _page(asked.slot.project if asked.slot else "")


def _page(project: str, others: Sequence[str] = ()) -> Reply:
    """Return the page of a project; ``others``: the projects of the server, to go to."""
    links = {name: f"projects/{name}/docs" for name in others}
    links |= {"openapi.json": "openapi.json", "metadata": "metadata", "health": "health"}
    told = (f'<a href="{html.escape(to)}">{html.escape(name)}</a>' for name, to in links.items())
    text = Template((_OWN / "docs.html").read_text(encoding="utf-8")).substitute(
        project=html.escape(project), links=" ".join(told)
    )
    return Reply(
        body=text.encode(),
        media_type=b"text/html; charset=utf-8",
        headers=((b"content-security-policy", _POLICY),),
    )


async def _file(asked: Asked) -> Reply:
    """Answer one of the files of the page.

    Raises:
        Refused: there is no such file.
    """
    name = asked.path.get("file", "")
    if name not in _FILES:
        raise Refused("there is no such file", "path", "GET /docs names them", status=404)
    media = _MEDIA[Path(name).suffix] + b"; charset=utf-8"
    return Reply(body=_content(name), media_type=media, headers=(_DAY,))


@cache
def _content(name: str) -> bytes:
    """Return what is in a file, read once.

    Raises:
        MachineError: the package with Swagger UI is not installed.
    """
    if name not in _SWAGGER:
        return (_OWN / name).read_bytes()
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise MachineError("Swagger UI is not installed", "/docs", install_words("serve"))
    return (Path(found.origin).parent / "static" / name).read_bytes()
