"""Who makes pages: a process of its own, so that nobody who asks for an answer waits for a page.

Reading files, comparing versions and drawing charts take Polars, Altair and a JavaScript engine,
some hundred megabytes and at times a second of computing. The process that answers has none of it.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from foresell.dashboard.wanted import Wanted, plain_wanted, reply_of
from foresell.serving.desk import Desk
from foresell.serving.exchange import Reply

Message = Mapping[str, Any]
# What the child is told that asks for a page that nobody waits for any more.
_OVER = 410
_OVER_TOLD = {
    "detail": "nobody waits for this page any more",
    "where": "page",
    "mend": "look again",
}
# Asks an endpoint of this server: method, path and body, to the status and body of its reply.
Answer = Callable[[str, str, bytes], Coroutine[Any, Any, tuple[int, bytes]]]


class Maker(Protocol):
    """Makes what a browser wants."""

    async def make(self, wanted: Wanted, answer: Answer) -> Reply:
        """Return the reply; ``answer`` is asked where the page needs an answer of the server.

        Raises:
            Refused: 503 or 504, nobody can make it now.
        """

    def leave(self) -> None:
        """Refuse from now on: the server is about to end, and waits for nobody who only looks."""

    async def close(self) -> None:
        """End whatever it has begun."""


class Aside:
    """Pages made by the child of a desk. ``open_desk``: returns the desk, by who hears its child.

    The child may ask the server while it makes a page: it says ``{"asks": word, "visit",
    "method", "path", "body"}`` and is told ``{"asked": word, "status", "reply"}``.
    """

    def __init__(self, open_desk: Callable[[Callable[[Message], None]], Desk]) -> None:
        self._desk = open_desk(self._hear)
        self._answers: dict[int, Answer] = {}
        self._visits = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def make(self, wanted: Wanted, answer: Answer) -> Reply:
        """Return the reply; see `Maker`."""
        self._visits += 1
        visit = self._visits
        self._answers[visit] = answer
        question = {"visit": visit, "wanted": plain_wanted(wanted)}
        try:
            # What changes something is not done again where its child ended: it may be done.
            return reply_of(await self._desk.ask(question, again=wanted.do != "act"))
        finally:
            del self._answers[visit]

    def leave(self) -> None:
        """Refuse from now on; see `Maker`."""
        self._desk.leave()

    async def close(self) -> None:
        """End the child."""
        for task in self._tasks:
            task.cancel()
        await self._desk.close()

    def _hear(self, message: Message) -> None:
        """Answer what the child asks."""
        if "asks" in message:
            task = asyncio.create_task(self._answer(message))
            self._tasks.add(task)  # the loop itself keeps none alive
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, message: Message) -> None:
        """Ask the endpoint, and tell the child what it says."""
        answer = self._answers.get(message["visit"])
        status, reply = _OVER, json.dumps(_OVER_TOLD).encode()
        if answer is not None:  # else the visit is over: its child waits for no more than that
            body = json.dumps(message["body"]).encode()
            status, reply = await answer(message["method"], message["path"], body)
        self._desk.say({"asked": message["asks"], "status": status, "reply": reply.decode()})
