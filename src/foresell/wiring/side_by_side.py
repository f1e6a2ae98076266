"""Runs of projects, stage by stage: here, one after another, or in several processes at once."""

from collections.abc import Sequence
from threading import Thread

from foresell.errors import ForesellError
from foresell.pipeline.work import Event
from foresell.wiring.board import Board, Task
from foresell.wiring.jobs import Job
from foresell.wiring.prepared import Prepared
from foresell.wiring.workers import Worker


def bring(runs: Sequence[Prepared], jobs: int) -> list[ForesellError | None]:
    """Bring the outputs of ``runs`` up to date, ``jobs`` stages at a time.

    Return, for each, why it did not come to a good end, or None. A stage begins when what it needs
    is there. What follows from one that failed does not begin; all else goes on. What comes out
    does not depend on ``jobs``. One at a time is done run after run, and a run ends with the first
    stage that fails. For more, this process does one of them, and has others do the rest, which are
    started once there is something for them to do.
    """
    if jobs == 1:
        return [_alone(one) for one in runs]
    board = Board(runs)
    locks = [lock for one in runs for lock in one.locks]
    workers = [Worker(share=jobs, locks=locks) for _ in range(jobs - 1)]
    threads = [Thread(target=_feed, args=(board, worker), daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    whole = False
    try:
        _work_here(board)
        whole = True
    finally:
        board.close()
        for worker in workers:
            worker.close(now=not whole)
        for thread in threads:
            thread.join()
    return [walk.error for walk in board.walks]


def _alone(one: Prepared) -> ForesellError | None:
    """Do the stages of a run, one after another; return why it did not come to a good end."""
    try:
        one.runner.run(one.stages, one.request)
    except ForesellError as error:
        return error
    return None


def _work_here(board: Board) -> None:
    """Do stages in this process, as long as there are any."""
    while (task := board.take(here=True)) is not None:
        error: ForesellError | None = None
        runner = task.walk.one.runner
        step = runner.bring if task.stage.always else runner.do  # all others are known to be stale
        try:
            step(task.stage, task.walk.one.request)
        except ForesellError as stopped:
            error = stopped
        board.end(task, error, here=True)


def _feed(board: Board, worker: Worker) -> None:
    """Have stages done by a worker, as long as there are any; the run raises what goes wrong."""
    try:
        _have_done(board, worker)
    except BaseException as bug:  # noqa: BLE001 - nobody hears what ends a thread
        board.close(bug)


def _have_done(board: Board, worker: Worker) -> None:
    """Have stages done by a worker, as long as there are any."""
    while (task := board.take(here=False)) is not None:
        said: list[Event] = []

        def hear(event: Event, task: Task = task, said: list[Event] = said) -> None:
            said.append(event)
            task.walk.one.runner.listen(event)

        error = worker.do(_job(task), hear)
        if error is not None and not isinstance(error, ForesellError):
            board.close(error)
            return
        if error is not None and not (said and said[-1].kind == "failed"):  # it could not say so
            run_id = task.walk.one.runner.run_id
            failed = Event(kind="failed", stage=task.stage.name, text=error.what, run_id=run_id)
            task.walk.one.runner.listen(failed)
        board.end(task, error, here=False)


def _job(task: Task) -> Job:
    """Return what another process is told to do."""
    one = task.walk.one
    return Job(
        project=one.project.name,
        stage=task.stage.name,
        home=one.settings.home,
        asked=one.asked,
        run_id=one.runner.run_id,
        declared=(one.request.project_text, one.request.contract_text),
    )
