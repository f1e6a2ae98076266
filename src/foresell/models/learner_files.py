"""A learner as files: JSON and its libraries' own formats; equal learners give equal bytes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any

import polars as pl

from foresell.errors import DataError
from foresell.evaluate.intervals import Spread, calibration_from_json
from foresell.features.pools import recipe_from_json
from foresell.models.calibrating import Uncertainty
from foresell.models.candidates import read
from foresell.models.coherence import reconciling_from_json
from foresell.models.learner import Learner
from foresell.models.members import Fitted
from foresell.models.parts import Part
from foresell.models.shape import Reaching, read_shape
from foresell.models.stacking import FOLD_COLUMNS

MAIN, FAILURES = "learner.json", "failures.json"
_PARTS = "parts/"
_SHAPE = "shape/"


def write_learner(learner: Learner) -> dict[str, bytes]:
    """Return the learner's files by name.

    ``learner.json``; ``failures.json``: why candidates failed, by name; ``parts/CANDIDATE/...``:
    each fitted part's own files; ``shape/...``: those of the shape of the misses, if it has one.
    """
    parts = {name: part.files() for name, part in learner.fitted.parts.items()}
    main = {
        "recipe": json.loads(learner.recipe.to_json()),
        "cutoff": learner.cutoff,
        "buckets": list(learner.buckets),
        "parts": list(parts),
        "settings": {name: dict(values) for name, values in learner.settings.items()},
        "ensembles": {
            name: [dict(weights) for weights in buckets]
            for name, buckets in learner.ensembles.items()
        },
        "chosen": learner.chosen,
        "uncertainty": {
            name: {
                "spread": None if known.spread is None else asdict(known.spread),
                "calibration": json.loads(known.calibration.to_json()),
            }
            for name, known in learner.uncertainty.items()
        },
        "interval_method": learner.interval_method,
        "folds": learner.folds.to_dicts(),
        "notes": list(learner.notes),
        "reconciling": None
        if learner.reconciling is None
        else json.loads(learner.reconciling.to_json()),
    }
    files = {
        MAIN: json.dumps(main, indent=1).encode(),
        FAILURES: json.dumps(dict(learner.failures), indent=1).encode(),
    }
    for name, own in parts.items():
        files |= {f"{_PARTS}{name}/{file}": content for file, content in own.items()}
    shape = {} if learner.shape is None else learner.shape.files()
    return files | {f"{_SHAPE}{file}": content for file, content in shape.items()}


def read_learner(
    files: Mapping[str, bytes],
    at_hand: Mapping[str, Part] = MappingProxyType({}),
    reaching: Mapping[str, Reaching] = MappingProxyType({}),
) -> Learner:
    """Return the learner whose `write_learner` is ``files``; it forecasts identically.

    ``at_hand``: parts by name that stand for those in the files, which are then not read;
    ``reaching``: the same for the trees of the shape.

    Raises:
        DataError: ``learner.json`` is not among the files.
    """
    if MAIN not in files:
        raise DataError(
            f"no {MAIN} among {sorted(files)}", "a learner's files", "train the model again"
        )
    main: dict[str, Any] = json.loads(files[MAIN])
    return Learner(
        recipe=recipe_from_json(json.dumps(main["recipe"])),
        cutoff=main["cutoff"],
        buckets=tuple(main["buckets"]),
        fitted=Fitted(
            parts={
                name: at_hand[name]
                if name in at_hand
                else read(name, _own(f"{_PARTS}{name}/", files))
                for name in main["parts"]
            }
        ),
        settings=main["settings"],
        ensembles={name: tuple(weights) for name, weights in main["ensembles"].items()},
        chosen=main["chosen"],
        uncertainty={name: _uncertainty(known) for name, known in main["uncertainty"].items()},
        interval_method=main["interval_method"],
        folds=pl.DataFrame(main["folds"], schema=FOLD_COLUMNS),
        notes=tuple(main["notes"]),
        failures=json.loads(files[FAILURES]),
        reconciling=None
        if main["reconciling"] is None
        else reconciling_from_json(json.dumps(main["reconciling"])),
        shape=read_shape(_own(_SHAPE, files), reaching),
    )


def _own(prefix: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of one part, or of the shape, by their own names."""
    return {
        file.removeprefix(prefix): content
        for file, content in files.items()
        if file.startswith(prefix)
    }


def _uncertainty(known: Mapping[str, Any]) -> Uncertainty:
    """Return one candidate's spread and calibration."""
    spread = known["spread"]
    return Uncertainty(
        spread=None
        if spread is None
        else replace(Spread(**spread), weights=tuple(spread["weights"])),
        calibration=calibration_from_json(json.dumps(known["calibration"])),
    )
