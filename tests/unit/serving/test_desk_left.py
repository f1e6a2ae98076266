"""Desks whose askers go away before they are answered."""

import asyncio
import gc
import time
from typing import Any

import pytest

from foresell.serving.desk import Desk
from tests.desk_children import LONG_S, child, children, with_desk


def test_who_asked_and_went_away_leaves_the_desk_in_order() -> None:
    async def do(desk: Desk) -> Any:
        gone = asyncio.create_task(desk.ask({"do": "sleep", "seconds": 0.2, "say": "gone"}))
        await asyncio.sleep(0.05)
        gone.cancel()
        return (await desk.ask({"say": "next"}))["heard"]

    assert with_desk(Desk(child("answers"), "the desk"), do) == "next"


def test_who_goes_away_in_line_has_asked_nothing() -> None:
    async def do(desk: Desk) -> Any:
        first = asyncio.create_task(desk.ask({"do": "sleep", "seconds": 0.3}))
        second = asyncio.create_task(desk.ask({"do": "die"}))
        await asyncio.sleep(0.1)
        second.cancel()
        before = (await first)["pid"]
        return (await desk.ask({}))["pid"] == before

    assert with_desk(Desk(child("answers"), "the desk"), do)


def test_what_was_begun_for_who_went_away_is_ended_before_the_next_is_asked() -> None:
    async def do(desk: Desk) -> list[Any]:
        gone = asyncio.create_task(desk.ask({"say": "gone"}))
        while desk.pid is None:
            await asyncio.sleep(0.01)
        gone.cancel()
        # The child answers two questions when it has both: what it has of the first is not enough.
        third = asyncio.create_task(desk.ask({"say": 3}))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(third), 0.3)
        third.cancel()
        return [gone.cancelled(), desk.failing]

    assert with_desk(Desk(child("pairs"), "the desk", seconds=LONG_S), do) == [True, ""]


def test_the_answer_to_who_went_away_goes_to_nobody_and_the_next_has_the_turn_after_it() -> None:
    async def do(desk: Desk) -> Any:
        await desk.ask({"say": "imports are done"})
        gone = asyncio.create_task(desk.ask({"do": "sleep", "seconds": 0.5, "say": "gone"}))
        await asyncio.sleep(0.05)
        gone.cancel()
        began = time.monotonic()
        heard = (await desk.ask({"say": "next"}))["heard"]
        return heard, time.monotonic() - began > 0.4

    assert with_desk(Desk(child("answers"), "the desk", seconds=LONG_S), do) == ("next", True)


@pytest.mark.parametrize("how", ["die", "refuse"])
def test_an_error_of_what_nobody_waits_for_any_more_is_told_nobody(how: str) -> None:
    heard: list[Any] = []

    async def do(desk: Desk) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: heard.append(told))
        await desk.ask({"say": "imports are done"})
        asked = {"do": how, "error": {"kind": "UsageError", "what": "a", "where": "b", "mend": "c"}}
        gone = asyncio.create_task(desk.ask(asked, again=False))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0.3)
        assert (await desk.ask({"say": "next"}))["heard"] == "next"
        gc.collect()

    with_desk(Desk(child("answers"), "the desk", seconds=LONG_S), do)
    assert heard == []


def test_who_goes_away_while_the_child_starts_leaves_it_to_the_next() -> None:
    async def do(desk: Desk) -> None:
        before = children()
        gone = asyncio.create_task(desk.ask({}))
        await asyncio.sleep(0)
        gone.cancel()
        assert (await desk.ask({}))["pid"] == desk.pid
        assert children() - before == {desk.pid}

    with_desk(Desk(child("answers"), "the desk"), do)
