"""Desks, over real processes: what is asked comes back, and a child that fails harms nobody."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from foresell.answer.requests import Problem
from foresell.errors import DataError, ForesellError, GateError, MachineError, SpecError, UsageError
from foresell.serving.crossing_errors import opened, told
from foresell.serving.desk import Desk
from foresell.serving.problems import Refused
from tests.desk_children import LONG_S, child, running, until, with_desk


def test_a_desk_starts_its_child_with_the_first_question_and_keeps_it() -> None:
    async def do(desk: Desk) -> None:
        assert desk.pid is None
        first = await desk.ask({"say": "größer"})
        second = await desk.ask({"say": None})
        assert first == {"pid": desk.pid, "heard": "größer"}
        assert second == {"pid": desk.pid, "heard": None}

    with_desk(Desk(child("answers"), "the desk"), do)


def test_a_large_question_comes_back_whole() -> None:
    text = "ä" * 3_000_000

    async def do(desk: Desk) -> Any:
        return (await desk.ask({"say": text}))["heard"]

    assert with_desk(Desk(child("answers"), "the desk"), do) == text


def test_questions_asked_at_once_each_get_their_own_answer() -> None:
    async def do(desk: Desk) -> list[Any]:
        found = await asyncio.gather(*(desk.ask({"say": number}) for number in range(20)))
        return [one["heard"] for one in found]

    assert with_desk(Desk(child("answers"), "the desk"), do) == list(range(20))


def test_more_questions_than_may_wait_are_refused_with_503_and_when_to_come_again() -> None:
    async def do(desk: Desk) -> None:
        first = asyncio.create_task(desk.ask({"do": "sleep", "seconds": 0.3}))
        second = asyncio.create_task(desk.ask({"say": "waits"}))
        await asyncio.sleep(0)
        with pytest.raises(Refused, match="busy") as refused:
            await desk.ask({"say": "too many"})
        assert (refused.value.status, refused.value.headers) == (503, ((b"retry-after", b"1"),))
        await first
        assert (await second)["heard"] == "waits"
        assert (await desk.ask({"say": "later"}))["heard"] == "later"

    with_desk(Desk(child("answers"), "the desk", waiting=2), do)


def test_a_question_that_takes_too_long_is_504_and_the_next_one_has_a_new_child() -> None:
    async def do(desk: Desk) -> None:
        await desk.start()
        await desk.ask({"say": "imports are done"})
        desk._seconds = 0.3
        before = desk.pid
        assert before is not None
        with pytest.raises(Refused, match=r"more than 0\.3 s") as refused:
            await desk.ask({"do": "sleep", "seconds": 60})
        assert refused.value.status == 504
        desk._seconds = LONG_S
        assert (await desk.ask({}))["pid"] != before
        await until(lambda: not running(before))

    with_desk(Desk(child("answers"), "the desk", seconds=LONG_S), do)


@pytest.mark.parametrize("how", ["die", "throw"])
def test_a_child_that_ends_while_it_works_is_503_and_the_next_question_has_another(
    how: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async def do(desk: Desk) -> None:
        before = (await desk.ask({}))["pid"]
        with pytest.raises(Refused, match="has ended") as refused:
            await desk.ask({"do": how})
        assert refused.value.status == 503
        assert (await desk.ask({}))["pid"] != before

    with_desk(Desk(child("answers"), "the desk"), do)
    assert ("nobody foresaw this" in capfd.readouterr().err) == (how == "throw")


def test_a_question_whose_child_is_killed_beneath_it_is_asked_once_more() -> None:
    async def do(desk: Desk) -> None:
        before = (await desk.ask({}))["pid"]
        asked = asyncio.create_task(desk.ask({"do": "sleep", "seconds": 0.5, "say": "again"}))
        await asyncio.sleep(0.2)
        os.kill(before, signal.SIGKILL)
        found = await asked
        assert found["heard"] == "again"
        assert found["pid"] != before

    with_desk(Desk(child("answers"), "the desk"), do)


def test_a_question_that_must_not_be_asked_twice_is_refused_when_its_child_is_killed() -> None:
    async def do(desk: Desk) -> None:
        before = (await desk.ask({}))["pid"]
        asked = asyncio.create_task(
            desk.ask({"do": "sleep", "seconds": LONG_S, "say": "once"}, again=False)
        )
        await asyncio.sleep(0.2)
        os.kill(before, signal.SIGKILL)
        with pytest.raises(Refused, match="has ended") as refused:
            await asked
        assert refused.value.status == 503
        assert (await desk.ask({"say": "another"}))["heard"] == "another"

    with_desk(Desk(child("answers"), "the desk"), do)


def test_as_many_questions_as_the_child_works_on_are_asked_before_it_has_answered_one() -> None:
    desk = Desk(child("pairs"), "the desk", at_once=2, seconds=LONG_S)

    async def pairs(desk: Desk) -> list[Any]:
        return list(await asyncio.gather(desk.ask({"say": 1}), desk.ask({"say": 2})))

    assert with_desk(desk, pairs) == [1, 2]


def test_a_question_waits_for_its_turn_and_its_answer_within_one_time() -> None:
    async def do(desk: Desk) -> float:
        await desk.ask({"say": "imports are done"})
        desk._seconds = 1.0
        before = desk.pid
        first = asyncio.create_task(desk.ask({"do": "sleep", "seconds": 0.7}))
        await asyncio.sleep(0)
        began = time.monotonic()
        with pytest.raises(Refused) as refused:
            await desk.ask({"do": "sleep", "seconds": 0.9})
        took = time.monotonic() - began
        await first
        assert refused.value.status == 504
        desk._seconds = LONG_S
        assert (await desk.ask({}))["pid"] == before  # it had no second to show that it hangs
        return took

    assert with_desk(Desk(child("answers"), "the desk", seconds=LONG_S), do) < 1.3


def test_a_child_that_was_killed_while_idle_is_replaced_without_a_word() -> None:
    async def do(desk: Desk) -> None:
        await desk.ask({})
        before = desk.pid
        assert before is not None
        os.kill(before, signal.SIGKILL)
        await until(lambda: desk.pid is None)
        assert (await desk.ask({}))["pid"] != before

    with_desk(Desk(child("answers"), "the desk"), do)


def test_a_child_that_always_dies_is_started_less_and_less_often() -> None:
    async def do(desk: Desk) -> list[Refused]:
        refusals = []
        for _ in range(4):
            with pytest.raises(Refused) as refused:
                await desk.ask({})
            refusals.append(refused.value)
        return refusals

    found = with_desk(Desk(child("dies"), "the desk"), do)
    assert [one.status for one in found] == [503] * 4
    assert [one.what for one in found[1:]] == ["the desk has ended 2 times in a row"] * 3


def test_what_is_no_frame_ends_the_child_and_is_503() -> None:
    async def do(desk: Desk) -> int:
        with pytest.raises(Refused) as refused:
            await desk.ask({})
        return refused.value.status

    assert with_desk(Desk(child("noise"), "the desk"), do) == 503


def test_a_program_that_is_not_there_is_503() -> None:
    async def do(desk: Desk) -> None:
        with pytest.raises(Refused, match="cannot be started") as refused:
            await desk.ask({})
        assert refused.value.status == 503

    with_desk(Desk(("/nowhere/python",), "the desk"), do)


@pytest.mark.parametrize(
    "error",
    [
        SpecError("a", "b", "c"),
        DataError("a", "b", "c"),
        UsageError("a", "b", "c"),
        GateError("a", "b", "c"),
        MachineError("a", "b", "c"),
        Refused(
            "a",
            "b",
            "c",
            status=413,
            fields=[Problem(row=1, field="x", rule="minimum", says="d", allowed="e")],
            headers=[(b"retry-after", b"3")],
        ),
    ],
)
def test_errors_of_the_child_come_back_as_themselves(error: ForesellError) -> None:
    async def do(desk: Desk) -> ForesellError:
        with pytest.raises(type(error)) as raised:
            await desk.ask({"do": "refuse", "error": told(error)})
        return raised.value

    found = with_desk(Desk(child("answers"), "the desk"), do)
    assert (type(found), vars(found), found.args) == (type(error), vars(error), error.args)


def test_an_answer_is_opened_to_what_was_answered() -> None:
    assert opened({"number": 1, "answer": {"sum": 3}}) == {"sum": 3}


@pytest.mark.parametrize("behaviour", ["answers", "hangs", "spins"])
def test_closing_ends_the_child_within_a_second_or_two(behaviour: str) -> None:
    async def do() -> tuple[int, float]:
        desk = Desk(child(behaviour), "the desk", waiting=10)
        await desk.start()
        desk.tell({"at": 1})
        pid = desk.pid
        assert pid is not None
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await desk.close()
        assert not desk.tell({"at": 2})
        with pytest.raises(Refused, match="about to end"):
            await desk.ask({})
        return pid, time.monotonic() - began

    pid, took = asyncio.run(do())
    assert not running(pid)
    assert took < 3.0


def test_the_child_ends_when_the_server_is_killed() -> None:
    """The child of the program itself is busy for a minute, and ends all the same."""
    server = (
        "import asyncio, sys\n"
        "from foresell.serving.desk import Desk\n"
        "async def main():\n"
        "    desk = Desk(tuple(sys.argv[1:]), 'the desk')\n"
        "    await desk.start()\n"
        "    print(desk.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", server, *child("answers")], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        assert running(pid)
        program.kill()
        program.wait()
        end = time.monotonic() + LONG_S
        while running(pid) and time.monotonic() < end:
            time.sleep(0.05)
        assert not running(pid)
