"""Answers from ONNX graphs: one thread, no booster's library, nothing that runs code on loading."""

import ctypes
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from foresell.features.levels import Vector

_ERRORS_ONLY = 3  # ONNX Runtime's number for a log without warnings


@dataclass(frozen=True, slots=True)
class OpenGraph:
    """A graph that reads raw columns by name, ready to run; its bytes are no longer needed.

    ``columns``: those that it reads. Threads may run it at the same time.
    """

    session: ort.InferenceSession
    columns: tuple[str, ...]
    outputs: tuple[str, ...]


def open_graph(graph: bytes) -> OpenGraph:
    """Return a serialised graph that reads raw columns, ready to run."""
    session = _opened(graph)
    return OpenGraph(
        session=session,
        columns=tuple(given.name for given in session.get_inputs()),
        outputs=tuple(said.name for said in session.get_outputs()),
    )


def open_facts(graph: OpenGraph) -> Mapping[str, Any]:
    """Return what was written into the graph's metadata."""
    return _facts(graph.session)


def run_open(graph: OpenGraph, inputs: Mapping[str, NDArray[Any]]) -> tuple[Vector, ...]:
    """Return (rows,) of each answer of a graph; ``inputs``: (rows, 1) each, maybe of more columns.

    Numbers as 64-bit floats with NaN where unknown, texts as objects with "" where unknown.
    """
    given = {name: inputs[name] for name in graph.columns}
    return tuple(answer[:, 0] for answer in graph.session.run(graph.outputs, given))


def _facts(session: ort.InferenceSession) -> Mapping[str, Any]:
    """Return what was written into a graph's metadata."""
    facts = session.get_modelmeta().custom_metadata_map
    return {name: json.loads(text) for name, text in facts.items()}


@lru_cache(maxsize=32)
def _session(graph: bytes) -> ort.InferenceSession:
    """Return a session on a serialised graph, which is kept."""
    return _opened(graph)


def _opened(graph: bytes) -> ort.InferenceSession:
    """Return a session on a serialised graph; one thread, for two would not give other answers."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def give_back_memory() -> None:
    """Hand back to the system what opening graphs has left behind, where the C library can.

    A graph of 9 MB is taken apart in 150 MB, of which glibc keeps 100 for the next one.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
        if trim is not None:
            trim(0)


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
    return _facts(_session(graph))


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
