"""One column at other values, all else as it is: which values are asked for, and what is said."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from foresell.charts.varied import answer_by_number, answer_by_word
from foresell.contracts.compiled.request_fields import RequestField
from foresell.dashboard.page import Figure
from foresell.dashboard.what_if.asking import Answer, Door
from foresell.dashboard.what_if.reasons import in_unit
from foresell.dashboard.what_if.units import in_plain_unit
from foresell.report.wording import amount
from foresell.serving.served import Served

NAME = "varied"
_PLACES = 41  # numbers that are asked for
_MOST_WORDS = 200  # words that are asked for
_DRAWN = 16  # of these the ones with the largest and the smallest answers
_KINDS = {"integer", "number"}


def can_vary(field: RequestField, served: Served) -> bool:
    """Tell whether it is known which values a field takes."""
    return len(_values(field, served, None)) > 1


def varied_figure(
    door: Door, field: RequestField, row: Mapping[str, Any]
) -> tuple[Figure | None, Answer]:
    """Return the chart of the answers to ``row`` with other values of ``field``, and the reply.

    No chart where fewer than two values have an answer. What the contract refuses is left out.
    """
    values = _values(field, door.served, row.get(field.name))
    rows = [{**row, field.name: value} for value in values]
    told, answer = _batch(door, rows)
    known = [(value, one) for value, one in zip(values, told, strict=True) if one is not None]
    if len(known) < 2:
        return None, answer
    own = row.get(field.name)
    frame = pl.DataFrame({
        "x": [str(one) if field.kind not in _KINDS else float(one) for one, _ in known],
        "prediction": [float(one["prediction"]) for _, one in known],
        "low": [float(one["p10"]) for _, one in known],
        "high": [float(one["p90"]) for _, one in known],
        "own": [one == own for one, _ in known],
    })
    if field.kind in _KINDS:
        frame = frame.sort("x")
    frame, unit = in_plain_unit(frame, door.served.spec.unit, "prediction", "low", "high")
    return _figure(frame, field, unit), answer


def most_moving(
    door: Door, fields: Sequence[RequestField], row: Mapping[str, Any]
) -> RequestField | None:
    """Return the field whose values move the answer to ``row`` the most, all else as it is.

    Only the two ends of numbers are tried, and all of a few words. The first of equals.
    """
    tries = [(field, value) for field in fields for value in _ends(field, door.served)]
    rows = [{**row, field.name: value} for field, value in tries]
    answer = _batch(door, rows)
    points: dict[str, list[float]] = {field.name: [] for field in fields}
    for (field, _), point in zip(tries, answer[0], strict=True):
        if point is not None:
            points[field.name].append(float(point["prediction"]))
    spans = [max(told) - min(told) if told else 0.0 for told in points.values()]
    return fields[int(np.argmax(spans))] if spans else None


def _ends(field: RequestField, served: Served) -> Sequence[Any]:
    """Return a few values of a field that lie far apart."""
    found = _values(field, served, None)
    return [found[0], found[-1]] if field.kind in _KINDS else found[:_DRAWN]


def _batch(
    door: Door, rows: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any] | None], Answer]:
    """Return the answers to rows, None for those that the contract refuses, and the last reply."""
    if not rows:
        return [], Answer()
    answer = door.post("/predict/batch", {"rows": list(rows)})
    kept = [at for at in range(len(rows)) if at + 1 not in answer.rows]
    if answer.rows and kept:
        answer = door.post("/predict/batch", {"rows": [rows[at] for at in kept]})
    found: list[Mapping[str, Any] | None] = [None] * len(rows)
    if answer.fine:
        for at, told in zip(kept, answer.told["predictions"], strict=True):
            found[at] = told
    return found, answer


def _values(field: RequestField, served: Served, own: Any) -> list[Any]:
    """Return the values that are asked for, ``own`` among them; none where nobody knows any."""
    model = served.learnt
    if field.kind in _KINDS and field.domain is None:
        if field.name not in model.ranges:
            return []
        ends = [*model.ranges[field.name], *([own] if own is not None else [])]
        spaced = np.linspace(min(ends), max(ends), _PLACES).tolist()
        whole = {round(one) for one in spaced} if field.kind == "integer" else set(spaced)
        return sorted(whole | ({own} if own is not None else set()))
    known: set[Any] = set()
    if field.kind == "boolean":
        known = {True, False}
    elif field.domain is not None:
        known = set(field.domain)
    elif field.kind == "string":
        known = set(model.seen.get(field.name, ()))
    in_order = sorted(known) if field.kind in _KINDS else sorted(known, key=str)
    found = in_order[:_MOST_WORDS]
    return found if own is None or own in found else [*found, own]


def _figure(frame: pl.DataFrame, field: RequestField, unit: str) -> Figure:
    """Return the chart: a line over numbers, a row for each word. ``unit``: of the answers."""
    name = field.name
    low, high = frame["prediction"].min(), frame["prediction"].max()
    span = f"from {amount(_number(low), unit)} to {amount(_number(high), unit)}"
    named = f"{name}, {field.unit}" if field.unit else name
    numbers = frame.schema["x"] != pl.String
    shown = frame if numbers else drawn_words(frame)
    left = frame.height - shown.height
    read = "Four in five lie in the band; the dot is your row."
    if not numbers:
        read = "Four in five lie on the bar; your row is the coloured one."
        read += f" {left} words between the largest and the smallest are left out." if left else ""
    made = Figure(
        name=NAME,
        title=f"With another {name}, all else as it is, the answer goes {span}",
        says=f"The answer by {name} goes {span} over {frame.height} values.",
        note=read + in_unit(unit),
        draw=lambda width: answer_by_number(shown, name=named, width=width),
        rows=frame.rename({"x": name if name not in frame.columns[1:] else f"{name} "}),
        size=(760, 270),
    )
    if numbers:
        return made
    height = 26 * shown.height + 46
    return replace(
        made,
        draw=lambda width: answer_by_word(shown, name=named, width=width),
        size=(760, height),
    )


def drawn_words(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the words whose answers are the largest and the smallest, and the row's own."""
    ordered = frame.sort("prediction", "x", descending=[True, False])
    if ordered.height <= 2 * _DRAWN:
        return ordered
    ends: Sequence[int] = [*range(_DRAWN), *range(ordered.height - _DRAWN, ordered.height)]
    own = ordered["own"].arg_true().to_list()
    return ordered[sorted({*ends, *own})]


def _number(value: Any) -> float:
    """Return what Polars calls the least or the most of a column as the number it is."""
    return float(value)
