"""The nouns of a page: who looks, at what, and what there is to see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from foresell.errors import ForesellError
from foresell.serving.exchange import Kind
from foresell.serving.problems import Refused
from foresell.spec.serving import Live, Scope, Took

if TYPE_CHECKING:
    import polars as pl

    from foresell.dashboard.reading.shown import Shown

Spec = dict[str, Any]
Query = Mapping[str, tuple[str, ...]]
# Asks an endpoint of this very server, as a request would: method, path and body, to status and
# reply. It waits for the answer, so only threads of pages may use it.
Ask = Callable[[str, str, Mapping[str, Any]], tuple[int, Mapping[str, Any]]]
KINDS: tuple[Kind, ...] = ("panel", "tabular")


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who looks. ``name``: of the key that signed in, empty where nobody did.

    ``admin``: whether that key may change what answers. ``token``: what a form has to send back, so
    that no other site can send one in this visitor's name; empty where nobody signed in.
    ``scopes``: what may be asked of the server in its name.
    """

    name: str = ""
    admin: bool = False
    token: str = ""
    scopes: tuple[Scope, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answering:
    """What this server answers for a project with, as it was when a page was asked for.

    ``live``: the version, None where it has none yet; then ``waiting`` says why, where and how to
    mend it. ``refused``: the number of the version that is to answer and must not, ``why`` not;
    both empty where none is. ``cold``: what explains an answer has not been started yet, which
    takes seconds. ``took``: how long its answers took, a word for each route that was asked; only
    for the page that shows it.
    """

    live: Live | None = None
    waiting: tuple[str, str, str] = ("", "", "")
    refused: str = ""
    why: str = ""
    cold: bool = False
    took: tuple[Took, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request for a page.

    ``own``: the project that is looked at, None on the overview; ``projects``: all there are to
    look at, by name, in the order they were named. ``query``: the values of the address by name,
    in their order, none of them trusted. ``answering``: what answers the what-ifs of the project,
    None where nothing is asked of it here. ``path``: the address without its query.
    """

    own: "Shown | None"
    projects: "Mapping[str, Shown]"
    query: Query = field(default_factory=dict)
    visitor: Visitor = field(default_factory=Visitor)
    answering: Answering | None = None
    path: str = ""
    request_id: str = ""
    ask: Ask | None = None

    @property
    def shown(self) -> "Shown":
        """The project that is looked at.

        Raises:
            Refused: 404, none is.
        """
        if self.own is None:
            raise Refused("no project is looked at", "path", "GET /ui lists them", status=404)
        return self.own

    def one(self, name: str, default: str = "") -> str:
        """Return the last value of ``name`` in the address, stripped; ``default`` where none is."""
        values = self.query.get(name, ())
        return values[-1].strip() if values else default


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that cannot be shown: what is wrong, where, and how to mend it.

    ``next``: it is no fault, there is nothing yet; then ``mend`` is the command that makes it.
    """

    what: str
    where: str
    mend: str
    next: bool = False


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One number that matters. ``tone``: ``good`` and ``bad`` only where a rule says so.

    ``source``: what it was read from: the artifact ``OUTPUT/FILE``, ``registry``, or the numbers
    of the server at ``/metrics``.
    """

    value: str
    label: str
    note: str = ""
    source: str = ""
    tone: Literal["", "good", "bad"] = ""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of a table: what it says, and what it is.

    ``share``: from 0 to 1, how long its bar is, None for no bar. ``href``: where it leads, "" for
    nowhere. ``mark``: ``best``, ``warn``, ``wraps`` where it is long, or "".
    """

    text: str
    href: str = ""
    share: float | None = None
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table. ``caption``: what a screen reader says first, and what stands above it.

    ``heads``: of every column; those in ``words`` hold text and are set to the left, the first
    column always is. ``rows``: as many cells each. ``marks``: of each row ``champion``,
    ``baseline``, ``total`` or ""; empty where none has one. ``left_out``: how many rows more there
    are than are shown.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    words: Sequence[str] = ()
    marks: Sequence[str] = ()
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart. ``name``: its own in its page, of a-z, 0-9 and dashes.

    ``title``: the finding, as a sentence; ``note``: how to read it. ``says``: what somebody hears
    who cannot see it. ``draw``: its Vega-Lite spec by its width in CSS pixels. ``rows``: what is
    drawn, (rows, columns), as it can be had in a table and as CSV; None where the page has it in a
    table anyway. ``size``: width and height it will about have, so that nothing jumps.
    """

    name: str
    title: str
    says: str
    draw: Callable[[int], Spec]
    note: str = ""
    rows: "pl.DataFrame | None" = None
    size: tuple[int, int] = (760, 320)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a page shows, whole: its template sees nothing else. Every page has its own kind.

    ``heading``: the finding of the page in a few words, ``standfirst``: what stands below it.
    ``figures``: by name. ``troubles``: what could not be read, by the part of the page it belongs
    to.
    """

    heading: str
    standfirst: str = ""
    figures: Mapping[str, Figure] = field(default_factory=dict)
    troubles: Mapping[str, Trouble] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file that a page gives away. ``name``: what it is called when it is saved."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of every project, or of one kind of them.

    ``name``: in its address. ``label``: in the navigation. ``module``: where its ``context(visit)``
    is, and its ``download(visit, name)`` where it gives files away; it is imported when it is first
    looked at, for it imports Polars and Altair. ``template``: below ``templates``. ``says``: what
    it answers, in one line.
    """

    name: str
    label: str
    module: str
    template: str
    says: str
    kinds: tuple[Kind, ...] = KINDS


def told(error: ForesellError, *, next_step: bool = False) -> Trouble:
    """Return an error as what a page says of it."""
    return Trouble(what=error.what, where=error.where, mend=error.mend, next=next_step)
