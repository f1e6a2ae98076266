"""What changes a server: for now, to look at once which version is to answer."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from foresell.serving.exchange import Asked, Reply, Route, json_reply
from foresell.serving.problems import Refused
from foresell.serving.reloading import Reload
from foresell.serving.replies import Problem, ReloadReply
from foresell.serving.site import Site


def routes(_: Site) -> tuple[Route, ...]:
    """Return the routes for those who run the server."""
    return (
        Route(
            method="POST",
            path="/admin/reload",
            endpoint=_Reloads().reload,
            summary="Look at once which version is to answer, and load it",
            description="It is looked at five times a second anyway. This one also tries a version "
            "again that was refused, and waits until it answers or is refused.",
            tag="admin",
            scope="admin",
            needs_model=False,
            replies={200: ReloadReply, 409: Problem, 503: Problem},
        ),
    )


class _Reloads:
    """Looks that callers ask for: one at a time, in a thread that nothing else waits for.

    A version is loaded there, or a registry that is held is waited for. In the threads that batches
    are answered in, a few such looks would leave none for them.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "asked to reload")
        self._running: Future[Reload] | None = None

    async def reload(self, asked: Asked) -> Reply:
        """Answer what came of looking.

        Raises:
            Refused: 409, nothing here ever changes; 503, another caller is waiting for a look.
        """
        slot = asked.slot
        if slot is None or slot.reload is None:
            raise Refused("nothing is reloaded here", "path", "start the server anew", status=409)
        if self._running is not None and not self._running.done():
            raise Refused(
                "a look that somebody else asked for is not over yet",
                "path",
                "ask again in a moment; every project is looked at five times a second anyway",
                status=503,
                headers=((b"retry-after", b"1"),),
            )
        self._running = self._thread.submit(slot.reload)
        told = await asyncio.wrap_future(self._running)
        answers = slot.current.live if slot.current else None
        reply: dict[str, Any] = {
            "project": slot.project,
            "outcome": told.outcome,
            "model_version": answers.version if answers else None,
            "wanted_version": told.live.version if told.live else None,
            "why": told.why or None,
            "seconds": round(told.seconds, 3),
        }
        return json_reply(reply)
