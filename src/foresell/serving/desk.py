"""Desks: work that does not belong into the process that answers, done by a child of its own.

The child is started when it is first needed and again when it has died; what it does and how is
its own affair. One question is asked at a time, or as many as it works on side by side; a bounded
number waits. Notes need no answer: they are gathered for a moment, sent together, and dropped and
counted where the child is behind.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from foresell.errors import ForesellError, MachineError
from foresell.serving.crossing_errors import opened
from foresell.serving.desk_child import ChildEndedError, DeskChild, start_child
from foresell.serving.problems import Refused

Message = Mapping[str, Any]

_PATIENCE_S = 0.8  # for a child to end by itself: the server ends within a second
_PAUSE_S = 0.05  # that notes are gathered for: the child is woken 20 times a second at most
_BACKLOG = 2**20  # bytes of notes in front of the child's pipe
_LIVED_S = 5.0  # a child that ended sooner ended quickly
_LONGEST_S = 30.0  # between two starts of one that ends quickly again and again
_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), check_circular=False, default=date.isoformat
).encode


class LostError(Refused):
    """A question was handed to a child, which did not answer it: nobody knows how far it came."""


class Desk:
    """A child process that answers questions, and is told notes.

    ``command``: its words. ``name``: what errors call it. ``seconds``: for one answer, from the
    moment it is asked for, and for one note to be done with; then the child is killed.
    ``waiting``: how many questions may wait, and how many notes may be unfinished. ``at_once``: how
    many questions the child is asked before it has answered one. ``heard``: gets what the child
    says of notes or asks itself, and ``{"lost": number}`` for notes that were dropped or died with
    it. ``dropped``: how many these are so far.
    Every method belongs to the event loop that serves.
    """

    def __init__(
        self,
        command: Sequence[str],
        name: str,
        *,
        seconds: float = 30.0,
        waiting: int = 32,
        at_once: int = 1,
        heard: Callable[[Message], None] | None = None,
    ) -> None:
        self.name = name
        self.dropped = 0
        self._command = tuple(command)
        self._seconds, self._waiting = seconds, waiting
        self._listen = heard
        self._child: DeskChild | None = None
        self._starting: asyncio.Task[DeskChild] | None = None
        self._turn = asyncio.Semaphore(at_once)
        self._in_line = 0
        self._quick_ends = 0
        self._not_before = 0.0  # of the loop's clock: when a child may be started again
        self._notes: list[bytes] = []
        self._gathered = self._unfinished = 0  # notes not yet said, and said but not done
        self._sending: asyncio.Task[None] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The number of the process, None where none runs."""
        return self._child.pid if self._child is not None and self._child.alive else None

    @property
    def failing(self) -> str:
        """What keeps a child from living, empty where nothing does."""
        often = self._quick_ends
        return f"{self.name} has ended {often} times in a row" if often > 1 else ""

    async def ask(self, question: Message, *, again: bool = True) -> Message:
        """Return the child's answer to ``question``, plain values. Its own errors come back.

        A ``Refused``: 503 with Retry-After where too many wait or the child cannot be kept alive,
        504 where it took too long. Waiting for those in front counts. A question whose child ended
        beneath it, whoever ended it, is asked once more of a fresh one, if ``again``. Who goes away
        in line has asked nothing; who goes away later leaves the child to end what it has begun, a
        fresh one too, and only then is it the turn of the next.
        """
        if self._in_line >= self._waiting:
            raise self._busy()
        self._in_line += 1
        end = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(end):
                await self._turn.acquire()
        except TimeoutError:
            raise self._busy() from None
        else:
            answering = asyncio.create_task(self._answered(question, end, again=again))
            answering.add_done_callback(self._answer_over)
            return await asyncio.shield(answering)
        finally:
            self._in_line -= 1

    def tell(self, note: Message, weight: int = 1) -> bool:
        """Put ``note`` in line for the child and return at once; False: it was dropped.

        ``weight``: how many notes it counts for.
        """
        unfinished = self._gathered + self._unfinished
        if self._closed or unfinished + weight > self._waiting or self._behind():
            self._lose(weight)
            return False
        self._notes.append(_text(note))
        self._gathered += weight
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return True

    def say(self, message: Message) -> None:
        """Tell the child something at once, an answer to what it has asked; lost on a dead one."""
        if self._child is not None and self._child.alive:
            self._child.say(_text(message))

    async def start(self) -> None:
        """Start the child now, so that the first question does not wait for that.

        A ``Refused`` or ``MachineError`` where it cannot be.
        """
        await self._running()

    def leave(self) -> None:
        """Refuse what is asked from now on, and what waits; what is under way has a moment left."""
        self._closed = True
        if self._child is not None:
            asyncio.get_running_loop().call_later(_PATIENCE_S, self._child.kill)

    async def close(self) -> None:
        """End the child: by closing its input, and by force where that takes too long."""
        self._closed = True
        if self._watch is not None:
            self._watch.cancel()
        if self._sending is not None:
            self._sending.cancel()
        if self._starting is not None:
            await asyncio.wait([self._starting])
        if self._child is not None:
            await self._child.close(_PATIENCE_S)

    async def _answered(self, question: Message, end: float, *, again: bool) -> Message:
        """Return the answer to the question whose turn it is, before the loop's clock says ``end``.

        Raises:
            LostError: the child took too long, or ended.
        """
        try:
            async with asyncio.timeout_at(end):
                found = await self._told(question, again=again)
        except TimeoutError:
            self._give_up()
            raise LostError(
                f"{self.name} took more than {self._seconds:g} s",
                self.name,
                "ask for less at once, or again later",
                status=504,
            ) from None
        except ChildEndedError as error:
            raise self._unavailable(error.what, LostError) from error
        except MachineError as error:
            raise self._unavailable(error.what) from error
        return opened(found)

    def _answer_over(self, answering: "asyncio.Task[Message]") -> None:
        """Give the turn to the next; who asked may be gone, and then nobody else sees the error."""
        self._turn.release()
        if not answering.cancelled():
            answering.exception()

    async def _told(self, question: Message, *, again: bool) -> Message:
        """Return what the child says, or a fresh one if ``again``; a MachineError where none can.

        Raises:
            ChildEndedError: it ended first.
        """
        try:
            return await (await self._running()).ask(question)
        except ChildEndedError:
            if not again:
                raise
        return await (await self._running()).ask(question)

    def _give_up(self) -> None:
        """Kill a child that says nothing, unless it was asked only a moment ago."""
        child = self._child
        if child is None or not child.alive or child.busy_since is None:
            return
        # A question whose turn came late has little time of its own; another may be answered yet.
        if asyncio.get_running_loop().time() - child.busy_since >= self._seconds / 2:
            self._quick_ends = 0  # it did not end by itself
            child.kill()

    async def _running(self) -> DeskChild:
        """Return the child; start it where none runs. A Refused where it must not be yet."""
        if self._closed:
            raise self._unavailable("the server is about to end")
        if self._child is not None and self._child.alive:
            return self._child
        wait = self._not_before - asyncio.get_running_loop().time()
        if wait > 0:
            raise self._unavailable(self.failing)
        if self._starting is None:
            self._starting = asyncio.create_task(self._started())
        return await asyncio.shield(self._starting)  # who asked may go away, others wait for it too

    async def _started(self) -> DeskChild:
        """Return a new child."""
        try:
            self._child = await start_child(self._command, self._hear, self._ended)
        finally:
            self._starting = None
        return self._child

    async def _send(self) -> None:
        """Say all notes that are there after a moment; again while more come."""
        try:
            while self._notes:
                pause = self._not_before - asyncio.get_running_loop().time()
                await asyncio.sleep(max(_PAUSE_S, pause))
                await self._say()
        finally:
            self._sending = None

    async def _say(self) -> None:
        """Say the notes that are there, if a child can be had."""
        loop = asyncio.get_running_loop()
        try:
            child = await self._running()
        except ForesellError:
            self._fail()
            return
        if not self._unfinished:
            self._heard_at = loop.time()
        child.say(b'{"notes":[' + b",".join(self._notes) + b"]}")
        self._unfinished += self._gathered
        self._notes, self._gathered = [], 0
        if self._watch is None:
            self._watch = loop.call_later(self._seconds, self._look)

    def _hear(self, message: Message) -> None:
        """Take what the child says unasked: how many notes are ``done``, and what came of them."""
        self._heard_at = asyncio.get_running_loop().time()
        self._unfinished = max(0, self._unfinished - int(message.get("done", 0)))
        if self._listen is not None:
            self._listen(message)

    def _ended(self) -> None:
        """Count what died with the child, and put off the next one where this goes on and on."""
        lost, self._unfinished = self._unfinished, 0
        if lost:
            self._lose(lost)
        loop = asyncio.get_running_loop()
        child = self._child
        if child is not None and (child.worked or loop.time() - child.began > _LIVED_S):
            self._quick_ends = 0
            return
        self._fail()

    def _fail(self) -> None:
        """Count an end that came quickly; the first one has no consequence."""
        self._quick_ends += 1
        pause = min(_LONGEST_S, 0.25 * 2.0 ** min(self._quick_ends, 10))
        if self._quick_ends > 1:
            self._not_before = asyncio.get_running_loop().time() + pause

    def _look(self) -> None:
        """Kill a child that does nothing with its notes."""
        self._watch = None
        loop = asyncio.get_running_loop()
        if not self._unfinished or self._child is None:
            return
        left = self._heard_at + self._seconds - loop.time()
        if left <= 0:
            self._child.kill()
        else:
            self._watch = loop.call_later(left, self._look)

    def _lose(self, weight: int) -> None:
        """Count notes that nobody scores."""
        self.dropped += weight
        if self._listen is not None:
            self._listen({"lost": weight})

    def _behind(self) -> bool:
        """Tell whether the child's pipe takes no more."""
        return self._child is not None and self._child.alive and self._child.backlog > _BACKLOG

    def _busy(self) -> Refused:
        return self._refused(f"{self.name} is busy: others wait already", 1)

    def _unavailable(self, what: str, kind: type[Refused] = Refused) -> Refused:
        wait = self._not_before - asyncio.get_running_loop().time()
        return self._refused(what, max(1, round(wait + 0.5)), kind)

    def _refused(self, what: str, seconds: int, kind: type[Refused] = Refused) -> Refused:
        return kind(
            what,
            self.name,
            f"ask again in {seconds} s",
            status=503,
            headers=((b"retry-after", str(seconds).encode()),),
        )


def _text(note: Message) -> bytes:
    """Return a note as JSON; a date is told as 2012-11-02."""
    return _encode(note).encode()
