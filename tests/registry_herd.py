"""Eight processes that use one registry at random, and one that kills them at random.

``python -m tests.registry_herd URL ARTIFACTS FOLDER SECONDS SEED LEAST`` lets them loose upon the
registry of the project ``toy``, kills all of them in the end, and prints what was counted.
``FOLDER`` is made by `bundles`; workers write to its ``log``, a line for each thing done. Workers
are forked, so that a new one is at work at once; nothing has used Polars before, whose threads no
fork survives.
"""

import importlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from foresell.adapters.ledger import open_ledger
from foresell.adapters.store import DirectoryStore
from foresell.adapters.vault import open_vault
from foresell.bundle.bundle import write_bundle
from foresell.errors import ConflictError, GateError, UsageError
from foresell.govern.approving import approve, reject
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import Move, Registry, load, read_state
from foresell.govern.rolling_back import roll_back
from foresell.govern.verifying import verify
from foresell.spec.ports import Ledger
from foresell.spec.registry import GENESIS, Alias, Head, Transition
from tests.small_bundles import small_bundle

PROJECT = "toy"
WORKERS = 8
BUNDLES = 6
ALIASES: tuple[Alias, ...] = ("prod", "staging")
AT_ONCE_S = 5.0  # what a single write may take on a busy machine; a lock left costs 30
ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the registry is, and what is registered. ``folder``: see `bundles`."""

    url: str
    artifacts: Path
    folder: Path

    @property
    def log(self) -> Path:
        """What workers have seen to be done."""
        return self.folder / "log"

    def registry(self, who: str = "judge") -> Registry:
        """Open the registry anew."""
        return Registry(
            ledger=open_ledger(self.url),
            vault=open_vault(str(self.artifacts)),
            clock=lambda: datetime.now(UTC),  # noqa: TID251 - workers share one clock
            who=who,
        )


def bundles(folder: Path) -> None:
    """Write the bundles that are registered: some do not pass the gate, some wait for approval."""
    for number in range(BUNDLES):
        bundle = small_bundle(
            PROJECT, seed=number, passed=number % 3 != 2, approval=number % 2 == 1
        )
        write_bundle(bundle, DirectoryStore(folder / str(number)))


def loose(place: Place, seconds: float, seed: int, least: int = 0) -> Mapping[str, int]:
    """Let a herd loose and wait for its end; return the counts it prints.

    It ends after ``seconds``, but not before ``least`` transitions were kept.
    """
    words = [place.url, str(place.artifacts), str(place.folder)]
    words += [str(seconds), str(seed), str(least)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.registry_herd", *words],
        cwd=Path(__file__).parents[1],
        env={**os.environ, **ALONE},  # noqa: TID251 - what a child inherits, and more
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    counts: Mapping[str, int] = json.loads(done.stdout)
    return counts


def faults(place: Place) -> list[str]:
    """Return everything that is wrong with a registry that a herd has gone over."""
    began = time.monotonic()
    register(
        place.registry("the next one"),
        PROJECT,
        DirectoryStore(place.folder / "0"),
        reason="the next one",
        force=True,
        run_id="next",
    )
    slow = time.monotonic() - began
    found = [f"the next writer waited for {slow:.1f} s"] if slow > AT_ONCE_S else []
    registry = place.registry()
    found += [f"{one.where}: {one.what}" for one in verify(registry, PROJECT).problems]
    kept = registry.ledger.transitions(PROJECT)
    found += _crooked(kept, registry.ledger.head(PROJECT))
    last = [line for line in place.log.read_text().splitlines() if line.startswith("kept ")]
    there = {f"kept {one.number} {one.hash}" for one in kept}
    found += [f"somebody saw this kept, and it is not: {line}" for line in {*last} - there]
    versions = read_state(registry, PROJECT).versions
    if [one.version for one in versions] != list(range(1, len(versions) + 1)):
        found.append("versions are not numbered 1, 2, 3")
    for version in {one.digest: one.version for one in versions}.values():
        load(registry, PROJECT, version)  # raises, where it does not verify
    return found


def _crooked(kept: Sequence[Transition], head: Head) -> list[str]:
    """Return where the list is not one line from its beginning to its head."""
    hashes = [GENESIS, *(one.hash for one in kept)]
    found = [
        f"transition {place} does not follow the one before"
        for place, one in enumerate(kept, start=1)
        if (one.number, one.previous) != (place, hashes[place - 1])
    ]
    return found if head == Head(number=len(kept), hash=hashes[-1]) else [*found, f"head: {head}"]


@dataclass(frozen=True)
class Watched:
    """A ledger, and a line in the log for every race lost and every transition kept."""

    ledger: Ledger
    say: Callable[[str], object]

    def projects(self) -> Sequence[str]:
        return self.ledger.projects()

    def head(self, project: str) -> Head:
        return self.ledger.head(project)

    def transitions(self, project: str) -> Sequence[Transition]:
        return self.ledger.transitions(project)

    def append(self, transition: Transition) -> None:
        try:
            self.ledger.append(transition)
        except ConflictError:
            self.say("conflict")
            raise
        self.say(f"kept {transition.number} {transition.hash}")

    @property
    def label(self) -> str:
        return self.ledger.label


def work(place: Place, name: str) -> None:
    """Do this and that, until killed; refusals are answers, everything else ends the herd."""
    rng, parent = random.Random(name), os.getppid()
    log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(line: str) -> None:
        os.write(log, f"{line}\n".encode())

    mine = place.registry(name)
    registry = Registry(
        ledger=Watched(mine.ledger, say), vault=mine.vault, clock=mine.clock, who=name
    )
    versions = 1
    while os.getppid() == parent:
        verb = rng.choices(list(VERBS), [4, 5, 4, 1, 1])[0]
        try:
            VERBS[verb](registry, place, rng, versions)
        except (UsageError, GateError):
            say(f"refused {verb}")
        else:
            say(f"done {verb}")
        versions = max(1, len(read_state(registry, PROJECT).versions))


def _register(registry: Registry, place: Place, rng: random.Random, _: int) -> None:
    bundle = DirectoryStore(place.folder / str(rng.randrange(BUNDLES)))
    forced = rng.random() < 0.3
    run_id = f"{rng.randrange(1000)}"
    register(registry, PROJECT, bundle, reason="trained", force=forced, run_id=run_id)


def _promote(registry: Registry, _: Place, rng: random.Random, versions: int) -> None:
    alias, override = rng.choice(ALIASES), rng.random() < 0.5
    version = rng.randint(max(1, versions - 9), versions)
    promote(registry, PROJECT, version, alias, reason="better", override=override)


def _roll_back(registry: Registry, _: Place, rng: random.Random, versions: int) -> None:
    alias: Alias = rng.choice(ALIASES)
    if rng.random() < 0.3:
        roll_back(registry, PROJECT, reason="worse", alias=alias, to=rng.randint(1, versions))
    else:
        roll_back(registry, PROJECT, reason="worse", alias=alias, steps=rng.randint(1, 2))


def _approve(registry: Registry, _: Place, rng: random.Random, versions: int) -> Move:
    return approve(registry, PROJECT, rng.randint(1, versions), reason="seen")


def _reject(registry: Registry, _: Place, rng: random.Random, versions: int) -> Move:
    return reject(registry, PROJECT, rng.randint(1, versions), reason="seen through")


VERBS: Mapping[str, Callable[[Registry, Place, random.Random, int], object]] = {
    "register": _register,
    "promote": _promote,
    "roll back": _roll_back,
    "approve": _approve,
    "reject": _reject,
}


def drive(place: Place, seconds: float, seed: int, least: int) -> int:
    """Start workers, kill one at random about six times a second, start another; count.

    One time in sixteen all are killed, in the middle of a write if there is one: a power cut. On a
    busy machine kills are rarer, so that between two of them something is done.
    """
    if place.url.startswith("postgresql"):
        importlib.import_module("psycopg")  # here once, not in every worker
    rng, kills = random.Random(seed), 0
    end = time.monotonic() + seconds
    names = (f"worker {seed}.{number}" for number in range(10**9))
    herd: set[int] = set()
    journal = Path(f"{place.url.removeprefix('sqlite:///')}-journal")  # there while SQLite writes
    place.log.touch()
    while time.monotonic() < end or _said(place)["kept"] < least:
        herd |= {_start(place, next(names)) for _ in range(WORKERS - len(herd))}
        before = _size(place.log)
        time.sleep(rng.uniform(0.05, 0.3))
        _await(place.log, before + 1, seconds=10.0)
        if os.waitpid(-1, os.WNOHANG)[0]:  # it said why
            return 1
        everyone = rng.random() < 1 / 16
        if everyone:
            _await(journal, 0, seconds=0.1)
        for victim in sorted(herd) if everyone else [rng.choice(sorted(herd))]:
            _kill(victim)
            herd.remove(victim)
            kills += 1
    for pid in herd:
        _kill(pid)
    said = _said(place)
    operations = said["done"] + said["refused"]
    counts = {name: said[name] for name in ("kept", "refused", "conflict")}
    sys.stdout.write(
        json.dumps({"operations": operations, "kills": kills + len(herd), **counts}) + "\n"
    )
    return 0


def _said(place: Place) -> Counter[str]:
    """Count what is in the log."""
    return Counter(line.split()[0] for line in place.log.read_text().splitlines())


def _await(path: Path, size: int, seconds: float) -> None:
    """Wait for a file of ``size`` bytes or more, for so many seconds at most."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not (path.exists() and _size(path) >= size):
        time.sleep(0.0005)


def _size(path: Path) -> int:
    """Return how large a file is, 0 where it has gone since somebody saw it."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _start(place: Place, name: str) -> int:
    """Fork a worker; return its id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work(place, name)
    finally:  # where it ends by itself, the traceback is printed by the hook below
        if error := sys.exception():
            sys.excepthook(type(error), error, error.__traceback__)
        os._exit(1)


def _kill(pid: int) -> None:
    """Kill a worker; it is gone when this returns."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


if __name__ == "__main__":
    words = sys.argv[1:]
    asked = Place(url=words[0], artifacts=Path(words[1]), folder=Path(words[2]))
    sys.exit(drive(asked, float(words[3]), int(words[4]), int(words[5])))
