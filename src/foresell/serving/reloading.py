"""Keeps every project of a server at the version its shelf says, without a failed request.

A thread per project looks at the shelf five times a second. What is new is fetched, verified,
loaded and proved there; only then it takes the traffic, in one step, and requests that began with
the version before end with it. Whatever goes wrong leaves the version that answers where it is.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import polars as pl

from foresell.bundle.bundle import Bundle
from foresell.errors import DataError, ForesellError, MachineError, UsageError
from foresell.serving.served import Served
from foresell.serving.slots import Refusal, Slot, Standing, Unreachable
from foresell.spec.serving import Live

EVERY_S = 0.2  # between two looks: a promotion is to be seen within a second
_KEPT = 2  # versions in memory: the live one and the one before, to which a rollback goes
_FIRST_WAIT_S = 1.0  # before a refused version is tried again; doubled each time
_LONGEST_WAIT_S = 60.0
_END_S = 1.0
_AT_ONCE = 4  # projects that are loaded side by side when a server starts
# A broken bundle may make a library raise anything; it is refused and told, and the server goes on.
_ANY = (Exception, pl.exceptions.PanicException)

Outcome = Literal["unchanged", "loaded", "refused", "unreachable", "reachable"]
Load = Callable[[Bundle, Live], Served]


@dataclass(frozen=True, kw_only=True)
class Reload:
    """What came of a look at the shelf of ``project``.

    ``outcome``: ``loaded``: ``live`` answers from now on; ``refused``: it is broken, ``why`` says
    how; ``unreachable``: nobody can say what is to answer; ``reachable``: somebody can again;
    ``unchanged``. ``seconds``: what fetching and proving took. ``why`` may be shown to callers;
    ``error`` is for the log.
    """

    project: str
    outcome: Outcome
    live: Live | None = None
    why: str = ""
    seconds: float = 0.0
    error: BaseException | None = None


class Reloader:
    """Keeps one slot at what its shelf says; remembers the last versions it loaded."""

    def __init__(
        self,
        slot: Slot,
        load: Load,
        heard: Callable[[Reload], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``load`` makes a bundle answer, or raises. ``heard`` is told of all that is news."""
        self._slot, self._load, self._heard, self._clock = slot, load, heard, clock
        self._kept: OrderedDict[Live, Served] = OrderedDict()
        self._one = threading.Lock()

    def look(self, *, at_once: bool = False) -> Reload:
        """Look at the shelf, and take what is new there. ``at_once``: try a refused one again.

        One look at a time; who comes meanwhile waits. Nothing that a shelf or a bundle does ends in
        an error here: it is told, and the version that answers stays.
        """
        with self._one:
            try:
                live = self._slot.shelf.look()
            except _ANY as error:
                told = self._lost(error)
                if not isinstance(error, MachineError):  # or an outage is waited for twice
                    self._look_beside()
                return told
            self._found()
            self._look_beside()
            if self._slot.current is not None and live == self._slot.current.live:
                self._stand(refused=None)
                return Reload(project=self._slot.project, outcome="unchanged", live=live)
            return self._take(live, at_once=at_once)

    def _look_beside(self) -> None:
        """See which version is scored beside; none where none is, the last one in an outage."""
        if self._slot.shadow_shelf is None:
            return
        try:
            self._slot.shadow = self._slot.shadow_shelf.look()
        except UsageError:
            self._slot.shadow = None
        except _ANY:
            return  # told by the look at the version that answers, which asks the same place

    def _lost(self, error: BaseException) -> Reload:
        """Note that nobody can say what is to answer; it is told once."""
        why, before = _words(error), self._slot.standing.unreachable
        told = Reload(project=self._slot.project, outcome="unreachable", why=why, error=error)
        if before is None or before.why != why:
            mend = error.mend if isinstance(error, UsageError) else ""
            self._stand(unreachable=Unreachable(why=why, at=self._clock(), mend=mend))
            self._heard(told)
        return told

    def _found(self) -> None:
        """Note that somebody can say it again."""
        if self._slot.standing.unreachable is not None:
            self._stand(unreachable=None)
            self._heard(Reload(project=self._slot.project, outcome="reachable"))

    def _take(self, live: Live, *, at_once: bool) -> Reload:
        """Load ``live`` and give it the traffic, or refuse it; not yet where it just was."""
        slot, refused = self._slot, self._slot.standing.refused
        again = refused is not None and refused.live == live
        if refused is not None and again and not at_once and self._clock() < _next_try(refused):
            return Reload(project=slot.project, outcome="refused", live=live, why=refused.why)
        began = time.perf_counter()
        try:
            served = self._kept.get(live) or self._loaded(live)
        except _ANY as error:
            tries = refused.tries + 1 if refused is not None and again else 1
            now = Refusal(live=live, why=_words(error), at=self._clock(), tries=tries)
            self._stand(refused=now)
            told = Reload(
                project=slot.project, outcome="refused", live=live, why=now.why, error=error
            )
        else:
            self._keep(served)
            slot.current = served  # one step: a request has the one or the other
            slot.standing = Standing(loaded_at=self._clock())
            told = Reload(project=slot.project, outcome="loaded", live=live)
        told = replace(told, seconds=time.perf_counter() - began)
        self._heard(told)
        return told

    def _loaded(self, live: Live) -> Served:
        """Return a version that was verified, loaded and proved.

        Raises:
            DataError: it is of another project, or of another kind.
        """
        served = self._load(self._slot.shelf.fetch(live), live)
        found = (served.spec.name, served.spec.kind)
        if found != (self._slot.project, self._slot.kind):
            raise DataError(
                f"this is a bundle of the {found[1]} project {found[0]!r}",
                f"what is to answer for {self._slot.project!r}, which is {self._slot.kind}",
                f"put a bundle of {self._slot.project!r} there",
            )
        return served

    def _keep(self, served: Served) -> None:
        """Remember ``served`` as the last one, and forget what was before the one before."""
        self._kept[served.live] = served
        self._kept.move_to_end(served.live)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def _stand(self, **changed: Any) -> None:
        """Put in how things stand, whole, where something of it is new."""
        before = self._slot.standing
        if any(getattr(before, name) != value for name, value in changed.items()):
            self._slot.standing = replace(before, **changed)


class Reloading:
    """The reloaders of a server, each in a thread of its own from `begin` to `end`."""

    def __init__(
        self,
        slots: Mapping[str, Slot],
        load: Load,
        heard: Callable[[Reload], None] = lambda _: None,
        *,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Every slot gets its ``reload``."""
        self._reloaders = {name: Reloader(one, load, heard, clock) for name, one in slots.items()}
        for name, slot in slots.items():
            slot.reload = partial(self._reloaders[name].look, at_once=True)
        self._every_s = every_s
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Look at every shelf once, some side by side; then go on looking in threads."""
        with ThreadPoolExecutor(_AT_ONCE, "first look") as threads:
            for _ in threads.map(Reloader.look, self._reloaders.values()):
                pass
        self._over.clear()
        self._threads = [
            # A daemon: a look that hangs in an outage must not keep a server from ending.
            threading.Thread(target=self._watch, args=(one,), name=f"reload {name}", daemon=True)
            for name, one in self._reloaders.items()
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Look no more; returns when the threads have ended or a second has passed."""
        self._over.set()
        until = time.monotonic() + _END_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _watch(self, reloader: Reloader) -> None:
        """Look again and again until it is over."""
        while not self._over.wait(self._every_s):
            reloader.look()


def _next_try(refused: Refusal) -> float:
    """Return when a refused version is tried again, seconds since 1970."""
    return refused.at + min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** (refused.tries - 1))


def _words(error: BaseException) -> str:
    """Return what went wrong in a line that callers may see: no path, nothing of a library's own.

    >>> _words(DataError("a file was changed", "/home/jo", "mend it")), _words(ValueError("x"))
    ('a file was changed', 'it ended in ValueError')
    """
    return error.what if isinstance(error, ForesellError) else f"it ended in {type(error).__name__}"
