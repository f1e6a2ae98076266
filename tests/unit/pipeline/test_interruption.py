"""A run that dies at any moment and is started again gives the bytes of an undisturbed one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from shutil import copytree

import pytest

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.pipeline.runner import Runner
from foresell.pipeline.work import Request
from tests.builders import snapshot, weekly_files
from tests.unit.pipeline.conftest import GROUND, MakeRequest

OLD = weekly_files(stores=1, depts=1, weeks=100, seed=1)
NEW = weekly_files(stores=1, depts=1, weeks=100, seed=2)


class Killed(BaseException):
    """Stands for a signal: nothing catches it."""


@contextmanager
def killed_at(verb: str, nth: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """Die at the start of the ``nth`` call of a method of Path; gives the number of calls."""
    original, calls, seen = getattr(Path, verb), count(1), [0]

    def dying(path: Path, *args: object, **kwargs: object) -> object:
        seen[0] = next(calls)
        if seen[0] == nth:
            raise Killed
        return original(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, verb, dying)
        yield lambda: seen[0]


def run(workspace: DirectoryWorkspace, request: Request) -> None:
    with workspace.locked():
        Runner(workspace=workspace, clock=lambda: 0.0, listen=lambda _: None).run(GROUND, request)


@pytest.fixture
def undisturbed(tmp_path: Path, ask: MakeRequest) -> Mapping[str, bytes]:
    run(DirectoryWorkspace(tmp_path / "undisturbed"), ask(NEW))
    return snapshot(tmp_path / "undisturbed")


@pytest.mark.parametrize("verb", ["rename", "write_bytes", "mkdir", "unlink"])
@pytest.mark.parametrize("before", [None, OLD], ids=["a first run", "a run over other data"])
def test_a_run_killed_anywhere_and_started_again_gives_the_same_bytes(
    verb: str,
    before: dict[str, bytes] | None,
    undisturbed: Mapping[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ask: MakeRequest,
) -> None:
    earlier = DirectoryWorkspace(tmp_path / "earlier")
    if before is not None:
        run(earlier, ask(before))
    for nth in count(1):
        workspace = DirectoryWorkspace(tmp_path / f"{nth}")
        if before is not None:
            copytree(earlier.root, workspace.root)
        try:
            with killed_at(verb, nth, monkeypatch) as calls:
                run(workspace, ask(NEW))
        except Killed:
            run(workspace, ask(NEW))
            assert snapshot(workspace.root) == undisturbed, nth
        else:
            assert snapshot(workspace.root) == undisturbed
            assert calls() == nth - 1 >= 4  # every call was a place to die at
            return
