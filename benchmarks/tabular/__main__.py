"""``python -m benchmarks.tabular --data DIR``: rows of tables, beside other libraries.

``DIR`` holds ``sales_orders/`` and ``california/``. ``--only errors|coverage`` does one of the two,
``--project NAME`` one project. *Errors*: the mean test RMSE over 20 splits of whole orders and
the year 2005 (sales_orders), over 5 splits (california_housing), with the default preset, beside
baselines, a plain and tuned peers. *Coverage*: the share of test rows between p10 and p90, mean
over 20 splits, preset fast. Scored once: a tree with uncommitted changes is refused, every scored
run is a line of ``benchmarks/log.csv``, and all figures are in ``benchmarks/tabular.json``.
"""

import argparse
import json
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
from benchmarks.tabular.measuring import Scored, scored
from benchmarks.tabular.peers import TUNED, TUNED_SMALL
from foresell.errors import ForesellError
from foresell.pipeline.fingerprint import code_digest, digest

ROOT = Path(__file__).parent.parent.parent
FOUND = ROOT / "benchmarks" / "tabular.json"
FOLDERS = {"sales_orders": "sales_orders", "california_housing": "california"}
SPLITS = {"sales_orders": 20, "california_housing": 5}
COVERED = 20  # splits over which coverage is averaged
PEERS = {"sales_orders": TUNED_SMALL, "california_housing": TUNED}


def main() -> int:
    """Measure what was asked for, print and keep it."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.tabular", description=__doc__)
    asked.add_argument("--data", type=Path, required=True, help="folder that holds both projects")
    asked.add_argument("--only", choices=["errors", "coverage"])
    asked.add_argument("--project", choices=list(FOLDERS))
    options = asked.parse_args()
    console = Console()
    try:
        commit = clean_commit(ROOT)
        for name in [options.project] if options.project else FOLDERS:
            rows = ground(name, options.data / FOLDERS[name])
            if options.only in {None, "errors"}:
                console.print(_errors(rows, commit, console))
            if options.only in {None, "coverage"}:
                console.print(_coverage(rows, commit, console))
    except ForesellError as error:
        console.print(str(error), markup=False)
        return error.exit_code
    return 0


def _errors(rows: Ground, commit: str, console: Console) -> Table:
    """Score every split of a project, with its peers, and the split in time where declared."""
    name = rows.project.name
    found = []
    for seed in range(SPLITS[name]):
        one = scored(rows, rows.cut(seed), f"seed {seed}", PEERS[name], "default")
        console.print(_line(one), highlight=False)
        found.append(one)
    late = []
    if rows.project.split.test_from is not None:
        when = f"from {rows.project.split.test_from}"
        late.append(scored(rows, rows.cut_in_time(), when, PEERS[name], "default"))
    _keep(name, "errors", [*found, *late], rows, commit)
    title = f"{name}: test RMSE, mean of {len(found)} splits"
    table = _table(title, "RMSE", "OF PLAIN", *(one.split.upper() for one in late), "SECONDS")
    plain = "gradient boosting, plain"
    for who in sorted(found[0].rmse, key=lambda who: _mean(one.rmse[who] for one in found)):
        own = _mean(one.rmse[who] for one in found)
        share = own / _mean(one.rmse[plain] for one in found)
        later = [_number(one.rmse[who]) for one in late]
        seconds = [one.seconds[who] for one in found if who in one.seconds]
        spent = f"{np.mean(seconds):.1f}" if seconds else ""
        table.add_row(who, _number(own), f"{share:.3f}", *later, spent)
    return table


def _coverage(rows: Ground, commit: str, console: Console) -> Table:
    """Measure how many test rows the band from p10 to p90 holds."""
    name = rows.project.name
    found = []
    for seed in range(COVERED):
        found.append(scored(rows, rows.cut(seed), f"seed {seed}", {}, "fast"))
        console.print(_line(found[-1]), highlight=False)
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
    """Write what was found into `FOUND`, beside what is there of other projects, and the log."""
    kept: dict[str, Any] = json.loads(FOUND.read_text("utf-8")) if FOUND.exists() else {}
    configuration = digest([code_digest("foresell.models.tabular.learner"), rows.project])[:16]
    kept.setdefault(name, {})[what] = {
        "commit": commit,
        "configuration": configuration,
        "splits": [asdict(one) for one in found],
    }
    FOUND.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    append({
        "commit": commit,
        "configuration": configuration,
        "what": f"{name}, {what}: {_summary(what, found)}",
        "n": sum(one.rows for one in found),
        "seconds": round(sum(sum(one.seconds.values()) for one in found), 1),
    })


def _summary(what: str, found: Sequence[Scored]) -> str:
    """Return the one number of a log line."""
    if what == "coverage":
        return f"{_mean(one.coverage for one in found):.4f}"
    drawn = [one for one in found if one.split.startswith("seed")]
    late = [f", {one.split} {_number(one.rmse['foresell'])}" for one in found if one not in drawn]
    return f"RMSE {_number(_mean(one.rmse['foresell'] for one in drawn))}{''.join(late)}"


def _line(one: Scored) -> str:
    """Return one split in words, while others are still to come."""
    told = [f"{who} {_number(value)}" for who, value in one.rmse.items() if who != "mean"]
    return f"{one.split}: {one.champion}, {one.coverage:.1%} in the band; {', '.join(told)}"


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
    return f"{value:,.1f}" if value >= 10 else f"{value:.4f}"


def errors_of(kept: Mapping[str, Any], name: str) -> dict[str, float]:
    """Return the mean test RMSE over the drawn splits of a project, by who answered.

    ``kept``: the content of ``benchmarks/tabular.json``.
    """
    drawn = [one for one in kept[name]["errors"]["splits"] if one["split"].startswith("seed")]
    return {who: _mean(one["rmse"][who] for one in drawn) for who in drawn[0]["rmse"]}


if __name__ == "__main__":
    sys.exit(main())
