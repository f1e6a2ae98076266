"""Contexts to HTML: templates that see a page's own context, the frame around it, and nothing else.

A template has no way to a file or a clock, escapes everything, and fails on a name it is not given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from jinja2 import Environment

from foresell.dashboard.addresses import ROOT, path_to, query_text
from foresell.dashboard.assets import tag_of
from foresell.dashboard.page import Context, Page, Trouble, Visit, Visitor, told
from foresell.dashboard.pages import pages_of
from foresell.dashboard.reading.shown import Shown
from foresell.errors import ForesellError, SpecError
from foresell.report import wording
from foresell.report.page_templates import page_templates
from foresell.serving.exchange import Kind


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link of the navigation. ``here``: it leads to this very page."""

    label: str
    href: str
    here: bool = False


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands around every page. ``back``: this address, to come back to after signing in.

    ``notices``: declarations that cannot be read, of the project or of any.
    """

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
    notices: Sequence[Trouble] = ()


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
        notices=_undeclared(visit.projects.values() if own is None else (own,)),
    )


def _undeclared(projects: Iterable[Shown]) -> Sequence[Trouble]:
    """Return what is wrong with declarations: all that pages say of a project rests on them."""
    found = []
    for one in projects:
        try:
            one.declared()
        except SpecError as error:
            trouble = told(error)
            what = f"the declaration of {one.name} cannot be read: {trouble.what}"
            found.append(replace(trouble, what=what))
        except ForesellError:
            continue  # declared elsewhere, or out of reach: parts that need it say so
    return found


def _same(page: Page, kind: Kind) -> str:
    """Return the page of another project that is like this one; its first where there is none."""
    known = [one.name for one in pages_of(kind)]
    return page.name if page.name in known else known[0]


def sentence(text: str) -> str:
    """Return words as a sentence: a capital at the start, unless a command or a file stands there.

    >>> [sentence(one) for one in ("it is gone", "use 1 to 9.", "foresell run retail")]
    ['It is gone.', 'Use 1 to 9.', 'foresell run retail']
    >>> sentence("data/checks.json is missing"), sentence("did you mean 'retail'?")
    ('data/checks.json is missing.', "Did you mean 'retail'?")
    """
    first = text.partition(" ")[0]
    if first == "foresell":
        return text
    named = not first.isalpha()
    begun = text if named else f"{text[:1].upper()}{text[1:]}"
    return begun if begun.endswith((".", "?", "!")) or not begun else f"{begun}."


@cache
def templates() -> Environment:
    """Return the templates of this room, with the words that reports use for numbers."""
    made = page_templates(
        "foresell.dashboard",
        percent=wording.percent,
        count=wording.count,
        day=wording.day,
        meaning=wording.meaning,
        sentence=sentence,
    )
    made.globals.update(
        path_to=path_to,
        query_text=query_text,
        asset=lambda name: f"{ROOT}/static/{name}?v={tag_of(name)}",
        root=ROOT,
    )
    return made
