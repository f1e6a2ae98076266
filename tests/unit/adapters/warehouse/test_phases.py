"""The stopwatch of a load: what each phase took, and what whoever waits is told."""

from collections.abc import Callable, Iterator

import pytest

from foresell.adapters.warehouse.phases import Phases


class Heard:
    """A clock that is moved by hand, and what was told."""

    def __init__(self) -> None:
        self.now, self.told = 0.0, list[tuple[str, str]]()

    def phases(self) -> Phases:
        return Phases(lambda: self.now, lambda kind, phase, *_: self.told.append((kind, phase)))

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def slow(self, seconds: float, times: int) -> Iterator[int]:
        for at in range(times):
            self.wait(seconds)
            yield at


def test_reading_and_staging_by_turns_are_measured_apart() -> None:
    heard = Heard()
    phases = heard.phases()

    with phases.read_and_staged():
        for _ in phases.reading(heard.slow(2.0, 3)):
            heard.wait(0.5)

    assert phases.seconds == {"read": 6.0, "stage": 1.5}
    assert heard.told == [
        ("started", "read"),
        ("started", "stage"),
        ("done", "read"),
        ("done", "stage"),
    ]


def test_a_phase_that_is_left_open_ends_with_the_whole() -> None:
    heard = Heard()
    phases = heard.phases()

    with phases.whole():
        with phases.during("check", "look"):
            heard.wait(1.0)
        phases.begin("commit", "keep")
        heard.wait(2.0)

    assert phases.seconds == {"check": 1.0, "commit": 2.0}


def failing(phases: Phases, act: Callable[[], object]) -> None:
    with phases.whole(), phases.during("upsert", "let in"):
        act()


def test_a_phase_that_did_not_end_has_failed_and_no_seconds() -> None:
    heard = Heard()
    phases = heard.phases()

    with pytest.raises(ZeroDivisionError):
        failing(phases, lambda: 1 // 0)

    assert heard.told == [("started", "upsert"), ("failed", "upsert")]
    assert phases.seconds == {}


def failing_to_read(phases: Phases) -> None:
    with phases.whole(), phases.read_and_staged():
        for _ in phases.reading(1 // (3 - at) for at in range(5)):
            pass


def test_what_fails_in_reading_is_no_failure_of_staging() -> None:
    heard = Heard()

    with pytest.raises(ZeroDivisionError):
        failing_to_read(heard.phases())

    assert heard.told == [("started", "read"), ("started", "stage"), ("failed", "read")]


def test_a_phase_that_came_to_its_end_and_did_not_pass_has_failed_and_has_seconds() -> None:
    heard = Heard()
    phases = heard.phases()

    with phases.whole(), phases.during("check", "look"):
        heard.wait(1.0)
        phases.fail("check")

    assert heard.told == [("started", "check"), ("failed", "check")]
    assert phases.seconds == {"check": 1.0}
