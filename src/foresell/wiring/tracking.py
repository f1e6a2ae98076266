"""What a run tells MLflow, and how it gets there beside the run."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from foresell.adapters.outbox import Letter, Outbox
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import ForesellError, counted
from foresell.pipeline.telling import TELLING, tell
from foresell.pipeline.telling_draft import Teller
from foresell.pipeline.work import Event, Request
from foresell.settings import Settings, calm_mlflow, environment
from foresell.wiring.runs import declared_commit
from foresell.wiring.tracking_places import outbox
from foresell.wiring.tracking_result import RunTracking

SYNC = "foresell track sync"
_SENDER = "foresell.wiring.sending"
_STILL_S = 60.0  # without anything being taken, after which a run waits no longer
_FAREWELL_S = 5.0  # for which a run that failed waits
_POLL_S = 0.05
_TRIES = "2"  # of a request beside a run: MLflow's own 7 take minutes, and it can be sent later


@dataclass
class TrackedRun:
    """Tells of the stages of one run as they end.

    ``texts``: where the project is declared, whose commit is told; ``on``: whether anything is told
    at all. ``failure``: why something could not be kept.
    """

    settings: Settings
    place: DirectoryWorkspace
    request: Request
    texts: str
    on: bool
    failure: str = ""
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _gave_up: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        """Begin with nothing told."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave no process behind, whatever happened to the run."""
        if self._child is not None:
            self._close()
            self._end(0.0 if isinstance(error, KeyboardInterrupt) else _FAREWELL_S)

    @property
    def project(self) -> str:
        """The name of the project."""
        return self.request.project.name

    @property
    def box(self) -> Outbox:
        """Where notes are kept until they are taken."""
        return outbox(self.settings)

    @property
    def _said(self) -> Path:
        """What the process that sends has said: nothing, as long as it knows what it does."""
        return self.box.root / self.project / "sender.log"

    def beside(self, listen: Callable[[Event], None]) -> Callable[[Event], None]:
        """Return what hears events and hands each to ``listen`` first."""

        def hear(event: Event) -> None:
            listen(event)
            self.hear(event)

        return hear

    def hear(self, event: Event) -> None:
        """Keep what a stage that ended has to tell, and have it sent.

        A stage that was kept, because nothing had changed, is told of if it never was. What cannot
        be told fails the tracking, and not the run.
        """
        if not self.on or event.stage not in TELLING or event.kind not in {"done", "kept"}:
            return
        try:
            if self._put(event.stage, event.run_id):
                self._wake()
        except ForesellError as error:
            self.failure = error.what
        except OSError as error:
            self.failure = f"{error.strerror}: {error.filename}"

    def _put(self, stage: str, run_id: str) -> bool:
        """Put what a stage has to tell into the outbox; False where that was told before."""
        teller = Teller(workspace=self.place, request=self.request)
        if stage == "train" and teller.record(stage).get("run_id") == run_id:
            # What another run trained may have been another commit's.
            teller = replace(teller, commit=declared_commit(self.texts))
        told = tell(stage, teller, self._done_at(stage))
        if told is None:
            return False
        files = {
            name: part if isinstance(part, bytes) else self._file(*part)
            for name, part in told.files.items()
        }
        return self.box.put(told.note, files, told.identity)

    def _file(self, output: str, name: str) -> Path:
        """Return the path of one file of an output."""
        return self.place.folder(output).absolute() / name

    def _done_at(self, stage: str) -> str:
        """Return when a stage was done: when its record was kept."""
        done = (self.place.root / ".state" / f"{stage}.json").stat().st_mtime
        return datetime.fromtimestamp(done, UTC).isoformat(timespec="microseconds")

    def _wake(self) -> None:
        """Have the process that sends look into the outbox; it is started where there is none."""
        if self._child is None:
            calm_mlflow()
            home = str(self.settings.home.absolute())
            self._said.parent.mkdir(parents=True, exist_ok=True)
            with self._said.open("wb") as said:
                self._child = subprocess.Popen(  # noqa: S603 - our own words
                    [sys.executable, "-P", "-W", "ignore", "-m", _SENDER, home, self.project],
                    stdin=subprocess.PIPE,
                    env=environment(MLFLOW_HTTP_REQUEST_MAX_RETRIES=_TRIES),
                    stdout=said,
                    stderr=said,
                    start_new_session=True,  # Ctrl-C is for the run, which then ends this one
                )
            return
        if self._child.stdin is not None and self._child.poll() is None:
            try:
                self._child.stdin.write(b"\n")
                self._child.stdin.flush()
            except BrokenPipeError:
                return  # it has died, which the end of the run finds and tells

    def finish(self, listen: Callable[[Event], None]) -> RunTracking:
        """Wait until all is sent, or nothing moves any more; tell what came of it.

        ``listen`` hears of it as of a stage called ``tracking``.
        """
        if not self.on:
            return RunTracking(state="off")
        last = self.box.last_try(self.project)
        if self._child is None and (self._waiting() or (last is not None and last.why)):
            self._wake()
        if self._child is None:
            return self._told(0.0)
        began = time.monotonic()
        left = counted(len(self._waiting()), "note")
        listen(Event(kind="started", stage="tracking", text=f"{left} to send"))
        self._close()
        self._end(_STILL_S)
        found = self._told(round(time.monotonic() - began, 3))
        kind = "done" if found.state == "sent" else "failed"
        if found.state == "sent":
            listen(Event(kind="note", stage="tracking", text=f"MLflow run {found.run}"))
        listen(Event(kind=kind, stage="tracking", text=found.why, seconds=found.seconds))
        return found

    def _close(self) -> None:
        """Let the process that sends know that nothing more comes."""
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()

    def _end(self, still: float) -> None:
        """Wait for the process that sends for as long as it gets on, then end it.

        ``still``: seconds without a note being taken.
        """
        if self._child is None:
            return
        waiting, moved = self._waiting(), time.monotonic()
        while self._child.poll() is None:
            time.sleep(_POLL_S)
            left = [letter for letter in waiting if self.box.waits(letter)]
            if len(left) < len(waiting):
                waiting, moved = left, time.monotonic()
            if time.monotonic() - moved > still:
                self._gave_up = True
                self._child.kill()
                self._child.wait()

    def _waiting(self) -> list[Letter]:
        """Return the notes of the project that were not taken."""
        return self.box.waiting(self.project)

    def _told(self, seconds: float) -> RunTracking:
        """Return what came of it."""
        left = len(self._waiting())
        teller = Teller(workspace=self.place, request=self.request)
        training = str(teller.record("train").get("run_id", ""))
        own = self.box.letters(self.project, training)
        receipts = [letter.receipt for letter in own if letter.receipt is not None]
        where = receipts[-1].where if receipts else _discreet(self.settings.tracking)
        why, mend = self._trouble()
        state: Literal["sent", "waiting", "failed", "off"] = "failed" if why else "sent"
        if not why and left:
            state, mend = "waiting", SYNC
        return RunTracking(
            state=state,
            where=where,
            run=receipts[-1].run if receipts else "",
            why=why,
            mend=mend,
            waiting=left,
            seconds=seconds,
        )

    def _trouble(self) -> tuple[str, str]:
        """Return why not all was sent, and what to do; both empty where nothing is known of any."""
        if self.failure:
            return self.failure, f"run the project again, then: {SYNC}"
        if self._child is None:
            return "", ""
        if self._gave_up:
            return "", ""
        if code := self._child.returncode:
            words = self._said.read_text("utf-8", "replace").strip().rpartition("\n")[2]
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            return f"the process that sends {how}{': ' if words else ''}{words}", SYNC
        last = self.box.last_try(self.project)
        if last is None or last.process != self._child.pid or not last.why:
            return "", ""
        return last.why, last.mend or SYNC


def _discreet(uri: str) -> str:
    """Return ``uri`` without user, password and query.

    >>> _discreet("https://jo:secret@mlflow.example/team?token=1")
    'https://mlflow.example/team'
    """
    return re.sub(r"//[^/@\s]*@", "//", uri).partition("?")[0]
