"""The child of a desk: ``python -m foresell.wiring.desk_program KIND HOME LOG``.

It reads frames from standard input and writes frames to standard output; what anybody prints goes
to standard error, as do lines of its log (``LOG``: json, text or off). It ends when its input does,
whatever it is busy with: the system closes that when the server ends, killed or not. What nobody
foresaw ends it, is logged with its traceback, and the server starts another.

``answer`` and ``explain`` answer questions of any project of this home. A question is
``{"number", "do", "place", "digest", ...}``, its reply ``{"number", "answer" or "error"}``; what
can be done is in `table_desk.HANDLERS` and `panel_desk.HANDLERS`. ``shadow`` scores notes, see
`foresell.wiring.shadow_desk`. ``pages`` makes pages, see `foresell.wiring.pages_desk`.
"""

import os
import signal
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread, Timer
from typing import IO, Any, cast

from foresell.bundle.bundle import Bundle
from foresell.errors import ForesellError, MachineError, UsageError, nearest
from foresell.serving.crossing_errors import told
from foresell.serving.frames import framed, read_frame
from foresell.serving.logs import Level, Plain, Said, error_text, lines_to, taken_over
from foresell.serving.problems import Refused
from foresell.serving.site import LogForm
from foresell.settings import Settings, read_settings
from foresell.spec.reading import parse_project
from foresell.spec.serving import Place
from foresell.wiring.placed_bundles import placed_bundle

Message = Mapping[str, Any]

KINDS = ("answer", "explain", "pages", "shadow")
# Whoever answers requests goes first.
_NICE = {"answer": 5, "explain": 5, "pages": 15, "shadow": 10}
_PATIENT = {"pages", "shadow"}  # nobody who asks for an answer waits for these
_KEPT = 2  # bundles of a project: the one that answers, and the one before or after it
_PATIENCE_S = 2.0  # for what is being done when the input ends


class Bundles:
    """The bundles that were asked for last, two of each project."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: dict[str, OrderedDict[str, Bundle]] = {}

    def bundle(self, place: Mapping[str, Any], digest: str) -> Bundle:
        """Return the bundle at ``place``, every byte verified; errors as of `placed_bundle`."""
        mine = self._kept.setdefault(place["project"], OrderedDict())
        if digest not in mine:
            mine[digest] = placed_bundle(Place(**place), digest, self._settings)
            while len(mine) > _KEPT:
                mine.popitem(last=False)
        mine.move_to_end(digest)
        return mine[digest]


def answered(question: Message, bundles: Bundles) -> Message:
    """Return the reply to one question; its own errors are told in it."""
    number = question["number"]
    try:
        bundle, handlers = _loaded(question, bundles)
        if question["do"] not in handlers:
            _refuse(question["do"], handlers)
        return {"number": number, "answer": handlers[question["do"]](bundle, question)}
    except ForesellError as error:
        return {"number": number, "error": told(error)}


def _loaded(question: Message, bundles: Bundles) -> tuple[Bundle, Mapping[str, Any]]:
    """Return the bundle that is to answer, and what can be done with it.

    Raises:
        MachineError: it cannot be loaded. Whoever asks has no part in that, whatever is wrong.
        Refused: it is no longer in its folder.
    """
    try:
        bundle = bundles.bundle(question["place"], question["digest"])
        kind = parse_project(bundle.project_text, "bundle/project.yaml").kind
    except Refused:
        raise
    except ForesellError as error:
        raise MachineError(
            f"the bundle that is to answer cannot be loaded: {error.what}", error.where, error.mend
        ) from error
    return bundle, _handlers(kind)


def _handlers(kind: str) -> Mapping[str, Any]:
    """Return what can be done for projects of a kind."""
    if kind == "panel":
        from foresell.wiring import panel_desk  # noqa: PLC0415 - what a table never needs

        return panel_desk.HANDLERS
    from foresell.wiring import table_desk  # noqa: PLC0415 - what a panel never needs

    return table_desk.HANDLERS


def _refuse(do: str, known: Mapping[str, Any]) -> None:
    """Refuse a verb that is not known.

    Raises:
        UsageError: always.
    """
    raise UsageError(f"nobody here can {do!r}", "do", nearest(do, known))


def _messages(pipe: IO[bytes]) -> Iterator[Message]:
    """Yield what comes in. It is read by a thread, so that its end is never overlooked."""
    line: SimpleQueue[Message | None] = SimpleQueue()

    def read() -> None:
        while (message := read_frame(pipe)) is not None:
            line.put(message)
        line.put(None)
        end = Timer(_PATIENCE_S, os._exit, (1,))
        end.daemon = True
        end.start()

    Thread(target=read, daemon=True).start()
    while (message := line.get()) is not None:
        yield message


def _own_output() -> IO[bytes]:
    """Return standard output for frames alone; what others print goes to standard error."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return out


def _own_input() -> IO[bytes]:
    """Return standard input by another name: the reading thread may wait in it as Python ends.

    Python closes its own at the end, and aborts where a thread holds it.
    """
    return os.fdopen(os.dup(sys.stdin.fileno()), "rb")


def work(kind: str, settings: Settings, said: Said) -> None:
    """Do what a desk of ``kind`` does until the input ends. ``said``: takes lines of the log."""
    out, turn = _own_output(), Lock()

    def say(message: Message) -> None:
        frame = framed(message)
        with turn:
            out.write(frame)
            out.flush()

    bundles, messages = Bundles(settings), _messages(_own_input())
    if kind == "shadow":
        from foresell.wiring.shadow_desk import Shadows  # noqa: PLC0415 - only if asked

        shadows = Shadows(settings, bundles.bundle)
        for message in messages:
            say(shadows.scored(message["notes"]))
        return
    if kind == "pages":
        from foresell.wiring.pages_desk import PagesDesk  # noqa: PLC0415 - only if asked

        desk = PagesDesk(settings, say, said)
        for message in messages:
            desk.hear(message)
        return
    for message in messages:
        say(answered(message, bundles))


def _begin(kind: str, home: str, log: LogForm) -> None:
    """Set this process up, and work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end of the input says when
    os.nice(_NICE[kind])
    if kind in _PATIENT and hasattr(os, "SCHED_BATCH"):  # on Linux; it only ever yields more
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    lines = lines_to(sys.stderr.buffer, log)

    def said(level: Level, message: str, fields: Mapping[str, Plain]) -> None:
        if lines is not None:
            lines.add(level, message, {"desk": kind, **fields})

    try:
        with taken_over(said):
            work(kind, read_settings(Path(home)), said)
    except BrokenPipeError:  # the server was killed while an answer was on its way
        os._exit(1)
    except Exception as error:  # it ends with this, and says so as the server does
        if lines is None:
            raise
        said("ERROR", "a child of the server ends", {"exception": error_text(error)})
        sys.exit(1)
    finally:
        if lines is not None:
            lines.close()


if __name__ == "__main__":
    _begin(sys.argv[1], sys.argv[2], cast("LogForm", sys.argv[3]))
