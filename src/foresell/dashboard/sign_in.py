"""The page that asks for a key."""

from dataclasses import dataclass

from foresell.dashboard.page import Context, Page, Trouble, Visit
from foresell.dashboard.rendering import rendered
from foresell.dashboard.wanted import Wanted

_PAGE = Page(name="sign-in", label="Sign in", module="", template="sign_in.html", says="")


@dataclass(frozen=True, kw_only=True)
class SignIn(Context):
    """What it shows. ``back``: where to go then. ``error``: what was wrong with a key.

    ``required``: nothing can be seen without one. ``command``: what makes one that may do all.
    """

    back: str
    required: bool
    command: str
    error: Trouble | None = None


def sign_in_html(wanted: Wanted) -> bytes:
    """Return the page. It names no project: nobody knows who looks."""
    scopes = "--scope read --scope predict --scope explain --scope admin"
    error = None
    if wanted.told:
        what, where, mend = wanted.told
        error = Trouble(what=what, where=where, mend=mend)
    context = SignIn(
        heading="Sign in to look" if wanted.keyed else "Sign in to change something",
        back=wanted.back,
        required=wanted.keyed,
        command=f"foresell keys create YOUR-NAME {scopes} --expires 90d",
        error=error,
    )
    visit = Visit(own=None, projects={}, path=wanted.back)
    return rendered(_PAGE, context, visit, keyed=wanted.keyed)
