"""Fitted parts as ONNX graphs: trees as one TreeEnsemble, linear parts as a sum of products.

Trees take float32, as the direct frame holds it, and compare and add in float64, as the boosters'
own code does: a threshold that were rounded to 32 bits would send values beside it the other way.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from foresell.data.panel import Matrix
from foresell.features.levels import Vector
from foresell.models.forests import Forest
from foresell.models.ridge import FARTHEST

# TreeEnsemble, the operator that adds in 64 bits, came with version 5 of ONNX's operators for
# machine learning; the other two numbers are those that go with it.
_OPSETS, _IR = (("", 21), ("ai.onnx.ml", 5)), 10
_AT_MOST = 0  # TreeEnsemble's number for "left where the value is at most the threshold"
_SUM = 1
INPUT, OUTPUT = "features", "answer"
_NOTHING = Forest(  # one split, nothing at either side: for trees that never split
    column=np.zeros(1, dtype=np.int64),
    threshold=np.zeros(1),
    left=np.array([-1]),
    right=np.array([-2]),
    nan_left=np.ones(1, dtype=np.bool_),
    leaf=np.zeros(2),
    roots=np.zeros(1, dtype=np.int64),
    base=0.0,
)


def forest_graph(forest: Forest, columns: Sequence[str], about: Mapping[str, object]) -> bytes:
    """Return the trees as a serialised graph: (rows, columns) float32 -> (rows, 1) float64.

    ``columns``: the names of the input's columns, in order; they and ``about`` are written into
    the graph's metadata. Equal trees give equal bytes.
    """
    nodes = [
        helper.make_node("Cast", [INPUT], ["exact"], to=TensorProto.DOUBLE),
        trees_node(forest, "exact", "sum"),
        helper.make_node("Add", ["sum", "base"], [OUTPUT]),
    ]
    constants = [constant("base", np.array([[forest.base]]))]
    return _serialised(nodes, constants, TensorProto.FLOAT, columns, about)


def trees_node(forest: Forest, given: str, said: str) -> onnx.NodeProto:
    """Return the node that walks all trees and adds the leaves they end in, without the base.

    ``given``: the name of (rows, columns) float64; ``said``: that of (rows, 1) float64.
    """
    forest = forest if len(forest.roots) else _NOTHING
    leaf = {
        side: np.where(child < 0, -1 - child, child)
        for side, child in (("true", forest.left), ("false", forest.right))
    }
    return helper.make_node(
        "TreeEnsemble",
        [given],
        [said],
        domain="ai.onnx.ml",
        aggregate_function=_SUM,
        leaf_targetids=[0] * len(forest.leaf),
        leaf_weights=numpy_helper.from_array(forest.leaf, "leaves"),
        n_targets=1,
        nodes_falseleafs=(forest.right < 0).astype(np.int64).tolist(),
        nodes_falsenodeids=leaf["false"].tolist(),
        nodes_featureids=forest.column.tolist(),
        nodes_missing_value_tracks_true=forest.nan_left.astype(np.int64).tolist(),
        nodes_modes=numpy_helper.from_array(
            np.full(len(forest.column), _AT_MOST, dtype=np.uint8), "modes"
        ),
        nodes_splits=numpy_helper.from_array(forest.threshold, "thresholds"),
        nodes_trueleafs=(forest.left < 0).astype(np.int64).tolist(),
        nodes_truenodeids=leaf["true"].tolist(),
        post_transform=0,
        tree_roots=forest.roots.tolist(),
    )


def banded_graph(
    weights: Matrix, edges: Sequence[float], columns: Sequence[str], about: Mapping[str, object]
) -> bytes:
    """Return a linear part with weights by band as a serialised graph.

    (rows, columns) float64 -> (rows, 1) float64. ``columns``: the terms, then the scale. ``edges``:
    the scales at which a band ends and the next begins; ``weights``: (bands, terms).
    """
    ends = np.array([*edges, np.inf])  # never reached: a constant of no length is not for everyone
    nodes = [
        helper.make_node("Split", [INPUT, "widths"], ["terms", "scale"], axis=1),
        helper.make_node("GreaterOrEqual", ["scale", "ends"], ["passed"]),
        helper.make_node("Cast", ["passed"], ["counted"], to=TensorProto.INT64),
        helper.make_node("ReduceSum", ["counted", "across"], ["band"], keepdims=0),
        helper.make_node("Gather", ["weights", "band"], ["weight"], axis=0),
        helper.make_node("Mul", ["terms", "weight"], ["added"]),
        helper.make_node("ReduceSum", ["added", "across"], [OUTPUT], keepdims=1),
    ]
    constants = [
        constant("widths", np.array([len(columns) - 1, 1], dtype=np.int64)),
        constant("ends", ends.reshape(1, -1)),
        constant("across", np.array([1], dtype=np.int64)),
        constant("weights", np.vstack([weights, weights[-1:]])),
    ]
    return _serialised(nodes, constants, TensorProto.DOUBLE, columns, about)


def standard_graph(
    standard: tuple[Vector, Vector, Vector],
    intercept: float,
    columns: Sequence[str],
    about: Mapping[str, object],
) -> bytes:
    """Return a linear part of standardised columns as a graph.

    (rows, columns) float64 -> (rows, 1) float64.
    ``standard``: center, width and weight of each column. Unknown is the mean; what lies beyond
    `FARTHEST` widths from it counts as there.
    """
    center, width, weights = standard
    nodes = [
        helper.make_node("Sub", [INPUT, "center"], ["moved"]),
        helper.make_node("Div", ["moved", "width"], ["scaled"]),
        helper.make_node("IsNaN", ["scaled"], ["unknown"]),
        helper.make_node("Where", ["unknown", "zero", "scaled"], ["known"]),
        helper.make_node("Clip", ["known", "lowest", "highest"], ["near"]),
        helper.make_node("MatMul", ["near", "weights"], ["sum"]),
        helper.make_node("Add", ["sum", "base"], [OUTPUT]),
    ]
    constants = [
        constant("center", center.reshape(1, -1)),
        constant("width", width.reshape(1, -1)),
        constant("zero", np.array(0.0)),
        constant("lowest", np.array(-FARTHEST)),
        constant("highest", np.array(FARTHEST)),
        constant("weights", weights.reshape(-1, 1)),
        constant("base", np.array([[intercept]])),
    ]
    return _serialised(nodes, constants, TensorProto.DOUBLE, columns, about)


def constant(name: str, values: NDArray[Any]) -> onnx.TensorProto:
    """Return a constant of the graph."""
    return numpy_helper.from_array(values, name)


def _serialised(
    nodes: Sequence[onnx.NodeProto],
    constants: Sequence[onnx.TensorProto],
    kind: int,
    columns: Sequence[str],
    about: Mapping[str, object],
) -> bytes:
    """Return the checked graph of one table as bytes."""
    given = [helper.make_tensor_value_info(INPUT, kind, [None, len(columns)])]
    return serialised(nodes, constants, given, [OUTPUT], {"columns": list(columns), **about})


def serialised(
    nodes: Sequence[onnx.NodeProto],
    constants: Sequence[onnx.TensorProto],
    given: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[str],
    facts: Mapping[str, object],
) -> bytes:
    """Return the checked graph as bytes; its answers ``outputs`` are (rows, 1) float64."""
    graph = helper.make_graph(
        list(nodes),
        "foresell",
        list(given),
        [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [None, 1]) for name in outputs],
        list(constants),
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR, producer_name="foresell")
    helper.set_model_props(model, {name: json.dumps(facts[name]) for name in sorted(facts)})
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))
