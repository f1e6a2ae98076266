"""The intervals of a table's learner: which misses teach them, and how large each should have been.

The arithmetic is `foresell.models.tabular.uncertainty`'s; here is what it is given: the rows, the
answers that were made without them, and the expected size of a miss.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from foresell.models.parts import Settings
from foresell.models.tabular.deriving import Deriver
from foresell.models.tabular.estimators import settled
from foresell.models.tabular.fitted import plain_part
from foresell.models.tabular.lessons import Rows, Taught, Vector
from foresell.models.tabular.pipelines import fit_part, make_part, part_says
from foresell.models.tabular.plain import SIZE, PlainPart, part_answers
from foresell.models.tabular.uncertainty import (
    Bands,
    RowUncertainty,
    band_codes,
    band_count,
    fit_uncertainty,
    interval_method,
    log_sizes,
    member_spread,
    sizes_of,
)
from foresell.spec.forecast import CONFORMAL, ENSEMBLE

Size = PlainPart | None
_LEARNER = "lightgbm"
_SETTINGS: Settings = {
    "trees": 120,
    "learning_rate": 0.05,
    "leaves": 8,
    "leaf_rows": 40,
    "l2": 10.0,
}


@dataclass(frozen=True, kw_only=True)
class Calibrating:
    """What intervals are made of.

    ``taught`` and ``rows``: the training rows; ``held_out``: (rows,) by name, what is said of them
    by models that never saw them, NaN where none was. ``members``: the same of each fitted
    candidate before anything is lifted to 0, which is how they disagree. ``said``: (calibration
    rows,) by name, of models fitted on all training rows.
    """

    taught: Taught
    rows: Rows
    held_out: Mapping[str, Vector]
    members: Mapping[str, Vector]
    chosen: str
    calibration: Rows
    said: Mapping[str, Vector]
    bands: Bands


@dataclass(frozen=True, kw_only=True)
class Calibrated:
    """The uncertainty of each answer by name, how it was made, and the size of misses it needs."""

    method: str
    uncertainty: Mapping[str, RowUncertainty]
    size: Size


def calibrated(ground: Calibrating) -> Calibrated:
    """Return the intervals of everything that answers, by the best method the rows allow."""
    method = interval_method(ground.calibration.frame.height, len(ground.members))
    size = fit_size(ground) if method == CONFORMAL else None
    if method == CONFORMAL:
        frame, target = ground.calibration.frame, ground.calibration.target
        answers, members = dict(ground.said), list[Vector]()
    else:
        seen = np.isfinite(ground.held_out[ground.chosen])
        frame, target = ground.rows.take(seen).frame, ground.rows.target[seen]
        answers = {name: values[seen] for name, values in ground.held_out.items()}
        members = [values[seen] for values in ground.members.values()]
    sizes = sizes_at(method, size, ground.taught.deriver, frame, members)
    band, bands = band_codes(frame, ground.bands), band_count(ground.bands)
    uncertainty = {
        name: fit_uncertainty(target - values, sizes, band, bands, method)
        for name, values in answers.items()
    }
    return Calibrated(method=method, uncertainty=uncertainty, size=size)


def fit_size(ground: Calibrating) -> PlainPart:
    """Return what a miss of the chosen candidate is expected to be: log of its size per factor.

    It learns from the misses of training rows held out, on the columns the candidates learn from.
    """
    seen = np.isfinite(ground.held_out[ground.chosen])
    misses = (ground.rows.target - ground.held_out[ground.chosen])[seen]
    taught = ground.taught
    settings = settled(_LEARNER, _SETTINGS, len(misses))
    part = make_part(_LEARNER, settings, taught.columns, int(taught.deriver.seed) % 2**31)
    derived = taught.derived.filter(pl.Series(seen))
    label = log_sizes(misses, taught.factor[seen])
    fitted = fit_part(_LEARNER, part, derived, label, ground.rows.weight[seen])
    part_says(_LEARNER, fitted, derived.head(1))
    return plain_part(SIZE, fitted)


def sizes_at(
    method: str, size: Size, deriver: Deriver, frame: pl.DataFrame, members: Sequence[Vector]
) -> Vector:
    """Return (n rows,) how large a miss of each raw row is expected to be, by ``method``.

    ``size``: what ``conformal_intervals`` need; ``members``: (n,) each, what
    ``ensemble_quantiles`` need.
    """
    if method == CONFORMAL and size is not None:
        return sizes_of(part_answers(size, deriver.transform(frame)), deriver.factors(frame))
    if method == ENSEMBLE:
        return member_spread(members)
    return np.ones(frame.height)
