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
from math import isfinite
from typing import Any, BinaryIO, Literal

from foresell.serving.backlog import Backlog
from foresell.serving.site import LogForm

Level = Literal["INFO", "WARNING", "ERROR"]
Plain = str | float | bool | None
Said = Callable[[Level, str, Mapping[str, Plain]], None]

_MOST = 10_000  # lines that wait to be written; more are dropped and counted
_LONGEST = 20_000  # characters of a text
# ASCII alone, so that no text, half a surrogate or an end of line among them, breaks a line.
_quoted: Callable[[str], str] = json.encoder.encode_basestring_ascii


def _number(value: float) -> str:
    """Return a number as JSON has it, which knows none that is not finite."""
    return repr(value) if isfinite(value) else "null"


# How values of the types that most are of are written; those of any other by the slower way.
_JSON: Mapping[type, Callable[[Any], str]] = {str: _quoted, int: int.__repr__, float: _number}


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
        self._line = json_line if form == "json" else text_line
        self._stamp = (0, "")  # the second it was last, and how that is written
        self._backlog = Backlog[str]("log", self._write_all, self._lost, most=most)

    def add(self, level: Level, message: str, fields: Mapping[str, Plain]) -> None:
        """Take a line. ``fields`` that are None or empty are left out."""
        moment = self._moment()
        line = self._line(moment, level, message, fields)
        if len(line) > _LONGEST:  # else no text in it is
            cut = {name: _cut(value) for name, value in fields.items()}
            line = self._line(moment, level, message[:_LONGEST], cut)
        if not self._backlog.add(line):
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


def json_line(moment: str, level: Level, message: str, fields: Mapping[str, Plain]) -> str:
    r"""Return a line for machines: one object. Names of ``fields`` are plain words.

    It is put together by hand, which takes half the time of an encoder that looks at everything.

    >>> json_line("10:00", "INFO", "a\nb", {"rows": 2, "x": "", "share": 0.5, "warm": False})
    '{"timestamp":"10:00","level":"INFO","message":"a\\nb","rows":2,"share":0.5,"warm":false}'
    """
    by_type, other = _JSON.get, json.dumps
    rest = [
        f',"{name}":{by_type(type(value), other)(value)}'
        for name, value in fields.items()
        if value is not None and value != ""  # 0 and False are told
    ]
    head = f'{{"timestamp":"{moment}","level":"{level}","message":{_quoted(message)}'
    return f"{head}{''.join(rest)}}}"


def text_line(moment: str, level: Level, message: str, fields: Mapping[str, Plain]) -> str:
    r"""Return a line for people: when, how grave, what, and the rest by name.

    >>> text_line("10:00", "INFO", "a\nb", {"rows": 2, "x": "y z"})
    '10:00 INFO    a\\nb  rows=2 x="y z"'
    """
    rest = [
        f"{name}={_word(value)}"
        for name, value in fields.items()
        if value is not None and value != ""
    ]
    told = _quoted(message)[1:-1].replace('\\"', '"')
    line = f"{moment} {level:<7} {told}"
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
        quoted = _quoted(value)
        return quoted if " " in value or quoted != f'"{value}"' else value
    return json.dumps(value)


def _cut(value: Plain) -> Plain:
    """Return a value, of a text no more than is written of one."""
    return value[:_LONGEST] if isinstance(value, str) else value
