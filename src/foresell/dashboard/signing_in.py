"""Signing in with an API key, and out again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from foresell.dashboard.forms import (
    MEDIA,
    SECRETS,
    form_of,
    inner,
    own_token,
    refuse_elsewhere,
)
from foresell.dashboard.page import Context, Page, Query, Trouble, Visit, Visitor
from foresell.dashboard.problem import problem_html
from foresell.dashboard.rendering import ROOT, query_text, rendered
from foresell.dashboard.sending import HTML, see_other, sent
from foresell.dashboard.sessions import Sessions
from foresell.serving.exchange import Asked, Reply, Route
from foresell.serving.problems import Refused
from foresell.serving.threads import Threads

Heads = Mapping[bytes, bytes]
SIGN_IN = Page(name="sign-in", label="Sign in", module="", template="sign_in.html", says="")
_UNKNOWN = 401


@dataclass(frozen=True, kw_only=True)
class SignIn(Context):
    """The page that asks for a key. ``back``: where to go then. ``error``: what was wrong.

    ``required``: nothing can be seen without one. ``command``: what makes one that may do all.
    """

    back: str
    required: bool
    command: str
    error: Trouble | None = None


def routes(sessions: Sessions, threads: Threads) -> tuple[Route, ...]:
    """Return the routes of signing in and out. Pages are made in ``threads``."""

    async def look(asked: Asked) -> Reply:
        """Answer the page, or lead on who has signed in, unless it is to be done ``again``."""
        heads, query = dict(asked.headers), form_of(asked.query)
        back, visitor = inner(_one(query, "back")), sessions.visitor(heads)
        if visitor is not None and visitor.name and "again" not in query:
            return see_other(back)
        page = await _made(threads, lambda: _page(sessions, back))
        # Who comes by a link of another site bears no cookie. Asked for again by this very page,
        # the browser sends it, and whoever has signed in is led on.
        again = heads.get(b"sec-fetch-site") == b"cross-site"
        return sent(heads, page, HTML, headers=((b"refresh", b"0"),) if again else ())

    async def enter(asked: Asked) -> Reply:
        """Open a session, or say what is wrong with the key."""
        heads, form = dict(asked.headers), form_of(asked.body)
        refuse_elsewhere(heads)
        back = inner(_one(form, "back"))
        try:
            cookie = sessions.begin(_one(form, "key").strip(), heads)
        except Refused as error:
            told = _told(error)
            page = await _made(threads, lambda: _page(sessions, back, told))
            return sent(heads, page, HTML, status=error.status)
        return see_other(back, ((b"set-cookie", cookie),))

    async def leave(asked: Asked) -> Reply:
        """End the session that sends the form."""
        heads = dict(asked.headers)
        refuse_elsewhere(heads)
        visitor = sessions.visitor(heads)
        if visitor is None or not own_token(visitor, form_of(asked.body)):
            return see_other(ROOT)
        return see_other(ROOT, ((b"set-cookie", sessions.end(heads)),))

    async def home(asked: Asked) -> Reply:
        """Lead to the first page: leaving takes a form."""
        del asked
        return see_other(ROOT)

    told: tuple[tuple[Literal["GET", "POST"], str, Callable[[Asked], Awaitable[Reply]]], ...] = (
        ("GET", "sign-in", look),
        ("POST", "sign-in", enter),
        ("GET", "sign-out", home),
        ("POST", "sign-out", leave),
    )
    return tuple(
        form_route(method, f"{ROOT}/{name}", _as_page(sessions, endpoint))
        for method, name, endpoint in told
    )


def form_route(
    method: Literal["GET", "POST"], path: str, endpoint: Callable[[Asked], Awaitable[Reply]]
) -> Route:
    """Return a route that takes what forms of pages send."""
    return Route(
        method=method,
        path=path,
        endpoint=endpoint,
        summary="A page",
        tag="pages",
        scope=None,
        needs_model=False,
        level="server",
        other_media={MEDIA: {"type": "object"}},
        documented=False,
    )


def to_sign_in(asked: Asked, address: str) -> Reply:
    """Lead to signing in, and from there back to ``address``; a form is filled in again then.

    Raises:
        Refused: 401, a script asks, which waits for a chart and not for a page.
    """
    if dict(asked.headers).get(b"sec-fetch-mode", b"navigate") != b"navigate":
        raise Refused("nobody has signed in", "session", f"GET {ROOT}/sign-in", status=_UNKNOWN)
    typed = {name: told for name, told in form_of(asked.body).items() if name not in SECRETS}
    back = f"{address.partition('?')[0]}{query_text(typed)}" if typed else address
    return see_other(f"{ROOT}/sign-in?back={quote(back, safe='')}")


def _as_page(
    sessions: Sessions, endpoint: Callable[[Asked], Awaitable[Reply]]
) -> Callable[[Asked], Awaitable[Reply]]:
    """Return ``endpoint``, whose refusals are told as a page."""

    async def answer(asked: Asked) -> Reply:
        """Answer, or say in words why not."""
        try:
            return await endpoint(asked)
        except Refused as error:
            page = problem_html(error, Visitor(), keyed=sessions.required)
            return sent(dict(asked.headers), page, HTML, status=error.status)

    return answer


async def _made(threads: Threads, make: Callable[[], bytes]) -> bytes:
    """Return what ``make`` makes in a thread."""
    return await asyncio.get_running_loop().run_in_executor(threads, make)


def _page(sessions: Sessions, back: str, error: Trouble | None = None) -> bytes:
    """Return the page that asks for a key. It names no project: nobody knows who looks."""
    scopes = "--scope read --scope predict --scope explain --scope admin"
    context = SignIn(
        heading="Sign in to look" if sessions.required else "Sign in to change something",
        back=back,
        required=sessions.required,
        command=f"foresell keys create YOUR-NAME {scopes} --expires 90d",
        error=error,
    )
    visit = Visit(own=None, projects={}, path=back)
    return rendered(SIGN_IN, context, visit, keyed=sessions.required)


def _told(error: Refused) -> Trouble:
    """Return what is said of a key that opens nothing: nothing that helps to guess one."""
    if error.status == _UNKNOWN:
        mend = "paste the whole of it, fsk_..., as foresell keys create has printed it"
        return Trouble(what=error.what, where="key", mend=mend)
    return Trouble(what=error.what, where="key", mend=error.mend)


def _one(form: Query, name: str) -> str:
    """Return the last value of a field, "" where there is none."""
    return form.get(name, ("",))[-1]
