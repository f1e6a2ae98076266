"""A learner as files: JSON and LightGBM's own text, never a pickle; equal learners, equal bytes."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from foresell.errors import DataError
from foresell.evaluate.intervals import Spread, calibration_from_json
from foresell.features.pools import recipe_from_json
from foresell.models.boosted import Booster, Boosting
from foresell.models.lad import lad_from_json
from foresell.models.learner import Learner
from foresell.models.members import Fitted
from foresell.models.stacking import FOLD_COLUMNS, Uncertainty

MAIN = "learner.json"


def write_learner(learner: Learner) -> dict[str, bytes]:
    """Return the learner's files by name: ``learner.json`` and ``booster_N.txt``, UTF-8."""
    booster, lad = learner.fitted.booster, learner.fitted.lad
    main = {
        "recipe": json.loads(learner.recipe.to_json()),
        "cutoff": learner.cutoff,
        "buckets": list(learner.buckets),
        "lad": None if lad is None else json.loads(lad.to_json()),
        "booster": None if booster is None else {"features": list(booster.features)},
        "boosting": asdict(learner.boosting),
        "weights": [dict(weights) for weights in learner.weights],
        "chosen": learner.chosen,
        "uncertainty": {
            name: {
                "spread": asdict(known.spread),
                "calibration": json.loads(known.calibration.to_json()),
            }
            for name, known in learner.uncertainty.items()
        },
        "interval_method": learner.interval_method,
        "folds": learner.folds.to_dicts(),
        "notes": list(learner.notes),
    }
    files = {MAIN: json.dumps(main, indent=1).encode()}
    for place, text in enumerate(() if booster is None else booster.texts):
        files[f"booster_{place}.txt"] = text.encode()
    return files


def read_learner(files: Mapping[str, bytes]) -> Learner:
    """Return the learner whose `write_learner` is ``files``; it forecasts identically.

    Raises:
        DataError: ``learner.json`` is not among the files.
    """
    if MAIN not in files:
        raise DataError(
            f"no {MAIN} among {sorted(files)}", "a learner's files", "train the model again"
        )
    main: dict[str, Any] = json.loads(files[MAIN])
    texts = [files[name].decode() for name in _booster_names(files)]
    booster = main["booster"]
    return Learner(
        recipe=recipe_from_json(json.dumps(main["recipe"])),
        cutoff=main["cutoff"],
        buckets=tuple(main["buckets"]),
        fitted=Fitted(
            lad=None if main["lad"] is None else lad_from_json(json.dumps(main["lad"])),
            booster=None
            if booster is None
            else Booster(features=tuple(booster["features"]), texts=tuple(texts)),
        ),
        boosting=Boosting(**main["boosting"]),
        weights=tuple(main["weights"]),
        chosen=main["chosen"],
        uncertainty={name: _uncertainty(known) for name, known in main["uncertainty"].items()},
        interval_method=main["interval_method"],
        folds=pl.DataFrame(main["folds"], schema=FOLD_COLUMNS),
        notes=tuple(main["notes"]),
    )


def _booster_names(files: Mapping[str, bytes]) -> list[str]:
    """Return the names of the booster texts in the order they were written."""
    names = [name for name in files if name.startswith("booster_")]
    return sorted(names, key=lambda name: int(name.removeprefix("booster_").removesuffix(".txt")))


def _uncertainty(known: Mapping[str, Any]) -> Uncertainty:
    """Return one candidate's spread and calibration."""
    spread = known["spread"]
    return Uncertainty(
        spread=Spread(
            weights=tuple(spread["weights"]), low=float(spread["low"]), high=float(spread["high"])
        ),
        calibration=calibration_from_json(json.dumps(known["calibration"])),
    )
