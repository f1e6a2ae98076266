"""A program that a test has run leaves no process behind, however it ends."""

import subprocess
from pathlib import Path

import pytest

from foresell.settings import environment
from tests.held_tree import held

# A process in a session of its own, as Airflow starts the command of a task.
APART = "setsid sleep 300 & echo $!; "


def alive(process: str) -> bool:
    return Path(f"/proc/{process.strip()}").exists()


def test_what_it_says_and_how_it_ends_is_told_and_what_it_left_is_gone(tmp_path: Path) -> None:
    ran = held(["sh", "-c", f"{APART} exit 5"], env=environment(), cwd=tmp_path, patience_s=60)
    assert ran.returncode == 5
    assert ran.stdout.strip().isdecimal()
    assert not alive(ran.stdout)


def test_one_that_takes_too_long_is_killed_with_all_it_started(tmp_path: Path) -> None:
    told = tmp_path / "told"
    words = ["sh", "-c", f"({APART}) > {told}; wait; sleep 300"]
    with pytest.raises(subprocess.TimeoutExpired):
        held(words, env=environment(), cwd=tmp_path, patience_s=1)
    assert not alive(told.read_text("utf-8"))
