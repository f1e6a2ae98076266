"""Answers from ONNX graphs: one thread, no booster's library, nothing that runs code on loading."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from foresell.features.levels import Vector

_ERRORS_ONLY = 3  # ONNX Runtime's number for a log without warnings


@lru_cache(maxsize=32)
def _session(graph: bytes) -> ort.InferenceSession:
    """Return a session on a serialised graph; one thread, for two would not give other answers."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def run_graph(graph: bytes, table: NDArray[Any]) -> Vector:
    """Return (rows,) the graph's answers; ``table``: (rows, columns) of the graph's own kind."""
    session = _session(graph)
    given = session.get_inputs()[0]
    kind = np.float32 if given.type == "tensor(float)" else np.float64
    if not len(table):
        return np.zeros(0)
    answer = session.run(None, {given.name: np.ascontiguousarray(table, dtype=kind)})[0]
    return np.asarray(answer, dtype=np.float64)[:, 0]


def graph_facts(graph: bytes) -> Mapping[str, Any]:
    """Return what was written into the graph's metadata: its columns and what else it tells."""
    facts = _session(graph).get_modelmeta().custom_metadata_map
    return {name: json.loads(text) for name, text in facts.items()}


def run_columns(graph: bytes, columns: Mapping[str, NDArray[Any]]) -> Vector:
    """Return (rows,) the answers of a graph that reads raw columns by name.

    ``columns``: (rows,) each, numbers as 64-bit floats with NaN where unknown, texts as objects
    with "" where unknown; those that the graph does not ask for are left aside.
    """
    session = _session(graph)
    asked = [given.name for given in session.get_inputs()]
    if not len(next(iter(columns.values()))):
        return np.zeros(0)
    answer = session.run(None, {name: columns[name].reshape(-1, 1) for name in asked})[0]
    return np.asarray(answer, dtype=np.float64)[:, 0]
