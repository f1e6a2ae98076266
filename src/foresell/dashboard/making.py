"""Pages made, in whatever process that is: from what is wanted to the reply."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from threading import Thread
from typing import Any
from urllib.parse import quote

import polars as pl

from foresell.dashboard import assets, reports
from foresell.dashboard.acting import Acting, acted
from foresell.dashboard.addresses import ROOT, path_to
from foresell.dashboard.forms import query_of
from foresell.dashboard.page import Ask, Context, Figure, Page, Visit
from foresell.dashboard.pages import OVERVIEW, page_of, pages_of
from foresell.dashboard.plain_page import plain_page
from foresell.dashboard.problem import problem_html
from foresell.dashboard.reading.shown import AbsentError, Shown
from foresell.dashboard.rendering import rendered
from foresell.dashboard.sending import HTML, REPORT_POLICY, see_other, sent
from foresell.dashboard.sign_in import sign_in_html
from foresell.dashboard.static_files import imported, made_ready, static_file
from foresell.dashboard.wanted import Do, Wanted
from foresell.errors import ForesellError, MachineError, nearest
from foresell.serving.exchange import JSON, Kind, Reply
from foresell.serving.problems import Refused, refusal_of, unforeseen
from foresell.spec.extras import lacking

_WIDTHS = (340, 520, 760, 1040)  # of charts, in CSS pixels; others take the nearest
_NOT_FOUND = 404
_UNAVAILABLE = 503
_ANY = (Exception, pl.exceptions.PanicException)  # Polars' own is no Exception


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Everything that pages are made from. Any thread may ask.

    ``shown``: a project by its name and kind, the same one each time. ``acting``: how pages change
    something. ``failed``: is told what nobody foresaw, and the id of the request. ``checked``:
    whether every part of a chart is held against Vega-Lite's schema as it is made, which takes a
    third of the time of a chart; tests do that.
    """

    shown: Callable[[str, Kind], Shown]
    acting: Acting
    failed: Callable[[BaseException, str], None]
    checked: bool = True

    def reply(self, wanted: Wanted, ask: Ask) -> Reply:
        """Return what a browser is sent. What is refused, and what failed, is told as a page."""
        try:
            return _DO[wanted.do](self, wanted, ask)
        except _ANY as error:
            refused = self._refused(error, wanted.request_id)
        try:
            return _problem_page(wanted, refused)
        except _ANY as error:
            self._refused(error, wanted.request_id)
            return plain_page(refused)

    def _refused(self, error: BaseException, request_id: str) -> Refused:
        """Return an error as what a page says of it; one that nobody foresaw is told of first."""
        if isinstance(error, ImportError):
            error = lacking(error.name, ROOT, "dashboard") or error
        if isinstance(error, ForesellError):
            return _refused(error)
        self.failed(error, request_id)
        return unforeseen(request_id)


def _refused(error: ForesellError) -> Refused:
    """Return an error as what a page says of it: who looks may well be who runs it."""
    if isinstance(error, AbsentError):
        return Refused(error.what, error.where, error.mend, status=_NOT_FOUND)
    refused = None if isinstance(error, MachineError) else refusal_of(error)
    return refused or Refused(error.what, error.where, error.mend, status=_UNAVAILABLE)


def _problem_page(wanted: Wanted, refused: Refused) -> Reply:
    """Return the page that says what was refused."""
    page = problem_html(refused, wanted.visitor, keyed=wanted.keyed)
    return sent(
        wanted.heads_as_sent, page, HTML, status=refused.status, headers=tuple(refused.headers)
    )


def visit_of(pages: Pages, wanted: Wanted, ask: Ask | None = None) -> Visit:
    """Return a request as the modules of pages see it.

    Raises:
        Refused: 404, it names a project that is not shown here.
    """
    kinds = dict(wanted.projects)
    name = wanted.path.get("name", "")
    if name and name not in kinds:
        raise Refused(
            f"there is no project {name[:40]!r} here",
            "path",
            nearest(name[:40], kinds),
            status=_NOT_FOUND,
        )
    projects = {one: pages.shown(one, kind) for one, kind in kinds.items()}
    return Visit(
        own=projects.get(name),
        projects=projects,
        query=query_of(wanted.query.encode("latin-1")),
        visitor=wanted.visitor,
        answering=wanted.answering,
        path=wanted.at,
        request_id=wanted.request_id,
        ask=ask,
    )


def context_of(page: Page, visit: Visit) -> Context:
    """Return what a page shows, made by its own module."""
    made: Context = import_module(page.module).context(visit)
    return made


def _named(visit: Visit, wanted: Wanted) -> Page:
    """Return the page that the address names."""
    if wanted.do in {"overview", "overview_figure"}:
        return OVERVIEW
    return page_of(wanted.path["page"], visit.shown.kind)


def _page(pages: Pages, wanted: Wanted, ask: Ask) -> Reply:
    """Show a page."""
    visit = visit_of(pages, wanted, ask)
    page = _named(visit, wanted)
    content = rendered(page, context_of(page, visit), visit, keyed=wanted.keyed)
    return sent(wanted.heads_as_sent, content, HTML)


def _act(pages: Pages, wanted: Wanted, ask: Ask) -> Reply:
    """Do what a form orders."""
    visit = visit_of(pages, wanted, ask)
    return acted(_named(visit, wanted), visit, wanted, pages.acting)


def _first(pages: Pages, wanted: Wanted, ask: Ask) -> Reply:
    """Lead to the first page of a project."""
    visit = visit_of(pages, wanted, ask)
    return see_other(path_to(visit.shown.name, pages_of(visit.shown.kind)[0].name))


def _figure(pages: Pages, wanted: Wanted, ask: Ask) -> Reply:
    """Answer one chart of a page: its spec, its rows as CSV, or drawn for who has no script.

    Raises:
        Refused: 404, the page has no such chart.
    """
    visit = visit_of(pages, wanted, ask)
    name, _, form = wanted.path["figure"].rpartition(".")
    figures = context_of(_named(visit, wanted), visit).figures
    if name not in figures or form not in {"json", "svg", "csv"}:
        raise Refused(
            f"there is no chart {wanted.path['figure'][:60]!r}",
            "path",
            nearest(name[:60], figures),
            status=_NOT_FOUND,
        )
    figure, heads = figures[name], wanted.heads_as_sent
    if form == "csv":
        return _rows(figure, heads)
    if not pages.checked:
        from altair.utils.schemapi import disable_debug_mode  # noqa: PLC0415 - only for charts

        disable_debug_mode()
    spec = figure.draw(_width(visit))
    if form == "json":
        return sent(heads, json.dumps(spec, separators=(",", ":")).encode(), JSON)
    from foresell.charts.drawing import render_svg  # noqa: PLC0415 - a JavaScript engine

    svg = render_svg(spec).replace(">", f"><style>{assets.svg_styles()}</style>", 1)
    return sent(heads, svg.encode(), b"image/svg+xml")


def _rows(figure: Figure, heads: Mapping[bytes, bytes]) -> Reply:
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


def _file(pages: Pages, wanted: Wanted, ask: Ask) -> Reply:
    """Answer a file that a page gives away.

    Raises:
        Refused: 404, the page gives none away.
    """
    visit = visit_of(pages, wanted, ask)
    module: Any = import_module(_named(visit, wanted).module)
    if not hasattr(module, "download"):
        raise Refused("this page gives no files away", "path", "go back", status=_NOT_FOUND)
    given = module.download(visit, wanted.path["file"])
    saved = f"attachment; filename*=UTF-8''{quote(given.name)}".encode()
    return sent(
        wanted.heads_as_sent,
        given.content,
        given.media_type.encode(),
        headers=((b"content-disposition", saved),),
    )


def _report(pages: Pages, wanted: Wanted, ask: Ask) -> Reply:
    """Answer a report as it lies there, in a sandbox of its own."""
    content = reports.report_bytes(visit_of(pages, wanted, ask), wanted.path["report"])
    return sent(wanted.heads_as_sent, content, HTML, policy=REPORT_POLICY)


def _nothing(pages: Pages, wanted: Wanted, ask: Ask) -> Reply:
    """Refuse an address that nothing stands at, so that a browser is told in words.

    Raises:
        Refused: 404, always.
    """
    del pages, ask
    raise Refused(
        "there is no page at this address", wanted.at[:80], "start at /ui", status=_NOT_FOUND
    )


def _static(pages: Pages, wanted: Wanted, ask: Ask) -> Reply:
    """Answer a file that pages load."""
    del pages, ask
    tagged = wanted.query.startswith("v=")
    return static_file(wanted.path["file"], wanted.heads_as_sent, tagged=tagged)


def _sign_in(pages: Pages, wanted: Wanted, ask: Ask) -> Reply:
    """Show the page that asks for a key, and what was wrong with one."""
    del pages, ask
    # Who comes by a link of another site bears no cookie. Asked for again by this very page,
    # the browser sends it, and whoever has signed in is led on.
    again = not wanted.told and wanted.heads.get("sec-fetch-site") == "cross-site"
    return sent(
        wanted.heads_as_sent,
        sign_in_html(wanted),
        HTML,
        status=wanted.status,
        headers=((b"refresh", b"0"),) if again else (),
    )


def _problem(pages: Pages, wanted: Wanted, ask: Ask) -> Reply:
    """Show what the server refuses before any page is made.

    Raises:
        Refused: always.
    """
    del pages, ask
    what, where, mend = wanted.told
    raise Refused(what, where, mend, status=wanted.status)


def _warm(pages: Pages, wanted: Wanted, ask: Ask) -> Reply:
    """Import what pages need, make the first one, and say when that is done.

    What is read is remembered: whoever comes first waits no longer than others. The library of
    charts is made ready meanwhile.
    """
    Thread(target=made_ready, daemon=True).start()
    imported()
    pages.reply(replace(wanted, do="overview", at=ROOT), ask)
    return Reply(body=b"", status=204)


_DO: Mapping[Do, Callable[[Pages, Wanted, Ask], Reply]] = {
    "overview": _page,
    "page": _page,
    "first": _first,
    "figure": _figure,
    "overview_figure": _figure,
    "file": _file,
    "report": _report,
    "act": _act,
    "nothing": _nothing,
    "static": _static,
    "sign_in": _sign_in,
    "problem": _problem,
    "warm": _warm,
}
