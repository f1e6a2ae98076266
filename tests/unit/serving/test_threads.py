"""Work in threads comes back whole, and holds nobody up at the end."""

import subprocess
import sys
import threading
import time

import pytest

from foresell.serving.threads import Threads

ENDING = """
import asyncio, time
from foresell.serving.threads import Threads

async def main() -> None:
    asyncio.get_running_loop().set_default_executor(Threads(2))
    try:
        await asyncio.wait_for(asyncio.to_thread(time.sleep, 60), 0.2)
    except TimeoutError:
        print("cut off")

asyncio.run(main())
"""


def test_what_is_done_comes_back_and_what_fails_is_raised() -> None:
    threads = Threads(2)
    assert list(threads.map(lambda one: one * 2, range(50))) == [one * 2 for one in range(50)]
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 // 0).result(10)


def test_there_are_never_more_of_them_than_it_was_said() -> None:
    threads = Threads(3)

    def slow(_: int) -> int:
        time.sleep(0.01)
        return threading.get_ident()

    assert 1 <= len(set(threads.map(slow, range(20)))) <= 3


def test_after_the_end_nothing_is_taken_on() -> None:
    threads = Threads(1)
    threads.shutdown()
    with pytest.raises(RuntimeError):
        threads.submit(print)


def test_a_process_ends_though_a_thread_is_at_work() -> None:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", ENDING], capture_output=True, text=True, timeout=50, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "cut off\n", "")
    assert time.monotonic() - began < 30
