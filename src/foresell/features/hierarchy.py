"""The levels above the series as panels of their own, and what their own past says of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.features.alignment import year_periods
from foresell.features.pools import Codes, fit_recipe, group_codes, group_sum
from foresell.features.season import fit_season, recent_windows
from foresell.spec.hierarchy import level_name
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table

GROWTH = 0.85  # of a sum's log growth on last year: what series and group carry together


@dataclass(frozen=True, kw_only=True)
class Level:
    """One level: its columns, and for each series the node it is summed into.

    ``nodes``: (n nodes, the level's columns), in the order of their codes; of the total, no column
    and one node.
    """

    columns: tuple[str, ...]
    nodes: pl.DataFrame
    codes: Codes

    @property
    def name(self) -> str:
        """What the level is called."""
        return level_name(self.columns)

    @property
    def size(self) -> int:
        """How many nodes there are."""
        return int(self.codes.max()) + 1


def hierarchy_levels(panel: Panel, levels: Sequence[Sequence[str]]) -> tuple[Level, ...]:
    """Return the declared ``levels`` of a panel, in their order."""
    described = pl.concat([panel.keys, panel.static], how="horizontal")
    made = []
    for columns in levels:
        codes = group_codes(panel, columns)
        first = np.unique(codes, return_index=True)[1]
        made.append(
            Level(columns=tuple(columns), nodes=described[first].select(columns), codes=codes)
        )
    return tuple(made)


def level_panel(panel: Panel, project: ProjectSpec, level: Level) -> tuple[Panel, ProjectSpec]:
    """Return the level as a panel, one series a node, with the declaration that fits it.

    A period's target is the sum of what was observed in it: a missing row adds nothing, and where
    nothing at all was observed the sum is missing, not zero. A known-future covariate is the mean
    of its series', weighed by what they sell, so that one without a past has no say. The total has
    one key, the project's first, with an empty value.
    """
    past = panel.target[:, : panel.cutoff + 1]
    sold = np.abs(np.nan_to_num(past)).sum(axis=1, keepdims=True)
    count = group_sum(np.isfinite(panel.target).astype(np.float64), level.codes)
    keys = level.nodes
    if not level.columns:
        keys = pl.DataFrame({project.keys[0]: [""]})
    narrowed = ProjectSpec(
        name="level",
        title="A level of a hierarchy",
        kind="panel",
        tables=(Table(name="level", file="level.csv"),),
        columns={
            **dict.fromkeys(keys.columns, "key"),
            project.time: "time",
            project.target: "target",
            **dict.fromkeys(panel.known, "known_future"),
        },
        split=project.split,
        frequency=project.frequency,
        horizon=project.horizon,
        season=project.season,
        events=project.events,
        seed=project.seed,
    )
    summed = Panel(
        keys=keys,
        static=keys.select([]),
        dates=panel.dates,
        target=np.where(count > 0, group_sum(panel.target, level.codes), np.nan),
        known={name: _mean(values, sold, level.codes) for name, values in panel.known.items()},
        past={},
        cutoff=panel.cutoff,
    )
    return summed, narrowed


def _mean(values: Matrix, weight: Matrix, codes: Codes) -> Matrix:
    """Return each group's weighed mean of the known values, NaN where none is known."""
    known = group_sum(weight * np.isfinite(values), codes)
    total = group_sum(weight * values, codes)
    return np.where(known > 0, total / np.where(known > 0, known, 1.0), np.nan)


def own_forecast(panel: Panel, project: ProjectSpec, level: Level, steps: int) -> Matrix:
    """Return (n nodes, steps): each sum forecast from its own past alone, all finite.

    Last year aligned by date and event, times shrunk growth: the seasonal base of the series, made
    on the sums. It stands for what is usually observed of a node, see `presence`.
    """
    known = replace(panel, past={}).until(panel.cutoff)
    summed, narrowed = level_panel(known, project, level)
    season = fit_season(summed, narrowed, fit_recipe(summed, narrowed), steps)
    growth: Matrix = season.base * np.exp(GROWTH * season.growth["series"])[:, None]
    return growth


def presence(panel: Panel, project: ProjectSpec, steps: int) -> Matrix:
    """Return (n series, steps) how much of each series a sum's own forecast holds, from 0 to 1.

    Sums of the past hold what was observed; how often a series will be there is guessed as half
    its observed share of the recent periods and half whether it was there a year before the step.
    0 for a series that has not begun; without a year of history the recent share stands alone.
    """
    seen: NDArray[np.bool_] = np.isfinite(panel.target[:, : panel.cutoff + 1])
    year, long = year_periods(project), min(recent_windows(project)[0], panel.cutoff + 1)
    recent = seen[:, -long:].mean(axis=1)
    share: Matrix = np.repeat(recent[:, None], steps, axis=1)
    ahead = np.arange(1, steps + 1)
    before = panel.cutoff + ahead - -(-ahead // year) * year
    behind = before >= 0
    share[:, behind] = (share[:, behind] + seen[:, before[behind]]) / 2
    return share
