"""Older yardsticks on the same sales: the competition's season, its window, one step ahead.

All series of ``train.csv`` are answered, those without history at the cutoff too, and scored on the
raw target with holiday weeks five times. One learner a yardstick, fitted on what was known at its
cutoff and never again; one step ahead only the features move (`foresell.models.one_step`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from benchmarks.foresell_on_task import fitted_at
from benchmarks.public_task import read_sales, task_project
from foresell.data.long import forecast_columns, long_frame
from foresell.data.panel import Panel, build_panel, share_known
from foresell.evaluate.leaderboard import align, rows_of, truth_frame
from foresell.evaluate.metrics import Score, score
from foresell.evaluate.protocols import FROZEN, ONE_STEP, Protocol
from foresell.models.baselines import BASELINES
from foresell.models.effort import EFFORTS, Effort
from foresell.models.learner import Learner, forecast
from foresell.models.one_step import one_step_ahead
from foresell.spec.project import ProjectSpec


@dataclass(frozen=True, kw_only=True)
class Yardstick:
    """A window to be scored: the ``weeks`` after ``cutoff``, by these protocols.

    ``aims``: what is to be beaten, by protocol name and metric.
    """

    name: str
    cutoff: date
    weeks: int
    protocols: tuple[Protocol, ...]
    aims: Mapping[str, Mapping[str, float]]


YARDSTICKS: tuple[Yardstick, ...] = (
    Yardstick(
        name="the competition's own season",
        cutoff=date(2011, 10, 28),
        weeks=39,
        protocols=(FROZEN,),
        aims={"frozen": {"wmae": 1760.0}},
    ),
    Yardstick(
        name="the competition's window, February to October 2012",
        cutoff=date(2012, 2, 3),
        weeks=38,
        protocols=(FROZEN,),
        aims={"frozen": {"wmae": 1500.0}},
    ),
    # The learner may use training and validation part, so its cutoff is the last validation week.
    Yardstick(
        name="July to October 2012",
        cutoff=date(2012, 6, 29),
        weeks=17,
        protocols=(FROZEN, ONE_STEP),
        aims={
            "frozen": {"rmse": 3539.0, "wmae": 1694.0},
            "one-step": {"rmse": 2510.0, "wmae": 1231.0},
        },
    ),
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One yardstick under one protocol: the champion of the folds and two baselines, same rows.

    ``champion`` names the candidate that the folds chose before the window was looked at.
    """

    yardstick: Yardstick
    protocol: Protocol
    champion: str
    scores: Mapping[str, Score]

    def beaten(self) -> dict[str, bool]:
        """Return, by metric, whether the champion is below the aim."""
        numbers = self.scores[self.champion].to_json()
        aims = self.yardstick.aims[self.protocol.name]
        return {name: (numbers[name] or 0.0) < aim for name, aim in aims.items()}


def measure(folder: Path, yardstick: Yardstick, preset: str = "default") -> list[Measured]:
    """Fit once at the yardstick's cutoff and score every one of its protocols.

    ``folder`` holds ``train.csv``. What is scored is named in the result; nothing is chosen here.
    """
    return measure_sales(read_sales(folder), yardstick, EFFORTS[preset])


def measure_sales(sales: pl.DataFrame, yardstick: Yardstick, effort: Effort) -> list[Measured]:
    """Do what `measure` does for ``sales`` as `read_sales` returns them."""
    project = task_project()
    wanted = yardstick.cutoff + timedelta(weeks=yardstick.weeks)
    window = sales.filter(pl.col(project.time) <= wanted)
    whole = share_known(build_panel(window, project))
    place = whole.dates.index(yardstick.cutoff)
    learner = fitted_at(share_known(whole.until(place)), project, effort)
    truth = truth_frame(whole, project, place, yardstick.weeks)
    kept = (learner.chosen, *BASELINES)
    found = []
    for protocol in yardstick.protocols:
        frames = (
            one_step_ahead(learner, whole, project, range(1, yardstick.weeks + 1))
            if protocol is ONE_STEP
            else _frozen(learner, whole.until(place), project, yardstick.weeks)
        )
        scores = {name: score(rows_of(align(truth, frames[name], project, name))) for name in kept}
        found.append(
            Measured(yardstick=yardstick, protocol=protocol, champion=learner.chosen, scores=scores)
        )
    return found


def _frozen(
    learner: Learner, known: Panel, project: ProjectSpec, weeks: int
) -> dict[str, pl.DataFrame]:
    """Return every candidate's forecast of the weeks after the cutoff, made at the cutoff."""
    made = forecast(learner, known, project, weeks)
    frames = {
        name: long_frame(known, project, known.cutoff, {"prediction": point})
        for name, point in made.members.items()
    }
    columns = forecast_columns(made.point, made.quantiles)
    frames[learner.chosen] = long_frame(known, project, known.cutoff, columns)
    return frames


def log_row(measured: Measured) -> dict[str, object]:
    """Return the scored run as `benchmarks.scored_runs.append` takes it; RMSE and WMAE in words."""
    own = measured.scores[measured.champion]
    reached = ", ".join(
        f"{name.upper()} {own.to_json()[name]:,.0f} ({'below' if passed else 'not below'} "
        f"{measured.yardstick.aims[measured.protocol.name][name]:,.0f})"
        for name, passed in measured.beaten().items()
    )
    title = f"{measured.yardstick.name}, {measured.protocol.title.lower()}"
    numbers = {name: own.to_json()[name] for name in ("n", "wape", "mase", "wql", "sql")}
    return {"what": f"{title}, {measured.champion}: {reached}", **numbers}
