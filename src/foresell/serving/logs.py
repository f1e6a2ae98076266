"""Lines of the log: written by a thread of their own, so that no request waits for a disk.

Only the writing is left to the thread, not the making of a line: a thread that computes keeps the
one that serves waiting for up to five milliseconds.
"""

import json
import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Literal

from foresell.serving.backlog import Backlog
from foresell.serving.site import LogForm

Level = Literal["INFO", "WARNING", "ERROR"]
Plain = str | float | bool | None
Said = Callable[[Level, str, Mapping[str, Plain]], None]

_MOST = 10_000  # lines that wait to be written; more are dropped and counted
_LONGEST = 20_000  # characters of a text
_FIRST = ("timestamp", "level", "message")  # in front of a line for people, without their names
# ASCII alone, so that no text, half a surrogate or an end of line among them, breaks a line.
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Lines:
    """Lines on their way out: kept in memory for an instant, then written many at once.

    ``write`` gets whole lines, each ending with LF. It may wait or fail, for it is called by a
    thread. ``dropped``: lines that nobody will read: too many waited, or ``write`` failed.
    ``form``: one object of JSON a line, or words. ``now``: seconds since 1970.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        form: Literal["json", "text"] = "json",
        *,
        now: Callable[[], float] = time.time,
        most: int = _MOST,
    ) -> None:
        self.dropped = 0
        self._write, self._now = write, now
        self._line = _encode if form == "json" else text_line
        self._stamp = (0, "")  # the second it was last, and how that is written
        self._backlog = Backlog[str]("log", self._write_all, self._lost, most=most)

    def add(self, level: Level, message: str, fields: Mapping[str, Plain]) -> None:
        """Take a line. ``fields`` that are None or empty are left out."""
        told: dict[str, Plain] = {
            "timestamp": self._moment(),
            "level": level,
            "message": message[:_LONGEST],
        }
        for name, value in fields.items():
            if value is not None and value != "":  # 0 and False are told
                told[name] = value[:_LONGEST] if isinstance(value, str) else value
        if not self._backlog.add(self._line(told)):
            self.dropped += 1

    def close(self) -> None:
        """Write what still waits, within a second; what comes later is dropped."""
        self._backlog.close()

    def _moment(self) -> str:
        """Return this moment in UTC, to the millisecond."""
        now = self._now()
        second, stamp = self._stamp
        if second != int(now):  # it is the same for the requests of a second
            second = int(now)
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._stamp = (second, stamp)
        return f"{stamp}.{int((now - second) * 1000):03d}Z"

    def _write_all(self, lines: Sequence[str]) -> None:
        """Write what was gathered."""
        self._write(("\n".join(lines) + "\n").encode())

    def _lost(self, lines: Sequence[str], _: Exception) -> None:
        """Count what could not be written: a log has nobody to tell."""
        self.dropped += len(lines)


def text_line(told: Mapping[str, Plain]) -> str:
    r"""Return a line for people: when, how grave, what, and the rest by name.

    >>> text_line({"timestamp": "10:00", "level": "INFO", "message": "a\nb", "rows": 2, "x": "y z"})
    '10:00 INFO    a\\nb  rows=2 x="y z"'
    """
    rest = [f"{name}={_word(value)}" for name, value in told.items() if name not in _FIRST]
    message = _encode(str(told["message"]))[1:-1].replace('\\"', '"')
    line = f"{told['timestamp']} {told['level']:<7} {message}"
    return f"{line}  {' '.join(rest)}" if rest else line


def lines_to(stream: BinaryIO, form: LogForm) -> Lines | None:
    """Return lines that go to ``stream``, None where no log is wanted."""
    if form == "off":
        return None

    def write(lines: bytes) -> None:
        stream.write(lines)
        stream.flush()

    return Lines(write, form)


def error_text(error: BaseException) -> str:
    """Return an error with all that is known of where it came from."""
    return "".join(traceback.format_exception(error))[-_LONGEST:]


@contextmanager
def taken_over(
    said: Said, names: Sequence[str] = ("uvicorn", "asyncio", "py.warnings")
) -> Iterator[None]:
    """While it lasts, what libraries log under ``names`` is ``said`` here and nowhere else.

    So are warnings, which would else stand between the lines in a form of their own.
    """
    handler = _Handler(said)
    loggers = [logging.getLogger(name) for name in names]
    before = [(one.handlers, one.propagate, one.level) for one in loggers]
    for one in loggers:
        one.handlers, one.propagate = [handler], False
        one.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        for one, (handlers, propagate, level) in zip(loggers, before, strict=True):
            one.handlers, one.propagate = handlers, propagate
            one.setLevel(level)


class _Handler(logging.Handler):
    """Hands the records of the standard library on."""

    def __init__(self, said: Said) -> None:
        super().__init__()
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record on."""
        grave = record.levelno >= logging.ERROR
        level: Level = "ERROR" if grave else "INFO"
        if record.levelno == logging.WARNING:
            level = "WARNING"
        error = record.exc_info[1] if record.exc_info else None
        told = {"logger": record.name, "exception": error_text(error) if error else ""}
        self._said(level, record.getMessage(), told)


def _word(value: Plain) -> str:
    """Return a value in a word; one that holds a space stands in quotes."""
    if isinstance(value, str):
        quoted = _encode(value)
        return quoted if " " in value or quoted != f'"{value}"' else value
    return _encode(value)
