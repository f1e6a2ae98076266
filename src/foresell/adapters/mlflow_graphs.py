"""The ONNX graphs of a table's candidates as models of MLflow, each on the run of its candidate.

They take raw rows, a column an input, and answer in the unit of the target, without quantiles;
those are the bundle's. The graphs of a panel are parts of a forecast and mean nothing alone: they
are in the bundle.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
from mlflow import onnx as flavour
from mlflow.models import Model, ModelSignature
from mlflow.types.schema import Schema, TensorSpec
from numpy.typing import NDArray

from foresell.adapters.mlflow_model import Shelf, log_model, ready_model, requirements
from foresell.adapters.tracker_words import CANDIDATE, DIGEST
from foresell.bundle.bundle import read_bundle
from foresell.models.tabular.proved import PARITY
from foresell.spec.ports import Store

GRAPH = "graph"  # the name of the model
_EXAMPLES = 3  # rows of the input example
_TYPES: Mapping[str, str] = {"text": "object", "number": "float64"}


def graph_models(shelf: Shelf, digest: str, bundle: Store, runs: Mapping[str, str]) -> list[str]:
    """Log the graph of each candidate that has one on its run; return the models' ids.

    ``runs``: the id of the run by candidate. A candidate without a graph (a baseline) has no model.
    A bundle that is damaged is a ``DataError``.
    """
    shelves = {name: replace(shelf, run=run) for name, run in sorted(runs.items())}
    found = {name: ready_model(own, GRAPH, digest) for name, own in shelves.items()}
    ids = [str(model.model_id) for model in found.values() if model is not None]
    if all(model is not None for model in found.values()):
        return ids
    files = read_bundle(bundle).model
    proof = json.loads(files.get(PARITY, b"{}"))
    for name, own in shelves.items():
        if found[name] is None and name in proof.get("models", {}):
            ids.append(_log(own, digest, name, files[f"onnx/{name}.onnx"], proof))
    return ids


def _log(shelf: Shelf, digest: str, name: str, content: bytes, proof: Mapping[str, Any]) -> str:
    """Log one graph, with the first rows that prove it as the example; return the model's id."""
    graph = onnx.load_from_string(content)
    asked = [given.name for given in graph.graph.input]
    rows = dict(_example(proof, name, asked))
    takes = [TensorSpec(column.dtype, (-1, 1), given) for given, column in rows.items()]
    gives = [TensorSpec(np.dtype("float64"), (-1, 1), out.name) for out in graph.graph.output]

    def write(path: str, model: Model) -> None:
        flavour.save_model(
            graph,
            path,
            mlflow_model=model,
            signature=ModelSignature(inputs=Schema([*takes]), outputs=Schema([*gives])),
            input_example=rows,
            pip_requirements=requirements("mlflow", "onnx", "onnxruntime"),
            onnx_execution_providers=["CPUExecutionProvider"],
            onnx_session_options={"intra_op_num_threads": 1},
            save_as_external_data=False,
        )

    return log_model(shelf, GRAPH, {DIGEST: digest, CANDIDATE: name}, write)


def _example(
    proof: Mapping[str, Any], name: str, asked: list[str]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield of each input some rows of the proof, (rows, 1): NaN where a number is unknown."""
    for column in asked:
        values = proof["models"][name]["inputs"][column][:_EXAMPLES]
        kind = np.dtype(_TYPES[proof["columns"][column]])
        yield column, np.array(values, dtype=kind).reshape(-1, 1)
