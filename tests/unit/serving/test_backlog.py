"""A line of work: in order, bounded, and done by another thread, whatever fails."""

import threading
import time
from collections.abc import Sequence

from foresell.serving.backlog import Backlog


def nothing_lost(items: Sequence[int], error: Exception) -> None:
    raise AssertionError(f"{items} were lost: {error}")


def test_everything_is_done_in_order_before_it_is_closed() -> None:
    done: list[int] = []
    backlog = Backlog[int]("test", done.extend, nothing_lost, most=10_000)
    assert all(backlog.add(number) for number in range(5000))
    assert backlog.close()
    assert done == list(range(5000))
    assert backlog.waiting == 0


def test_no_more_waits_than_may_and_what_is_too_much_is_refused_at_once() -> None:
    go_on = threading.Event()
    done: list[int] = []

    def work(items: Sequence[int]) -> None:
        go_on.wait(10)
        done.extend(items)

    backlog = Backlog[int]("test", work, nothing_lost, most=10)
    taken = [backlog.add(weight, weight) for weight in (4, 4, 4, 2, 1)]
    assert taken == [True, True, False, True, False]
    assert backlog.waiting == 10
    go_on.set()
    assert backlog.close()
    assert done == [4, 4, 2]


def test_work_that_fails_is_told_and_the_next_is_done() -> None:
    done: list[int] = []
    lost: list[tuple[list[int], str]] = []

    def work(items: Sequence[int]) -> None:
        if 3 in items:
            raise ValueError("three")
        done.extend(items)

    backlog = Backlog[int](
        "test",
        work,
        lambda items, error: lost.append(([*items], str(error))),
        most=100,
        together=1,
    )
    assert all(backlog.add(number) for number in range(6))
    assert backlog.close()
    assert done == [0, 1, 2, 4, 5]
    assert lost == [([3], "three")]


def test_a_line_that_hangs_is_left_after_a_second() -> None:
    hangs = threading.Event()

    def work(_: Sequence[int]) -> None:
        hangs.wait(30)

    backlog = Backlog[int]("test", work, nothing_lost, most=10)
    backlog.add(1)
    began = time.monotonic()
    assert not backlog.close()
    assert time.monotonic() - began < 5
    assert not backlog.add(2)
    hangs.set()


def test_threads_put_items_in_beside_each_other_and_none_is_lost_or_counted_twice() -> None:
    done: list[int] = []
    backlog = Backlog[int]("test", done.extend, nothing_lost, most=100_000)

    def put(first: int) -> None:
        for number in range(2000):
            assert backlog.add(first + number)

    threads = [threading.Thread(target=put, args=(first,)) for first in (0, 10_000, 20_000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert backlog.close()
    assert backlog.waiting == 0
    assert sorted(done) == [
        first + number for first in (0, 10_000, 20_000) for number in range(2000)
    ]
    assert [number for number in done if number < 10_000] == list(range(2000))
