"""Notes that desks are told, over real processes: a child that fails harms nobody."""

import asyncio
import time
from datetime import date
from typing import Any

import pytest

from foresell.serving.desk import Desk
from tests.desk_children import child, running, until, with_desk


def test_notes_are_told_together_and_those_that_were_told_of_come_back() -> None:
    heard: list[Any] = []

    async def do(desk: Desk) -> None:
        assert all(desk.tell({"at": number}) for number in range(10))
        assert desk.tell({"day": date(2012, 11, 2)})
        await until(lambda: sum(one["done"] for one in heard) == 11)

    with_desk(Desk(child("answers"), "the desk", heard=heard.append), do)
    notes = [note for one in heard for note in one["told"]]
    assert notes == [*({"at": number} for number in range(10)), {"day": "2012-11-02"}]
    assert len(heard) == 1


def test_a_slow_child_gets_what_it_can_do_and_the_rest_is_dropped_and_counted_at_once() -> None:
    heard: list[Any] = []

    async def do(desk: Desk) -> int:
        took: list[float] = []
        for number in range(100):
            began = time.perf_counter()
            desk.tell({"at": number})
            took.append(time.perf_counter() - began)
            await asyncio.sleep(0.005)
        assert sorted(took)[50] < 0.001
        await until(lambda: sum(one.get("done", 0) for one in heard) + desk.dropped == 100)
        return desk.dropped

    dropped = with_desk(Desk(child("slow"), "the desk", waiting=10, heard=heard.append), do)
    assert 0 < dropped < 100
    assert sum(one.get("lost", 0) for one in heard) == dropped


@pytest.mark.parametrize("behaviour", ["dies", "throws", "noise"])
def test_notes_that_die_with_the_child_are_counted(behaviour: str) -> None:
    async def do(desk: Desk) -> int:
        assert desk.tell({"at": 1}, weight=3)
        await until(lambda: desk.dropped > 0)
        assert desk.tell({"at": 2}, weight=4)
        await until(lambda: desk.dropped > 3)
        return desk.dropped

    assert with_desk(Desk(child(behaviour), "the desk", waiting=10), do) == 7


@pytest.mark.parametrize("behaviour", ["hangs", "spins"])
def test_a_child_that_hangs_over_its_notes_is_killed_and_they_are_counted(behaviour: str) -> None:
    async def do(desk: Desk) -> int:
        await desk.start()
        before = desk.pid
        assert before is not None
        assert desk.tell({"at": 1})
        await until(lambda: desk.dropped == 1)
        await until(lambda: not running(before))
        return desk.dropped

    assert with_desk(Desk(child(behaviour), "the desk", seconds=0.5, waiting=10), do) == 1
