"""Why the bundle of a tabular project answers what it answers: row by row, column by column.

A row's answer is ``base`` (what is said before any column is known) plus what each of its columns
adds, plus ``floor`` where the project says ``nonnegative`` and that sum is below 0. The model is
read from the plain arrays of the bundle: nothing is unpickled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import polars as pl

from foresell.bundle.bundle import Bundle
from foresell.errors import UsageError, nearest
from foresell.models.forests import Forest
from foresell.models.tabular.contributions import (
    Contributions,
    contributions,
    explained_candidates,
)
from foresell.models.tabular.plain import PlainLearner, Vector
from foresell.models.tabular.plain_files import read_plain
from foresell.spec.reading import parse_project

BASE, COLUMN, FLOOR = "base", "column", "floor"  # the parts of a row's answer
LONG = ("row", "candidate", "part", "column", "text", "value")
_STEPS = 5e10  # of TreeSHAP for one question: about a minute


@dataclass(frozen=True, kw_only=True)
class RowExplanation:
    """Why one row is answered as it is, for those who read JSON (``asdict``).

    ``base_value`` and ``contributions`` (by column, and ``(floor)`` for what is lifted to 0) sum to
    ``prediction``, in the unit of the target. Not ``available``: ``reason`` says why, and the
    numbers are None. ``method``: as in `foresell.models.tabular.contributions.METHODS`.
    """

    available: bool
    candidate: str
    reason: str | None = None
    method: str | None = None
    prediction: float | None = None
    base_value: float | None = None
    contributions: Mapping[str, float] | None = None


def explain_rows(
    bundle: Bundle,
    frame: pl.DataFrame,
    *,
    candidate: str | None = None,
    names: Sequence[str] = (),
) -> pl.DataFrame:
    """Return the answers for the raw rows ``frame``, taken apart: a row a row and column.

    ``frame``: the feature columns, as the contract types them; its column ``row`` names the rows,
    without one they are counted from 0. ``candidate``: any part, ensemble or baseline of the
    bundle, by default the champion. ``names``: columns of ``frame`` to be kept in front.

    ``names``, then ``row``, ``candidate``, ``part`` (``base``, ``column`` and, where anything is
    lifted to 0, ``floor``), ``column`` (null for the others), ``text`` (the row's own value of it,
    null where it has none) and ``value`` in the unit of the target. In the order of the rows, the
    base first, then the columns as the model reads them, then the floor. The values of a row sum to
    its answer, within 1e-6 of the larger of 1 and it.

    Raises:
        UsageError: a candidate that is not there, more rows than can be explained at once, or a
            model that cannot be explained on this machine.
    """
    plain = read_plain(bundle.model)
    name = _candidate(plain, candidate)
    if reason := unavailable(plain, name):
        raise UsageError(reason, f"explanation of {name}", "install foresell with all it needs")
    _refuse_long(plain, name, frame.height)
    found = contributions(plain, name, frame)
    return _long(frame, found, _lifted(bundle, found), names).with_columns(candidate=pl.lit(name))


def explained(
    bundle: Bundle, frame: pl.DataFrame, *, candidate: str | None = None
) -> list[RowExplanation]:
    """Return one explanation a row of ``frame``; arguments and refusals as `explain_rows`.

    Where this machine cannot explain the candidate, that is what it says.
    """
    plain = read_plain(bundle.model)
    name = _candidate(plain, candidate)
    if reason := unavailable(plain, name):
        return [RowExplanation(available=False, reason=reason, candidate=name)] * frame.height
    _refuse_long(plain, name, frame.height)
    found = contributions(plain, name, frame)
    return [
        RowExplanation(
            available=True,
            method=found.method,
            candidate=name,
            prediction=float(answer + lift),
            base_value=found.base,
            contributions={
                **dict(zip(found.columns, map(float, values), strict=True)),
                **({f"({FLOOR})": float(lift)} if lift else {}),
            },
        )
        for answer, values, lift in zip(
            found.answers, found.values, _lifted(bundle, found), strict=True
        )
    ]


def unavailable(plain: PlainLearner, name: str) -> str | None:
    """Return why ``name`` cannot be explained here, None where it can."""
    if name in plain.baselines or find_spec("lightgbm") is not None:
        return None
    if any(isinstance(plain.parts[part].core, Forest) for part in plain.weights(name)):
        return "LightGBM, whose TreeSHAP takes trees apart, is not installed"
    return None


def _candidate(plain: PlainLearner, name: str | None) -> str:
    """Return the candidate that is meant.

    Raises:
        UsageError: the bundle has none of that name.
    """
    known = explained_candidates(plain)
    if name is not None and name not in known:
        raise UsageError(f"there is no candidate {name!r}", "candidate", nearest(name, known))
    return name or plain.chosen


def _refuse_long(plain: PlainLearner, name: str, rows: int) -> None:
    """Refuse more rows than can be explained in about a minute.

    Raises:
        UsageError: how many would be fine.
    """
    if name in plain.baselines:
        return
    cores = [plain.parts[part].core for part in plain.weights(name)]
    if not (forests := [core for core in cores if isinstance(core, Forest)]):
        return
    from foresell.models.tabular.tree_shap import shap_steps  # noqa: PLC0415 - imports LightGBM

    most = max(1, int(_STEPS / sum(map(shap_steps, forests))))
    if rows > most:
        raise UsageError(
            f"{rows:,} rows are more than the {most:,} of {name} explained at once",
            "the rows asked for",
            "name fewer of them, or a candidate with smaller trees",
        )


def _lifted(bundle: Bundle, found: Contributions) -> Vector:
    """Return (rows,) what is added so that no answer is below 0, where the project says so."""
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    answers = found.answers
    return np.maximum(answers, 0.0) - answers if project.nonnegative else np.zeros(len(answers))


def _texts(values: pl.Series) -> pl.Series:
    """Return values as text; a number without a fraction has no point."""
    texts = values.cast(pl.String)
    return texts.str.strip_suffix(".0") if values.dtype.is_float() else texts


def _long(
    frame: pl.DataFrame, found: Contributions, lifted: Vector, names: Sequence[str]
) -> pl.DataFrame:
    """Return one row a row and part, in the order of both; the candidate is left empty."""
    count = frame.height
    places = pl.int_range(count, dtype=pl.UInt32, eager=True)
    parts: list[tuple[str, str | None, Vector]] = [(BASE, None, np.full(count, found.base))]
    parts += [
        (COLUMN, name, values) for name, values in zip(found.columns, found.values.T, strict=True)
    ]
    parts += [(FLOOR, None, lifted)] if lifted.any() else []
    kept = [name for name in names if name not in LONG]
    rows = frame["row"].cast(pl.UInt32) if "row" in frame.columns else places
    identity = pl.DataFrame([*(frame[name] for name in kept), rows.alias("row")])
    pieces = [
        identity.with_columns(
            pl.lit("").alias("candidate"),
            pl.lit(part).alias("part"),
            pl.lit(column, pl.String).alias("column"),
            (_texts(frame[column]) if column is not None else pl.lit(None, pl.String)).alias(
                "text"
            ),
            pl.Series("value", values, dtype=pl.Float64),
            places.alias("place"),
        )
        for part, column, values in parts
    ]
    return pl.concat(pieces).sort("place", maintain_order=True).select(*kept, *LONG)
