"""Kills loads of the warehouse wherever they are, and looks at what is left.

``python -m tests.warehouse_kills JSON`` prints a JSON list, what was found after each kill. Nothing
in foresell knows of this: a load is killed as it calls one of its functions that ask the database
something, when it tells of a phase, or some time after either. Everything is done by forks of this
process, which itself never uses Polars.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from types import FrameType

import foresell
from foresell.pipeline.work import Event
from foresell.wiring import warehouse_load  # noqa: F401 - here once, and not after every kill
from tests.registry_kills import forked
from tests.warehouse_loads import Contents, Warehouse, contents

# Functions at whose call a load may be killed, by the end of the path of their file.
_CALLS = {
    "warehouse/asking.py": ("ask", "change"),
    "warehouse/staging.py": ("as_csv",),
    "psycopg/connection.py": ("commit", "rollback", "close"),
}
LATER = 12  # kills at some time after a point drawn at random, where none is left out
IN_COMMIT = 6
DRAWN = 3  # of each of these three kinds, where only some are drawn
SHORT_S = 0.01


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to kill: loads of ``data`` into copies of the warehouse ``before``.

    ``timed``: a kill in each of the so many longest phases, at a time drawn from how long it takes,
    instead of one at each point. ``every``: at each question too, and not at a few drawn of them;
    phases, statements that change something and the end are always all taken.
    """

    host: str
    before: str
    data: str
    timed: int = 0
    every: bool = False
    seed: int = 8


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a kill at ``point`` left: the warehouse ``before``, ``after``, or some ``other`` one."""

    point: str
    left: str
    killed: bool


def kill_everywhere(plan: Plan) -> list[Found]:
    """Kill loads as planned, then load once more: that is the last one found, not ``killed``."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.warehouse_kills", json.dumps(asdict(plan))],
        cwd=Path(__file__).parents[1],
        env={**os.environ, **Warehouse(plan.host, plan.before).words},  # noqa: TID251
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [Found(**one) for one in json.loads(done.stdout)]


@dataclass
class Points:
    """Points as they are reached; ``delay_s`` after the one that is ``fatal`` the process dies."""

    fatal: int = 0
    delay_s: float = 0.0
    reached: list[tuple[str, float]] = field(default_factory=list)

    def reach(self, name: str) -> None:
        """Pass a point, or end at it."""
        self.reached.append((name, time.monotonic()))
        if len(self.reached) != self.fatal:
            return
        if self.delay_s:
            signal.setitimer(signal.ITIMER_REAL, self.delay_s)  # nothing catches its signal
        else:
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(self, event: Event) -> None:
        """Take the beginning of a phase as a point."""
        if event.kind == "started":
            self.reach(f"phase {event.stage}")

    def see(self, frame: FrameType, moment: str, _: object) -> None:
        """Take the call of a function as a point."""
        code = frame.f_code
        if moment == "call" and any(
            code.co_name in names and code.co_filename.endswith(end)
            for end, names in _CALLS.items()
        ):
            asked = frame.f_locals.get("name", "")
            self.reach(f"{code.co_name} {asked}".strip())


def load(plan: Plan, name: str, points: Points) -> list[tuple[str, float]]:
    """Load into the database ``name``; return the points that were reached, and when.

    Raises:
        RuntimeError: a check failed.
    """
    os.environ.update(Warehouse(plan.host, name).words)  # noqa: TID251 - of a fork
    if not plan.timed:
        sys.setprofile(points.see)
    report = foresell.load_warehouse("walmart", data=plan.data, listen=points.hear)
    sys.setprofile(None)
    if not report.passed:
        raise RuntimeError(f"failed: {report.failed}")
    points.reach("the end")
    if points.delay_s:
        time.sleep(points.delay_s + 1.0)
    return points.reached


def kills(plan: Plan, reached: Sequence[tuple[str, float]]) -> list[tuple[int, float]]:
    """Return points, counted from 1, and how long after each to kill."""
    rng = random.Random(plan.seed)
    if plan.timed:
        pairs = enumerate(pairwise(reached), 1)
        spans = [(late - early, place) for place, ((_, early), (_, late)) in pairs]
        longest = sorted(sorted(spans)[-plan.timed :], key=itemgetter(1))
        return [(place, max(rng.uniform(0.0, 1.0) * span, 0.001)) for span, place in longest]
    numbered = [(place, name) for place, (name, _) in enumerate(reached, 1)]
    asked = [place for place, name in numbered if name.startswith("ask ")]
    spared = set() if plan.every else {*asked} - {*rng.sample(asked, DRAWN)}
    every = [(place, 0.0) for place, _ in numbered if place not in spared]
    commits = [place for place, name in numbered if name == "commit"]
    in_commit, later = (IN_COMMIT, LATER) if plan.every else (DRAWN, DRAWN)
    every += [(place, rng.uniform(0.0, SHORT_S)) for place in commits for _ in range(in_commit)]
    every += [(rng.randint(1, len(reached)), rng.uniform(0.0005, SHORT_S)) for _ in range(later)]
    rng.shuffle(every)
    return every


def everywhere(plan: Plan) -> Sequence[Found]:
    """Kill at each point; see `kill_everywhere`."""
    start = Warehouse(plan.host, plan.before)
    whole = start.copied(f"{plan.before}_whole")
    reached = [
        (str(name), float(at)) for name, at in forked(lambda: load(plan, whole.name, Points()))
    ]
    known = {"before": contents(start), "after": contents(whole)}
    work, found = start.copied(f"{plan.before}_work"), []
    for place, delay_s in kills(plan, reached):
        attempt = partial(load, plan, work.name, Points(fatal=place, delay_s=delay_s))
        killed = forked(attempt) is None
        left = _word(contents(work), known)
        later = f", {delay_s * 1000:.1f} ms later" if delay_s else ""
        found.append(
            Found(point=f"{place} {reached[place - 1][0]}{later}", left=left, killed=killed)
        )
        if left != "before":
            work = start.copied(work.name)
    forked(lambda: load(plan, work.name, Points()))
    return [*found, Found(point="at last", left=_word(contents(work), known), killed=False)]


def _word(left: Contents, known: dict[str, Contents]) -> str:
    return next((word for word, state in known.items() if left == state), "other")


if __name__ == "__main__":
    found_all = everywhere(Plan(**json.loads(sys.argv[1])))
    sys.stdout.write(json.dumps([asdict(one) for one in found_all]) + "\n")
