"""What a memory promises: each thing made once, as long as its stamp stays and there is room."""

from threading import Barrier, Event, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.dashboard.reading.memory import PLACE, Memory
from foresell.dashboard.reading.weight import weight_of
from foresell.errors import DataError

WAIT_S = 20.0
BOUND = 200_000
sizes = st.integers(min_value=0, max_value=300_000)
asked = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2), sizes), max_size=40)


class Made:
    """Makes bytes and counts how often it did, by name."""

    def __init__(self) -> None:
        self.times: dict[object, int] = {}

    def ask(self, memory: Memory, what: int, stamp: object = None, size: int = 10) -> bytes:
        def make() -> bytes:
            self.times[what] = self.times.get(what, 0) + 1
            return bytes([what % 256]) * size

        return memory.kept(what, stamp, make)


def together(*works: Any) -> None:
    """Do all of it at once; it is an error if one does not come to its end."""
    threads = [Thread(target=work, daemon=True) for work in works]
    for one in threads:
        one.start()
    for one in threads:
        one.join(WAIT_S)
    assert not [one for one in threads if one.is_alive()], "they wait for each other"


@given(asked=asked)
def test_what_is_kept_together_never_holds_more_than_the_bound_and_one_thing_that_is_heavier(
    asked: list[tuple[int, int, int]],
) -> None:
    memory, made = Memory(BOUND), Made()
    for what, stamp, size in asked:
        made.ask(memory, what, stamp, size)
        weights = memory.weights
        assert what in weights
        assert sum(one for one in weights.values() if one <= BOUND) <= BOUND
        assert len([one for one in weights.values() if one > BOUND]) <= 1


@given(asked=asked)
def test_what_was_made_of_a_stamp_is_never_given_for_another_one(
    asked: list[tuple[int, int, int]],
) -> None:
    memory = Memory(BOUND)
    for what, stamp, size in asked:
        told = memory.kept(what, stamp, lambda found=(what, stamp, b"0" * size): found)  # type: ignore[misc]
        assert told[:2] == (what, stamp)


@given(names=st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_what_was_not_asked_for_the_longest_goes_first(names: list[int]) -> None:
    size = 20_000
    memory, made = Memory(BOUND), Made()
    room = BOUND // (PLACE + weight_of((0, None, b"0" * size)))
    for name in names:
        made.ask(memory, name, size=size)
    lately = list(dict.fromkeys(reversed(names)))[:room]

    assert list(memory.weights) == lately[::-1]


def test_a_thing_is_made_again_only_when_its_stamp_is_another_one() -> None:
    memory, made = Memory(), Made()
    for stamp in ("a", "a", "b", "b", "a"):
        made.ask(memory, 1, stamp)
    assert made.times == {1: 3}


def test_a_thing_that_is_heavier_than_the_bound_is_not_made_anew_and_takes_no_room_of_others() -> (
    None
):
    memory, made = Memory(BOUND), Made()
    for _ in range(3):
        made.ask(memory, 1, size=2 * BOUND)
        made.ask(memory, 2, size=BOUND // 4)
        made.ask(memory, 3, size=BOUND // 4)
    made.ask(memory, 4, size=3 * BOUND)

    assert made.times == {1: 1, 2: 1, 3: 1, 4: 1}
    assert list(memory.weights) == [2, 3, 4]


def test_many_things_of_no_size_are_bounded_too() -> None:
    memory, made = Memory(BOUND), Made()
    for what in range(1_000):
        made.ask(memory, what, size=0)
    assert len(memory.weights) <= BOUND // PLACE


def test_those_that_want_the_same_thing_at_once_wait_for_one_making_of_it() -> None:
    memory, start, told = Memory(), Barrier(8), list[object]()
    times = list[int]()

    def make() -> object:
        times.append(1)
        Event().wait(0.1)
        return object()

    def ask() -> None:
        start.wait(WAIT_S)
        told.append(memory.kept("one", "s", make))

    together(*[ask] * 8)

    assert len(times) == 1
    assert len(told) == 8
    assert len({id(one) for one in told}) == 1


def test_who_wants_another_thing_does_not_wait_for_a_slow_one() -> None:
    memory, began, done = Memory(), Event(), Event()

    def slow() -> None:
        def make() -> bool:
            began.set()
            return done.wait(WAIT_S)

        assert memory.kept("slow", None, make)

    def quick() -> None:
        began.wait(WAIT_S)
        assert memory.kept("quick", None, lambda: 7) == 7
        done.set()

    together(slow, quick)
    assert done.is_set()


def test_things_that_are_made_of_each_other_in_any_order_never_wait_for_each_other() -> None:
    names = ("a", "b", "c")
    memory, start = Memory(), Barrier(3)
    told: dict[str, str] = {}

    def of(first: str, second: str) -> str:
        """Make one thing of the next, which two others are making just then."""
        start.wait(WAIT_S)
        return first + memory.kept(second, None, lambda: second)

    def ask(at: int) -> None:
        first, second = names[at], names[(at + 1) % 3]
        told[first] = memory.kept(first, None, lambda: of(first, second))

    together(*(lambda at=at: ask(at) for at in range(3)))

    assert set(told) == set(names)
    assert all(made.startswith(first) for first, made in told.items())


def test_a_thing_that_asks_for_itself_while_it_is_made_is_made_and_does_not_wait() -> None:
    memory = Memory()
    whole = memory.kept("one", 1, lambda: "outer " + memory.kept("one", 2, lambda: "inner"))
    assert whole == "outer inner"


def test_what_could_not_be_made_is_tried_by_the_next_and_locks_nobody_out() -> None:
    memory, start = Memory(), Barrier(4)
    told = list[str]()

    def fails() -> str:
        raise DataError("it is broken", "file", "mend it")

    def ask() -> None:
        start.wait(WAIT_S)
        try:
            memory.kept("one", None, fails)
        except DataError as error:
            told.append(error.what)

    together(*[ask] * 4)

    assert told == ["it is broken"] * 4
    assert memory.weights == {}
    assert memory.kept("one", None, lambda: "mended") == "mended"


@given(plan=st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=6, max_size=6))
def test_whatever_is_made_of_whatever_threads_come_to_an_end_and_leave_nothing_behind(
    plan: list[list[int]],
) -> None:
    memory = Memory()

    def make(what: int, depth: int) -> int:
        if depth < 4:
            for other in plan[what]:
                memory.kept(other, None, lambda one=other: make(one, depth + 1))  # type: ignore[misc]
        return what

    def ask(first: int) -> None:
        for what in (first, 5 - first):
            assert memory.kept(what, None, lambda: make(what, 0)) == what  # noqa: B023

    together(*(lambda first=first: ask(first) for first in range(4)))

    assert vars(memory)["_making"] == {}
    assert vars(memory)["_waiting"] == {}


@pytest.mark.parametrize("what", [("file", "a"), "state", 3])
def test_a_thing_is_kept_by_its_name_whatever_kind_of_name_that_is(what: Any) -> None:
    memory = Memory()
    assert [memory.kept(what, None, lambda: [1]) for _ in range(2)] == [[1], [1]]
    assert list(memory.weights) == [what]
