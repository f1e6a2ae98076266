"""The levels above the series as panels of their own, and what their own past says of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.features.alignment import year_periods
from foresell.features.levels import Vector
from foresell.features.planned import without_effects
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
    nothing at all was observed the sum is missing, not zero. A level knows of no plan: see
    `own_forecasts`. The total has one key, the project's first, with an empty value.
    """
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
        known={},
        past={},
        cutoff=panel.cutoff,
    )
    return summed, narrowed


def own_forecasts(
    panel: Panel, project: ProjectSpec, levels: Sequence[Level], planned: Matrix, bottom: Matrix
) -> list[Matrix]:
    """Return for each level (n nodes, steps): its sums forecast from their own past, all finite.

    Last year aligned by date and event, times shrunk growth: the seasonal base of the series, made
    on the sums. It stands for what is usually observed of a node, see `presence`.

    ``planned``: (n series, periods to the cutoff + steps), see `plan_factors`. A sum's past is
    taken as it would have been, had nothing been planned, and its forecast is moved by the factors
    of its own series, weighed by what is forecast of them without their plans: of ``bottom``, (n
    series, steps). So a plan moves a sum as it moves the series.
    """
    now, steps = panel.cutoff + 1, bottom.shape[1]
    known = replace(panel, past={}, known={}, target=panel.target[:, :now])
    if not (planned != 1).any():
        return [_own_forecast(known, project, level, steps) for level in levels]
    usual = without_effects(known.target, planned[:, :now])
    late = usual[:, -year_periods(project) :]
    size = np.nan_to_num(late).sum(axis=1) / np.maximum(np.isfinite(late).sum(axis=1), 1)
    shut = (planned[:, :now] == 0) & np.isfinite(known.target)
    ahead, share = without_effects(bottom, planned[:, now:]), presence(panel, project, steps)
    made = []
    for level in levels:
        past = _as_if_open(usual, shut, size, level.codes)
        own = _own_forecast(replace(known, target=past), project, level, steps)
        weight = _as_if_open(ahead, ~np.isfinite(ahead), size, level.codes)
        weight = share * np.abs(np.where(np.isfinite(weight), weight, size[:, None]))
        total = group_sum(weight, level.codes)
        moved = group_sum(weight * planned[:, now:], level.codes)
        made.append(own * np.where(total > 0, moved / np.where(total > 0, total, 1.0), 1.0))
    return made


def _as_if_open(values: Matrix, shut: NDArray[np.bool_], size: Vector, codes: Codes) -> Matrix:
    """Return ``values`` (n series, periods), and where a series was ``shut`` what it missed.

    By its usual ``size``, (n,), in proportion to what the open series of its node sold; NaN where
    none was open.

    >>> sold, shut = np.array([[4.0], [np.nan]]), np.array([[False], [True]])
    >>> _as_if_open(sold, shut, np.array([2.0, 3.0]), np.array([0, 0])).tolist()
    [[4.0], [6.0]]
    """
    if not shut.any():
        return values
    open_size = group_sum(np.where(np.isfinite(values), size[:, None], 0.0), codes)
    rate = np.where(open_size > 0, group_sum(values, codes), np.nan)
    rate /= np.where(open_size > 0, open_size, 1.0)
    return np.where(shut, size[:, None] * rate[codes], values)


def _own_forecast(known: Panel, project: ProjectSpec, level: Level, steps: int) -> Matrix:
    """Return (n nodes, steps): each sum forecast from its own past, were nothing planned."""
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
