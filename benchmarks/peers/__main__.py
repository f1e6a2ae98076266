"""``python -m benchmarks.peers --data DIR``: other libraries on the public task, measured here.

``DIR`` holds ``walmart/`` with the competition's files. Each library is installed from a
hash-pinned list into an environment of its own below ``--cache``, and run in a process of its own.
Outcomes are kept in ``benchmarks/peers.json``; the tables in ``benchmarks/README.md`` and the
picture are made from it, so that ``--only NAME`` renews some rows and leaves the others.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from benchmarks.peers.contenders import PEERS, SAMPLE, Peer
from benchmarks.peers.environments import python_of, solve
from benchmarks.peers.judging import Outcome, scores
from benchmarks.peers.measuring import ROOT, Ground, measure, unmeasured
from benchmarks.peers.own import own_outcome
from benchmarks.peers.picture import picture
from benchmarks.peers.question import SEED, sampled
from benchmarks.peers.showing import markdown, replace_between_markers, rich_table
from benchmarks.public_task import check_scorer, forecast_task, load_task
from foresell.errors import ForesellError, UsageError
from foresell.models.baselines import BASELINES
from foresell.models.effort import EFFORTS

KEPT = ROOT / "benchmarks" / "peers.json"
PAGE = ROOT / "benchmarks" / "README.md"
PICTURE = ROOT / "benchmarks" / "peers.svg"
NAIVE = "seasonal naive, the filler"
_WIDE = 130  # the table has nine columns


def main() -> int:
    """Measure who was asked for, keep it, show it."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    asked.add_argument("--data", type=Path, help="folder that holds walmart/")
    asked.add_argument("--only", action="append", metavar="NAME", help="part of a row's name")
    asked.add_argument("--budget", type=float, default=15, metavar="MINUTES", help="of each peer")
    asked.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    asked.add_argument("--cache", type=Path, default=ROOT / ".bench-peers", metavar="DIR")
    asked.add_argument("--preset", choices=list(EFFORTS), default="default")
    asked.add_argument("--solve", action="store_true", help="pin the libraries anew, and end")
    options = asked.parse_args()
    console = Console(width=max(_WIDE, Console().width))
    try:
        if options.solve:
            for library in sorted({peer.library for peer in PEERS if peer.library}):
                solve(library)
        else:
            console.print(_measured(options, console))
    except ForesellError as error:
        console.print(str(error), markup=False)
        return error.exit_code
    return 0


def _measured(options: argparse.Namespace, console: Console) -> object:
    """Measure, write json, page and picture, and return the table."""
    ground = _ground(options)
    kept = {one.name: one for one in _kept()} if options.only else {}
    for outcome in _outcomes(options, ground):
        remark = outcome.reason or f"{outcome.seconds or 0:.0f} s"
        console.print(f"{outcome.name}: {remark}", markup=False, highlight=False, soft_wrap=True)
        kept[outcome.name] = outcome
        _write(list(kept.values()), options)
    return rich_table(
        list(kept.values()), "the public task walmart, all libraries on the same rows"
    )


def _ground(options: argparse.Namespace) -> Ground:
    """Rebuild the task, prove the scorer, and draw the sample.

    Raises:
        UsageError: no folder was named.
    """
    if options.data is None:
        raise UsageError("no data", "--data", "name the folder that holds walmart/")
    task = load_task(options.data / "walmart")
    check_scorer(task)
    said = options.cache / "said"
    said.mkdir(parents=True, exist_ok=True)
    return Ground(
        task=task,
        sample=sampled(task, SAMPLE),
        filler=forecast_task(task, BASELINES["seasonal_naive"]),
        said=said,
        threads=options.threads,
        seconds=options.budget * 60,
    )


def _outcomes(options: argparse.Namespace, ground: Ground) -> Iterator[Outcome]:
    """Yield the row of each that was asked for: the filler, foresell, the peers in order.

    Raises:
        UsageError: nobody has such a name.
    """

    def wanted(name: str) -> bool:
        return not options.only or any(part.lower() in name.lower() for part in options.only)

    own = f"foresell, {options.preset}"
    if not any(wanted(name) for name in (NAIVE, own, *(peer.name for peer in PEERS))):
        raise UsageError(
            f"nobody is called {', '.join(options.only)}",
            "--only",
            f"name a part of: {own}; {'; '.join(peer.name for peer in PEERS)}",
        )
    if wanted(NAIVE):
        yield _naive(ground)
    if wanted(own):
        yield own_outcome(ground, options.data, options.preset, Path(sys.executable))
    for peer in PEERS:
        if wanted(peer.name):
            yield _one(peer, ground, options.cache)


def _one(peer: Peer, ground: Ground, cache: Path) -> Outcome:
    """Return the row of a peer; an environment that cannot be built is the reason in it."""
    try:
        python = Path(sys.executable) if peer.library is None else python_of(peer.library, cache)
    except UsageError as error:
        return unmeasured(peer, ground, error.what)
    return measure(peer, ground, python)


def _naive(ground: Ground) -> Outcome:
    """Return the row of the filler itself, computed by the driver and so without a cost."""
    peer = Peer(
        name=NAIVE,
        library=None,
        package="foresell",
        words=(),
        settings="foresell's baseline: the value of the week a year before",
    )
    row = asdict(unmeasured(peer, ground, ""))
    row["whole"] = scores(ground.task, ground.filler)
    row["sample"] = scores(ground.sample, ground.filler)
    return Outcome(**row)


def _kept() -> list[Outcome]:
    """Return the outcomes of earlier runs."""
    if not KEPT.is_file():
        return []
    return [Outcome(**row) for row in json.loads(KEPT.read_text(encoding="utf-8"))["outcomes"]]


def _write(outcomes: Sequence[Outcome], options: argparse.Namespace) -> None:
    """Write the outcomes, the page and the picture; after each, so that a run can be stopped."""
    whole = {"machine": _machine(), "outcomes": [asdict(one) for one in outcomes]}
    KEPT.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    head, sample = _sentences(outcomes, options)
    replace_between_markers(PAGE, markdown(outcomes, head, sample))
    PICTURE.write_text(picture(outcomes), encoding="utf-8")


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def _sentences(outcomes: Sequence[Outcome], options: argparse.Namespace) -> tuple[str, str]:
    """Return what is said before each of the two tables."""
    days = sorted({one.when for one in outcomes if one.cpu_seconds is not None})
    others = [one.others for one in outcomes if one.others is not None]
    span = "" if not days else days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    busy = ""
    if others:
        low, high = f"{min(others):.1f}", f"{max(others):.1f}"
        busy = f" Meanwhile {low if low == high else f'{low} to {high}'} cores did other work"
        busy += ": the seconds are too many, the CPU seconds less so." if max(others) > 0.3 else "."
    head = (
        f"`make bench-peers DATA=DIR`, {span}, {_machine()}, at most {options.threads} threads and "
        f"{options.budget:g} minutes each.{busy}"
    )
    sample = (
        f"On the rows of {SAMPLE} series, drawn once with the seed {SEED}; seconds are those of "
        "the whole run, which for AutoARIMA and Prophet was this sample only:"
    )
    return head, sample


if __name__ == "__main__":
    sys.exit(main())
