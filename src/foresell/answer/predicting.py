"""Rows of a table answered by ONNX graphs: a point, quantiles around it, and what was never seen.

Nothing is unpickled, and neither scikit-learn nor a booster is imported: the graphs take raw
columns, and how sure an answer is stands in tables of plain numbers. A row is answered alone or
among a million others with the same bits.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.answer.derivable import has_factor
from foresell.bundle.bundle import Bundle
from foresell.errors import DataError, UsageError
from foresell.features.levels import Vector
from foresell.models.tabular.answering import graph_answers
from foresell.models.tabular.parity import check_parity
from foresell.models.tabular.ranges import RANGES, Range, named_flags, outside, read_ranges
from foresell.models.tabular.uncertainty import (
    Bands,
    Matrix,
    RowUncertainty,
    band_codes,
    member_spread,
    row_quantiles,
    uncertainty_from_json,
)
from foresell.spec.forecast import CONFORMAL, ENSEMBLE, quantile_columns
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

PLAIN = "plain/learner.json"  # as `foresell.models.tabular.plain_files` writes it
SIZE = "size"  # the graph that says how large a miss is to be expected
_ROWS = 2**16  # rows that the graphs see at once; what they answer does not hang on it


@dataclass(frozen=True, kw_only=True)
class RowModel:
    """What is needed to answer rows.

    ``champion``: its name. ``graphs``: serialised ONNX by name, ``constant``: what it always says
    where it is a baseline. ``members``: the graphs whose disagreement is the size of a miss, where
    the method asks for it. ``seen``: the texts of each column that training rows held; ``ranges``:
    the ends of its numbers and days.
    """

    project: ProjectSpec
    champion: str
    graphs: Mapping[str, bytes]
    constant: float | None
    members: tuple[str, ...]
    uncertainty: RowUncertainty
    seen: Mapping[str, frozenset[str]]
    ranges: Mapping[str, Range]

    @property
    def features(self) -> tuple[str, ...]:
        """The raw columns of a row, in declared order."""
        return self.project.with_role("feature")

    @property
    def bands(self) -> Bands:
        """The declared bands, by which quantiles are told apart."""
        return self.project.bands


def row_model(bundle: Bundle) -> RowModel:
    """Return what a bundle of a tabular project answers with.

    Its graphs are run on the rows that were kept when they were proved: one that says something
    else on this machine is a ``GateError``. A file that is missing is a ``DataError``.
    """
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    told: Mapping[str, Any] = json.loads(_file(bundle, PLAIN))
    champion = str(told["chosen"])
    known = uncertainty_from_json(told["uncertainty"][champion])
    constant = told["baselines"].get(champion)
    members = tuple(told["parts"]) if known.method == ENSEMBLE else ()
    asked = [*([champion] if constant is None else []), *members]
    asked += [SIZE] if known.method == CONFORMAL else []
    if asked:
        check_parity(bundle.model, *dict.fromkeys(asked))
    return RowModel(
        project=project,
        champion=champion,
        graphs={name: _file(bundle, f"onnx/{name}.onnx") for name in dict.fromkeys(asked)},
        constant=constant,
        members=members,
        uncertainty=known,
        seen=_seen(told["parts"].values()),
        ranges=learnt_ranges(bundle),
    )


def learnt_ranges(bundle: Bundle) -> dict[str, Range]:
    """Return of each column of numbers or days the ends that the model learnt from.

    A file that is missing is a ``DataError``.
    """
    return read_ranges(_file(bundle, RANGES))


def answer_rows(bundle: Bundle, frame: pl.DataFrame) -> pl.DataFrame:
    """Answer raw rows from a bundle; see `answer_with`."""
    return answer_with(row_model(bundle), frame)


def answer_with(model: RowModel, frame: pl.DataFrame) -> pl.DataFrame:
    """Answer raw rows (n,) in the types of the contract, in their order.

    Returns (n,) ``prediction``, ``p10``, ``p90``, ``q0.025`` ... ``q0.975``, in the unit of the
    target and finite; ``interval_method``; ``unseen``: the columns whose text no training row held;
    ``outside``: those whose number or day lies outside what training rows held.
    A row without an answer, since what the target is relative to is unknown or not above 0 in it,
    or a number too large to be computed with, is a ``DataError``.

    Raises:
        UsageError: a column that the model reads is missing.
    """
    if lacks := [name for name in model.features if name not in frame.columns]:
        raise UsageError(
            f"the rows lack {', '.join(lacks)}", "rows", f"give {', '.join(model.features)}"
        )
    point, size = _point(model, frame), _size(model, frame)
    _refuse_unanswered(model, frame, np.isfinite(point) & np.isfinite(size))
    floor = model.project.nonnegative
    band = band_codes(frame, model.bands)
    quantiles: Matrix = row_quantiles(model.uncertainty, point, size, band, nonnegative=floor)
    told = dict(zip(quantile_columns(), quantiles.T, strict=True))
    return pl.DataFrame({
        "prediction": np.maximum(point, 0.0) if floor else point,
        "p10": told["q0.1"],
        "p90": told["q0.9"],
        **told,
    }).with_columns(
        pl.lit(model.uncertainty.method).alias("interval_method"),
        _unseen(frame, model.seen),
        outside(frame, model.ranges),
    )


def _refuse_unanswered(model: RowModel, frame: pl.DataFrame, finite: NDArray[np.bool_]) -> None:
    """Refuse rows without an answer: (n,) not ``finite``, or relative to nothing above 0.

    `foresell.answer.derivable` refuses them before, by the row; what gets here is told as it is.

    Raises:
        DataError: there are some.
    """
    names = model.project.models.relative_to
    answered = finite & has_factor(frame, names).to_numpy() if names else finite
    if (bad := np.flatnonzero(~answered)).size:
        product = f", with a product of {', '.join(names)} above 0" if names else ""
        raise DataError(
            f"{bad.size:,} of {frame.height:,} rows asked at once have no answer, "
            f"the first is number {bad[0] + 1} of them",
            f"project {model.project.name!r}",
            f"give every row finite numbers of a usual size{product}",
        )


def _point(model: RowModel, frame: pl.DataFrame) -> Vector:
    """Return (rows,) what the champion says."""
    if model.constant is not None:
        return np.full(frame.height, model.constant)
    return _run(model.graphs[model.champion], frame)


def _size(model: RowModel, frame: pl.DataFrame) -> Vector:
    """Return (rows,) how large a miss is to be expected, as the method has it."""
    if model.members:
        return member_spread([_run(model.graphs[name], frame) for name in model.members])
    return _run(model.graphs[SIZE], frame) if SIZE in model.graphs else np.ones(frame.height)


def _run(graph: bytes, frame: pl.DataFrame) -> Vector:
    """Return (rows,) the answers of one graph, some rows at a time for the sake of memory."""
    parts = [graph_answers(graph, rows) for rows in frame.iter_slices(_ROWS)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _seen(parts: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Return the texts that the parts of a model know, by column."""
    found: dict[str, set[str]] = {}
    for part in parts:
        for known in part["encoding"]["categories"]:
            found.setdefault(known["column"], set()).update(known["values"])
    return {name: frozenset(values) for name, values in found.items()}


def _unseen(frame: pl.DataFrame, seen: Mapping[str, frozenset[str]]) -> pl.Series:
    """Return (n,) the names of the columns of each row whose text is new; a null is nothing new."""
    new = {
        name: frame[name].is_not_null() & ~frame[name].is_in(sorted(known))
        for name, known in seen.items()
    }
    return named_flags("unseen", new, frame.height)


def _file(bundle: Bundle, name: str) -> bytes:
    """Return one of the model's files.

    Raises:
        DataError: it is not in the bundle.
    """
    if name not in bundle.model:
        raise DataError(
            f"model/{name} is missing",
            "bundle",
            "train again: foresell run PROJECT",
        )
    return bundle.model[name]
