"""What a run costs as data grows: every stage of a declared project, from 0.4 to 58 million rows.

``python -m benchmarks.scale [--preset fast] [--series 210,1050,5250,30490] [--folder DIR]`` makes a
retailer of 10 stores up (3,049 products at the largest size: as many series as the M5 competition,
over 1,900 days), and runs it from raw Parquet files to forecast and report, each size in a process
of its own whose memory is sampled. Writes ``scale.json`` and ``scale.svg`` beside this file. The
largest size needs 16 GiB of memory and 5 GB of disk. Exits with 1 when it breaks its bounds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl

from foresell.charts.drawing import render_svg
from foresell.charts.theme import ACCENT, FONT_SIZE, INK, Box, finished, inline
from foresell.spec.sources import Synthetic
from foresell.wiring.synthetic import write_synthetic

ROOT = Path(__file__).parents[1]
STORES, FIRST, LAST, DAYS, HORIZON = 10, "2020-01-01", "2025-03-14", 1900, 28
SERIES = (210, 1_050, 5_250, 30_490)
MINUTES, GIB = 15.0, 16.0
PROJECT = """
name: scale
title: Daily sales of made-up stores by product (synthetic)
kind: panel
unit: units
tables:
  - {name: sales, file: sales/**/*.parquet, format: parquet}
  - {name: products, file: metadata/products.parquet, format: parquet, join_on: [product_id]}
  - name: plan
    file: plan/**/*.parquet
    format: parquet
    join_on: [store_id, category, date]
asked: {file: metadata/asked_products.parquet}
columns:
  store_id: key
  product_id: key
  date: time
  units: target
  promotion: known_future
  category: static
  price: excluded
  on_promotion: excluded
  revenue: excluded
  base_price: excluded
  margin: excluded
  discount: excluded
frequency: D
horizon: 28
season: 7
nonnegative: true
segments: [category]
split: {test: 28, validation: [364, 84, 56, 28]}
events:
  - {name: easter, easter: 0}
  - {name: thanksgiving, holiday: Thanksgiving Day}
  - {name: christmas, day: 12-25}
features:
  lags: [1, 2, 3, 7, 14, 28, 364]
  windows: [7, 28, 91]
  statistics: [mean, std]
  calendar: [weekday, day_of_month, week, month]
  cyclic: true
  event_window_days: 28
models: {candidates: [lad, ridge, lightgbm, xgboost]}
hierarchy:
  levels: [[store_id, category], [store_id], []]
"""
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: foresell-scale
name: scale
version: 1.0.0
status: active
schema:
  - name: daily_sales
    logicalType: object
    properties:
      - {name: store_id, logicalType: string, required: true, primaryKey: true,
         primaryKeyPosition: 1, logicalTypeOptions: {pattern: "S[0-9]{4}"}}
      - {name: product_id, logicalType: string, required: true, primaryKey: true,
         primaryKeyPosition: 2, logicalTypeOptions: {pattern: "P[0-9]{5}"}}
      - {name: date, logicalType: date, required: true, primaryKey: true, primaryKeyPosition: 3}
      - {name: units, logicalType: integer, required: true,
         logicalTypeOptions: {minimum: 0, maximum: 100000}}
      - {name: price, logicalType: number, required: true}
      - {name: on_promotion, logicalType: boolean, required: true}
      - {name: revenue, logicalType: number, required: true}
      - {name: category, logicalType: string, required: true}
      - {name: base_price, logicalType: number, required: true}
      - {name: margin, logicalType: number, required: true}
      - {name: promotion, logicalType: number, required: true,
         logicalTypeOptions: {minimum: 0, maximum: 1}}
      - {name: discount, logicalType: number, required: true,
         logicalTypeOptions: {minimum: 0, maximum: 1}}
"""


def main() -> int:
    """Run every size, write what it cost, draw it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--preset", default="fast", choices=("fast", "default", "best"))
    parser.add_argument("--series", default=",".join(map(str, SERIES)), help="sizes, in series")
    parser.add_argument("--folder", type=Path, help="where to write; by default the temporary one")
    asked = parser.parse_args()
    runs = []
    for series in map(int, asked.series.split(",")):
        with tempfile.TemporaryDirectory(dir=asked.folder) as place:
            runs.append(measure(series, asked.preset, Path(place)))
        sys.stderr.write(json.dumps(runs[-1]) + "\n")
        kept = all(fits(run) for run in runs)
        found = {"preset": asked.preset, "kept": kept, "runs": runs}
        here = Path(__file__).parent
        (here / "scale.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        (here / "scale.svg").write_text(picture(runs), encoding="utf-8")
    return 0 if kept else 1


def measure(series: int, preset: str, folder: Path) -> dict[str, Any]:
    """Make ``series`` series up below ``folder``, and return what their run took, by stage."""
    made = declare(series, folder)
    words = [sys.executable, "-m", "benchmarks.run_cost", "scale", preset]
    done = subprocess.run(
        [*words, str(folder / "home"), str(made)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    cost: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"series": series, **cost}


def declare(series: int, folder: Path) -> Path:
    """Write the declaration and the raw files of so many series; return the folder of the files.

    Beside the generator's own files: what is planned for each product in the days to come.
    """
    declared, made = folder / "projects" / "scale", folder / "made"
    declared.mkdir(parents=True)
    (declared / "project.yaml").write_text(PROJECT, encoding="utf-8")
    (declared / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    world = Synthetic(stores=STORES, products=series // STORES, start=FIRST, end=LAST, seed=7)
    write_synthetic(world, made, processes=2)
    plan = pl.read_parquet(made / "metadata" / "asked.parquet")
    products = pl.read_parquet(made / "metadata" / "products.parquet")
    days = plan["date"].unique().sort().head(HORIZON)
    plan.filter(pl.col("date").is_in(days.implode())).join(
        products.select("product_id", "category"), on="category", maintain_order="left_right"
    ).select("store_id", "product_id", "date", "promotion").write_parquet(
        made / "metadata" / "asked_products.parquet"
    )
    return made


def fits(run: Mapping[str, Any]) -> bool:
    """Return whether a run kept its bounds of time and memory, and lost no row."""
    return bool(
        run["rows"] == run["series"] * DAYS
        and run["seconds"] < 60 * MINUTES
        and run["peak_gib"] < GIB
    )


def picture(runs: Sequence[Mapping[str, Any]]) -> str:
    """Draw the seconds for a million rows against rows, on a log axis, as SVG."""
    points = pl.DataFrame({
        "rows": [run["rows"] / 1e6 for run in runs],
        "seconds": [run["seconds"] / run["rows"] * 1e6 for run in runs],
        "label": [f"{run['seconds']:,.0f} s, {run['peak_gib']:.1f} GiB" for run in runs],
    })
    box = Box(width=640, height=300, left=52, right=60, top=30, bottom=40)
    x = alt.X(
        "rows:Q",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(title="million rows", grid=False, format="~g"),
    )
    y = alt.Y("seconds:Q", scale=alt.Scale(zero=True), axis=alt.Axis(title="seconds per million"))
    drawn = alt.Chart(inline(points)).encode(x=x, y=y)
    layers = [
        drawn.mark_line(color=ACCENT),
        drawn.mark_point(color=ACCENT, filled=True, size=50),
        drawn.mark_text(color=INK, dy=-14, fontSize=FONT_SIZE).encode(text="label:N"),
    ]
    return render_svg(finished(layers, box))


if __name__ == "__main__":
    sys.exit(main())
