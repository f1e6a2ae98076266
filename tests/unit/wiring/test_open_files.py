"""The limit of open files, set in a process of its own: it holds for all of one."""

import subprocess
import sys

import pytest

pytest.importorskip("resource", reason="Windows has no such limit")

_PROGRAM = """
import resource, sys
from foresell.wiring.open_files import raise_open_files
soft, hard, wanted = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(raise_open_files(wanted), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "now"),
    [(100, 300, 200, 200), (100, 150, 200, 150), (250, 300, 200, 250), (100, 100, 200, 100)],
)
def test_the_limit_is_raised_as_far_as_may_be_and_never_lowered(
    soft: int, hard: int, wanted: int, now: int
) -> None:
    words = [sys.executable, "-c", _PROGRAM, *map(str, (soft, hard, wanted))]
    ran = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)

    assert ran.stdout.split() == [str(now), str(now), str(hard)]
