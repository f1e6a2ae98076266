"""What foresell says when it cannot go on: what happened, where, and how to mend it.

The tree, named for the reader's next move; the number is the exit code of the command line::

    ForesellError
    |-- SpecError      2  edit the declaration (project.yaml, contract.yaml)
    |-- DataError      2  mend the data: a file, a row, a column
    |-- UsageError     2  ask differently: an option, a name, a date
    |-- GateError      1  the work was done and did not pass: read the report
    |-- CandidateError 1  one candidate cannot go on: the run goes on without it and says so
    `-- MachineError   3  mend the machine: a missing program, a full disk, a lock that is held
        `-- ConflictError  3  somebody else wrote first: read again, and ask again
"""

from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMPARED = 100  # characters of a name: who knows how long one is that came from outside


class ForesellError(Exception):
    """Base of every error raised on purpose."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, where: str, mend: str) -> None:
        super().__init__(what, where, mend)  # whole, so that the error survives a process pool

    @property
    def what(self) -> str:
        """What happened."""
        return str(self.args[0])

    @property
    def where(self) -> str:
        """The file, line, column or option it happened at."""
        return str(self.args[1])

    @property
    def mend(self) -> str:
        """The reader's next move."""
        return str(self.args[2])

    def __str__(self) -> str:
        """Return the three parts, one line each."""
        return f"{self.what}\n  where: {self.where}\n  mend:  {self.mend}"


class SpecError(ForesellError):
    """A declaration contradicts itself: edit the project file or the contract."""

    exit_code = 2


class DataError(ForesellError):
    """The data is not what was declared: mend the file it came from."""

    exit_code = 2


class UsageError(ForesellError):
    """The request cannot be answered as it was put: ask differently."""

    exit_code = 2


class GateError(ForesellError):
    """The work was done and its result did not pass: read the report it names."""

    exit_code = 1


class CandidateError(ForesellError):
    """One candidate cannot learn or answer: the run goes on without it and says so."""

    exit_code = 1


class MachineError(ForesellError):
    """This machine lacks something: install it, free it, or wait for it."""

    exit_code = 3


class ConflictError(MachineError):
    """Somebody else wrote first, and nothing of this was kept: read again, and ask again."""


def counted(count: int, noun: str) -> str:
    """Return how many there are, in words that agree.

    >>> counted(1, "file"), counted(1200, "row")
    ('1 file', '1,200 rows')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def nearest(name: str, known: "Iterable[str]", most: int | None = None) -> str:
    """Return a hint that names the nearest known name, and lists all of them or the first ``most``.

    >>> nearest("horizn", ["horizon", "season"])
    "did you mean 'horizon'? Known: horizon, season"
    >>> nearest("x", ["horizon"])
    'known: horizon'
    >>> nearest("x", ["a", "b", "c"], most=2)
    'known: a, b, and 1 more'
    """
    names = sorted(known)
    close = get_close_matches(name[:_COMPARED], names, n=1, cutoff=0.6)
    listed = ", ".join(names[:most])
    if most is not None and len(names) > most:
        listed += f", and {len(names) - most} more"
    return f"did you mean {close[0]!r}? Known: {listed}" if close else f"known: {listed}"
