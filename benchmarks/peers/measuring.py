"""One peer, from its environment to its row. A peer that fails is a row that says why."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from benchmarks.peers.child import Ended, run_child
from benchmarks.peers.contenders import Peer
from benchmarks.peers.environments import pinned_version
from benchmarks.peers.judging import Outcome, fill, read_answer, scores
from benchmarks.peers.question import write_question
from benchmarks.public_task import KEYS, Task
from foresell.errors import UsageError

ROOT = Path(__file__).parent.parent.parent
_THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA", "POLARS", "RAYON")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What all peers share.

    ``task`` and, of it, ``sample``: the drawn series. ``filler``: the forecast that fills holes.
    ``said``: the folder for what the processes print. ``seconds``: the budget of each.
    """

    task: Task
    sample: Task
    filler: pl.DataFrame
    said: Path
    threads: int
    seconds: float


def measure(peer: Peer, ground: Ground, python: Path) -> Outcome:
    """Run ``peer`` by ``python`` in a folder of its own and return its row, whatever happens."""
    asked = ground.task if peer.series is None else ground.sample
    with TemporaryDirectory(prefix="peer-") as home:
        folder = Path(home)
        write_question(asked, folder, ground.threads, ground.seconds)
        ended = run_child(
            [str(python), *peer.words, str(folder)],
            folder,
            ground.said / f"{re.sub(r'[^A-Za-z0-9]+', '-', peer.name)}.txt",
            _surroundings(ground.threads),
            ground.seconds,
        )
        return _row(peer, ground, asked, ended, folder / "forecast.csv")


def unmeasured(peer: Peer, ground: Ground, reason: str) -> Outcome:
    """Return the row of a peer that could not be run."""
    asked = ground.task if peer.series is None else ground.sample
    return replace(_blank(peer, asked), reason=reason)


def _row(peer: Peer, ground: Ground, asked: Task, ended: Ended, answer: Path) -> Outcome:
    """Judge what the process left behind."""
    run = replace(
        _blank(peer, asked),
        seconds=round(ended.seconds, 3),
        cpu_seconds=round(ended.cpu_seconds, 3),
        peak_gib=round(ended.peak_gib, 3),
        others=None if ended.others is None else round(ended.others, 2),
    )
    if ended.code is None:
        return replace(run, reason="over its budget: ended")
    if ended.code:
        return replace(run, reason=f"ended with code {ended.code}: {ended.last_words}")
    try:
        filled = fill(asked, read_answer(answer), ground.filler)
    except UsageError as error:
        return replace(run, reason=error.what)
    drawn = ground.sample.cutoffs.select(KEYS)
    return replace(
        run,
        whole=scores(asked, filled.forecast) if peer.series is None else None,
        sample=scores(ground.sample, filled.forecast.join(drawn, on=KEYS, how="semi")),
        failed_rows=filled.rows,
        failed_series=filled.series,
    )


def _blank(peer: Peer, asked: Task) -> Outcome:
    """Return a row with what every row says of its peer."""
    return Outcome(
        name=peer.name,
        version=pinned_version(peer.library, peer.package) if peer.library else "",
        settings=peer.settings,
        series=asked.cutoffs.height,
        rows=asked.truth.height,
        when=datetime.now(UTC).date().isoformat(),
    )


def _surroundings(threads: int) -> Mapping[str, str]:
    """Return the environment of a peer: what a program needs, its threads, and nothing else.

    Threads that wait do not spin: beside other work, spinning makes LightGBM five times slower.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    limits = {f"{name}_NUM_THREADS": str(threads) for name in _THREADS}
    limits["POLARS_MAX_THREADS"] = str(threads)
    offline = {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "MPLBACKEND": "agg"}
    return {
        **kept,
        **limits,
        **offline,
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
