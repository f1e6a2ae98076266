"""``python -m benchmarks.tabular --data DIR``: rows of tables, beside other libraries.

``DIR`` holds ``sales_orders/`` and ``california/``. ``--only errors|coverage|peers`` does one of
the three, ``--project NAME`` one project. *Errors*: the mean test RMSE over 20 splits of whole
orders and the year 2005 (sales_orders), over 5 splits (california_housing), with the default
preset, beside baselines. *Peers*: on the same splits a plain gradient boosting, and on the first
three tuned ones; what was found for a split is kept, for it does not hang on foresell, and
``--only errors`` tells the tuned ones that were measured before. *Coverage*:
the share of test rows between p10 and p90, mean over 20 splits, preset fast. Scored once: a tree
with uncommitted changes is refused, every scored run is a line of ``benchmarks/log.csv``, and all
figures are in ``benchmarks/tabular/found/``.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.scored_runs import append, clean_commit
from benchmarks.tabular.ground import Ground, ground
from benchmarks.tabular.measuring import Scored, peers_scored, scored
from benchmarks.tabular.peers import TUNED, TUNED_SMALL
from foresell.data.row_splits import RowSplit
from foresell.errors import ForesellError
from foresell.pipeline.fingerprint import code_digest, digest
from foresell.spec.project import ProjectSpec

ROOT = Path(__file__).parent.parent.parent
FOUND = Path(__file__).parent / "found"
FOLDERS = {"sales_orders": "sales_orders", "california_housing": "california"}
SPLITS = {"sales_orders": 20, "california_housing": 5}
COVERED = 20  # splits over which coverage is averaged
TUNED_SPLITS = 3  # the first ones, and the one in time: searching on twenty would take hours
PEERS = {"sales_orders": TUNED_SMALL, "california_housing": TUNED}
OURS, PLAIN_PEER = "foresell", "gradient boosting, plain"


def main() -> int:
    """Measure what was asked for, print and keep it."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.tabular", description=__doc__)
    asked.add_argument("--data", type=Path, required=True, help="folder that holds both projects")
    asked.add_argument("--only", choices=["errors", "coverage", "peers"])
    asked.add_argument("--project", choices=list(FOLDERS))
    options = asked.parse_args()
    console = Console()
    try:
        for name in [options.project] if options.project else FOLDERS:
            rows = ground(name, options.data / FOLDERS[name])
            if options.only == "peers":
                _peers(rows, console)
            if options.only in {None, "errors"}:
                console.print(
                    _errors(rows, clean_commit(ROOT), console, searching=not options.only)
                )
            if options.only in {None, "coverage"}:
                console.print(_coverage(rows, clean_commit(ROOT), console))
    except ForesellError as error:
        console.print(str(error), markup=False)
        return error.exit_code
    return 0


def _cuts(rows: Ground) -> dict[str, tuple[ProjectSpec, RowSplit]]:
    """Return the splits of a project by name: those of the seeds, then the one in time."""
    name = rows.project.name
    found = {f"seed {seed}": rows.cut(seed) for seed in range(SPLITS[name])}
    if rows.project.split.test_from is not None:
        found[f"from {rows.project.split.test_from}"] = rows.cut_in_time()
    return found


def _peers(rows: Ground, console: Console, *, searching: bool = True) -> dict[str, dict[str, Any]]:
    """Return what other libraries say of each split; those not yet measured are.

    Without ``searching`` the tuned ones are told where they were measured before.
    """
    name = rows.project.name
    place = FOUND / f"{name}_peers.json"
    kept: dict[str, dict[str, Any]] = json.loads(place.read_text("utf-8")) if place.exists() else {}
    for number, (split, cut) in enumerate(_cuts(rows).items()):
        wanted = number < TUNED_SPLITS or not split.startswith("seed")
        tuned = PEERS[name] if wanted and searching else {}
        if not {PLAIN_PEER, *tuned} <= set(kept.get(split, {}).get("rmse", {})):
            peers = peers_scored(rows, cut, split, tuned)
            kept[split] = asdict(peers)
            _write(place, kept)
            console.print(_line(split, peers.rmse), highlight=False)
    return kept


def _errors(rows: Ground, commit: str, console: Console, *, searching: bool) -> Table:
    """Score every split of a project, with its peers, and the split in time where declared."""
    name, found = rows.project.name, list[Scored]()
    peers = _peers(rows, console, searching=searching)
    for split, cut in _cuts(rows).items():
        one = scored(rows, cut, split, "default")
        console.print(_line(f"{split}, {one.champion}", one.rmse), highlight=False)
        found.append(one)
    _keep(name, "errors", found, rows, commit)
    said = {one.split: {**one.rmse, **peers[one.split]["rmse"]} for one in found}
    drawn = [split for split in said if split.startswith("seed")]
    late = [split for split in said if split not in drawn]
    title = f"{name}: test RMSE, mean of splits"
    table = _table(
        title, "SPLITS", "RMSE", "OF PLAIN", "OF FORESELL", *(one.upper() for one in late)
    )
    for who in said[drawn[0]]:
        mine = [split for split in drawn if who in said[split]]
        own = _mean(said[split][who] for split in mine)
        shares = [own / _mean(said[split][other] for split in mine) for other in (PLAIN_PEER, OURS)]
        later = [_number(said[split].get(who, math.nan)) for split in late]
        shown = [f"{share:.3f}" for share in shares]
        table.add_row(who, str(len(mine)), _number(own), *shown, *later)
    return table


def _coverage(rows: Ground, commit: str, console: Console) -> Table:
    """Measure how many test rows the band from p10 to p90 holds."""
    name, found = rows.project.name, list[Scored]()
    for seed in range(COVERED):
        found.append(scored(rows, rows.cut(seed), f"seed {seed}", "fast"))
        held = f"{found[-1].split}, {found[-1].coverage:.1%} in the band"
        console.print(_line(held, found[-1].rmse), highlight=False)
    _keep(name, "coverage", found, rows, commit)
    values = [one.coverage for one in found]
    table = _table(f"{name}: test rows from p10 to p90", "MEAN", "LOWEST", "HIGHEST", "WIDTH")
    table.add_row(
        f"{found[0].method}, {len(found)} splits",
        *(f"{value:.1%}" for value in (_mean(values), min(values), max(values))),
        _number(_mean(one.width for one in found)),
    )
    return table


def _keep(name: str, what: str, found: Sequence[Scored], rows: Ground, commit: str) -> None:
    """Write what was found of a project beside what is there, and a line of the log."""
    place = FOUND / f"{name}.json"
    kept: dict[str, Any] = json.loads(place.read_text("utf-8")) if place.exists() else {}
    configuration = digest([code_digest("foresell.models.tabular.learner"), rows.project])[:16]
    kept[what] = {
        "commit": commit,
        "configuration": configuration,
        "splits": [asdict(one) for one in found],
    }
    _write(place, kept)
    append({
        "commit": commit,
        "configuration": configuration,
        "what": f"{name}, {what}: {_summary(what, found)}",
        "n": sum(one.rows for one in found),
        "seconds": round(sum(one.seconds for one in found), 1),
    })


def _write(place: Path, kept: Mapping[str, Any]) -> None:
    """Write figures as JSON."""
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _summary(what: str, found: Sequence[Scored]) -> str:
    """Return the one number of a log line."""
    if what == "coverage":
        return f"{_mean(one.coverage for one in found):.4f}"
    drawn = [one for one in found if one.split.startswith("seed")]
    late = [f", {one.split} {_number(one.rmse[OURS])}" for one in found if one not in drawn]
    return f"RMSE {_number(_mean(one.rmse[OURS] for one in drawn))}{''.join(late)}"


def _line(split: str, rmse: Mapping[str, float]) -> str:
    """Return one split in words, while others are still to come."""
    return f"{split}: {', '.join(f'{who} {_number(value)}' for who, value in rmse.items())}"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    return table


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _number(value: float) -> str:
    """Return an error with the digits that say something.

    >>> _number(523.456), _number(0.40123)
    ('523.5', '0.4012')
    """
    if math.isnan(value):
        return "–"
    return f"{value:,.1f}" if value >= 10 else f"{value:.4f}"


if __name__ == "__main__":
    sys.exit(main())
