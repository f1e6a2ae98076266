"""The proof that each ONNX graph says what its scikit-learn Pipeline says, made with every bundle.

Compared are real rows, rows at the thresholds of the trees and beside them, texts that nobody has
seen, and gaps (`foresell.models.tabular.probes`). Some of the rows and their answers travel with
the bundle, so that who opens it can see that the graphs still say the same on that machine.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.errors import GateError
from foresell.models.tabular.answering import graph_answers, raw_column
from foresell.models.tabular.plain import SIZE, PlainLearner
from foresell.models.tabular.probes import KINDS, REAL, probe_rows, why_none
from foresell.models.tabular.proved import FOLDER, PARITY, relative_gaps

TOLERANCE = 1e-5  # of the answer
# Shares of a usual answer: a miss of an answer nearer to 0 is measured against this. XGBoost itself
# rounds its sum to 32 bits after every tree, which is some 1e-6 of a usual answer.
_SMALLEST, _IN_32_BITS = 0.01, 1.0
_ROUNDING = "xgboost"
ROWS = 200  # of each kind
KEPT = 10  # of each kind, that travel with the bundle

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Proved:
    """A graph and what it must say: ``says`` answers raw rows as the fitted pipeline does."""

    graph: bytes
    says: Callable[[pl.DataFrame], Vector]


def parity_files(
    plain: PlainLearner, models: Mapping[str, Proved], frame: pl.DataFrame, seed: int
) -> dict[str, bytes]:
    """Return ``onnx/NAME.onnx`` for each model, and ``onnx/parity.json`` with the proof.

    ``frame``: raw rows, of which at most `ROWS` are drawn by ``seed``; their order changes nothing.

    A graph that says something else is a GateError that names the model, the kind of row and by how
    much.
    """
    rows = _drawn(plain, frame, seed)
    told = {name: _proof(plain, name, model, rows, seed) for name, model in models.items()}
    parity = {
        "tolerance": TOLERANCE,
        "of": "the answer, or 'smallest' where it is nearer to 0",
        "chosen": plain.chosen,
        "columns": {name: "text" if name in plain.texts else "number" for name in plain.raw},
        "models": told,
    }
    files = {f"{FOLDER}{name}.onnx": model.graph for name, model in models.items()}
    text = json.dumps(parity, ensure_ascii=False, allow_nan=False)
    return {**files, PARITY: text.encode()}


def _drawn(plain: PlainLearner, frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return at most `ROWS` rows, the same whatever the order of ``frame``."""
    columns = frame.select(plain.raw)
    ordered = columns.sort(plain.raw, nulls_last=True)
    draw = np.random.default_rng(seed)
    return ordered[np.sort(draw.permutation(frame.height)[:ROWS])]


def _proof(
    plain: PlainLearner, name: str, model: Proved, rows: pl.DataFrame, seed: int
) -> dict[str, object]:
    """Return how far a graph is from its pipeline, by kind of row, and the rows that travel.

    Of every kind it is said how many rows were compared, and where none could be, why (``none``).

    Raises:
        GateError: too far, or not one real row to compare.
    """
    worst: dict[str, float] = {}
    counts: dict[str, int] = {}
    inputs: dict[str, list[Any]] = {column: [] for column in plain.raw}
    kept: list[float] = []
    probes = probe_rows(plain, name, rows, seed)
    made = {kind: asked for kind, asked in probes.items() if asked.height}
    none = {kind: why_none(kind, probes) for kind in KINDS if kind not in made}
    if REAL in none:
        raise GateError(
            f"nothing proves the ONNX graph of {name}: {none[REAL]}",
            f"ONNX export of {name}, {rows.height} real rows",
            "look at the numbers of these rows: a derived one is beyond what 32 bits hold, or what "
            "the target is relative to is unknown or not above 0",
        )
    smallest = _smallest(plain, name, model.says(made[REAL]))
    for kind, asked in made.items():
        expected = model.says(asked)
        gaps = relative_gaps(graph_answers(model.graph, asked), expected, smallest)
        counts[kind], worst[kind] = asked.height, float(gaps.max(initial=0.0))
        if not worst[kind] <= TOLERANCE:
            raise GateError(
                f"the ONNX graph of {name} misses {name} by {worst[kind]:.2g} of its answer on "
                f"{kind} rows",
                f"ONNX export of {name}, {asked.height} {kind} rows compared",
                "this is a mistake in foresell: please report it; leave the candidate out of "
                "models.candidates until it is mended",
            )
        for column in plain.raw:
            inputs[column] += [_told(value) for value in raw_column(asked[column])[:KEPT]]
        kept += expected[:KEPT].tolist()
    proof = {"rows": {**counts, **dict.fromkeys(none, 0)}, "none": none, "max_rel": worst}
    return {**proof, "smallest": smallest, "inputs": inputs, "expected": kept}


def _smallest(plain: PlainLearner, name: str, usual: Vector) -> float:
    """Return what a miss is measured against at least; ``usual``: (rows,) answers to real rows."""
    parts = [] if name == SIZE else [plain.parts[part] for part in plain.weights(name)]
    rounding = any(part.library == _ROUNDING for part in parts)
    middle = float(np.median(np.abs(usual))) if len(usual) else 0.0
    return middle * (_IN_32_BITS if rounding else _SMALLEST)


def _told(value: Any) -> Any:
    """Return a value for JSON, None for NaN."""
    if isinstance(value, str):
        return value
    return None if np.isnan(value) else float(value)
