"""A judged learner as files: what the folds found and the size of misses; no model, no pickle.

The candidates themselves are fitted again on every row when they are delivered, so that only what
was found out is kept here. Equal learners give equal bytes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import polars as pl

from foresell.errors import DataError
from foresell.models.parts import Settings
from foresell.models.tabular.plain import PlainLearner, PlainPart
from foresell.models.tabular.plain_files import read_plain, write_plain
from foresell.models.tabular.uncertainty import RowUncertainty, uncertainty_from_json

MAIN, FOLDS = "learner.json", "folds.parquet"
_SIZE = "size/"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a judged learner leaves behind for the one that is fitted on every row.

    Fields as in `foresell.models.tabular.learner.TabularLearner`; of what was fitted there is only
    the expected size of a miss.
    """

    settings: Mapping[str, Settings]
    ensembles: Mapping[str, Mapping[str, float]]
    baselines: Mapping[str, float]
    chosen: str
    folds: pl.DataFrame
    failures: Mapping[str, str]
    notes: tuple[str, ...]
    size: PlainPart | None
    uncertainty: Mapping[str, RowUncertainty]
    interval_method: str


def write_judged(judged: Judged) -> dict[str, bytes]:
    """Return the files of a judged learner by name.

    ``learner.json``; ``folds.parquet``: what each candidate erred on each fold; ``size/...``: the
    expected size of a miss as plain files, where intervals need it.
    """
    main = {
        "chosen": judged.chosen,
        "settings": {name: dict(values) for name, values in judged.settings.items()},
        "ensembles": {name: dict(weights) for name, weights in judged.ensembles.items()},
        "baselines": dict(judged.baselines),
        "failures": dict(judged.failures),
        "notes": list(judged.notes),
        "interval_method": judged.interval_method,
        "uncertainty": {name: known.to_json() for name, known in judged.uncertainty.items()},
        "size": judged.size is not None,
    }
    kept = BytesIO()
    judged.folds.write_parquet(kept)
    files = {
        MAIN: json.dumps(main, indent=1, ensure_ascii=False, allow_nan=False).encode(),
        FOLDS: kept.getvalue(),
    }
    if judged.size is not None:
        size = write_plain(_alone(judged.size))
        files |= {f"{_SIZE}{name}": content for name, content in size.items()}
    return files


def read_judged(files: Mapping[str, bytes]) -> Judged:
    """Return the judged learner whose `write_judged` is ``files``.

    Raises:
        DataError: a file is not among them.
    """
    if missing := [name for name in (MAIN, FOLDS) if name not in files]:
        raise DataError(
            f"no {missing[0]} among {sorted(files)}",
            "a judged learner's files",
            "train again (foresell run PROJECT)",
        )
    main: dict[str, Any] = json.loads(files[MAIN])
    size = {
        name.removeprefix(_SIZE): content
        for name, content in files.items()
        if name.startswith(_SIZE)
    }
    return Judged(
        settings=main["settings"],
        ensembles=main["ensembles"],
        baselines=main["baselines"],
        chosen=main["chosen"],
        folds=pl.read_parquet(BytesIO(files[FOLDS])),
        failures=main["failures"],
        notes=tuple(main["notes"]),
        size=read_plain(size).size if main["size"] else None,
        uncertainty={
            name: uncertainty_from_json(known) for name, known in main["uncertainty"].items()
        },
        interval_method=main["interval_method"],
    )


def _alone(size: PlainPart) -> PlainLearner:
    """Return a plain learner that holds nothing but the size of misses."""
    return PlainLearner(
        columns=(),
        places=None,
        relative_to=(),
        parts={},
        ensembles={},
        baselines={},
        chosen="",
        size=size,
        uncertainty={},
        interval_method="",
    )
