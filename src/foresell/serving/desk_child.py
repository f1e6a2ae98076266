"""One child process of a desk: questions go in by its standard input, answers come out.

It is a session of its own, so that Ctrl-C in a terminal ends the server and not the child beneath
it. It ends when its standard input does, and the system closes that when the server ends, killed
or not.
"""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from foresell.errors import ForesellError, MachineError
from foresell.serving.frames import framed, framed_text, next_frame

Message = Mapping[str, Any]
_GONE = (
    "the process that works on this has ended",
    "a desk of the server",
    "ask again; the server's standard error says why it ended",
)
_ROOM = 2**20  # bytes of an answer that are read ahead


class ChildEndedError(MachineError):
    """A child ended before it answered."""


class DeskChild:
    """A child that runs. ``heard`` gets what it says unasked; ``ended`` is called when it is gone.

    ``began``: seconds of the loop's clock. ``alive``: false as soon as its output has ended.
    ``worked``: it has answered a question. ``busy_since``: when it was given work that it has said
    nothing of yet, None where it owes nothing.
    """

    def __init__(
        self, process: Process, heard: Callable[[Message], None], ended: Callable[[], None]
    ) -> None:
        self.began = asyncio.get_running_loop().time()
        self.alive = True
        self.worked = False
        self.busy_since: float | None = None
        self._process = process
        self._heard, self._ended = heard, ended
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._asked = 0
        self._reading = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def backlog(self) -> int:
        """Bytes that were said and that its pipe has not taken yet."""
        pipe = self._process.stdin
        return 0 if pipe is None else pipe.transport.get_write_buffer_size()

    async def ask(self, question: Message) -> Message:
        """Return its answer to ``question``, which it gets beside the number it is to repeat.

        Raises:
            ChildEndedError: it ended before it answered.
        """
        if not self.alive:
            raise ChildEndedError(*_GONE)
        self._asked += 1
        number = self._asked
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            self._write(framed({**question, "number": number}))
            if self.busy_since is None:
                self.busy_since = asyncio.get_running_loop().time()
            found: Message = await answer
            self.worked = True
        finally:
            self._answers.pop(number, None)
        return found

    def say(self, text: bytes) -> None:
        """Say something that has no answer, a JSON object; what a dead child is told is lost."""
        self._write(framed_text(text))

    def kill(self) -> None:
        """End it at once; it counts as dead from now on."""
        if self._process.returncode is None:
            self._process.kill()
        self._bury()

    async def close(self, patience_s: float) -> None:
        """Let it end what it has begun, and make it end where that takes too long."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(patience_s):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        self._bury()

    def _write(self, content: bytes) -> None:
        """Hand ``content`` to its pipe, or to a buffer in front of that; never waits."""
        pipe = self._process.stdin
        if self.alive and pipe is not None and not pipe.is_closing():
            pipe.write(content)

    async def _read(self) -> None:
        """Hand on what the child says until its output ends."""
        pipe = self._process.stdout
        try:
            while pipe is not None:
                message = await next_frame(pipe)
                answer = self._answers.pop(message.get("number", 0), None)
                self.busy_since = asyncio.get_running_loop().time() if self._answers else None
                if answer is None:
                    self._heard(message)
                elif not answer.done():
                    answer.set_result(message)
        except (asyncio.IncompleteReadError, OSError, ForesellError):
            pass  # its end, or noise: either way it answers nothing any more
        finally:
            self._stop()
            self._bury()
        await self._process.wait()  # nobody is left behind as a zombie

    def _stop(self) -> None:
        """Kill what may still run."""
        if self._process.returncode is None:
            self._process.kill()

    def _bury(self) -> None:
        """Tell everybody who waits, once, that nothing comes any more."""
        if not self.alive:
            return
        self.alive = False
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ChildEndedError(*_GONE))
        self._ended()


async def start_child(
    command: Sequence[str], heard: Callable[[Message], None], ended: Callable[[], None]
) -> DeskChild:
    """Start ``command``.

    Raises:
        MachineError: the system does not let it.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, limit=_ROOM, start_new_session=True
        )
    except OSError as error:
        raise MachineError(
            f"a process cannot be started: {error.strerror or error}",
            command[0],
            "free memory and processes on this machine",
        ) from error
    return DeskChild(process, heard, ended)
