"""A whole run of the real ``walmart`` that several files of tests look at, done once for them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

import foresell
from foresell.api import RunResult
from tests.retail_runs import ask
from tests.same_bytes import once


@pytest.fixture(scope="session")
def walmart_by_python(tmp_path_factory: pytest.TempPathFactory, walmart_data: Path) -> Path:
    """The home that ``foresell.run("walmart", preset="fast")`` fills; to look at, or to copy."""

    def make(made: Path) -> None:
        ask(made / "home", "stage", "walmart", str(walmart_data))
        foresell.run("walmart", preset="fast", home=made / "home")

    return once(tmp_path_factory, "walmart_by_python", make) / "home"


@pytest.fixture(scope="session")
def walmart_result(walmart_by_python: Path) -> RunResult:
    """What is said of that run: asked again, and every stage is kept."""
    with _alone(walmart_by_python):
        return foresell.run("walmart", preset="fast", home=walmart_by_python)


def copied(home: Path, to: Path) -> None:
    """Copy a home that others look at."""
    with _alone(home):
        shutil.copytree(home, to)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold a home, as soon as no other process of this test session does."""
    with home.with_suffix(".held").open("a") as lock:
        flock(lock, LOCK_EX)
        yield
