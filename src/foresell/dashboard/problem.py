"""What a browser is shown where something is wrong with what it asked for."""

from dataclasses import dataclass
from http import HTTPStatus

from foresell.dashboard.page import Context, Page, Trouble, Visitor
from foresell.dashboard.rendering import Frame, html
from foresell.serving.problems import Refused

_TEMPLATE = "problem.html"
PROBLEM = Page(name="", label="Not found", module="", template=_TEMPLATE, says="")


@dataclass(frozen=True, kw_only=True)
class Problem(Context):
    """What is wrong. ``status``: of the reply."""

    status: int
    trouble: Trouble


def problem_html(refused: Refused, visitor: Visitor, *, keyed: bool) -> bytes:
    """Return the page that says what was refused, where, and how to mend it."""
    phrase = HTTPStatus(refused.status).phrase
    trouble = Trouble(what=refused.what, where=refused.where, mend=refused.mend)
    context = Problem(heading=refused.what, status=refused.status, trouble=trouble)
    frame = Frame(
        title=phrase,
        project="",
        projects=(),
        pages=(),
        visitor=visitor,
        keyed=keyed,
        back="/ui",
        figures_at="",
        files_at="",
        query="",
    )
    return html(_TEMPLATE, context, frame)
