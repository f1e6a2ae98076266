"""The shadow: another version scores once more what was answered, beside the requests.

A listener. It hands a note to the shadow's desk and returns at once; where the desk is behind,
hangs or has died, the note is dropped and counted. The caller's answer was sent before.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from foresell.errors import ForesellError
from foresell.serving.desk import Desk
from foresell.serving.served import Served
from foresell.serving.slots import Beside, Slot
from foresell.serving.telemetry import Ended
from foresell.spec.serving import Live

Heard = Callable[[Mapping[str, Any]], None]

MOST_ROWS = 100  # of one request: the cost of a note to the server is bounded
_OK = 200
_LOOK_S = 0.2  # between two looks at which version is to be loaded
_AGAIN_S = 10.0  # after which a version that is not loaded is asked for again


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Where the shadow tells how it goes: as `foresell.serving.telemetry.Telemetry` has it."""

    scored: Callable[[str, Sequence[float], Sequence[float]], None]
    dropped: Callable[[str, int], None]
    said: Callable[[str], None]


class Shadow:
    """Scores what one project answers with the version that its slot names as ``shadow``.

    ``desk_of``: makes the desk, given what is to hear its child. Of a request with more than
    `MOST_ROWS` rows the first are scored, the others count as dropped. Once it is open, the version
    is loaded before the first request and whenever it changes, and ``slot.beside`` says how that
    stands.
    """

    def __init__(self, slot: Slot, desk_of: Callable[[Heard], Desk], tally: Tally) -> None:
        self.desk = desk_of(self._hear)
        self._slot, self._tally = slot, tally
        self._personal: tuple[Served | None, tuple[str, ...]] = (None, ())
        self._trouble = ""
        self._shadow: tuple[Live | None, dict[str, Any]] = (None, {})
        self._loaded: tuple[str, int | None] = ("", None)  # the digest, and the child that has it
        self._watching: asyncio.Task[None] | None = None
        slot.beside = self.beside

    def __call__(self, ended: Ended) -> None:
        """Take note of a request that was answered."""
        asked = ended.asked
        if asked is None or asked.slot is not self._slot or ended.status != _OK:
            return
        shadow, served, note = self._slot.shadow, asked.served, asked.note
        if shadow is None or served is None or note.given is None:
            return
        rows = len(note.predictions)
        kept = min(rows, MOST_ROWS)
        told: dict[str, Any] = {
            "at": time.time(),
            "request_id": asked.request_id,
            "version": served.live.version,
            "latency_ms": None if note.inference_s is None else 1000 * note.inference_s,
            "given": {name: _first(values, kept) for name, values in note.given.items()},
            "predictions": [float(one) for one in note.predictions[:kept]],
            "shadow": self._named(shadow),
        }
        if personal := self._personal_columns(served):
            told["personal"] = personal
        self.desk.tell(told, kept)
        if rows > kept:
            self._tally.dropped(self._slot.project, rows - kept)

    def beside(self) -> Beside:
        """Return how the version stands that is scored."""
        digest, pid = self._loaded
        alive = pid is not None and pid == self.desk.pid
        trouble = self.desk.failing or self._trouble
        return Beside(loaded=digest if alive else "", trouble=trouble)

    async def open(self) -> None:
        """Have the version loaded from now on, without waiting for that."""
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """End the child; what it has not scored by then is lost."""
        if self._watching is not None:
            self._watching.cancel()
        await self.desk.close()

    async def _watch(self) -> None:
        """Ask for the version whenever it is another, or the child is."""
        asked, asked_at = self._loaded, 0.0
        while True:
            wanted, now = self._slot.shadow, time.monotonic()
            if wanted is not None and self.beside().loaded != wanted.digest:
                another = asked != (wanted.digest, self.desk.pid)
                if (another or now - asked_at > _AGAIN_S) and await self._started():
                    self.desk.tell({"shadow": self._named(wanted)}, 0)
                    asked, asked_at = (wanted.digest, self.desk.pid), now
            await asyncio.sleep(_LOOK_S)

    async def _started(self) -> bool:
        """Return whether a child runs; it is started where none does."""
        try:
            await self.desk.start()
        except ForesellError as error:
            self._trouble = error.what
            return False
        return True

    def _hear(self, message: Mapping[str, Any]) -> None:
        """Take what the child says of notes: ``deltas`` and ``answers``, how many are ``lost``."""
        if deltas := message.get("deltas"):
            self._tally.scored(self._slot.project, deltas, message["answers"])
        if lost := message.get("lost", 0):
            self._tally.dropped(self._slot.project, lost)
        if "loaded" in message:
            self._loaded = (message["loaded"], self.desk.pid)
        trouble = message.get("trouble", self._trouble)
        if trouble and trouble != self._trouble:
            self._tally.said(trouble)
        self._trouble = trouble

    def _named(self, shadow: Live) -> dict[str, Any]:
        """Return the version that scores as plain values."""
        if self._shadow[0] is not shadow:
            self._shadow = (shadow, asdict(shadow))
        return self._shadow[1]

    def _personal_columns(self, served: Served) -> tuple[str, ...]:
        """Return the columns whose values are never written down."""
        if self._personal[0] is not served:
            columns = served.contract.columns.items()
            self._personal = (served, tuple(name for name, one in columns if one.personal))
        return self._personal[1]


def _first(values: Sequence[Any], count: int) -> list[Any]:
    """Return the first values as a list."""
    return list(values[:count])
