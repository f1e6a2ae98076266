"""What pages ask of their own server: the same endpoints as everybody, without the network."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from foresell.dashboard.page import Ask, Visitor
from foresell.errors import ForesellError
from foresell.serving.exchange import JSON, Asked, Reply, Route
from foresell.serving.problems import Refused, problem_reply, refusal_of
from foresell.serving.routing import Router
from foresell.serving.standing import refuse_waiting

_PATIENCE_S = 60.0  # longer than any desk is given


def asker(
    router: Router, loop: asyncio.AbstractEventLoop, request_id: str, visitor: Visitor
) -> Ask:
    """Return what asks the endpoints of ``router`` in ``loop``, for one visit.

    What is asked is no traffic: neither a shadow nor the log of requests hears of it.
    """

    def ask(method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """Return the status and the reply of an endpoint; a refusal is its problem+json."""
        question = _answer(router, method, path, json.dumps(body).encode(), request_id, visitor)
        reply = asyncio.run_coroutine_threadsafe(question, loop).result(_PATIENCE_S)
        told: Mapping[str, Any] = json.loads(reply.body)
        return reply.status, told

    return ask


async def _answer(
    router: Router, method: str, path: str, body: bytes, request_id: str, visitor: Visitor
) -> Reply:
    """Return what an endpoint answers.

    Raises:
        ForesellError: it is no fault of what was asked.
    """
    try:
        found = router.find(method, path)
        _refuse_scope(found.route, visitor)
        slot = found.slot
        asked = Asked(
            request_id,
            body,
            ((b"content-type", JSON),),
            path=found.path,
            slot=slot,
            served=slot.current if slot else None,
            caller=visitor.name,
            at=path,
        )
        if slot is not None and asked.served is None and found.route.needs_model:
            refuse_waiting((slot,))
        return await found.route.endpoint(asked)
    except ForesellError as error:
        refused = error if isinstance(error, Refused) else refusal_of(error)
        if refused is None:
            raise
        return problem_reply(refused, request_id, path)


def _refuse_scope(route: Route, visitor: Visitor) -> None:
    """Refuse what the key of a visitor does not allow: a page is no way around it.

    Raises:
        Refused: 403.
    """
    if route.scope is not None and route.scope not in visitor.scopes:
        raise Refused(
            f"your key does not allow {route.scope!r}",
            "session",
            f"sign in with one that does: foresell keys create NAME --scope {route.scope}",
            status=403,
        )
