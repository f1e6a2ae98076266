"""What registering and promoting costs: real bundles, each command a process of its own, no MLflow.

``python -m benchmarks.registry --data DIR`` trains ``walmart`` (preset fast) in a temporary home;
with ``--bundle FOLDER``, again for more, it takes bundles that a run has left. Seconds are of whole
processes, with Python's start and all imports: the median of some rounds, from the least to the
most, and the median of CPU seconds. Cold: the files of the bundle and of the registry were written
back and left the system's memory before. The first registration also makes the registry. Beside it
what a person would do by hand: ``cp -r`` of the same folder, and ``sha256sum`` of the copy.
Exits with 1 when registering and promoting ``walmart`` takes 2 s or more.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from rich.console import Console
from rich.table import Table

import foresell

ROUNDS = 5
PROMISE_S = 2.0
PROMISED = "walmart"
Cost = tuple[float, float]  # wall and CPU seconds
_COMMAND = (sys.executable, "-c", "from foresell.cli import main; main()")
_BY_HAND = 'cp -r "$1" "$2" && find "$2" -type f -exec sha256sum {} + > "$2.sums"'
_TOGETHER = "register + promote"


def forget(*folders: Path) -> None:
    """Let what the files hold leave the system's memory, as after a restart."""
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def spent(words: Sequence[str], env: Mapping[str, str]) -> Cost:
    """Return what a process costs, from its start to its end."""
    before, began = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, check=True, env={**os.environ, **env}, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - began, getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu


def steps(project: str, bundle: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the commands, in an order in which each has something to do."""
    reason = ("--reason", "a measurement")
    prod = ("--to", "prod", *reason)
    yield "register", ("register", project, str(bundle), *reason)
    yield "promote", ("promote", project, "1", *prod)
    yield "register again", ("register", project, str(bundle), "--force", *reason)
    yield "promote the second", ("promote", project, "2", *prod)
    yield "roll back", ("rollback", project, *reason)
    yield "verify", ("verify", project)


def measured(project: str, bundle: Path, place: Path, *, cold: bool) -> dict[str, list[Cost]]:
    """Return the cost of every step, a value a round; each round has a registry of its own."""
    found: dict[str, list[Cost]] = {}
    for number in range(ROUNDS):
        home = place / f"{'cold' if cold else 'warm'}-{number}"
        home.mkdir()
        env = {"FORESELL_HOME": str(home), "FORESELL_TRACKING": "off"}
        for name, words in steps(project, bundle):
            if cold:
                forget(bundle, home)
            found.setdefault(name, []).append(spent((*_COMMAND, "registry", *words), env))
        if cold:
            forget(bundle)
        by_hand = ("sh", "-c", _BY_HAND, "sh", str(bundle), str(home / "copy"))
        found.setdefault("cp -r, sha256sum", []).append(spent(by_hand, {}))
    pairs = zip(found["register"], found["promote"], strict=True)
    both = [(one[0] + other[0], one[1] + other[1]) for one, other in pairs]
    return found | {_TOGETHER: both}


def shown(project: str, bundle: Path, cost: Mapping[str, Mapping[str, list[Cost]]]) -> Table:
    """Return the table of one bundle."""
    files = [path for path in bundle.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    about = f"{project}: {len(files)} files, {size / 1e6:.1f} MB; seconds, {ROUNDS} rounds"
    table = Table("", title=about)
    for name in cost:
        table.add_column(name.upper(), justify="right")
    for step in cost["cold"]:
        table.add_row(step, *(_cell(each[step]) for each in cost.values()))
    return table


def _cell(costs: Sequence[Cost]) -> str:
    """Return wall and CPU seconds as a person reads them."""
    walls, cpus = zip(*costs, strict=True)
    least, most = min(walls), max(walls)
    middle, cpu = statistics.median(walls), statistics.median(cpus)
    return f"{middle:.2f} ({least:.2f} to {most:.2f}), CPU {cpu:.2f}"


def trained(data: Path, home: Path) -> Path:
    """Return the bundle of ``walmart``, trained with the least effort."""
    own = data / PROMISED if (data / PROMISED).is_dir() else data
    foresell.run(PROMISED, data=own, preset="fast", until="refit", home=home)
    return home / PROMISED / "bundle"


def main() -> int:
    """Measure, print, and compare with the promise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, help="with walmart/ or its files; trains a bundle")
    parser.add_argument("--bundle", type=Path, action="append", default=[], help="of a run")
    asked = parser.parse_args()
    if asked.data is None and not asked.bundle:
        parser.error("give --data DIR or --bundle FOLDER")
    console, kept = Console(), True
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        bundles = [*asked.bundle, *([] if asked.data is None else [trained(asked.data, place)])]
        for number, bundle in enumerate(bundles):
            project = str(json.loads((bundle / "metadata.json").read_bytes())["project"])
            own = place / str(number)
            own.mkdir()
            cost = {
                "cold": measured(project, bundle, own, cold=True),
                "warm": measured(project, bundle, own, cold=False),
            }
            console.print(shown(project, bundle, cost))
            if project == PROMISED:
                walls = [wall for wall, _ in cost["cold"][_TOGETHER]]
                kept &= statistics.median(walls) < PROMISE_S
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
