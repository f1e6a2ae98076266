"""Signing in with an API key, and out again."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote

from foresell.dashboard.addresses import ROOT, query_text
from foresell.dashboard.forms import (
    LONGEST,
    SECRETS,
    form_of,
    inner,
    own_token,
    refuse_elsewhere,
)
from foresell.dashboard.page import Query
from foresell.dashboard.sending import see_other
from foresell.dashboard.sessions import Sessions
from foresell.dashboard.wanted import Do, Wanted, heads_of
from foresell.serving.exchange import Asked, Endpoint, Reply
from foresell.serving.problems import Refused

Make = Callable[[Wanted], Awaitable[Reply]]
_UNKNOWN = 401


@dataclass(frozen=True)
class SigningIn:
    """The pages and forms of signing in and out. ``make`` makes the pages."""

    sessions: Sessions
    make: Make

    def endpoints(self) -> Sequence[tuple[Literal["GET", "POST"], str, Endpoint]]:
        """Return method, path and endpoint of each."""
        return (
            ("GET", f"{ROOT}/sign-in", self._as_page(self.look)),
            ("POST", f"{ROOT}/sign-in", self._as_page(self.enter)),
            ("GET", f"{ROOT}/sign-out", self._as_page(home)),
            ("POST", f"{ROOT}/sign-out", self._as_page(self.leave)),
        )

    async def look(self, asked: Asked) -> Reply:
        """Answer the page, or lead on who has signed in, unless it is to be done ``again``."""
        query = form_of(asked.query)
        back, visitor = inner(_one(query, "back")), self.sessions.visitor(dict(asked.headers))
        if visitor is not None and visitor.name and "again" not in query:
            return see_other(back)
        return await self.make(_wanted(asked, "sign_in", back))

    async def enter(self, asked: Asked) -> Reply:
        """Open a session, or say what is wrong with the key."""
        heads, form = dict(asked.headers), form_of(asked.body)
        refuse_elsewhere(heads)
        back = inner(_one(form, "back"))
        try:
            cookie = self.sessions.begin(_one(form, "key").strip(), heads)
        except Refused as error:
            wanted = _wanted(asked, "sign_in", back)
            return await self.make(replace(wanted, told=_told(error), status=error.status))
        return see_other(back, ((b"set-cookie", cookie),))

    async def leave(self, asked: Asked) -> Reply:
        """End the session that sends the form."""
        heads = dict(asked.headers)
        refuse_elsewhere(heads)
        visitor = self.sessions.visitor(heads)
        if visitor is None or not own_token(visitor, form_of(asked.body)):
            return see_other(ROOT)
        return see_other(ROOT, ((b"set-cookie", self.sessions.end(heads)),))

    def _as_page(self, endpoint: Endpoint) -> Endpoint:
        """Return ``endpoint``, whose refusals are told as a page."""

        async def answer(asked: Asked) -> Reply:
            """Answer, or say in words why not."""
            try:
                return await endpoint(asked)
            except Refused as error:
                told = (error.what, error.where, error.mend)
                wanted = _wanted(asked, "problem")
                return await self.make(replace(wanted, told=told, status=error.status))

        return answer


async def home(asked: Asked) -> Reply:
    """Lead to the first page: leaving takes a form."""
    del asked
    return see_other(ROOT)


def to_sign_in(asked: Asked) -> Reply:
    """Lead to signing in, and from there back to where one came from; a form is filled in again.

    An address that would be longer than is followed back leads to its page alone.

    Raises:
        Refused: 401, a script asks, which waits for a chart and not for a page.
    """
    if dict(asked.headers).get(b"sec-fetch-mode", b"navigate") != b"navigate":
        raise Refused("nobody has signed in", "session", f"GET {ROOT}/sign-in", status=_UNKNOWN)
    typed = {name: told for name, told in form_of(asked.body).items() if name not in SECRETS}
    query = query_text(typed) if typed else ""
    if not typed and asked.query:
        query = f"?{asked.query.decode('latin-1')}"
    back = f"{asked.at}{query}" if len(asked.at) + len(query) <= LONGEST else asked.at
    return see_other(f"{ROOT}/sign-in?back={quote(back[:LONGEST], safe='')}")


def _wanted(asked: Asked, do: Do, back: str = ROOT) -> Wanted:
    """Return the page that is wanted by who has not signed in."""
    return Wanted(do=do, at=asked.at, heads=heads_of(asked), request_id=asked.request_id, back=back)


def _told(error: Refused) -> tuple[str, str, str]:
    """Return what is said of a key that opens nothing: nothing that helps to guess one."""
    if error.status == _UNKNOWN:
        mend = "paste the whole of it, fsk_..., as foresell keys create has printed it"
        return error.what, "key", mend
    return error.what, "key", error.mend


def _one(form: Query, name: str) -> str:
    """Return the last value of a field, "" where there is none."""
    return form.get(name, ("",))[-1]
