"""The level of a series without a past: what series like it sell, in shops like its own.

Likeness is declared, not guessed: the series share the value of the recipe's leading key (the
department, say), and the nearer their static columns (size, type), the more they count. What is
left over, series by series with itself left out, says how sure such a level is.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.features.levels import Levels, Vector
from foresell.features.pools import Codes, Recipe, group_codes, numeric_statics
from foresell.spec.project import ProjectSpec

MIN_ESTABLISHED = 9  # the fewest of which an 80 % band can hold a tenth
WIDTH = 0.3  # standard deviations of a numeric static: how near is near
OTHER = 0.2  # what a series counts for each static text that differs
FAR = 1e-3  # what even the least alike counts
OWN = 3.0  # series of a key value that weigh as much as "like everybody"
GRAIN = 0.05  # standard deviations: numeric statics nearer than that are one
MANY = 3_000  # profiles of static columns beyond which only the texts are compared


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Expected levels and how they missed.

    ``level``: (n series,) in the unit of the target, NaN where there is nothing to compare with.
    ``left_out``: (n series,) what it would be for an established series if it were new, ``strange``
    if its leading key's value were new too; NaN for the others. ``known``: (n series,) whether the
    leading key's value is among the established.
    """

    level: Vector
    left_out: Vector
    strange: Vector
    known: NDArray[np.bool_]


def neighbours(panel: Panel, project: ProjectSpec, recipe: Recipe, levels: Levels) -> Neighbours:
    """Return the expected level of every series, its own past left out.

    The mean log level of the established series of its leading key, weighed by how alike their
    static columns are; of all of them where that value is new. Where another of its keys is known,
    how that one's series differ from their own neighbours is added, shrunk. The widths and weights
    had the least error on masked stores of a weekly panel, cutoffs of 64 to 91 weeks.
    Source: the local mean of E. Nadaraya and G. Watson (1964).
    """
    rich = np.array([used == "series" for used in levels.level_used], dtype=np.bool_)
    nothing = np.full(panel.n_series, np.nan)
    if rich.sum() < MIN_ESTABLISHED:
        never = np.zeros(len(rich), dtype=np.bool_)
        return Neighbours(level=nothing, left_out=nothing, strange=nothing, known=never)
    logs = np.where(rich, np.log(levels.scale), 0.0)
    lead = leading_key(project, recipe)
    codes = group_codes(panel, [lead] if lead is not None else [])
    known = np.bincount(codes, rich)[codes] > 0
    profile, likeness = _profiles(panel, levels)
    near = _local_sums(logs, rich, codes, (profile, likeness))
    anywhere = _local_sums(logs, rich, np.zeros_like(codes), (profile, likeness))
    own = (np.where(rich, 1.0 + FAR, 0.0), (1.0 + FAR) * logs)
    mean = np.where(known, _ratio(near), _ratio(anywhere))
    strange = _ratio(_less(anywhere, near))
    alone = np.bincount(codes, rich)[codes] < 2
    left_out = np.where(alone, strange, _ratio(_less(near, own)))
    residual = np.where(rich & np.isfinite(left_out), logs - left_out, 0.0)
    others = [name for name in project.keys if name != lead]
    return Neighbours(
        level=np.exp(mean + _own_effects(panel, others, rich, residual)),
        left_out=np.where(rich, np.exp(left_out), np.nan),
        strange=np.where(rich, np.exp(strange), np.nan),
        known=known,
    )


def leading_key(project: ProjectSpec, recipe: Recipe) -> str | None:
    """Return the key column that leads the recipe's pools; None where no key pools anything."""
    leads = [columns[0] for columns in recipe.chain if columns]
    return leads[-1] if leads and leads[-1] in project.keys else None


def _profiles(panel: Panel, levels: Levels) -> tuple[Codes, Matrix]:
    """Return (n series,) the profile of static columns, and (profiles, profiles) their likeness."""
    rich = np.array([used == "series" for used in levels.level_used], dtype=np.bool_)
    numbers = [_standard(panel.static[name], rich) for name in numeric_statics(panel)]
    texts = [name for name in panel.static.columns if name not in numeric_statics(panel)]
    words = _telling([group_codes(panel, [name]) for name in texts])
    nothing = np.zeros(panel.n_series)
    table = np.column_stack([*numbers, *words, nothing])
    kinds, profile = np.unique(table, axis=0, return_inverse=True)
    if len(kinds) > MANY:
        table, numbers = np.column_stack([*words, nothing]), []
        kinds, profile = np.unique(table, axis=0, return_inverse=True)
    closeness = np.ones((len(kinds), len(kinds)))
    for place in range(kinds.shape[1]):
        column = kinds[:, place]
        if place < len(numbers):
            gap = (column[:, None] - column[None, :]) / WIDTH
            closeness *= np.exp(-0.5 * gap**2)
        else:
            closeness *= np.where(column[:, None] == column[None, :], 1.0, OTHER)
    return profile.ravel().astype(np.int64), closeness + FAR


def _telling(texts: list[Codes]) -> list[Vector]:
    """Return the codes of the static texts that are compared: of fewer than `MANY` profiles.

    Those of the fewest values come first. A text of its own for every series likens none to
    another, and the likeness of so many profiles would not fit into memory.
    """
    kept: list[Vector] = []
    for codes in sorted(texts, key=lambda one: len(np.unique(one))):
        both = np.column_stack([*kept, codes.astype(np.float64)])
        if len(np.unique(both, axis=0)) <= MANY:
            kept.append(codes.astype(np.float64))
    return kept


def _standard(column: pl.Series, rich: NDArray[np.bool_]) -> Vector:
    """Return a numeric static in standard deviations, of its log where all ``rich`` are above 0.

    An unknown value stands at the mean, and so does one that has no log. In steps of `GRAIN`.
    Series that are asked for have no say in how the others are compared.
    """
    values = column.cast(pl.Float64).fill_null(np.nan).to_numpy().copy()
    fine = np.isfinite(values)
    if not (fine & rich).any():
        return np.zeros(len(values))
    if (values[fine & rich] > 0).all():
        fine &= values > 0
        values[fine] = np.log(values[fine])
    middle, spread = values[fine & rich].mean(), values[fine & rich].std()
    scaled = np.where(fine, values - middle, 0.0) / (spread if spread > 0 else 1.0)
    steps: Vector = np.round(scaled / GRAIN) * GRAIN
    return steps


def _local_sums(
    logs: Vector, rich: NDArray[np.bool_], codes: Codes, like: tuple[Codes, Matrix]
) -> tuple[Vector, Vector]:
    """Return (n series,) the weight of each one's group as it sees it, and its weighed sum of logs.

    ``like``: the series' profiles, their likeness.
    """
    profile, likeness = like
    shape = (int(codes.max()) + 1, len(likeness))
    cell = codes * shape[1] + profile
    count = np.bincount(cell, rich.astype(np.float64), shape[0] * shape[1]).reshape(shape)
    total = np.bincount(cell, logs, shape[0] * shape[1]).reshape(shape)
    return (count @ likeness)[codes, profile], (total @ likeness)[codes, profile]


def _less(whole: tuple[Vector, Vector], part: tuple[Vector, Vector]) -> tuple[Vector, Vector]:
    """Return weights and sums without those of a part."""
    return whole[0] - part[0], whole[1] - part[1]


def _ratio(sums: tuple[Vector, Vector]) -> Vector:
    """Return sum over weight, NaN where nothing weighs."""
    some = sums[0] > FAR / 2
    return np.where(some, sums[1] / np.where(some, sums[0], 1.0), np.nan)


def _own_effects(
    panel: Panel, columns: list[str], rich: NDArray[np.bool_], residual: Vector
) -> Vector:
    """Return (n series,) the sum of what each other key's series leave over, shrunk; 0 if new."""
    effect = np.zeros(panel.n_series)
    for name in columns:
        codes = group_codes(panel, [name])
        count = np.bincount(codes, rich.astype(np.float64))
        effect += (np.bincount(codes, residual) / (count + OWN))[codes]
    return effect
