"""Real Walmart and real sales orders in one home, and the dashboard over it, for several tests."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import pytest

from foresell.settings import environment
from tests.retail_runs import ask
from tests.same_bytes import once
from tests.walmart_runs import copied

_COMMAND = (sys.executable, "-c", "from foresell.cli import main; main()", "dashboard")


@pytest.fixture(scope="session")
def looked_home(
    tmp_path_factory: pytest.TempPathFactory, walmart_by_python: Path, walmart_data: Path
) -> Path:
    """A home with runs of ``walmart`` and ``sales_orders``, preset fast; to look at, or to copy."""

    def make(made: Path) -> None:
        copied(walmart_by_python, made / "home")
        data = str(walmart_data.parent / "sales_orders")
        ask(made / "home", "run", "sales_orders", "--preset", "fast", "--data", data)

    return once(tmp_path_factory, "looked_home", make) / "home"


@contextmanager
def dashboard(home: Path, *words: str) -> Iterator[str]:
    """Show ``home`` for as long as the block lasts; the address of the server."""
    variables = environment(FORESELL_HOME=str(home), FORESELL_TRACKING="off")
    asked = [*_COMMAND, *words, "--port", "0", "--format", "json"]
    with (home / "dashboard.log").open("a") as log:
        process = subprocess.Popen(
            asked, env=variables, cwd=home, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            assert process.stdout is not None
            lines = takewhile(lambda line: line != "}\n", process.stdout)
            text = "".join([*lines, "}"])
            yield json.loads(text)["url"].removesuffix("/ui")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            process.stdout.close() if process.stdout else None
