"""A year replayed week by week: what `foresell monitor performance` says of real forecasts.

``python -m benchmarks.decay --data DIR`` trains ``walmart`` (preset fast) on the weeks to the end
of 2011 in a temporary home, three minutes, and gives it the 39 weeks that follow, one file each;
``--home`` takes a home in which that was done. Then again with the sales of one store doubled from
one week on: exits with 1 where that store is not named in that very week, where four weeks of it
do not call for training, or where a page is 300 KB or more.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

import foresell
from foresell.api.performing import PerformanceReport

LAST, END = "2011-12-30", "2012-09-28"  # the last week that is learnt, the last that is judged
STORE, FROM = "14", "2012-03-09"
MOST_BYTES = 300_000
_SUSTAINED = 4  # weeks


def split(data: Path, folder: Path) -> None:
    """Write the raw files as they were at the end of 2011, and ask for the weeks that follow."""
    sales = pl.read_csv(data / "train.csv", infer_schema=False)
    sales.filter(pl.col("Date") <= LAST).write_csv(folder / "train.csv")
    later(data).drop("Weekly_Sales").write_csv(folder / "test.csv")
    for name in ("features.csv", "stores.csv"):
        shutil.copy(data / name, folder)


def later(data: Path) -> pl.DataFrame:
    """Return what was sold in the weeks that are judged."""
    sales = pl.read_csv(data / "train.csv", infer_schema=False)
    return sales.filter((pl.col("Date") > LAST) & (pl.col("Date") <= END))


def doubled(sales: pl.DataFrame) -> pl.DataFrame:
    """Return sales in which one store sells twice as much from one week on."""
    own = (pl.col("Store") == STORE) & (pl.col("Date") >= FROM)
    amount = pl.col("Weekly_Sales").cast(pl.Float64)
    return sales.with_columns(pl.when(own).then(amount * 2).otherwise(amount).alias("Weekly_Sales"))


def replayed(sales: pl.DataFrame, home: Path) -> Iterator[tuple[str, PerformanceReport]]:
    """Yield what is said after each week, from nothing known on."""
    shutil.rmtree(home / "walmart" / "monitor", ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        for (week,), rows in sorted(sales.group_by("Date")):
            file = Path(folder) / "week.csv"
            rows.write_csv(file)
            yield str(week), foresell.performance("walmart", actuals=file, home=home)


def told(title: str, weeks: list[tuple[str, PerformanceReport]]) -> Table:
    """Return a row for each week."""
    table = Table("week", "verdict", "error", "ratio", "saved", "what was found", title=title)
    for week, found in weeks:
        recent = found.told["recent"]
        seen = dict.fromkeys(f"{one['seen']}: {one['about']}" for one in found.told["findings"])
        numbers = (
            f"{recent['wape']:.1%}",
            f"{recent['ratio']:.2f}",
            f"{recent['value_added']:+.1%}",
        )
        table.add_row(week, found.verdict, *numbers, "; ".join(seen))
    return table


def failures(weeks: list[tuple[str, PerformanceReport]]) -> list[str]:
    """Return what the planted fault did not lead to."""
    planted = [found for week, found in weeks if week >= FROM]
    missed = []
    if f"Store={STORE}" not in {one["about"] for one in planted[0].told["findings"]}:
        missed.append(f"store {STORE} was not named in its first week")
    if planted[_SUSTAINED - 1].verdict != "retrain":
        missed.append(f"{_SUSTAINED} weeks did not call for training")
    largest = max(found.files[0].stat().st_size for _, found in weeks)
    if largest >= MOST_BYTES:
        missed.append(f"a page has {largest:,} bytes")
    return missed


def main() -> int:
    """Replay the year twice and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args()
    data, console = asked.data / "walmart", Console(width=140)
    with tempfile.TemporaryDirectory() as folder:
        home = asked.home or Path(folder) / "home"
        if not (home / "walmart").is_dir():
            raw = Path(folder) / "raw"
            raw.mkdir()
            split(data, raw)
            foresell.run("walmart", preset="fast", data=raw, home=home)
        console.print(told("As it was", list(replayed(later(data), home))))
        faulty = list(replayed(doubled(later(data)), home))
        console.print(told(f"Store {STORE} doubled from {FROM} on", faulty))
        missed = failures(faulty)
    for one in missed:
        console.print(one)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
