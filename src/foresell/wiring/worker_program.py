"""A process that does one stage after another for a run, and says what happens meanwhile.

``python -m foresell.wiring.worker_program DESCRIPTOR``: a pipe on which jobs come in and what
happens goes out. Whoever started it keeps its standard input open. The system closes it when they
end, killed or not, and then this ends at once, with all that it started.
"""

import os
import signal
import sys
import time
import traceback
from multiprocessing.connection import Connection
from threading import Thread

from foresell.errors import ForesellError, UsageError
from foresell.pipeline.graph import stages_of
from foresell.pipeline.runner import Runner
from foresell.settings import read_settings
from foresell.wiring.asked import asked_request
from foresell.wiring.freshness import code_in
from foresell.wiring.glances import Glances
from foresell.wiring.jobs import Ended, Job, Said
from foresell.wiring.runs import workspace


def work(line: "Connection[Said, Job | None]") -> None:
    """Do what comes in, until nothing more does."""
    while (job := line.recv()) is not None:
        error: Exception | None = None
        try:
            do(job, line)
        except Exception as stopped:  # noqa: BLE001 - the run that asked for it raises it
            error = portable(stopped)
        line.send(Ended(error=error))


def do(job: Job, line: "Connection[Said, Job | None]") -> None:
    """Do one stage, and publish what it made.

    Raises:
        UsageError: the declaration was edited since the run began.
    """
    settings = read_settings(job.home)
    place = workspace(job.project, settings)
    request = asked_request(job.project, job.asked, place, (job.stage,), settings)
    if (request.project_text, request.contract_text) != job.declared:
        raise UsageError(
            f"the declaration of {job.project!r} was edited while a run of it is at work",
            "project.yaml, contract.yaml",
            "run it again",
        )
    runner = Runner(
        workspace=place,
        clock=time.perf_counter,
        listen=line.send,
        run_id=job.run_id,
        code=code_in(settings.home),
        outside=Glances(place=place, settings=settings),
    )
    stages = {stage.name: stage for stage in stages_of(request.project)}
    stage = stages[job.stage]
    step = runner.bring if stage.always else runner.do  # of all others it is known to be stale
    step(stage, request)


def portable(error: Exception) -> Exception:
    """Return what can be sent to another process; what is not ours takes along where it happened.

    >>> portable(ZeroDivisionError("division by zero"))
    RuntimeError('ZeroDivisionError: division by zero')
    """
    if isinstance(error, ForesellError):
        return error
    told = error
    if not isinstance(error, OSError | ImportError):  # whose words the command line knows
        told = RuntimeError(f"{type(error).__name__}: {error}")
    told.add_note("".join(traceback.format_exception(error)))
    return told


def _end_with_the_run() -> None:
    """Read until standard input is closed, then end this process and all that it started."""
    while os.read(0, 1):  # no object of Python's, which it would want to close as it ends
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    os.dup2(2, 1)  # standard output is for what the run prints
    Thread(target=_end_with_the_run, daemon=True).start()
    work(Connection(int(sys.argv[1])))
