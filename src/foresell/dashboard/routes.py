"""The addresses of all pages, and who may see what each of them shows.

Nothing here reads a file or draws: what a browser wants is made elsewhere, see `maker`.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from foresell.dashboard import assets, signing_in
from foresell.dashboard.addresses import ROOT
from foresell.dashboard.asking import InName, answering_of
from foresell.dashboard.forms import LARGEST, MEDIA
from foresell.dashboard.maker import Answer, Maker
from foresell.dashboard.plain_page import plain_page
from foresell.dashboard.sessions import Sessions
from foresell.dashboard.wanted import Do, Wanted, heads_of
from foresell.serving.desk import LostError
from foresell.serving.exchange import Asked, Endpoint, Kind, Reply, Route
from foresell.serving.problems import Refused
from foresell.serving.routing import Router
from foresell.serving.slots import Slot
from foresell.spec.serving import MODEL_SCOPES, Took

_OK, _FORBIDDEN, _NOT_FOUND = 200, 403, 404
_TIMED = "monitoring"  # the page that tells how long answers take
_Asked = Sequence[tuple[str, str]]
_WARM_S = 15.0  # that a server waits for its pages before it listens
_PARTS = "abcdefgh"  # of addresses at which nothing stands, that are told in words


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """What stands behind the addresses. ``projects``: their kinds, in the order they were named.

    ``slots``: their places in the server. ``maker``: makes the pages. ``failed``: is told of an
    error nobody foresaw in an answer that a page asked for, and of the id of its request.
    ``took``: how long the requests of a route took, by project, method and path; None of none.
    """

    projects: Mapping[str, Kind]
    slots: Mapping[str, Slot]
    sessions: Sessions
    maker: Maker
    failed: Callable[[BaseException, str], None] = lambda _, __: None
    took: Callable[[str, str, str], Took | None] = lambda _, __, ___: None


def routes(board: Dashboard, answering: Sequence[Route] = ()) -> tuple[Route, ...]:
    """Return the routes of all pages; OpenAPI tells of none of them.

    ``answering``: the routes of the server that pages may ask.
    """
    router = Router(answering, board.slots)
    below = f"{ROOT}/projects/{{name}}"
    shown: Mapping[str, Do] = {
        ROOT: "overview",
        below: "first",
        f"{below}/{{page}}": "page",
        f"{below}/{{page}}/files/{{file}}": "file",
        f"{below}/reports/{{report}}": "report",
    }
    # Charts belong to a page that was counted already.
    drawn: Mapping[str, Do] = {
        f"{ROOT}/overview/figures/{{figure}}": "overview_figure",
        f"{below}/{{page}}/figures/{{figure}}": "figure",
    }
    parts = [f"{{{letter}}}" for letter in _PARTS]
    nowhere = ("/".join((ROOT, *parts[: count + 1])) for count in range(len(parts)))
    asked_for = {(one.method, one.path): None for one in answering if one.scope in MODEL_SCOPES}
    gate = partial(_behind, board, router, tuple(asked_for))
    signing = signing_in.SigningIn(board.sessions, partial(_made, board)).endpoints()
    return (
        _route("GET", f"{ROOT}/static/{{file}}", _static(board), counted=False),
        *(_route("GET", path, gate(do), counted=False) for path, do in drawn.items()),
        *(_route("GET", path, gate(do)) for path, do in shown.items()),
        _route("POST", f"{below}/{{page}}", gate("act")),
        *(_route(method, path, endpoint) for method, path, endpoint in signing),
        _route("GET", f"{ROOT}/", signing_in.home, counted=False),
        *(_route("GET", path, gate("nothing")) for path in nowhere),
    )


def _route(
    method: Literal["GET", "POST"], path: str, endpoint: Endpoint, *, counted: bool = True
) -> Route:
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
        other_media={MEDIA: {"type": "object"}} if method == "POST" else {},
        max_body=LARGEST,
        counted=counted,
        # What still waits in line is not made for who has clicked on.
        while_awaited=method == "GET",
        refusing=plain_page,
        documented=False,
    )


def _static(board: Dashboard) -> Endpoint:
    """Return the endpoint of the files that all pages load, made once: nobody waits for them."""
    kept: dict[tuple[str, bool, bool], Reply] = {}

    async def answer(asked: Asked) -> Reply:
        """Answer one request.

        Raises:
            Refused: 404, there is no such file: nobody is bothered with that.
        """
        if asked.path["file"] not in assets.names():
            raise Refused("there is no such file", "path", f"GET {ROOT}", status=_NOT_FOUND)
        packs = b"gzip" in dict(asked.headers).get(b"accept-encoding", b"")
        name = (asked.path["file"], packs, asked.query.startswith(b"v="))
        if name in kept:
            return kept[name]
        reply = await _made(board, wanted_of_request(asked, "static"))
        if reply.status == _OK:  # there are few
            kept[name] = reply
        return reply

    return answer


def _behind(board: Dashboard, router: Router, asked_for: _Asked, do: Do) -> Endpoint:
    """Return the endpoint of what only those see who may look.

    ``asked_for``: method and path of the routes that the server's callers ask the model by.
    """

    async def answer(asked: Asked) -> Reply:
        """Answer one request for a page."""
        visitor = board.sessions.visitor(dict(asked.headers))
        if visitor is None:
            return signing_in.to_sign_in(asked)
        wanted = wanted_of_request(asked, do)
        slot = board.slots.get(asked.path.get("name", ""))
        times = asked_for if do == "page" and asked.path["page"] == _TIMED else ()
        told = replace(
            wanted,
            visitor=visitor,
            body=asked.body.decode("latin-1"),
            answering=None if slot is None else answering_of(slot, _took(board, slot, times)),
        )
        asks = InName(
            router=router, visitor=visitor, request_id=asked.request_id, failed=board.failed
        )
        return await _made(board, told, asks.answer)

    return answer


def _took(board: Dashboard, slot: Slot, asked_for: _Asked) -> Sequence[Took]:
    """Return how long the answers of a project took, the route that was asked most often first.

    Nothing where no version answers: what is refused for that is no answer.
    """
    if slot.current is None:
        return ()
    every = (board.took(slot.project, method, path) for method, path in asked_for)
    return sorted((one for one in every if one is not None), key=lambda one: -one.requests)


async def _nobody(method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Refuse a question: what everybody may see asks none."""
    del method, body
    told = {"detail": "nothing is answered here", "where": path, "mend": f"GET {ROOT}"}
    return _FORBIDDEN, json.dumps(told).encode()


def wanted_of_request(asked: Asked, do: Do) -> Wanted:
    """Return what a request wants, in the name of nobody yet."""
    return Wanted(
        do=do,
        at=asked.at,
        path=asked.path,
        query=asked.query.decode("latin-1"),
        heads=heads_of(asked),
        request_id=asked.request_id,
    )


async def _made(board: Dashboard, wanted: Wanted, answer: Answer = _nobody) -> Reply:
    """Return what was made of what is wanted; in plain words where nobody can make it now."""
    told = replace(wanted, projects=tuple(board.projects.items()), keyed=board.sessions.required)
    try:
        return await board.maker.make(told, answer)
    except LostError as error:
        mend = "look at the page: what was asked for may have been done"
        lost = Refused(error.what, error.where, mend, status=error.status)
        return plain_page(lost if wanted.do == "act" else error)
    except Refused as error:
        return plain_page(error)


async def warm(board: Dashboard) -> None:
    """Have everything ready that pages need, so that the first visitor does not wait for it.

    The server listens then, or after some seconds all the same.
    """
    begun = asyncio.create_task(_made(board, Wanted(do="warm")))
    await asyncio.wait([begun], timeout=_WARM_S)
