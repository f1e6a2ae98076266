"""The shape of the misses as ONNX graphs: how an answer's bands are made without a booster.

Each of its three sets of trees is a graph of its own, proved as the parts' graphs are: on rows of a
direct frame, and on the same rows with values put at thresholds and beside them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from foresell.errors import GateError
from foresell.models.forests import FORESTS
from foresell.models.onnx_running import run_graph
from foresell.models.parts import Part
from foresell.models.seasonal import seasonal_members
from foresell.models.shape import (
    FILES,
    LIBRARY,
    Reaching,
    Shape,
    shape_columns,
    shape_names,
    shape_table,
)
from foresell.models.trees.growing import Numbers, Table
from foresell.models.uncertainty import TERMS, holiday_rows, spread_design
from foresell.spec.project import ProjectSpec

FOLDER = "onnx/shape/"


@dataclass(frozen=True)
class Graph:
    """Trees of a shape as a serialised graph; they predict as those they were made from."""

    content: bytes

    def predict(self, table: Table) -> Numbers:
        """Return (n rows,) predictions in the unit of the label."""
        return run_graph(self.content, table)

    def dump(self) -> bytes:
        """Return the graph."""
        return self.content


def shape_graphs(shape: Shape, columns: Sequence[str]) -> dict[str, Graph]:
    """Return the graph of each set of trees; ``columns``: the names of what they read."""
    from foresell.models.onnx_graphs import forest_graph  # noqa: PLC0415 - only when written

    found = {}
    for name, trees in zip(FILES, shape.trees, strict=True):
        about = {"kind": "shape", "part": f"shape/{name}", "library": LIBRARY}
        forest = FORESTS[LIBRARY](trees.dump().decode())
        found[name] = Graph(forest_graph(forest, columns, about))
    return found


def read_shape_graphs(files: Mapping[str, bytes]) -> dict[str, Reaching]:
    """Return the graphs of a bundle's shape by name; none for one written without."""
    paths = {name: f"{FOLDER}{name}.onnx" for name in FILES}
    return {name: Graph(files[path]) for name, path in paths.items() if path in files}


def shape_input(
    parts: Mapping[str, Part], frame: pl.DataFrame, project: ProjectSpec
) -> tuple[Table, tuple[str, ...]]:
    """Return (rows, columns) what the shape reads of a direct frame, and the columns' names."""
    made = {
        **seasonal_members(frame),
        **{name: part.forecast(frame) for name, part in parts.items()},
    }
    design = spread_design(frame, made, holiday_rows(frame, project))
    names = (*TERMS[1:], *shape_names(frame))
    return shape_columns(design, shape_table(frame, made)), names


def drawn_series(frame: pl.DataFrame, rows: int, seed: int) -> pl.DataFrame:
    """Return the steps of a few series of a direct frame, drawn by ``seed``: about ``rows``.

    Series stay whole, since what the shape reads of a step depends on the steps before it.
    """
    steps = int(frame["step"].to_numpy().max())
    count = frame.height // steps
    drawn = np.sort(np.random.default_rng(seed).permutation(count)[: -(-rows // steps)])
    return frame[(drawn[:, None] * steps + np.arange(steps)).ravel()]


def shape_proof(
    trees: Reaching, graph: Graph, name: str, tables: Sequence[Table], tolerance: float
) -> dict[str, object]:
    """Return how far a graph is from its trees over ``tables``.

    Raises:
        GateError: by more than ``tolerance``.
    """
    gap = np.concatenate([np.abs(graph.predict(t) - trees.predict(t)) for t in tables])
    worst = float(gap.max(initial=0.0))
    if not worst <= tolerance:
        raise GateError(
            f"the ONNX graph of the shape's {name} misses it by {worst:.2g}",
            f"ONNX export of the shape of the misses, {len(gap)} rows compared",
            "this is a mistake in foresell: please report it",
        )
    return {"rows": len(tables[0]), "probes": len(gap) - len(tables[0]), "max_abs": worst}
