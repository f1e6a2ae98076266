"""What pages ask of their own server: the same endpoints as everybody, without the network."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foresell.dashboard.page import Answering, Visitor
from foresell.errors import ForesellError
from foresell.serving.exchange import JSON, Asked, Reply, Route
from foresell.serving.explain import DESK
from foresell.serving.problems import Refused, problem_reply, refusal_of, unforeseen
from foresell.serving.routing import Router
from foresell.serving.slots import Slot
from foresell.serving.standing import refuse_waiting
from foresell.spec.serving import Took


def answering_of(slot: Slot, took: Sequence[Took] = ()) -> Answering:
    """Return what answers for the project of a slot now. ``took``: how long its answers did."""
    refused = slot.standing.refused
    waiting = ("", "", "")
    if slot.current is None:
        try:
            refuse_waiting((slot,))
        except Refused as error:
            waiting = (error.what, error.where, error.mend)
    return Answering(
        live=slot.current.live if slot.current is not None else None,
        waiting=waiting,
        refused=refused.live.version if refused is not None else "",
        why=refused.why if refused is not None else "",
        cold=DESK in slot.desks and slot.desks[DESK].pid is None,
        took=tuple(took),
    )


@dataclass(frozen=True, kw_only=True)
class InName:
    """Asks the endpoints of ``router`` in the name of a visitor.

    What is asked is no traffic: neither a shadow nor the log of requests hears of it. ``failed`` is
    told what nobody foresaw, and the id of the request.
    """

    router: Router
    visitor: Visitor
    request_id: str
    failed: Callable[[BaseException, str], None]

    async def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Return the status and body of what an endpoint says; a refusal is its problem+json.

        Raises:
            CancelledError: the server ends.
        """
        try:
            reply = await self._answer(method, path, body)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, a page waits for a word
            refused = refusal_of(error) if isinstance(error, ForesellError) else None
            if refused is None:
                self.failed(error, self.request_id)
            reply = problem_reply(refused or unforeseen(self.request_id), self.request_id, path)
        return reply.status, reply.body

    async def _answer(self, method: str, path: str, body: bytes) -> Reply:
        """Return what an endpoint answers. What is wrong with the question is a ``Refused``."""
        found = self.router.find(method, path)
        _refuse_scope(found.route, self.visitor)
        slot = found.slot
        asked = Asked(
            self.request_id,
            body,
            ((b"content-type", JSON),),
            path=found.path,
            slot=slot,
            served=slot.current if slot else None,
            caller=self.visitor.name,
            at=path,
        )
        if slot is not None and asked.served is None and found.route.needs_model:
            refuse_waiting((slot,))
        return await found.route.endpoint(asked)


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
