"""``python -m benchmarks.scoring --data DIR``: a million rows of Parquet, beside scikit-learn.

``DIR`` holds ``sales_orders/`` and ``california/``. Each project is run once; then as many rows as
asked for are drawn with replacement from its raw file and stored as Parquet in a temporary folder.
Three processes read them, answer all and write the answers as Parquet, each from nothing:

- ``foresell predict --file --out``: every row checked against the contract, the champion's ONNX
  graph, the expected size of a miss, eleven quantiles, unseen texts;
- the champion's graph alone, points only, no row checked;
- scikit-learn: the same champion's Pipeline from ``model/joblib``, points only, no row checked.

Seconds are of the whole process, CPU seconds of all its threads, the peak is its resident memory.
Their answers are compared. ``--only PROJECT``; ``benchmarks/scoring.json`` keeps the figures.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

import foresell
from foresell.adapters.projects import read_declaration
from foresell.answer.row_files import checked, row_form
from foresell.contracts.contract import parse_contract
from foresell.spec.project import Preset
from foresell.spec.reading import parse_project
from foresell.wiring.predicting import opened

FOLDERS = {"sales_orders": "sales_orders", "california_housing": "california"}
ROWS, SEED = 1_000_000, 20261121
KEPT = Path(__file__).parent / "scoring.json"
_ALIKE = 1e-5  # of an answer: how far a graph may be from its Pipeline


def main() -> int:
    """Measure and print; keep the figures."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.scoring", description=__doc__)
    asked.add_argument("--data", type=Path, required=True, help="folder of the raw folders")
    asked.add_argument("--rows", type=int, default=ROWS)
    asked.add_argument("--preset", choices=["fast", "default", "best"], default="default")
    asked.add_argument("--only", choices=list(FOLDERS), action="append")
    options = asked.parse_args()
    console = Console()
    told = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    for project in options.only or FOLDERS:
        folder = options.data / FOLDERS[project]
        told[project] = measured(project, folder, options.rows, options.preset)
        console.print(shown(project, told[project]))
        KEPT.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


def measured(project: str, data: Path, rows: int, preset: Preset) -> dict[str, Any]:
    """Return what both processes cost for so many rows, and how alike they answer."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        foresell.run(
            project, data=data, preset=preset, home=folder, override="for speed", until="refit"
        )
        asked, ours, theirs = (folder / f"{name}.parquet" for name in ("rows", "ours", "theirs"))
        drawn(project, data, rows).write_parquet(asked)
        home = {**os.environ, "FORESELL_HOME": place}
        program = str(Path(sys.executable).parent / "foresell")
        words = ["predict", project, "--file", str(asked), "--out", str(ours)]
        one = cost([program, *words], home)
        metadata = json.loads((folder / project / "bundle" / "metadata.json").read_text("utf-8"))
        champion = str(metadata["champion"])
        pickle = folder / project / "bundle" / "model" / "joblib" / f"{champion}.joblib"
        code = [sys.executable, "-c", SCIKIT_LEARN, str(pickle), str(asked), str(theirs)]
        other = cost(code, home)
        graph = pickle.parents[1] / "onnx" / f"{champion}.onnx"
        points = folder / "points.parquet"
        alone = cost([sys.executable, "-c", GRAPH, str(graph), str(asked), str(points)], home)
        said = [pl.read_parquet(one)["prediction"] for one in (ours, points, theirs)]
        gap = max(apart(said[0], said[2]), apart(said[1], said[2]))
    return {
        "rows": rows,
        "champion": champion,
        "preset": preset,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
        "foresell": one | {"rows_per_second": rows / one["seconds"]},
        "graph": alone | {"rows_per_second": rows / alone["seconds"]},
        "scikit_learn": other | {"rows_per_second": rows / other["seconds"]},
        "ratio_seconds": other["seconds"] / one["seconds"],
        "ratio_cpu_seconds": other["cpu_seconds"] / one["cpu_seconds"],
        "ratio_seconds_of_points": other["seconds"] / alone["seconds"],
        "ratio_cpu_seconds_of_points": other["cpu_seconds"] / alone["cpu_seconds"],
        "largest_relative_gap": gap,
    }


SCIKIT_LEARN = """
import sys
import joblib
import polars as pl

pipeline = joblib.load(sys.argv[1])
rows = pl.read_parquet(sys.argv[2])
pl.DataFrame({"prediction": pipeline.predict(rows)}).write_parquet(sys.argv[3])
"""


GRAPH = """
import sys
from pathlib import Path
import polars as pl
from foresell.models.tabular.answering import graph_answers

graph, rows = Path(sys.argv[1]).read_bytes(), pl.read_parquet(sys.argv[2])
answers = [pl.Series(graph_answers(graph, few)) for few in rows.iter_slices(2**15)]
pl.concat(answers).to_frame("prediction").write_parquet(sys.argv[3])
"""


def drawn(project: str, data: Path, rows: int) -> pl.DataFrame:
    """Return ``rows`` rows of the raw file, drawn with replacement: what a model reads of them."""
    texts = read_declaration(project, ())
    spec = parse_project(texts.project_text, project)
    form = row_form(spec, parse_contract(texts.contract_text, project))
    with opened(data / spec.tables[0].file, form) as file:
        known = pl.concat([batch.frame for batch in checked(file, form)])
    return known.sample(rows, with_replacement=True, seed=SEED)


LAUNCH = """
import json
import os
import subprocess
import sys
import time

began = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(json.dumps({
    "code": os.waitstatus_to_exitcode(status),
    "seconds": time.perf_counter() - began,
    "cpu_seconds": used.ru_utime + used.ru_stime,
    "peak_gib": used.ru_maxrss / 2**20,
}))
"""


def cost(words: Sequence[str], environment: Mapping[str, str]) -> dict[str, float]:
    """Return the seconds, CPU seconds and peak GiB of one process.

    It is started by a small one: what it holds before it begins is that of who starts it.

    Raises:
        RuntimeError: it did not end well.
    """
    done = subprocess.run(
        [sys.executable, "-c", LAUNCH, *words],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, float] = json.loads(done.stdout)
    if told.pop("code"):
        raise RuntimeError(f"{words[0]} did not end well: {done.stderr[-1000:]}")
    return told


def apart(ours: pl.Series, theirs: pl.Series) -> float:
    """Return the largest relative difference of the two.

    Raises:
        RuntimeError: it is more than an export may miss.
    """
    gap = float(((ours - theirs).abs() / theirs.abs().clip(1e-9)).to_numpy().max())
    if not gap <= _ALIKE:
        raise RuntimeError(f"the answers differ by up to {gap:.2g} of an answer")
    return gap


def shown(project: str, told: Mapping[str, Any]) -> Table:
    """Return the figures of one project as a table."""
    table = Table(title=f"{project}: {told['rows']:,} rows by {told['champion']}")
    table.add_column("")
    for name in ("SECONDS", "ROWS/S", "CPU S", "PEAK GIB"):
        table.add_column(name, justify="right")
    names = {
        "foresell": "foresell predict, checked, with intervals",
        "graph": "its graph, points only",
        "scikit_learn": "scikit-learn, points only",
    }
    for name, title in names.items():
        own = told[name]
        table.add_row(
            title,
            f"{own['seconds']:.1f}",
            f"{own['rows_per_second']:,.0f}",
            f"{own['cpu_seconds']:.1f}",
            f"{own['peak_gib']:.2f}",
        )
    table.caption = (
        f"scikit-learn takes {told['ratio_seconds']:.2f} times as long as foresell predict, "
        f"{told['ratio_seconds_of_points']:.2f} times as long as the graph"
    )
    return table


if __name__ == "__main__":
    sys.exit(main())
