"""What changes a server: for now, to look at once which version is to answer."""

import asyncio
from typing import Any

from foresell.serving.exchange import Asked, Reply, Route, json_reply
from foresell.serving.problems import Refused
from foresell.serving.replies import Problem, ReloadReply
from foresell.serving.site import Site


def routes(_: Site) -> tuple[Route, ...]:
    """Return the routes for those who run the server."""
    return (
        Route(
            method="POST",
            path="/admin/reload",
            endpoint=_reload,
            summary="Look at once which version is to answer, and load it",
            description="It is looked at five times a second anyway. This one also tries a version "
            "again that was refused, and waits until it answers or is refused.",
            tag="admin",
            scope="admin",
            needs_model=False,
            replies={200: ReloadReply, 409: Problem},
        ),
    )


async def _reload(asked: Asked) -> Reply:
    """Answer what came of looking.

    Raises:
        Refused: 409, nothing here ever changes.
    """
    slot = asked.slot
    if slot is None or slot.reload is None:
        raise Refused("nothing is reloaded here", "path", "start the server anew", status=409)
    # In a thread: a version is loaded there, and requests are answered meanwhile.
    told = await asyncio.get_running_loop().run_in_executor(None, slot.reload)
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
