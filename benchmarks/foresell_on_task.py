"""foresell on the public task: the learner of `foresell run`, under the task's rules."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from benchmarks.public_task import HORIZON, KEYS, TIME, Task, task_project
from foresell.adapters.store import DirectoryStore
from foresell.data.long import forecast_columns, long_frame
from foresell.data.panel import Panel, build_panel
from foresell.features.direct import direct_frame
from foresell.features.pools import fit_recipe
from foresell.models.effort import EFFORTS, Effort
from foresell.models.learner import Learner, fit_learner, forecast
from foresell.models.origins import training_origins
from foresell.pipeline.fingerprint import code_digest, digest
from foresell.spec.forecast import quantile_columns
from foresell.spec.project import ProjectSpec


def foresell_forecast(task: Task, preset: str) -> tuple[pl.DataFrame, str]:
    """Return the forecasts of all rows of ``task``, and the candidate that was chosen.

    Nearly all series share the latest cutoff; one learner is fitted there. The few that end early
    may use no value dated after their own cutoff, of any series: a second learner, fitted at the
    earliest of their cutoffs, forecasts each of them from what was known at its own.
    """
    project = task_project()
    (latest, _), *early = task.origins()
    main = fitted_learner(task, project, latest, EFFORTS[preset])
    frames = [_answers(task, project, main, latest)]
    if early:
        small = fitted_learner(task, project, early[-1][0], EFFORTS["fast"])
        frames += [_answers(task, project, small, cutoff) for cutoff, _ in early]
    return pl.concat(frames).sort(*KEYS, TIME), main.chosen


def configuration(preset: str) -> str:
    """Return what names a scored configuration: code, declaration and preset, digested.

    Of the benchmarks their own text alone: the log that lies beside them grows with every run.
    """
    here = Path(__file__).parent
    return digest([
        *((here / name).read_text("utf-8") for name in ("foresell_on_task.py", "public_task.py")),
        code_digest("foresell.models.learner"),
        code_digest("foresell.data.long"),
        task_project(),
        EFFORTS[preset],
    ])[:16]


def _panel(task: Task, project: ProjectSpec, cutoff: date) -> Panel:
    """Return the panel known at ``cutoff``, with the holidays of the weeks to come."""
    known = task.known_at(cutoff)
    weeks = task.calendar.filter(pl.col(TIME) > cutoff)
    future = known.select(KEYS).unique().join(weeks, on="Store")
    return build_panel(known, project, future.sort(*KEYS, TIME))


def fitted_learner(task: Task, project: ProjectSpec, cutoff: date, effort: Effort) -> Learner:
    """Return a learner that has seen nothing of the task after ``cutoff``."""
    return fitted_at(_panel(task, project, cutoff), project, effort)


def fitted_at(panel: Panel, project: ProjectSpec, effort: Effort) -> Learner:
    """Return a learner that has seen what ``panel`` knows at its cutoff and nothing after it."""
    recipe = fit_recipe(panel, project)
    with TemporaryDirectory() as folder:
        store = DirectoryStore(Path(folder))
        for origin in training_origins(panel, project, effort):
            frame = direct_frame(panel, project, recipe, origin, project.horizon)
            store.write_frame(f"{origin}.parquet", frame)
        return fit_learner(
            panel,
            project,
            effort,
            lambda origin: store.read_frame(f"{origin}.parquet"),
            lambda _: None,
        )


def _answers(task: Task, project: ProjectSpec, learner: Learner, cutoff: date) -> pl.DataFrame:
    """Return the forecasts of the series whose own cutoff is ``cutoff``."""
    panel = _panel(task, project, cutoff)
    made = forecast(learner, panel, project, HORIZON)
    columns = forecast_columns(made.point, made.quantiles)
    long = long_frame(panel, project, panel.cutoff, columns)
    keys = task.cutoffs.filter(pl.col("cutoff") == cutoff).select(KEYS)
    return long.join(keys, on=KEYS, how="semi").select(
        *KEYS, TIME, "prediction", *quantile_columns()
    )
