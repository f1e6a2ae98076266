"""What waits can be stopped by Ctrl-C, also where Polars has the system resume calls."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

_CTRL_C = b"\x03"
_WAITS = {
    "a lock": "from foresell.adapters.file_locks import lock; lock(open(sys.argv[1], 'a'))",
    "input": "from foresell.cli.standard_input import read_input; read_input()",
    "a page": "from foresell.wiring.tracking_page import until_ended; until_ended(child)",
}
_SCRIPT = """
import fcntl, signal, subprocess, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C in this terminal is for this process
signal.signal(signal.SIGINT, signal.default_int_handler)
import polars
other = open(sys.argv[1], "a")
fcntl.flock(other, fcntl.LOCK_EX)
child = subprocess.Popen(["sleep", "60"], start_new_session=True)
print("ready", flush=True)
try:
    {wait}
except KeyboardInterrupt:
    child.kill()
    print("stopped")
"""


@pytest.mark.parametrize("name", _WAITS)
def test_ctrl_c_ends_a_wait_though_polars_is_imported(name: str, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT.format(wait=_WAITS[name]), str(tmp_path / "lock")],
        stdin=theirs,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        os.write(ours, _CTRL_C)
        assert process.communicate(timeout=20)[0] == "stopped\n"
    finally:
        process.kill()
        os.close(ours)
        os.close(theirs)
