"""How often a caller may ask: a steady pace, and a burst above it."""

from collections.abc import Callable
from math import inf, isfinite
from typing import NamedTuple

from foresell.errors import UsageError

_MOST = 10_000  # callers that are remembered
_BURST_S = 10.0  # seconds of its pace that a caller may take at once


class Taken(NamedTuple):
    """What has become of one request, and what may follow.

    ``left``: requests that may follow at once; ``full_s``: seconds until the whole burst may;
    ``wait_s``: seconds until the next one may, 0 where this one was let in.
    """

    left: int
    full_s: float
    wait_s: float = 0.0


class RateLimit:
    """Lets every caller ask ``per_minute`` times a minute, and ``burst`` times at once.

    Of a caller one number is kept: the moment from which all of the burst is free again (the
    generic cell rate algorithm). A caller whose moment has passed is forgotten without a loss.
    ``clock``: seconds that never go back.
    """

    def __init__(self, per_minute: float, burst: int, clock: Callable[[], float]) -> None:
        if not 0 < per_minute < inf or burst < 1:
            raise UsageError(
                f"{per_minute:g} requests a minute, {burst} at once, lets nobody in",
                "--rate",
                "use a number above 0, such as 600",
            )
        self.per_minute = per_minute
        self.burst = burst
        self._step = 60.0 / per_minute
        self._room = self._step * burst
        self._clock = clock
        self._free: dict[str, float] = {}
        self.policy = f'"default";q={burst};w={max(1, round(self._room))}'.encode()

    def take(self, caller: str) -> Taken:
        """Count one request of ``caller`` and tell whether it may be answered."""
        now = self._clock()
        free = max(self._free.get(caller, now), now) + self._step
        ahead = free - now
        if ahead > self._room + 1e-9:
            return Taken(0, ahead - self._step, ahead - self._room)
        if len(self._free) >= _MOST and caller not in self._free:
            self._forget(now)
        self._free[caller] = free
        return Taken(int((self._room - ahead) / self._step + 1e-9), ahead)

    def _forget(self, now: float) -> None:
        """Forget whoever has all of the burst, then those who are nearest to it, a quarter."""
        kept = sorted(((free, who) for who, free in self._free.items() if free > now), reverse=True)
        self._free = {who: free for free, who in kept[: _MOST * 3 // 4]}


def paced(per_minute: float, clock: Callable[[], float]) -> RateLimit:
    """Return the limit of so many requests a minute, of which ten seconds' worth may come at once.

    A number that lets nobody in is a ``UsageError``.
    """
    burst = max(1, round(per_minute * _BURST_S / 60)) if isfinite(per_minute) else 0
    return RateLimit(per_minute, burst, clock)
