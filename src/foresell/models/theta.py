"""The Theta method on what the season leaves over, series by series, by statsforecast.

A series' recent periods are divided by the seasonal base as it was known before them; the ratio has
no season left, so its forecast is a level and a drift. Shrunk towards no change, it multiplies the
seasonal base of the coming periods. Where a series is too short the change is none.
Source: V. Assimakopoulos, K. Nikolopoulos, "The theta model: a decomposition approach to
forecasting", International Journal of Forecasting 16 (2000); J. A. Fiorucci et al., "Models for
optimising the theta method", ibid. 32 (2016).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import polars as pl
from statsforecast.models import DynamicOptimizedTheta

from foresell.data.panel import Matrix, Panel
from foresell.errors import CandidateError
from foresell.features.alignment import year_periods
from foresell.features.calendar import period_dates
from foresell.features.levels import Vector
from foresell.features.pools import fit_recipe
from foresell.features.season import fit_season
from foresell.models.parts import Lesson, told
from foresell.spec.project import ProjectSpec

SHRINK = 0.5  # of the logarithm of the change
_FEWEST = 6  # observed ratios of a series
_LARGEST = 2.0  # a ratio beyond this, or below its inverse, counts as this
_PATHS = "theta.parquet"


@dataclass(frozen=True, eq=False)
class Theta:
    """Fitted changes: key columns as text, the time column, ``change`` (a factor, finite).

    A series or a date it does not know has a change of 1; dates behind the last take its last.
    """

    paths: pl.DataFrame

    def __eq__(self, other: object) -> bool:
        """Tell whether two have the same changes."""
        return isinstance(other, Theta) and self.paths.equals(other.paths)

    def __hash__(self) -> int:
        """Return a number that equal ones share."""
        return hash(self.paths.height)

    def forecast(self, frame: pl.DataFrame) -> Vector:
        """Return (n rows,) the seasonal base times the change, unit of the target."""
        *keys, time, _ = self.paths.columns
        asked = frame.select(pl.col(keys).cast(pl.String), pl.col(time)).with_row_index("x_row")
        joined = asked.sort(time).join_asof(
            self.paths.sort(time), on=time, by=keys, strategy="backward", check_sortedness=False
        )
        change = joined.sort("x_row")["change"].fill_null(1.0).to_numpy()
        half = (frame["x_base"] + frame["x_pooled"]).to_numpy().astype(np.float64) / 2
        forecast: Vector = half * frame["scale"].to_numpy() * change
        return forecast

    def files(self) -> dict[str, bytes]:
        """Return ``theta.parquet``; equal fits give equal bytes."""
        held = BytesIO()
        self.paths.write_parquet(held)
        return {_PATHS: held.getvalue()}


def read_theta(files: Mapping[str, bytes]) -> Theta:
    """Return the candidate whose `Theta.files` are ``files``."""
    return Theta(pl.read_parquet(BytesIO(files[_PATHS])))


def fit_part(lesson: Lesson) -> Theta:
    """Return the changes a lesson's panel teaches. Setting: ``shrink``, 0 (no change) to 1.

    Raises:
        CandidateError: the history is shorter than a year and six periods.
    """
    panel, project = lesson.panel, lesson.project
    if panel is None or project is None:
        raise CandidateError(*told("theta", "it learns from the panel itself, and there is none"))
    behind = min(lesson.horizon, panel.cutoff - year_periods(project))
    if behind < _FEWEST:
        raise CandidateError(*told("theta", f"{behind} periods after the first year are too few"))
    changes = _changes(_ratios(panel, project, behind), lesson.horizon)
    shrunk = changes ** float(lesson.settings.get("shrink", SHRINK))
    dates = period_dates(panel.dates, project.frequency, panel.cutoff + 1 + lesson.horizon)
    ahead = list(dates[panel.cutoff + 1 :])
    rows = np.repeat(np.arange(panel.n_series), lesson.horizon)
    return Theta(
        panel.keys.cast(pl.String)[rows].with_columns(
            pl.Series(project.time, ahead * panel.n_series, dtype=pl.Date),
            pl.Series("change", shrunk.ravel()),
        )
    )


def _ratios(panel: Panel, project: ProjectSpec, behind: int) -> Matrix:
    """Return (n series, behind): recent targets per seasonal base known before, NaN if unknown."""
    before = panel.until(panel.cutoff - behind)
    season = fit_season(before, project, fit_recipe(before, project), behind)
    base = (season.base + season.pooled) / 2
    recent = panel.target[:, panel.cutoff + 1 - behind : panel.cutoff + 1]
    known = np.isfinite(recent) & (recent > 0) & (base > 0)
    ratio = np.divide(recent, base, out=np.full_like(base, np.nan), where=known)
    return np.clip(ratio, 1 / _LARGEST, _LARGEST)


def _changes(ratios: Matrix, steps: int) -> Matrix:
    """Return (n series, steps) the forecast change of each series, 1 where it is too short."""
    out = np.ones((len(ratios), steps))
    for place, ratio in enumerate(ratios):
        known = ratio[np.isfinite(ratio)]
        if len(known) < _FEWEST or np.ptp(known) < 1e-9:
            continue
        found = DynamicOptimizedTheta(season_length=1).forecast(y=known, h=steps)["mean"]
        if np.isfinite(found).all():
            out[place] = np.clip(found, 1 / _LARGEST, _LARGEST)
    return out
