"""Two independent projects, two stages at a time and one after the other, alternately.

``python -m benchmarks.side_by_side [--rounds N] [--projects A B] [--data DIR]``: projects that need
no data, whose raw files are in place under FORESELL_HOME, or lie in DIR/PROJECT. Each run begins
with an empty workspace and the same raw files; prints the seconds of each, the median of the
ratios, and whether every file that a stage has made is the same.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from subprocess import run

from foresell.api.staging import stage
from foresell.settings import environment, read_settings

_KEPT = ("raw",)  # what a workspace begins with
_OF_A_RUN = (".lock", ".state", "run.log", "run_id", "run.json", "sources", "registration")


def main() -> None:
    """Measure, and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--projects", nargs="+", default=["retail", "sales_orders"])
    asked.add_argument("--preset", default="fast")
    asked.add_argument("--data", type=Path, help="holds a folder of raw files by project")
    words = asked.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(words.rounds):
            orders = (1, 2) if number % 2 else (2, 1)  # neither is always the first
            seconds, made = {}, {}
            for jobs in orders:
                home = Path(folder) / f"{number}-{jobs}"
                _begin(words.projects, home, words.data)
                seconds[jobs] = _run(words.projects, words.preset, jobs, home)
                made[jobs] = _made(words.projects, home)
                shutil.rmtree(home)
            ratios.append(seconds[1] / seconds[2])
            same = "the same files" if made[1] == made[2] else "OTHER FILES"
            sys.stdout.write(
                f"one after the other {seconds[1]:.1f} s, side by side {seconds[2]:.1f} s: "
                f"{ratios[-1]:.2f} times as fast; {same}\n"
            )
    sys.stdout.write(f"median: {statistics.median(ratios):.2f} times as fast\n")


def _begin(projects: Sequence[str], home: Path, data: Path | None) -> None:
    """Put raw files in place: those of ``data``, and those that were put in place before."""
    before = read_settings().home
    for project in projects:
        if data is not None and (data / project).is_dir():
            stage(project, data / project, home=home)
            continue
        for output in _KEPT:
            if (before / project / output).is_dir():
                shutil.copytree(before / project / output, home / project / output)


def _run(projects: Sequence[str], preset: str, jobs: int, home: Path) -> float:
    """Return the seconds that a run of all ``projects`` takes."""
    own = environment(FORESELL_HOME=str(home), FORESELL_TRACKING="off")
    words = [*projects, "--preset", preset, "--jobs", str(jobs), "--override", "a benchmark"]
    program = "from foresell.cli import main; main()"
    began = time.perf_counter()
    run([sys.executable, "-c", program, "run", *words], env=own, check=True, capture_output=True)
    return time.perf_counter() - began


def _made(projects: Sequence[str], home: Path) -> dict[str, bytes]:
    """Return every file that a stage has made."""
    return {
        f"{project}/{path.relative_to(home / project).as_posix()}": path.read_bytes()
        for project in projects
        for path in sorted((home / project).rglob("*"))
        if path.is_file() and path.relative_to(home / project).parts[0] not in _OF_A_RUN
    }


if __name__ == "__main__":
    main()
