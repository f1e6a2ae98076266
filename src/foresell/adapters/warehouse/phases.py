"""How long each phase of a load took, told to whoever waits."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from foresell.spec.warehouse import PHASES, Phase

Hear = Callable[[str, Phase, str, float], None]  # kind of event, phase, words, seconds
_Thing = TypeVar("_Thing")


class Phases:
    """Measures phases by a clock that counts seconds.

    ``hear`` is told when a phase has ``started``, is ``done`` or has ``failed``, where it ``waits``
    for somebody, and each ``note``. One that failed has seconds where it came to its end.
    """

    def __init__(self, clock: Callable[[], float], hear: Hear) -> None:
        self._clock, self._hear = clock, hear
        self._begun: dict[Phase, float] = {}
        self._failed: set[Phase] = set()
        self._spent: dict[Phase, float] = {}

    @property
    def seconds(self) -> dict[str, float]:
        """What each phase took that is over, in the order of phases."""
        return {phase: round(self._spent[phase], 3) for phase in PHASES if phase in self._spent}

    def note(self, phase: Phase, text: str) -> None:
        """Tell one thing about a phase at work."""
        self._hear("note", phase, text, 0.0)

    def wait(self, phase: Phase, text: str) -> None:
        """Tell what a phase waits for."""
        self._hear("waits", phase, text, 0.0)

    def fail(self, phase: Phase) -> None:
        """Note that a phase at work does not pass, though it comes to its end."""
        self._failed.add(phase)

    def begin(self, phase: Phase, text: str) -> None:
        """Start a phase."""
        self._begun[phase] = self._clock()
        self._hear("started", phase, text, 0.0)

    def end(self, phase: Phase) -> None:
        """End a phase that was begun."""
        self._add(phase, self._clock() - self._begun.pop(phase))
        self._hear("failed" if phase in self._failed else "done", phase, "", self._spent[phase])

    @contextmanager
    def whole(self) -> Iterator[None]:
        """End the phases that are still open when the block ends; they failed where it did."""
        try:
            yield
        except BaseException:
            for phase in reversed(list(self._begun)):
                self._hear("failed", phase, "", 0.0)
            raise
        for phase in list(self._begun):
            self.end(phase)

    @contextmanager
    def during(self, phase: Phase, text: str) -> Iterator[None]:
        """Measure a phase for as long as the block lasts, and does not fail."""
        self.begin(phase, text)
        yield
        self.end(phase)

    @contextmanager
    def read_and_staged(self) -> Iterator[None]:
        """Measure a block that reads and stages by turns; see `reading`."""
        self._spent["read"] = 0.0
        self._hear("started", "read", "read the raw files", 0.0)
        with self.during("stage", "copy the rows into staging"):
            yield
            self._hear("done", "read", "", self._spent["read"])
            self._begun["stage"] += self._spent["read"]  # which is not the copy's

    def reading(self, things: Iterable[_Thing]) -> Iterator[_Thing]:
        """Yield ``things``; what it takes to get each one is reading, and so is failing to."""
        rest = iter(things)
        while True:
            begun = self._clock()
            try:
                thing = next(rest)
            except StopIteration:
                return
            except BaseException:
                self._begun.pop("stage", None)
                self._begun["read"] = begun
                raise
            finally:
                self._add("read", self._clock() - begun)
            yield thing

    def _add(self, phase: Phase, seconds: float) -> None:
        self._spent[phase] = self._spent.get(phase, 0.0) + seconds
