"""Contexts to HTML: templates that see a page's own context, the frame around it, and nothing else.

A template has no way to a file or a clock, escapes everything, and fails on a name it is not given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from foresell.dashboard.assets import asset
from foresell.dashboard.page import Context, Page, Query, Visit, Visitor
from foresell.dashboard.pages import pages_of
from foresell.report import wording
from foresell.serving.exchange import Kind

ROOT = "/ui"


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link of the navigation. ``here``: it leads to this very page."""

    label: str
    href: str
    here: bool = False


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands around every page. ``back``: this address, to come back to after signing in."""

    title: str
    project: str
    projects: Sequence[Link]
    pages: Sequence[Link]
    visitor: Visitor
    keyed: bool
    back: str
    figures_at: str
    files_at: str
    query: str
    synthetic: bool = False


def path_to(project: str = "", page: str = "", *more: str) -> str:
    """Return the path of a page, or of something below it.

    >>> path_to(), path_to("retail", "forecast"), path_to("retail", "data", "files", "a b.csv")
    ('/ui', '/ui/projects/retail/forecast', '/ui/projects/retail/data/files/a%20b.csv')
    """
    parts = ("projects", project, page, *more) if project else ()
    return "/".join((ROOT, *(quote(part, safe="") for part in parts if part)))


def query_text(query: Query | Mapping[str, Sequence[str]]) -> str:
    """Return values as a query with its ``?``, "" where there are none."""
    pairs = [(name, value) for name, values in query.items() for value in values if value]
    return f"?{urlencode(pairs)}" if pairs else ""


def rendered(page: Page, context: Context, visit: Visit, *, keyed: bool) -> bytes:
    """Return the HTML of a page."""
    return html(page.template, context, frame_of(page, visit, keyed=keyed))


def html(template: str, context: Context, frame: Frame) -> bytes:
    """Return a template filled with ``context``, which it knows as ``page``, and ``frame``."""
    return templates().get_template(template).render(page=context, frame=frame).encode()


def frame_of(page: Page, visit: Visit, *, keyed: bool) -> Frame:
    """Return what stands around a page."""
    own = visit.own
    name = own.name if own else ""
    query = query_text(visit.query)
    below = path_to(name, page.name) if own else f"{ROOT}/overview"
    return Frame(
        title=page.label,
        project=name,
        projects=[
            Link(label=other, href=path_to(other, _same(page, one.kind)), here=other == name)
            for other, one in visit.projects.items()
        ],
        pages=[
            Link(label=one.label, href=path_to(name, one.name), here=one.name == page.name)
            for one in (pages_of(own.kind) if own else ())
        ],
        visitor=visit.visitor,
        keyed=keyed,
        back=f"{visit.path}{query}",
        figures_at=f"{below}/figures",
        files_at=f"{below}/files",
        query=query,
        synthetic=own is not None and own.synthetic,
    )


def _same(page: Page, kind: Kind) -> str:
    """Return the page of another project that is like this one; its first where there is none."""
    known = [one.name for one in pages_of(kind)]
    return page.name if page.name in known else known[0]


@cache
def templates() -> Environment:
    """Return the templates of this room, with the words that reports use for numbers."""
    made = Environment(
        loader=PackageLoader("foresell.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        percent=wording.percent, count=wording.count, day=wording.day, meaning=wording.meaning
    )
    made.globals.update(
        path_to=path_to,
        query_text=query_text,
        asset=lambda name: f"{ROOT}/static/{name}?v={asset(name).tag}",
        root=ROOT,
    )
    return made
