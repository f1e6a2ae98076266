"""The ONNX files of a bundle: a graph for each part, and the proof that it says the same.

Written when a bundle is made; read when it answers. The proof is made on real rows of a direct
frame and, for trees, on the same rows with values put at a threshold and at its neighbours of 32
bits, which is where a careless export goes wrong.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.errors import GateError
from foresell.features.levels import Vector
from foresell.models.boosted import Booster
from foresell.models.contributing import Traced
from foresell.models.forests import FORESTS, Forest, lightgbm_forest
from foresell.models.learner import Learner
from foresell.models.learner_files import read_learner
from foresell.models.onnx_parts import ON_REFERENCE, OnnxPart, exported
from foresell.models.onnx_shape import FOLDER as SHAPE_FOLDER
from foresell.models.onnx_shape import (
    drawn_series,
    read_shape_graphs,
    shape_graphs,
    shape_input,
    shape_proof,
)
from foresell.models.parts import Part
from foresell.models.seasonal import reference
from foresell.models.shape import Shape
from foresell.spec.project import ProjectSpec

FOLDER = "onnx/"
PARITY, METADATA = f"{FOLDER}parity.json", f"{FOLDER}metadata.json"
TOLERANCE = 1e-5  # of the series' scale
ROWS = 200
_SIDES = np.array([-np.inf, np.inf], dtype=np.float32)

Table = NDArray[Any]


def onnx_files(
    parts: Mapping[str, Part],
    frame: pl.DataFrame,
    project: ProjectSpec,
    shape: Shape | None = None,
) -> dict[str, bytes]:
    """Return ``onnx/NAME.onnx`` for each part, ``onnx/parity.json`` and ``onnx/metadata.json``.

    Of a learner with a ``shape`` of its misses, ``onnx/shape/NAME.onnx`` for each set of its trees.

    ``frame``: a direct frame, from which rows are drawn by the project's seed. A part without
    anything to learn (a formula) has no graph and is named in the metadata. A part that cannot be
    exported is a DataError, one whose graph says something else a GateError; both name it.
    """
    drawn = np.random.default_rng(project.seed).permutation(frame.height)[:ROWS]
    rows = frame[np.sort(drawn)]
    files: dict[str, bytes] = {}
    proofs: dict[str, object] = {}
    about: dict[str, object] = {}
    plain: list[str] = []
    for name, part in parts.items():
        graph = exported(name, part)
        if graph is None:
            plain.append(name)
            continue
        files[f"{FOLDER}{name}.onnx"] = graph.graph
        proofs[name] = _proof(name, part, graph, rows)
        about[name] = _described(graph)
    parity = {"tolerance": TOLERANCE, "of": "the series' scale", "parts": proofs}
    if shape is not None:
        table, names = shape_input(parts, drawn_series(frame, ROWS, project.seed), project)
        graphs, proved = shape_graphs(shape, names), dict[str, object]()
        for (name, made), trees in zip(graphs.items(), shape.trees, strict=True):
            files[f"{SHAPE_FOLDER}{name}.onnx"] = made.content
            probes = _probes(lightgbm_forest(trees.dump().decode()), table)
            proved[name] = shape_proof(trees, made, name, (table, probes), TOLERANCE)
        parity["shape"] = proved
    metadata = {
        "target": project.target,
        "unit": project.unit,
        "output": "float64, per scale: times the row's scale it is in the unit of the target",
        "parts": about,
        "without_graph": plain,
    }
    files[PARITY] = json.dumps(parity, allow_nan=False).encode()
    files[METADATA] = json.dumps(metadata, indent=1).encode()
    return files


def read_onnx(files: Mapping[str, bytes]) -> dict[str, OnnxPart]:
    """Return the parts that answer by a graph, by name; none for a bundle written without."""
    return {
        name.removeprefix(FOLDER).removesuffix(".onnx"): OnnxPart(content)
        for name, content in files.items()
        if name.startswith(FOLDER) and name.endswith(".onnx") and name.count("/") == 1
    }


def answering_learner(files: Mapping[str, bytes]) -> Learner:
    """Return the learner of a bundle's model files that answers by its graphs.

    No booster's library is imported, and no part is read that has a graph. A part without one
    answers by itself; so does a learner that was written without graphs.
    """
    return read_learner(files, read_onnx(files), read_shape_graphs(files))


def told_learner(files: Mapping[str, bytes]) -> Learner:
    """Return the learner that answers as `answering_learner` does and whose parts can be told of.

    It imports the boosters' libraries, for their TreeSHAP.
    """
    graphs = read_onnx(files)
    learner = read_learner(files, reaching=read_shape_graphs(files))
    parts = {
        name: Traced(graphs[name], part) if name in graphs else part
        for name, part in learner.fitted.parts.items()
    }
    return replace(learner, fitted=replace(learner.fitted, parts=parts))


def _described(graph: OnnxPart) -> dict[str, object]:
    """Return what a reader needs to fill the graph's input."""
    facts = dict(graph.facts)
    kind = facts["kind"]
    return {
        **facts,
        "input": "features of the direct frame" if kind == "features" else f"terms of {kind}",
        "dtype": "float32" if kind == "features" else "float64",
        "missing": "NaN",
        "added_to": "the reference forecast" if ON_REFERENCE[kind] else "nothing",
    }


def _proof(name: str, part: Part, graph: OnnxPart, rows: pl.DataFrame) -> dict[str, object]:
    """Return the comparison of a part and its graph, with the rows and answers it rests on.

    Raises:
        GateError: they differ by more than the tolerance somewhere.
    """
    table, expected = graph.table(rows), _said(part, graph, rows)
    gaps = [np.abs(graph.per_scale(table) - expected)]
    sizes = [np.abs(expected)]
    if isinstance(part, Booster):
        probes = _probes(FORESTS[part.library](part.trees[0].text()), table)
        said = np.mean([trees.predict(probes) for trees in part.trees], axis=0)
        gaps.append(np.abs(graph.per_scale(probes) - said))
        sizes.append(np.abs(said))
    gap, size = np.concatenate(gaps), np.concatenate(sizes)
    worst = float(gap.max(initial=0.0))
    if not worst <= TOLERANCE:
        raise GateError(
            f"the ONNX graph of {name} misses {name} by {worst:.2g} of a series' scale",
            f"ONNX export of {name}, {len(gap)} rows compared",
            "this is a mistake in foresell: please report it; leave the candidate out of "
            "models.candidates until it is mended",
        )
    return {
        "rows": len(expected),
        "probes": len(gap) - len(expected),
        "max_abs": worst,
        "max_rel": float((gap / np.maximum(size, TOLERANCE)).max(initial=0.0)),
        "columns": list(graph.facts["columns"]),
        "inputs": [[_number(value) for value in row] for row in table],
        "expected": expected.tolist(),
    }


def _said(part: Part, graph: OnnxPart, rows: pl.DataFrame) -> Vector:
    """Return (rows,) what the part itself says, per scale and without the reference."""
    if isinstance(part, Booster):
        table = part.table(rows)
        return np.asarray(np.mean([trees.predict(table) for trees in part.trees], axis=0))
    forecast = part.forecast(rows)
    if ON_REFERENCE[graph.facts["kind"]]:
        forecast = forecast - reference(rows)
    said: Vector = forecast / rows["scale"].to_numpy()
    return said


def _probes(forest: Forest, table: Table) -> Table:
    """Return a row for each row of ``table``, its values at thresholds, beside them, and NaN."""
    draw = np.random.default_rng(len(forest.threshold))
    probes = table.copy()
    for column in range(table.shape[1]):
        known = forest.threshold[forest.column == column].astype(np.float32)
        if not len(known):
            continue
        put = draw.choice(known, len(table))
        with np.errstate(over="ignore"):
            beside = np.nextafter(put, draw.choice(_SIDES, len(table)))
        way = draw.integers(0, 4, len(table))
        values = np.select([way == 0, way == 1, way == 2], [put, beside, np.nan], table[:, column])
        probes[:, column] = values
    return probes


def _number(value: float) -> float | None:
    """Return a value as the shortest decimal that reads back the same, None for NaN."""
    return None if np.isnan(value) else float(str(value))
