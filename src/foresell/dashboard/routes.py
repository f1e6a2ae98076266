"""The addresses of all pages, and what each of them answers."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any, Literal
from urllib.parse import quote

from foresell.dashboard import assets, reports, signing_in
from foresell.dashboard.acting import Acting, acted
from foresell.dashboard.asking import asker
from foresell.dashboard.forms import query_of
from foresell.dashboard.page import Ask, Context, Figure, Page, Visit, Visitor
from foresell.dashboard.pages import OVERVIEW, page_of, pages_of
from foresell.dashboard.problem import problem_html
from foresell.dashboard.reading.shown import AbsentError, Shown
from foresell.dashboard.rendering import ROOT, path_to, rendered
from foresell.dashboard.sending import HTML, REPORT_POLICY, see_other, sent
from foresell.dashboard.sessions import Sessions
from foresell.dashboard.static_files import static_file
from foresell.errors import ForesellError, MachineError, nearest
from foresell.serving.exchange import JSON, Asked, Endpoint, Reply, Route
from foresell.serving.problems import Refused, refusal_of
from foresell.serving.routing import Router
from foresell.serving.slots import Slot
from foresell.serving.threads import Threads
from foresell.spec.extras import lacking

Heads = Mapping[bytes, bytes]
Work = Callable[[Visit, Heads, Asked], Reply]
Choose = Callable[[Visit, Asked], Page]
_WIDTHS = (340, 520, 760, 1040)  # of charts, in CSS pixels; others take the nearest
_NOT_FOUND = 404
_UNAVAILABLE = 503


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """What the pages are made from. ``projects`` by name, in the order they were named.

    ``slots``: their places in the server. ``threads``: where pages are made, so that no other
    answer waits for one. ``acting``: how they change something, None where they cannot.
    """

    projects: Mapping[str, Shown]
    slots: Mapping[str, Slot]
    sessions: Sessions
    acting: Acting | None = None
    threads: Threads = field(default_factory=lambda: Threads(2))


def routes(board: Dashboard, answering: Sequence[Route] = ()) -> tuple[Route, ...]:
    """Return the routes of all pages; OpenAPI tells of none of them.

    ``answering``: the routes of the server that pages may ask.
    """
    router = Router(answering, board.slots)
    below = f"{ROOT}/projects/{{name}}"
    shown: Mapping[str, Work] = {
        ROOT: _page_at(board, _overview),
        f"{ROOT}/overview/figures/{{figure}}": partial(_figure, _overview),
        below: _first,
        f"{below}/reports/{{report}}": _report,
        f"{below}/{{page}}": _page_at(board, _named),
        f"{below}/{{page}}/figures/{{figure}}": partial(_figure, _named),
        f"{below}/{{page}}/files/{{file}}": _file,
    }
    return (
        _route("GET", f"{ROOT}/static/{{file}}", static_file),
        *(_route("GET", path, _behind(board, router, work)) for path, work in shown.items()),
        signing_in.form_route(
            "POST", f"{below}/{{page}}", _behind(board, router, partial(_act, board.acting))
        ),
        *signing_in.routes(board.sessions, board.threads),
        *_strangers(board, router),
    )


def _route(method: Literal["GET", "POST"], path: str, endpoint: Endpoint) -> Route:
    """Return a route that only people come to: it asks for no API key and is in no OpenAPI."""
    return Route(
        method=method,
        path=path,
        endpoint=endpoint,
        summary="A page",
        tag="pages",
        scope=None,
        needs_model=False,
        level="server",
        documented=False,
    )


def _behind(board: Dashboard, router: Router, work: Work) -> Endpoint:
    """Return the endpoint that does ``work`` in a thread for who may look, as a page if refused."""

    async def answer(asked: Asked) -> Reply:
        """Answer one request for a page."""
        heads = dict(asked.headers)
        visitor = board.sessions.visitor(heads)
        if visitor is None:
            return signing_in.to_sign_in(asked, _address(asked))
        loop = asyncio.get_running_loop()
        ask = asker(router, loop, asked.request_id, visitor)

        def do() -> Reply:
            """Do the work for this visit."""
            return work(visit_of(board, asked, visitor, ask), heads, asked)

        return await loop.run_in_executor(
            board.threads, partial(_shielded, board, do, visitor, heads)
        )

    return answer


def _shielded(board: Dashboard, work: Callable[[], Reply], visitor: Visitor, heads: Heads) -> Reply:
    """Return the reply; what is refused is told as a page, not as JSON.

    Raises:
        ForesellError: it is no fault of who asks.
    """
    try:
        return work()
    except ForesellError as error:
        refused = refusal_of(error)
        if isinstance(error, AbsentError):
            refused = Refused(error.what, error.where, error.mend, status=_NOT_FOUND)
        if isinstance(error, MachineError):  # who looks may well be who runs it
            refused = Refused(error.what, error.where, error.mend, status=_UNAVAILABLE)
        if refused is None:
            raise
        page = problem_html(refused, visitor, keyed=board.sessions.required)
        return sent(heads, page, HTML, status=refused.status)


def visit_of(board: Dashboard, asked: Asked, visitor: Visitor, ask: Ask | None = None) -> Visit:
    """Return a request as pages see it.

    Raises:
        Refused: 404, it names a project that is not shown here.
    """
    name = asked.path.get("name", "")
    if name and name not in board.projects:
        raise Refused(
            f"there is no project {name[:40]!r} here",
            "path",
            nearest(name[:40], board.projects),
            status=_NOT_FOUND,
        )
    return Visit(
        own=board.projects.get(name),
        projects=board.projects,
        query=query_of(asked.query),
        visitor=visitor,
        slot=board.slots.get(name),
        path=_address(asked).partition("?")[0],
        request_id=asked.request_id,
        ask=ask,
    )


def _address(asked: Asked) -> str:
    """Return the path and query that were asked for, as they came."""
    return f"{asked.at}{'?' if asked.query else ''}{asked.query.decode('latin-1')}"


def _named(visit: Visit, asked: Asked) -> Page:
    """Return the page that the address names."""
    return page_of(asked.path["page"], visit.shown.kind)


def context_of(page: Page, visit: Visit) -> Context:
    """Return what a page shows, made by its own module.

    A library that pages need and that is not installed is a ``MachineError``.
    """
    try:
        made: Context = import_module(page.module).context(visit)
    except ImportError as error:
        raise lacking(error.name, ROOT, "dashboard") or error from error
    return made


def _overview(visit: Visit, asked: Asked) -> Page:
    """Return the page of all projects."""
    del visit, asked
    return OVERVIEW


def _page_at(board: Dashboard, choose: Choose) -> Work:
    """Return the work of showing the page that ``choose`` says."""

    def show(visit: Visit, heads: Heads, asked: Asked) -> Reply:
        """Answer a page."""
        page = choose(visit, asked)
        context = context_of(page, visit)
        return sent(heads, rendered(page, context, visit, keyed=board.sessions.required), HTML)

    return show


def _act(acting: Acting | None, visit: Visit, heads: Heads, asked: Asked) -> Reply:
    """Do what a form orders."""
    return acted(_named(visit, asked), visit, heads, asked, acting)


def _first(visit: Visit, heads: Heads, asked: Asked) -> Reply:
    """Lead to the first page of a project."""
    del heads, asked
    return see_other(path_to(visit.shown.name, pages_of(visit.shown.kind)[0].name))


def _figure(choose: Choose, visit: Visit, heads: Heads, asked: Asked) -> Reply:
    """Answer one chart of a page: its spec, its rows as CSV, or drawn for who has no script.

    Raises:
        Refused: 404, the page has no such chart.
    """
    name, _, form = asked.path["figure"].rpartition(".")
    figures = context_of(choose(visit, asked), visit).figures
    if name not in figures or form not in {"json", "svg", "csv"}:
        raise Refused(
            f"there is no chart {asked.path['figure'][:60]!r}",
            "path",
            nearest(name[:60], figures),
            status=_NOT_FOUND,
        )
    figure = figures[name]
    if form == "csv":
        return _rows(figure, heads)
    spec = figure.draw(_width(visit))
    if form == "json":
        return sent(heads, json.dumps(spec, separators=(",", ":")).encode(), JSON)
    from foresell.charts.drawing import render_svg  # noqa: PLC0415 - a JavaScript engine

    svg = render_svg(spec).replace(">", f"><style>{assets.svg_styles()}</style>", 1)
    return sent(heads, svg.encode(), b"image/svg+xml")


def _rows(figure: Figure, heads: Heads) -> Reply:
    """Answer what is drawn, as CSV.

    Raises:
        Refused: 404, the page shows it in a table anyway.
    """
    if figure.rows is None:
        raise Refused("this chart has no file", "path", "see the table on its page", status=404)
    saved = f'attachment; filename="{figure.name}.csv"'.encode()
    return sent(
        heads,
        figure.rows.write_csv().encode(),
        b"text/csv; charset=utf-8",
        headers=((b"content-disposition", saved),),
    )


def _width(visit: Visit) -> int:
    """Return how wide a chart is to be drawn."""
    asked = visit.one("width", "760")
    wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 760
    return max((width for width in _WIDTHS if width <= wanted), default=_WIDTHS[0])


def _file(visit: Visit, heads: Heads, asked: Asked) -> Reply:
    """Answer a file that a page gives away.

    Raises:
        Refused: 404, the page gives none away.
    """
    module: Any = import_module(_named(visit, asked).module)
    if not hasattr(module, "download"):
        raise Refused("this page gives no files away", "path", "go back", status=_NOT_FOUND)
    given = module.download(visit, asked.path["file"])
    saved = f"attachment; filename*=UTF-8''{quote(given.name)}".encode()
    return sent(
        heads,
        given.content,
        given.media_type.encode(),
        headers=((b"content-disposition", saved),),
    )


def _report(visit: Visit, heads: Heads, asked: Asked) -> Reply:
    """Answer a report as it lies there, in a sandbox of its own."""
    content = reports.report_bytes(visit, asked.path["report"])
    return sent(heads, content, HTML, policy=REPORT_POLICY)


def _strangers(board: Dashboard, router: Router) -> tuple[Route, ...]:
    """Return the routes of addresses that nothing stands at, so that a browser is told in words."""

    def refuse(visit: Visit, heads: Heads, asked: Asked) -> Reply:
        """Refuse.

        Raises:
            Refused: 404, always.
        """
        del visit, heads
        raise Refused(
            "there is no page at this address", asked.at[:80], "start at /ui", status=_NOT_FOUND
        )

    parts = ("{a}", "{b}", "{c}", "{d}")
    paths = ("/".join((ROOT, *parts[: count + 1])) for count in range(len(parts)))
    return tuple(_route("GET", path, _behind(board, router, refuse)) for path in paths)
