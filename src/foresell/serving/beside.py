"""Work that would keep other requests waiting is done in a thread beside them."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from foresell.serving.exchange import Asked

_LARGE = 2**16  # bytes of a body that are read between two other requests
_Told = TypeVar("_Told")


async def aside(work: Callable[[], _Told], *, at_once: bool) -> _Told:
    """Return what ``work`` gives, computed in a thread unless it is done ``at_once``."""
    if at_once:
        return work()
    return await asyncio.get_running_loop().run_in_executor(None, work)


def short(asked: Asked) -> bool:
    """Tell whether a body is read so fast that handing it to a thread costs more than it gives."""
    return len(asked.body) <= _LARGE
