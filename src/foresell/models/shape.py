"""How far a target may lie below and above its forecast: trees that learn the size of the misses.

A linear model of the size (`Spread`) comes first. One set of trees corrects its logarithm; two more
learn how far down and up the misses reach in that measure, by the quantile loss of 0.1 and 0.9, so
that a forecast which is more often far too high than far too low has a band that says so. What they
say is a measure and no promise: the calibration makes it one, on rows the trees did not see.
Source: Y. Romano, E. Patterson, E. Candes, "Conformalized quantile regression", NeurIPS 2019.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from types import MappingProxyType
from typing import Protocol, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix
from foresell.evaluate.intervals import Spread, fit_spread, spread_of
from foresell.features.levels import Vector
from foresell.models.members import own_members
from foresell.models.trees.growing import Growth, Numbers, Table

FEWEST_ROWS = 1000
MOST_ROWS = 40_000
REACH = 0.15  # of the size: the least a miss reaches to either side
_FLOOR = 0.02  # of the size: what a miss of nothing counts as, so that its log exists
_BOUND = 3.0  # of the correction, in the log
_STEPS = 4  # whose changes are averaged
_SMOOTH = 0.01  # of the scale: a change of nothing
_LARGEST = 30.0  # of a miss per size: what is beyond teaches nothing more
LIBRARY = "lightgbm"
_MODULE = "foresell.models.trees.lightgbm"
FILES = ("size", "below", "above")
_SIDES = ("members_lowest", "members_highest")  # from their mean
_GROWTH = Growth(
    trees=50,
    learning_rate=0.1,
    leaves=15,
    columns_share=0.4,
    rows_share=0.5,
    l2=5.0,
    loss="squared",
)
# The state of a series and its forecasts; no calendar, whose weeks the folds have seen once.
_READ = (
    *("x_volatility", "x_log_scale", "x_seen_share", "x_since_seen", "x_growth_", "x_base"),
    *("x_pooled", "x_level_shape", "x_season", "x_step", "x_std_", "x_mean_", "x_code_"),
    "x_known_",
)


class Reaching(Protocol):
    """Grown trees, or a graph that says what they say; equal ones write equal bytes."""

    def predict(self, table: Table) -> Numbers:
        """Return (n rows,) predictions in the unit of the label."""
        ...

    def dump(self) -> bytes:
        """Return the trees in their own format."""
        ...


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The linear size, and the trees of its correction and of the reach below and above."""

    spread: Spread
    trees: tuple[Reaching, ...]

    def sides(self, design: Matrix, table: Table) -> Matrix:
        """Return (n rows, 2): the reach below and above a forecast, per scale; above 0.

        ``design``: see `spread_design`; ``table``: see `shape_table`.
        """
        columns = shape_columns(design, table)
        size = _size(self.spread, self.trees[0], design, columns)
        below, above = (trees.predict(columns) for trees in self.trees[1:])
        return np.column_stack([
            np.maximum(-below, REACH) * size,
            np.maximum(above, REACH) * size,
        ])

    def files(self) -> dict[str, bytes]:
        """Return the shape's files by name; equal shapes, equal bytes."""
        files = {"shape.json": json.dumps(asdict(self.spread)).encode()}
        return files | {name: trees.dump() for name, trees in zip(FILES, self.trees, strict=True)}


def read_shape(
    files: Mapping[str, bytes], graphs: Mapping[str, Reaching] = MappingProxyType({})
) -> Shape | None:
    """Return the shape whose `Shape.files` are ``files``; None of no files.

    ``graphs``: what stands for trees of the files, by name, which are then not read: no booster is
    imported where all of them are there.
    """
    if not files:
        return None
    spread = json.loads(files["shape.json"])
    return Shape(
        spread=replace(Spread(**spread), weights=tuple(spread["weights"])),
        trees=tuple(graphs[name] if name in graphs else _read(files[name]) for name in FILES),
    )


def _read(content: bytes) -> Reaching:
    """Return trees from the library's own bytes."""
    trees: Reaching = import_module(_MODULE).read(content)
    return trees


def shape_table(frame: pl.DataFrame, members: Mapping[str, Matrix]) -> Table:
    """Return (n rows, columns) what the trees read of a direct frame; NaN where unknown.

    ``members``: the candidates' forecasts for the rows of ``frame``, series-major. Of them it holds
    the middle and how far the others lie around it, so that their number may differ. How rough the
    season is thereabouts (`_roughness`) says what the calendar would, also of weeks no fold saw.
    """
    scale = frame["scale"].to_numpy()
    own = np.stack([members[name].ravel() / scale for name in own_members(members)])
    middle = own.mean(axis=0)
    apart = own - middle
    told = [middle, apart.std(axis=0), apart.min(axis=0), apart.max(axis=0)]
    table: NDArray[np.float32] = np.column_stack([
        frame.select(_read_columns(frame)).to_numpy(),
        *(column.astype(np.float32) for column in told),
        _roughness(frame, "x_base"),
        _roughness(frame, "x_pooled"),
    ])
    return table


def shape_names(frame: pl.DataFrame) -> tuple[str, ...]:
    """Return the names of the columns of `shape_table`."""
    rough = [f"{name}_{over}" for name in ("x_base", "x_pooled") for over in ("change", "changes")]
    return (*_read_columns(frame), "members_mean", "members_std", *_SIDES, *rough)


def _read_columns(frame: pl.DataFrame) -> list[str]:
    """Return the columns of a direct frame that the trees read, by name.

    The frames of a recipe that was read from its file have the same columns in another order.
    """
    return sorted(name for name in frame.columns if name.startswith(_READ))


def _roughness(frame: pl.DataFrame, name: str) -> Table:
    """Return (n rows, 2): the log of the step's change from the one before, and of the last four.

    NaN for the first step. Only earlier steps count, so that a longer horizon changes nothing.
    """
    steps = cast("int", frame["step"].max())
    season = frame[name].to_numpy().astype(np.float64).reshape(-1, steps)
    change = np.log(np.abs(np.diff(season, axis=1)) + _SMOOTH)
    total = np.cumsum(np.pad(change, ((0, 0), (1, 0))), axis=1)
    last = np.arange(1, steps)
    first = np.maximum(last - _STEPS, 0)
    several = (total[:, last] - total[:, first]) / (last - first)
    unknown = np.full((len(season), 1), np.nan)
    both = [np.concatenate([unknown, part], axis=1).ravel() for part in (change, several)]
    rough: Table = np.column_stack(both).astype(np.float32)
    return rough


def grow_shape(design: Matrix, table: Table, misses: Vector, scale: Vector, seed: int) -> Shape:
    """Return the shape of ``misses``, (n,) in the unit of ``scale``; n at least some hundreds.

    At most 40,000 rows teach the trees, drawn by ``seed``; equal input gives equal bytes.
    """
    spread = fit_spread(design, misses, scale)
    kept = np.arange(len(misses))
    if len(kept) > MOST_ROWS:
        kept = np.sort(np.random.default_rng(seed).choice(kept, MOST_ROWS, replace=False))
    columns, per_scale = shape_columns(design[kept], table[kept]), misses[kept] / scale[kept]
    linear = spread_of(spread, design[kept], np.ones(len(kept)))
    weight = np.ones(len(kept))
    growth = replace(_GROWTH, leaf_rows=int(np.clip(len(kept) // 100, 5, 300)), seed=seed)
    grow = import_module(_MODULE).grow
    size = grow(columns, np.log(np.abs(per_scale) / linear + _FLOOR), weight, growth)
    found = per_scale / _size(spread, size, design[kept], columns)
    reached = np.clip(found, -_LARGEST, _LARGEST)
    below, above = (
        grow(columns, reached, weight, replace(growth, trees=40, loss="quantile", level=level))
        for level in (0.1, 0.9)
    )
    return Shape(spread=spread, trees=(size, below, above))


def shape_columns(design: Matrix, table: Table) -> Table:
    """Return what the trees read: the design without its constant, and the table."""
    columns: Table = np.column_stack([design[:, 1:].astype(np.float32), table])
    return columns


def _size(spread: Spread, trees: Reaching, design: Matrix, columns: Table) -> Vector:
    """Return (n rows,) the size of a miss, per scale."""
    linear = spread_of(spread, design, np.ones(len(design)))
    size: Vector = linear * np.exp(np.clip(trees.predict(columns), -_BOUND, _BOUND))
    return size
