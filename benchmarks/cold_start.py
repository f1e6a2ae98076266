"""New series on real data: stores and series whose past is hidden, forecast as if they were new.

    python -m benchmarks.cold_start FOLDER

FOLDER holds the Walmart files. At each of three cutoffs every store is hidden once, five stores at
a time, and all its series are asked for. Then those that truly came later are: departments that a
store took up. Then every series is hidden once, a tenth at a time. These are established; they are
answered as the product does, which takes them for departments newly taken up, and by their
neighbours. The rival is what a planner would do: the sales of the same week a year before, averaged
over the series of the department in stores of the type; of the department, and of everything, where
there is none. Both answer the same rows. Nothing dated after 2012-01-27 is read.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.public_task import TIME, read_sales
from foresell.data.panel import Matrix, Panel, build_panel
from foresell.features.alignment import year_periods
from foresell.features.direct import direct_frame
from foresell.features.levels import fit_levels
from foresell.features.newcomers import neighbour_levels, newcomer_levels
from foresell.features.pools import Recipe, fit_recipe, group_codes, group_sum
from foresell.spec.forecast import BANDS, QUANTILES
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

LAST = date(2012, 1, 27)
CUTOFFS = (date(2011, 4, 29), date(2011, 8, 5), date(2011, 11, 4))
STORES_HIDDEN, SERIES_PARTS, SEED = 5, 10, 20261121
Mask = NDArray[np.bool_]
Masks = Callable[[Panel], Iterator[Mask]]
LevelsOf = Callable[[Panel, ProjectSpec, Recipe], Matrix]


def read_panel(folder: Path) -> tuple[Panel, ProjectSpec]:
    """Return the panel of ``folder`` up to `LAST`, with store type and size, and its project."""
    text = (files("foresell") / "projects" / "walmart" / "project.yaml").read_text("utf-8")
    project = parse_project(text, "walmart/project.yaml")
    lines = (folder / "stores.csv").read_text().replace("\r", "\n").splitlines()
    cells = [[cell.strip('" ') for cell in line.split(",")] for line in lines[1:] if line]
    stores = pl.DataFrame(cells, schema=["Store", "Type", "Size"], orient="row").with_columns(
        pl.col("Store", "Size").cast(pl.Int64)
    )
    context = pl.read_csv(folder / "features.csv", null_values="NA", try_parse_dates=True)
    sales = read_sales(folder).filter(pl.col(TIME) <= LAST)
    whole = sales.join(stores, on="Store", how="left").join(
        context.drop("IsHoliday"), on=["Store", TIME], how="left"
    )
    return build_panel(whole, project), project


def hidden_stores(panel: Panel) -> Iterator[Mask]:
    """Yield (n series,) masks: the series of five stores at a time, each store once."""
    codes = group_codes(panel, ["Store"])
    order = np.random.default_rng(SEED).permutation(int(codes.max()) + 1)
    for start in range(0, len(order), STORES_HIDDEN):
        yield np.isin(codes, order[start : start + STORES_HIDDEN])


def hidden_series(panel: Panel) -> Iterator[Mask]:
    """Yield (n series,) masks: a tenth of all series at a time, each series once."""
    part = np.random.default_rng(SEED).permutation(panel.n_series) % SERIES_PARTS
    for place in range(SERIES_PARTS):
        yield part == place


def later_series(panel: Panel) -> Iterator[Mask]:
    """Yield the (n series,) mask of the series that have no past yet."""
    yield np.array([not np.isfinite(history).any() for history in panel.target], dtype=np.bool_)


def by_neighbours(panel: Panel, project: ProjectSpec, recipe: Recipe) -> Matrix:
    """Return (n series, quantile levels) the levels of `neighbour_levels`."""
    return neighbour_levels(panel, project, recipe, fit_levels(panel, project, recipe))


def answered(panel: Panel, project: ProjectSpec, steps: int, levels: LevelsOf) -> Matrix:
    """Return (n series, steps, quantile levels) what is answered for series without a past."""
    recipe = fit_recipe(panel, project)
    frame = direct_frame(panel, project, recipe, panel.cutoff, steps)
    shape = frame["x_level_shape"].to_numpy().astype(np.float64).reshape(panel.n_series, steps, 1)
    quantiles: Matrix = levels(panel, project, recipe)[:, None, :] * shape
    return quantiles


def profile(panel: Panel, project: ProjectSpec, steps: int) -> Matrix:
    """Return (n series, steps) the rival: the same week a year before, averaged over the pool."""
    before = panel.cutoff + 1 + np.arange(steps) - year_periods(project)
    sold = panel.target[:, before]
    out = np.full(sold.shape, np.nan)
    for columns in (["Dept", "Type"], ["Dept"], []):
        codes = group_codes(panel, columns)
        count = group_sum(np.isfinite(sold).astype(np.float64), codes)
        mean = np.where(count > 0, group_sum(sold, codes) / np.maximum(count, 1), np.nan)
        out = np.where(np.isfinite(out), out, mean[codes])
    return out


def measured(
    panel: Panel, project: ProjectSpec, kind: tuple[Masks, LevelsOf], cutoff: date
) -> pl.DataFrame:
    """Return one row: WAPE of ours and the rival's on the hidden rows, and coverage."""
    place = panel.dates.index(cutoff)
    steps, known = min(project.horizon, panel.cutoff - place), panel.until(place)
    truth = panel.target[:, place + 1 : place + 1 + steps]
    ours, theirs, actual = [], [], []
    for hidden in kind[0](known):
        blind = replace(known, target=np.where(hidden[:, None], np.nan, known.target))
        asked = np.isfinite(truth) & hidden[:, None]
        ours.append(answered(blind, project, steps, kind[1])[asked])
        theirs.append(profile(blind, project, steps)[asked])
        actual.append(truth[asked])
    bands, rival, sold = (np.concatenate(part) for part in (ours, theirs, actual))
    point, size = bands[:, QUANTILES.index(0.5)], np.abs(sold).sum()
    row = {
        "cutoff": cutoff,
        "rows": len(sold),
        "wape": np.abs(sold - point).sum() / size,
        "profile": np.abs(sold - rival).sum() / size,
    }
    for share, (low, high) in BANDS.items():
        inside = (bands[:, QUANTILES.index(low)] <= sold) & (
            sold <= bands[:, QUANTILES.index(high)]
        )
        row[f"in_{share}"] = inside.mean()
    return pl.DataFrame([row]).with_columns(better=1 - pl.col("wape") / pl.col("profile"))


KINDS: Mapping[str, tuple[Masks, LevelsOf]] = {
    "hidden stores": (hidden_stores, newcomer_levels),
    "series that came later": (later_series, newcomer_levels),
    "hidden series": (hidden_series, newcomer_levels),
    "hidden series, by their neighbours": (hidden_series, by_neighbours),
}


def table(panel: Panel, project: ProjectSpec, kind: str) -> pl.DataFrame:
    """Return the rows of all cutoffs of one of `KINDS`."""
    return pl.concat(measured(panel, project, KINDS[kind], cutoff) for cutoff in CUTOFFS)


def main(folder: Path) -> None:
    """Print all tables."""
    panel, project = read_panel(folder)
    for kind in KINDS:
        found = table(panel, project, kind)
        with pl.Config(tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True, tbl_cols=-1):
            sys.stdout.write(f"{kind}\n{found}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
