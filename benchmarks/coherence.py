"""Coherence on real data: error of every level before and after reconciling, three origins.

    python -m benchmarks.coherence FOLDER [PRESET]

FOLDER holds the Walmart files. At each of three cutoffs a learner is fitted on what was known then;
the weeks after it, up to 39, are forecast. A level's truth is the sum of what was observed;
``bottom_up`` and ``reconciled`` are sums of the same rows, ``own`` is the level's forecast from its
own past. Nothing dated after 2012-01-27 is read.
"""

import sys
import time
from pathlib import Path

import polars as pl

from benchmarks.cold_start import CUTOFFS, read_panel
from foresell.data.long import forecast_columns, long_frame
from foresell.data.panel import Panel
from foresell.evaluate.leaderboard import truth_frame
from foresell.features.direct import direct_frame
from foresell.features.pools import fit_recipe
from foresell.features.season import plan_factors
from foresell.models.coherence import RECONCILED, reconciled
from foresell.models.effort import EFFORTS
from foresell.models.learner import PanelForecast, fit_learner, forecast
from foresell.models.origins import training_origins
from foresell.pipeline.level_scores import level_scores
from foresell.spec.project import ProjectSpec


def judged(panel: Panel, project: ProjectSpec, cutoff: int, preset: str) -> pl.DataFrame:
    """Return the level scores of one origin, with ``delivered`` and ``seconds`` of reconciling."""
    known, effort = panel.until(cutoff), EFFORTS[preset]
    recipe = fit_recipe(known, project)
    frames = {
        origin: direct_frame(known, project, recipe, origin, project.horizon)
        for origin in training_origins(known, project, effort)
    }
    learner = fit_learner(known, project, effort, frames.__getitem__, lambda _: None)
    made: PanelForecast = forecast(learner, known, project, project.horizon, frames[cutoff])
    if learner.reconciling is None:
        return pl.DataFrame()
    source, trust = learner.reconciling.source, learner.reconciling.trust
    begun = time.perf_counter()
    planned = plan_factors(known, project, recipe, project.horizon)
    reconciled(trust, known, project, made.members[source], planned)
    seconds = time.perf_counter() - begun
    steps = min(project.horizon, panel.cutoff - cutoff)
    forecasts = {
        name: long_frame(panel, project, cutoff, {"prediction": made.members[name][:, :steps]})
        for name in (source, RECONCILED)
    }
    delivered = forecast_columns(made.point[:, :steps], made.quantiles[:, :steps])
    forecasts[learner.chosen] = long_frame(panel, project, cutoff, delivered)
    truth = truth_frame(panel, project, cutoff, steps)
    return level_scores(known, project, truth, forecasts, learner).with_columns(
        cutoff=pl.lit(panel.dates[cutoff]), delivered=pl.lit(learner.chosen), seconds=seconds
    )


def ratios(scores: pl.DataFrame) -> pl.DataFrame:
    """Return for each level the mean WAPE by forecast, and reconciled over the better of the two.

    ``scores``: those of several origins.
    """
    wide = (
        scores
        .group_by("level", "forecast", maintain_order=True)
        .agg(pl.col("wape").mean())
        .pivot("forecast", index="level", values="wape", maintain_order=True)
    )
    better = pl.min_horizontal("own", "bottom_up")
    return wide.with_columns(ratio=pl.col("reconciled") / better)


def three_origins(folder: Path, preset: str) -> pl.DataFrame:
    """Return the level scores of the three cutoffs, one under the other."""
    panel, project = read_panel(folder)
    return pl.concat(
        judged(panel, project, panel.dates.index(cutoff), preset) for cutoff in CUTOFFS
    )


def main(folder: Path, preset: str = "fast") -> None:
    """Print the table."""
    scores = three_origins(folder, preset)
    with pl.Config(tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True, tbl_rows=-1):
        shown = scores.group_by("cutoff", maintain_order=True).agg(
            pl.col("delivered", "seconds").first()
        )
        sys.stdout.write(f"{shown}\n{ratios(scores)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
