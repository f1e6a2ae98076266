"""A process that does stages beside this one: started when there is something to do for it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe
from threading import Lock

from foresell.errors import MachineError
from foresell.pipeline.work import Event
from foresell.settings import environment
from foresell.wiring.jobs import Job, Said

_PROGRAM = "foresell.wiring.worker_program"
_PATIENCE_S = 5.0
# What libraries that compute read when they are loaded.
_THREADS = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass
class _Child:
    """The process, and the pipe to it."""

    process: subprocess.Popen[bytes]
    line: "Connection[Job | None, Said]"


@dataclass(eq=False)
class Worker:
    """Does one stage after another in a process of its own, which ends when this is closed.

    ``share``: of how many that work side by side it is one; it computes with so much less of the
    cores, unless the environment says otherwise. ``locks``: descriptors of locks that it holds too,
    so that a workspace is not free before it is gone.
    """

    share: int
    locks: Sequence[int] = ()
    _child: _Child | None = field(default=None, init=False)
    _closed: bool = field(default=False, init=False)
    _changing: Lock = field(default_factory=Lock, init=False)

    def do(self, job: Job, hear: Callable[[Event], None]) -> Exception | None:
        """Have a stage done; ``hear`` what is said meanwhile. Return what ended it, None if well.

        Where the process died, that is a MachineError, and the next stage gets another process.
        """
        child = self._started()
        if child is None:
            return _died(job, "was closed")
        said = _told(child, job)
        while isinstance(said, Event):
            hear(said)  # what goes wrong in there is not the end of the process
            said = _told(child)
        if said is None:
            code = self._ended()
            return _died(job, f"was killed by signal {-code}" if code < 0 else f"ended with {code}")
        return said.error

    def close(self, *, now: bool) -> None:
        """End the process with all that it started; ``now``, or when it has closed its books."""
        with self._changing:
            self._closed, child = True, self._child
        if child is None:
            return
        if not now:
            with suppress(OSError):
                child.line.send(None)
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(_PATIENCE_S)
        _end(child)

    def _ended(self) -> int:
        """See to it that the process is gone; return the code that it ended with."""
        with self._changing:
            child, self._child = self._child, None
        return _end(child) if child is not None else 0

    def _started(self) -> _Child | None:
        """Return the process, started where there is none; None where it is too late for that."""
        with self._changing:
            if self._closed or self._child is not None:
                return None if self._closed else self._child
            own, its = Pipe()
            share = str(max(1, (os.cpu_count() or 1) // self.share))
            process = subprocess.Popen(  # noqa: S603 - our own words
                [sys.executable, "-P", "-m", _PROGRAM, str(its.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=(its.fileno(), *self.locks),
                env={**dict.fromkeys(_THREADS, share), **environment()},
                start_new_session=True,  # Ctrl-C is for the run, which then ends this one
            )
            its.close()
            self._child = _Child(process, own)
            return self._child


def _told(child: _Child, job: Job | None = None) -> Said | None:
    """Send a process its ``job``, if any, and return what it says next; None where it is gone."""
    try:
        if job is not None:
            child.line.send(job)
        return child.line.recv()
    except (EOFError, OSError):
        return None


def _end(child: _Child) -> int:
    """End what is left of a process and all that it started; return the code it ended with."""
    code = child.process.poll()
    with suppress(ProcessLookupError):
        os.killpg(child.process.pid, signal.SIGKILL)
    killed = child.process.wait()
    if child.process.stdin is not None:
        child.process.stdin.close()
    return killed if code is None else code


def _died(job: Job, how: str) -> MachineError:
    """Return the reason why a stage has ended with its process."""
    return MachineError(
        f"the process that did the stage {job.stage} of {job.project} {how}",
        f"project {job.project}, stage {job.stage}",
        "see whether memory is short, and do fewer stages at a time (--jobs 1); what was done "
        "before is kept: the same command goes on from there",
    )
