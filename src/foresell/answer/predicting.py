"""Rows of a table answered by ONNX graphs: a point, quantiles around it, and what was never seen.

Nothing is unpickled, and neither scikit-learn nor a booster is imported: the graphs take raw
columns, and how sure an answer is stands in tables of plain numbers. A row is answered alone or
among a million others with the same bits.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial, reduce
from math import inf, isfinite, prod
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.answer.learnt import PLAIN, model_file, read_learnt
from foresell.answer.row_answered import AnsweredColumns
from foresell.answer.row_columns import (
    RowColumns,
    columns_of_frame,
    graph_inputs,
    unseen_flags,
)
from foresell.bundle.bundle import Bundle
from foresell.errors import DataError, UsageError
from foresell.features.levels import Vector
from foresell.models.onnx_running import OpenGraph, open_facts, open_graph, run_open
from foresell.models.tabular.proved import FOLDER, PARITY, SERVED, check_open_graphs
from foresell.models.tabular.ranges import (
    RANGES,
    Ends,
    Range,
    named_flags,
    outside_flags,
    outside_of_row,
    range_ends,
)
from foresell.models.tabular.uncertainty import (
    Bands,
    RowUncertainty,
    at_least_0,
    band_code_of,
    band_codes_of,
    member_spread,
    quantiles_of_row,
    row_quantiles,
    uncertainty_from_json,
)
from foresell.spec.forecast import CONFORMAL, ENSEMBLE, QUANTILES, quantile_columns
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

SIZE = "size"  # the graph that says how large a miss is to be expected
BOTH = "champion and size"  # the graph that says what both say
Inputs = Mapping[str, NDArray[Any]]

_EDGES = (QUANTILES.index(0.1), QUANTILES.index(0.9))  # of the band that every answer shows
_ROWS = 2**16  # rows that the graphs see at once; what they answer does not hang on it


@dataclass(frozen=True, kw_only=True)
class RowModel:
    """What is needed to answer rows.

    ``champion``: its name. ``graphs``: by name, open, ``constant``: what it always says where it is
    a baseline. ``members``: the graphs whose disagreement is the size of a miss, where the method
    asks for it. ``seen``: the texts of each column that training rows held; ``ranges``: the ends of
    its numbers and days, and ``ends`` the same as graphs take them.
    """

    project: ProjectSpec
    champion: str
    graphs: Mapping[str, OpenGraph]
    constant: float | None
    members: tuple[str, ...]
    uncertainty: RowUncertainty
    seen: Mapping[str, frozenset[str]]
    ranges: Mapping[str, Range]
    ends: Mapping[str, Ends]

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
    told: Mapping[str, Any] = json.loads(model_file(bundle, PLAIN))
    champion, known, members = _chosen(told)
    learnt = read_learnt(bundle)
    return RowModel(
        project=project,
        champion=champion,
        graphs=_opened(bundle, told),
        constant=told["baselines"].get(champion),
        members=members,
        uncertainty=known,
        seen=learnt.seen,
        ranges=learnt.ranges,
        ends=range_ends(learnt.ranges),
    )


def files_to_answer(learner: bytes, *, served: bool) -> frozenset[str]:
    """Return which of the model's files answer rows.

    ``learner``: the content of `PLAIN`. ``served``: whether there is the graph that says at once
    what the champion and its size say.
    """
    told: Mapping[str, Any] = json.loads(learner)
    asked = _asked(told)
    graphs = [SERVED] if served and _at_once(told, asked) else map(_graph, asked)
    return frozenset({PLAIN, RANGES, PARITY, *graphs})


def _chosen(told: Mapping[str, Any]) -> tuple[str, RowUncertainty, tuple[str, ...]]:
    """Return the champion, how sure it is, and the members whose disagreement says so."""
    champion = str(told["chosen"])
    known = uncertainty_from_json(told["uncertainty"][champion])
    return champion, known, tuple(told["parts"]) if known.method == ENSEMBLE else ()


def _asked(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the models that an answer needs, each once; a baseline is a number and has none."""
    champion, known, members = _chosen(told)
    asked = [*([] if champion in told["baselines"] else [champion]), *members]
    asked += [SIZE] if known.method == CONFORMAL else []
    return tuple(dict.fromkeys(asked))


def _opened(bundle: Bundle, told: Mapping[str, Any]) -> dict[str, OpenGraph]:
    """Return the proved graphs by model; one for both the champion and its size if there is."""
    asked = _asked(told)
    if SERVED in bundle.model and _at_once(told, asked):
        both = open_graph(bundle.model[SERVED])
        if open_facts(both)["model"] == told["chosen"]:
            check_open_graphs(bundle.model, {asked: both})
            return {BOTH: both}
    graphs = {name: open_graph(model_file(bundle, _graph(name))) for name in asked}
    if graphs:
        check_open_graphs(bundle.model, {(name,): graph for name, graph in graphs.items()})
    return graphs


def _at_once(told: Mapping[str, Any], asked: tuple[str, ...]) -> bool:
    """Tell whether what is ``asked`` of the graphs is the champion and its size, and no more."""
    return asked == (told["chosen"], SIZE)


def _graph(name: str) -> str:
    """Return the file of a model's graph."""
    return f"{FOLDER}{name}.onnx"


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
    answered = answer_columns(model, columns_of_frame(frame.select(model.features)))
    told = dict(zip(quantile_columns(), answered.quantiles.T, strict=True))
    return pl.DataFrame({
        "prediction": answered.prediction,
        "p10": answered.p10,
        "p90": answered.p90,
        **told,
    }).with_columns(
        pl.lit(answered.interval_method).alias("interval_method"),
        named_flags("unseen", answered.unseen, frame.height),
        named_flags("outside", answered.outside, frame.height),
    )


def answer_columns(model: RowModel, columns: RowColumns) -> AnsweredColumns:
    """Answer raw rows (n,) by column; the one way in which rows of a table are answered.

    A row without an answer is a ``DataError``, as `answer_with` has it.
    """
    point, size = _said(model, columns.rows, graph_inputs(columns))
    alone = _answer_alone(model, columns, point, size) if columns.rows == 1 else None
    if alone is not None:
        return alone
    _refuse_unanswered(model, columns, np.isfinite(point) & np.isfinite(size))
    floor = model.project.nonnegative
    band = band_codes_of(columns.numbers, columns.rows, model.bands)
    quantiles = partial(row_quantiles, model.uncertainty, point, size, band, nonnegative=floor)
    p10, p90 = quantiles(_EDGES).T
    return AnsweredColumns(
        prediction=np.maximum(point, 0.0) if floor else point,
        p10=p10,
        p90=p90,
        every=quantiles,
        interval_method=model.uncertainty.method,
        unseen=unseen_flags(columns, model.seen),
        outside=outside_flags(columns.numbers, columns.table, model.ends),
    )


def _answer_alone(
    model: RowModel, columns: RowColumns, point: Vector, size: Vector
) -> AnsweredColumns | None:
    """Answer one row in numbers without arrays, with the same bits in a third of the time.

    ``point`` and ``size``: (1,) what the graphs said. None: it has no answer, and the others' way
    says why.
    """
    numbers = dict(zip(columns.names, columns.table[:, 0].tolist(), strict=True))
    said, miss = point.item(), size.item()
    factor = prod([numbers[name] for name in model.project.models.relative_to])
    if not (isfinite(said) and isfinite(miss) and 0 < factor < inf):
        return None
    known, floor = model.uncertainty, model.project.nonnegative
    band = band_code_of(numbers, model.bands)
    p10, p90 = quantiles_of_row(known, said, miss, band, _EDGES, nonnegative=floor)
    return AnsweredColumns(
        prediction=np.array([at_least_0(said)]) if floor else point,
        p10=np.array([p10]),
        p90=np.array([p90]),
        every=lambda: row_quantiles(known, point, size, np.array([band]), nonnegative=floor),
        interval_method=known.method,
        unseen=unseen_flags(columns, model.seen),
        outside=outside_of_row(numbers, model.ends),
    )


def _refuse_unanswered(model: RowModel, columns: RowColumns, finite: NDArray[np.bool_]) -> None:
    """Refuse rows without an answer: (n,) not ``finite``, or relative to nothing above 0.

    `foresell.answer.derivable` refuses them before, by the row; what gets here is told as it is.

    Raises:
        DataError: there are some.
    """
    names = model.project.models.relative_to
    answered = finite
    if names:
        with np.errstate(over="ignore"):  # an infinite one is refused below
            factor = reduce(np.multiply, [columns.numbers[name] for name in names])
        answered = finite & (factor > 0) & np.isfinite(factor)
    if not answered.all():
        bad = np.flatnonzero(~answered)
        product = f", with a product of {', '.join(names)} above 0" if names else ""
        raise DataError(
            f"{bad.size:,} of {columns.rows:,} rows asked at once have no answer, "
            f"the first is number {bad[0] + 1} of them",
            f"project {model.project.name!r}",
            f"give every row finite numbers of a usual size{product}",
        )


def _said(model: RowModel, rows: int, inputs: Inputs) -> tuple[Vector, Vector]:
    """Return (rows,) what the champion says, and how large a miss is to be expected."""
    if BOTH in model.graphs:
        point, size = _run(model.graphs[BOTH], rows, inputs)
        return point, size
    point = _point(model, rows, inputs)
    if model.members:
        said = [_run(model.graphs[name], rows, inputs)[0] for name in model.members]
        return point, member_spread(said)
    if SIZE in model.graphs:
        return point, _run(model.graphs[SIZE], rows, inputs)[0]
    return point, np.ones(rows)


def _point(model: RowModel, rows: int, inputs: Inputs) -> Vector:
    """Return (rows,) what the champion says."""
    if model.constant is not None:
        return np.full(rows, model.constant)
    return _run(model.graphs[model.champion], rows, inputs)[0]


def _run(graph: OpenGraph, rows: int, inputs: Inputs) -> tuple[Vector, ...]:
    """Return (rows,) of each answer of one graph, some rows at a time for the sake of memory."""
    if 0 < rows <= _ROWS:
        return run_open(graph, inputs)
    parts = [
        run_open(graph, {name: table[at : at + _ROWS] for name, table in inputs.items()})
        for at in range(0, rows, _ROWS)
    ]
    if not parts:
        return tuple(np.zeros(0) for _ in graph.outputs)
    return tuple(np.concatenate(said) for said in zip(*parts, strict=True))
