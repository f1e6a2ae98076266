"""Work that is worth something only while its caller waits for it."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from foresell.serving.bodies import GoneError, Receive

Made = TypeVar("Made")


async def while_awaited(work: Awaitable[Made], receive: Receive) -> Made:
    """Return what ``work`` makes; it is cancelled when the caller goes away.

    Raises:
        GoneError: the caller did.
    """
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_left(receive))
    both = (working, leaving)
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise GoneError
        return working.result()
    finally:
        for one in both:
            one.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _left(receive: Receive) -> None:
    """Wait until the caller goes away; what else it sends is no part of its request."""
    while (await receive())["type"] != "http.disconnect":
        pass
