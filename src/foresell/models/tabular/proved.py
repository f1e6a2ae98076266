"""The proof of a bundle's graphs run again, on the machine that is to answer by them.

Some rows and what their models said of them travel with every bundle, as
`foresell.models.tabular.parity` has written them. Nothing that trains is imported.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foresell.errors import DataError, GateError
from foresell.models.onnx_running import OpenGraph, open_graph, run_open

FOLDER = "onnx/"
PARITY = f"{FOLDER}parity.json"
SERVED = "served/answer.onnx"  # what the chosen model and the size of its miss say, in one graph
_RESTORE = "train again (foresell run PROJECT)"

Vector = NDArray[np.float64]


def check_parity(files: Mapping[str, bytes], *names: str) -> float:
    """Run the kept rows of models through their graphs; return the largest relative difference.

    ``files``: of a bundle's model. ``names``: the chosen one where none is given; one without a
    graph (a baseline) has nothing to prove. A graph or a proof that is missing is a DataError, one
    that says something else on this machine than when the bundle was made a GateError.
    """
    parity: dict[str, Any] = json.loads(_one(files, PARITY))
    asked = [name for name in names or (str(parity["chosen"]),) if name in parity["models"]]
    graphs: dict[tuple[str, ...], OpenGraph]
    graphs = {(name,): open_graph(_one(files, f"{FOLDER}{name}.onnx")) for name in asked}
    return check_open_graphs(files, graphs)


def check_open_graphs(
    files: Mapping[str, bytes], graphs: Mapping[tuple[str, ...], OpenGraph]
) -> float:
    """Run the kept rows of models through ``graphs``, as `check_parity` does.

    ``graphs``: by the names of the models of which each says the answers, in their order.
    """
    parity: dict[str, Any] = json.loads(_one(files, PARITY))
    gaps = [
        _gap(parity, name, graph, at)
        for names, graph in graphs.items()
        for at, name in enumerate(names)
    ]
    return max(gaps, default=0.0)


def _gap(parity: Mapping[str, Any], name: str, graph: OpenGraph, at: int) -> float:
    """Return how far answer ``at`` of a graph is from the kept answers of a model, relatively.

    Raises:
        DataError: of this model no row was kept.
        GateError: on this machine the graph says something else than when the bundle was made.
    """
    if (kept := parity["models"].get(name)) is None:
        raise DataError(f"nothing proves the ONNX graph of {name}", PARITY, _RESTORE)
    columns = {
        column: np.array(
            kept["inputs"][column], dtype=object if kind == "text" else np.float64
        ).reshape(-1, 1)
        for column, kind in parity["columns"].items()
    }
    expected = np.array(kept["expected"], dtype=np.float64)
    said = run_open(graph, columns)[at]
    gap = float(relative_gaps(said, expected, kept["smallest"]).max(initial=0.0))
    if not gap <= parity["tolerance"]:
        raise GateError(
            f"the ONNX graph of {name} misses what was proved by {gap:.2g} of it",
            f"{PARITY}, {len(expected)} rows",
            "restore the bundle or train again; if that does not mend it, compare the version "
            "of onnxruntime with that in metadata.json",
        )
    return gap


def _one(files: Mapping[str, bytes], name: str) -> bytes:
    """Return one of the files.

    Raises:
        DataError: it is not there.
    """
    if name not in files:
        raise DataError(f"model/{name} is missing", "bundle", _RESTORE)
    return files[name]


def relative_gaps(said: Vector, expected: Vector, smallest: float) -> Vector:
    """Return (rows,) differences as shares of the answer; not a number where only one is."""
    with np.errstate(invalid="ignore"):  # nothing of nothing
        gaps: Vector = np.abs(said - expected) / np.maximum(np.abs(expected), smallest)
    return np.where(said == expected, 0.0, gaps)
