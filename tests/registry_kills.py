"""Kills one that writes to a registry at each point where it writes, and looks at what is left.

``python -m tests.registry_kills FOLDER ACT URL SEED`` prints a JSON list: what was found after each
kill. ``URL`` is that of a PostgreSQL server's database, or ``sqlite``. Nothing in foresell knows of
this: write points are what Python's audit hooks, its profiler and SQLAlchemy's events tell of; with
PostgreSQL, those of the database alone, as the files are written in the same way. Everything is
done by forks of this process, which itself never uses Polars.
"""

import importlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from foresell.adapters.ledger import open_ledger
from foresell.adapters.store import DirectoryStore
from foresell.adapters.vault import open_vault
from foresell.errors import UsageError
from foresell.govern.chain import canonical
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import Registry
from foresell.govern.rolling_back import roll_back
from foresell.govern.verifying import verify
from tests.registry_herd import ALONE, PROJECT, bundles
from tests.services import empty_database

Act = Literal["register first", "register by force", "promote", "roll back"]
History = list[str]
INSIDE = 5  # kills in the middle of each commit
SLOW_COMMIT_S = 0.01
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_AUDITED = ("os.rename", "os.link", "os.mkdir", "os.remove", "os.truncate", "sqlite3.connect")
_CALLS = frozenset({("c_call", "write"), ("c_call", "fsync"), ("c_return", "replace")})
_PLACES = ("vault.py", "pathlib.py")
_READS = ("SELECT", "PRAGMA", "SHOW")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a kill at ``point`` left: the ``old`` history, the ``new`` one, or some ``other``.

    ``again``: the same after it was asked for again; ``problems``: what both looks found.
    """

    point: str
    left: str
    again: str
    problems: tuple[str, ...] = ()


def kill_everywhere(folder: Path, act: Act, url: str = "sqlite", seed: int = 6) -> list[Found]:
    """Kill one that does ``act`` at each write point, in an order drawn by ``seed``."""
    bundles(folder / "bundles")
    done = subprocess.run(
        [sys.executable, "-m", "tests.registry_kills", str(folder), act, url, str(seed)],
        cwd=Path(__file__).parents[1],
        env={**os.environ, **ALONE},  # noqa: TID251 - what a child inherits, and more
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [Found(**{**one, "problems": tuple(one["problems"])}) for one in json.loads(done.stdout)]


@dataclass(frozen=True)
class Scene:
    """A registry, and what ``act`` finds in it. ``server``: a database, empty for SQLite."""

    home: Path
    bundles: Path
    server: str
    act: Act

    def registry(self) -> Registry:
        return Registry(
            ledger=open_ledger(self.server or f"sqlite:///{self.home / 'registry.db'}"),
            vault=open_vault(str(self.home / "objects")),
            clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
            who="jo",
        )

    def bundle(self, number: int) -> DirectoryStore:
        return DirectoryStore(self.bundles / str(number))

    def again(self) -> None:
        """Make it what it was at first."""
        before = self.home.with_name("before")
        if before.exists():
            shutil.rmtree(self.home)
            shutil.copytree(before, self.home)
        if self.server:
            empty_database(self.server)
        if self.server or not before.exists():
            forked(lambda: prepare(self))
        if not before.exists():
            shutil.copytree(self.home, before)


@dataclass
class Points:
    """Write points as they are reached; at the one that is ``fatal`` the process is killed.

    ``delay_s``: it is killed that much later, wherever it is then: in the middle of a commit.
    """

    home: str
    fatal: int
    delay_s: float = 0.0
    reached: list[str] = field(default_factory=list)

    def reach(self, name: str) -> None:
        """Pass a point, or end at it."""
        self.reached.append(f"{len(self.reached) + 1} {name.replace(self.home, '')}")
        if len(self.reached) == self.fatal and self.delay_s:
            signal.setitimer(signal.ITIMER_REAL, self.delay_s)  # nothing catches its signal
        elif len(self.reached) == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, *, files: bool) -> None:
        """Begin to see them, with or without those of files; there is no end."""
        for moment in ("before", "after"):
            event.listen(Engine, f"{moment}_cursor_execute", self._statement(moment))
        event.listen(Engine, "commit", lambda _: self.reach("before commit"))
        event.listen(Pool, "close", lambda *_: self.reach("before close"))
        if files:
            sys.addaudithook(self._audited)
            sys.setprofile(self._called)

    def _audited(self, name: str, args: tuple[Any, ...]) -> None:
        writes = bool(args[2] & _WRITES) if name == "open" else name in _AUDITED
        if writes and self.home in str(args[0]):
            self.reach(f"before {name} {args[0]}")

    def _called(self, frame: FrameType, moment: str, called: Any) -> None:
        if (moment, getattr(called, "__name__", "")) not in _CALLS:
            return
        if frame.f_code.co_filename.endswith(_PLACES) and not isinstance(called.__self__, str):
            self.reach(f"{moment} {called.__name__}")

    def _statement(self, moment: str) -> Callable[..., None]:
        def said(connection: Connection, cursor: object, statement: str, *_: object) -> None:
            if not statement.lstrip().upper().startswith(_READS):
                self.reach(f"{moment} {' '.join(statement.split()[:3])}")

        return said


def prepare(scene: Scene) -> None:
    """Do what was done before."""
    scene.home.mkdir(exist_ok=True)
    if scene.act == "register first":
        return
    registry = scene.registry()
    for number in (0, 4):
        register(registry, PROJECT, scene.bundle(number), reason="trained", run_id=f"r{number}")
    promote(registry, PROJECT, 1, "prod", reason="better")
    if scene.act == "roll back":
        promote(registry, PROJECT, 2, "prod", reason="better")


def do(scene: Scene) -> None:
    """Do it; done a second time it changes nothing, or says that there is nothing to be done."""
    registry = scene.registry()
    if scene.act == "promote":
        promote(registry, PROJECT, 2, "prod", reason="better")
    elif scene.act == "roll back":
        roll_back(registry, PROJECT, reason="worse", to=1)
    else:
        forced = scene.act == "register by force"
        bundle = scene.bundle(0)
        register(registry, PROJECT, bundle, reason="trained", run_id="mine", force=forced)


def history(scene: Scene) -> History:
    """The history as it is."""
    return [canonical(one).decode() for one in scene.registry().ledger.transitions(PROJECT)]


def problems(scene: Scene) -> list[str]:
    """What verification finds; it reads every version."""
    try:
        return [f"{one.where}: {one.what}" for one in verify(scene.registry(), PROJECT).problems]
    except UsageError as error:  # nothing is registered, which is no problem
        return [] if "has no versions" in error.what else [error.what]


def forked(task: Callable[[], object]) -> Any:
    """Return what ``task`` returns in a fork of this process; None where it was killed.

    Raises:
        RuntimeError: it ended otherwise.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            answer = json.dumps(task())
            os.write(writing, answer.encode())
            os._exit(0)
        finally:
            if error := sys.exception():
                sys.excepthook(type(error), error, error.__traceback__)
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as answer_file:
        said = answer_file.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGKILL, signal.SIGALRM}:
        return None
    if status:
        raise RuntimeError(f"ended with {os.waitstatus_to_exitcode(status)}")
    return json.loads(said)


def after_kill(scene: Scene) -> dict[str, Any]:
    """Look, ask again, and look."""
    left, wrong = history(scene), problems(scene)
    do(scene)
    return {"left": left, "again": history(scene), "problems": [*wrong, *problems(scene)]}


def everywhere(scene: Scene, seed: int) -> Sequence[Found]:
    """Kill at each point; see `kill_everywhere`."""
    scene.again()
    old = forked(lambda: history(scene))

    def counted() -> list[str]:
        points = Points(home=str(scene.home), fatal=0)
        points.watch(files=not scene.server)
        do(scene)
        sys.setprofile(None)
        return points.reached

    names: list[str] = forked(counted)
    new = forked(lambda: history(scene))
    rng = random.Random(seed)
    kills = [(place, 0.0) for place in range(len(names))]
    commits = [place for place, name in enumerate(names) if name.endswith("before commit")]
    kills += [(place, rng.uniform(0.0, SLOW_COMMIT_S)) for place in commits for _ in range(INSIDE)]
    rng.shuffle(kills)
    killing = Killing(scene, names, {"old": old, "new": new})
    return [killing.at(place, delay_s) for place, delay_s in kills]


@dataclass(frozen=True)
class Killing:
    """One act, killed again and again. ``known``: the histories it may leave."""

    scene: Scene
    names: Sequence[str]
    known: Mapping[str, History]

    def at(self, place: int, delay_s: float) -> Found:
        """Kill it at one point, or so much later."""
        self.scene.again()
        seen_alive = forked(lambda: self._hit(place, delay_s)) is not None
        seen = forked(lambda: after_kill(self.scene))
        word = {json.dumps(lines): name for name, lines in self.known.items()}
        return Found(
            point=self.names[place] + (f", {delay_s * 1000:.1f} ms later" if delay_s else ""),
            left=word.get(json.dumps(seen["left"]), "other"),
            again=word.get(json.dumps(seen["again"]), "other"),
            problems=(*seen["problems"], *(["it was not killed"] if seen_alive else [])),
        )

    def _hit(self, place: int, delay_s: float) -> bool:
        """Do it and be killed."""
        points = Points(home=str(self.scene.home), fatal=place + 1, delay_s=delay_s)
        points.watch(files=not self.scene.server)
        do(self.scene)
        time.sleep(delay_s + 1.0 if delay_s else 0.0)
        return True


def main() -> int:
    """Do what the words on the command line ask for."""
    folder, act, url, seed = sys.argv[1:]
    importlib.import_module("alembic.command")  # here once, and not after every kill
    home, server = Path(folder) / "home", "" if url == "sqlite" else url
    scene = Scene(home, Path(folder) / "bundles", server, act)  # type: ignore[arg-type]
    found = everywhere(scene, int(seed))
    sys.stdout.write(json.dumps([asdict(one) for one in found]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
