"""A plain learner as files: JSON, Parquet and the boosters' own formats, never a pickle.

``plain/learner.json`` holds all but trees; each forest is two tables, its nodes and its leaves.
Equal learners give equal bytes. To read one imports neither scikit-learn nor a booster.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl

from foresell.errors import DataError
from foresell.features.rows import RowColumn
from foresell.models.forests import Forest
from foresell.models.tabular.plain import (
    Categories,
    Encoding,
    Linear,
    Means,
    Places,
    PlainLearner,
    PlainPart,
    Vector,
)
from foresell.models.tabular.uncertainty import uncertainty_from_json

FOLDER = "plain/"
MAIN = f"{FOLDER}learner.json"
_PARTS, _SIZE, _PLACES = f"{FOLDER}parts/", f"{FOLDER}size/", f"{FOLDER}places/"

Files = Mapping[str, bytes]


def write_plain(plain: PlainLearner) -> dict[str, bytes]:
    """Return the files of a plain learner by name, each below ``plain/``."""
    files: dict[str, bytes] = {}
    parts = {}
    for name, part in plain.parts.items():
        parts[name] = _part_written(part, f"{_PARTS}{name}/", files)
    size = None if plain.size is None else _part_written(plain.size, _SIZE, files)
    places = None
    if plain.places is not None:
        places = {
            "trees": plain.places.trees,
            "inputs": list(plain.places.inputs),
            "forest": _forest_written(plain.places.forest, _PLACES, files),
        }
    main = {
        "columns": [asdict(column) for column in plain.columns],
        "places": places,
        "relative_to": list(plain.relative_to),
        "means": None if plain.means is None else _means_told(plain.means),
        "parts": parts,
        "ensembles": {name: dict(weights) for name, weights in plain.ensembles.items()},
        "baselines": dict(plain.baselines),
        "chosen": plain.chosen,
        "size": size,
        "uncertainty": {name: known.to_json() for name, known in plain.uncertainty.items()},
        "interval_method": plain.interval_method,
    }
    text = json.dumps(main, indent=1, ensure_ascii=False, allow_nan=False)
    return {MAIN: text.encode(), **files}


def read_plain(files: Files) -> PlainLearner:
    """Return the learner whose `write_plain` is among ``files``; it answers identically.

    A file that is missing is a DataError.
    """
    main: dict[str, Any] = json.loads(_one(files, MAIN))
    places = main["places"]
    return PlainLearner(
        columns=tuple(_column(column) for column in main["columns"]),
        places=None
        if places is None
        else Places(
            forest=_forest_read(places["forest"], _PLACES, files),
            trees=places["trees"],
            inputs=tuple(places["inputs"]),
        ),
        relative_to=tuple(main["relative_to"]),
        means=None if main["means"] is None else _means(main["means"]),
        parts={
            name: _part_read(part, f"{_PARTS}{name}/", files)
            for name, part in main["parts"].items()
        },
        ensembles=main["ensembles"],
        baselines=main["baselines"],
        chosen=main["chosen"],
        size=None if main["size"] is None else _part_read(main["size"], _SIZE, files),
        uncertainty={
            name: uncertainty_from_json(known) for name, known in main["uncertainty"].items()
        },
        interval_method=main["interval_method"],
    )


def _means_told(means: Means) -> dict[str, Any]:
    """Return means for JSON."""
    encoded = {name: values.tolist() for name, values in means.encoded.items()}
    return {"encoded": encoded, "factors": dict(means.factors)}


def _means(told: Mapping[str, Any]) -> Means:
    """Return the means that `_means_told` told of."""
    encoded = {name: np.array(values) for name, values in told["encoded"].items()}
    return Means(encoded=encoded, factors=told["factors"])


def _one(files: Files, name: str) -> bytes:
    """Return one of the files.

    Raises:
        DataError: it is not there.
    """
    if name not in files:
        raise DataError(
            f"{name} is missing", "the plain files of a model", "train again (foresell run PROJECT)"
        )
    return files[name]


def _part_written(part: PlainPart, folder: str, files: dict[str, bytes]) -> dict[str, Any]:
    """Return what is told of a part in JSON; add its tables and its own model to ``files``."""
    if part.native is not None:
        files[f"{folder}native"] = part.native
    core = (
        {"weights": part.core.weights.tolist(), "intercept": part.core.intercept}
        if isinstance(part.core, Linear)
        else _forest_written(part.core, folder, files)
    )
    encoding = asdict(part.encoding)
    for name in ("fill", "center", "width"):
        encoding[name] = None if encoding[name] is None else encoding[name].tolist()
    return {"library": part.library, "core": core, "encoding": encoding}


def _part_read(told: Mapping[str, Any], folder: str, files: Files) -> PlainPart:
    """Return the part that `_part_written` told of."""
    core = told["core"]
    return PlainPart(
        encoding=_encoding(told["encoding"]),
        core=Linear(weights=np.array(core["weights"]), intercept=core["intercept"])
        if "weights" in core
        else _forest_read(core, folder, files),
        library=told["library"],
        native=None if told["library"] is None else _one(files, f"{folder}native"),
    )


def _encoding(told: Mapping[str, Any]) -> Encoding:
    """Return the encoding that ``asdict`` told of."""
    return Encoding(
        numbers=tuple(told["numbers"]),
        fill=_vector(told["fill"]),
        center=_vector(told["center"]),
        width=_vector(told["width"]),
        categories=tuple(
            Categories(
                column=known["column"],
                values=tuple(known["values"]),
                places=tuple(known["places"]),
            )
            for known in told["categories"]
        ),
        names=tuple(told["names"]),
        of=tuple(told["of"]),
        exact=told["exact"],
    )


def _vector(values: list[float] | None) -> Vector | None:
    """Return numbers of JSON as an array."""
    return None if values is None else np.array(values, dtype=np.float64)


def _column(told: Mapping[str, Any]) -> RowColumn:
    """Return a derived column that ``asdict`` told of."""
    lists = {"of": tuple(told["of"]), "weights": tuple(told["weights"])}
    return RowColumn(name=told["name"], how=told["how"], **lists)


def _forest_written(forest: Forest, folder: str, files: dict[str, bytes]) -> dict[str, Any]:
    """Return what is told of a forest in JSON; add its two tables to ``files``."""
    nodes = pl.DataFrame({
        "column": forest.column.astype(np.int32),
        "threshold": forest.threshold,
        "left": forest.left.astype(np.int32),
        "right": forest.right.astype(np.int32),
        "nan_left": forest.nan_left,
    })
    leaves = {"value": forest.leaf}
    if forest.cover is not None:
        leaves["cover"] = forest.cover
    files[f"{folder}nodes.parquet"] = _parquet(nodes)
    files[f"{folder}leaves.parquet"] = _parquet(pl.DataFrame(leaves))
    return {"base": forest.base, "roots": forest.roots.tolist()}


def _forest_read(told: Mapping[str, Any], folder: str, files: Files) -> Forest:
    """Return the forest that `_forest_written` told of."""
    nodes = pl.read_parquet(BytesIO(_one(files, f"{folder}nodes.parquet")))
    leaves = pl.read_parquet(BytesIO(_one(files, f"{folder}leaves.parquet")))
    return Forest(
        column=nodes["column"].to_numpy().astype(np.int64),
        threshold=nodes["threshold"].to_numpy(),
        left=nodes["left"].to_numpy().astype(np.int64),
        right=nodes["right"].to_numpy().astype(np.int64),
        nan_left=nodes["nan_left"].to_numpy(),
        leaf=leaves["value"].to_numpy(),
        roots=np.array(told["roots"], dtype=np.int64),
        base=told["base"],
        cover=leaves["cover"].to_numpy() if "cover" in leaves.columns else None,
    )


def _parquet(frame: pl.DataFrame) -> bytes:
    """Return a table as Parquet."""
    kept = BytesIO()
    frame.write_parquet(kept, compression="zstd")
    return kept.getvalue()
