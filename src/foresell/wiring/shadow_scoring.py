"""How one version answers the rows of one request, for a shadow."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from foresell.answer.requests import Problem, read_requests, request_form
from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import parse_contract
from foresell.errors import ForesellError

if TYPE_CHECKING:
    from foresell.answer.published import Published

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What a version says to the rows of a request, None where it refuses one.

    ``latency_ms``: in its model, None where nothing was left to be answered. ``refused``: by the
    place of the row, why. No value of a row stands in it.
    """

    predictions: Sequence[float | None]
    latency_ms: float | None
    refused: Mapping[int, str] = field(default_factory=dict)


Scorer = Callable[[Columns, int], Scored]


def scorer(bundle: Bundle, kind: str) -> Scorer:
    """Return what scores rows with a bundle; errors as of whatever loads it to answer."""
    return _panel_scorer(bundle) if kind == "panel" else _row_scorer(bundle)


def _row_scorer(bundle: Bundle) -> Scorer:
    """Return what scores rows of a table, as the server answers them."""
    from foresell.answer.row_answers import row_answers  # noqa: PLC0415 - no panel needs it

    answers = row_answers(bundle)

    def score(given: Columns, rows: int) -> Scored:
        read = answers.read(_rows(given, rows))
        refused = _reasons(read.problems)
        if len(refused) == rows:
            return Scored(predictions=[None] * rows, latency_ms=None, refused=refused)
        began = time.perf_counter()
        try:
            said = iter(answers.answer(read).prediction.tolist())
        except ForesellError as error:
            return _refusal(error.what, rows)
        latency_ms = 1000 * (time.perf_counter() - began)
        predictions = [None if row in refused else next(said) for row in range(rows)]
        return Scored(predictions=predictions, latency_ms=latency_ms, refused=refused)

    return score


def _panel_scorer(bundle: Bundle) -> Scorer:
    """Return what scores rows of a panel: published answers at once, others by the model."""
    from foresell.answer.published import read_published  # noqa: PLC0415 - no table needs it

    published = read_published(bundle)
    contract = parse_contract(bundle.contract_text, "bundle/contract.yaml")
    form = request_form(published.project, contract)

    def score(given: Columns, rows: int) -> Scored:
        read = read_requests(_rows(given, rows), form)
        if read.problems:
            return _refusal("; ".join(dict.fromkeys(map(str, read.problems))), rows)
        began = time.perf_counter()
        try:
            said = _panel_answers(bundle, published, read.frame)
        except ForesellError as error:
            return _refusal(error.what, rows)
        return Scored(predictions=said, latency_ms=1000 * (time.perf_counter() - began))

    return score


def _panel_answers(bundle: Bundle, published: "Published", frame: pl.DataFrame) -> list[float]:
    """Return the answers to rows of a panel; a ``UsageError`` where one cannot be answered."""
    values = frame.to_dict(as_series=False)
    found = published.find(values)
    if min(found) >= 0 and published.as_planned(values, found):
        return published.answers(found)["prediction"]
    from foresell.serving.panel_work import plain  # noqa: PLC0415 - the learner, only if asked
    from foresell.wiring.panel_desk import HANDLERS  # noqa: PLC0415

    told = HANDLERS["answer"](bundle, {"do": "answer", "columns": plain(frame)})
    said: list[float] = told["prediction"]
    return said


def _refusal(why: str, rows: int) -> Scored:
    """Return what is kept of a request that the version refuses as a whole."""
    refused = dict.fromkeys(range(rows), why)
    return Scored(predictions=[None] * rows, latency_ms=None, refused=refused)


def _rows(given: Columns, rows: int) -> list[dict[str, Any]]:
    """Return the rows of a request as JSON has them, from their columns."""
    return [{name: values[row] for name, values in given.items()} for row in range(rows)]


def _reasons(problems: Sequence[Problem]) -> dict[int, str]:
    """Return why rows are refused, by their place, which is counted from 0."""
    found: dict[int, list[str]] = {}
    for problem in problems:
        found.setdefault(problem.row - 1, []).append(str(problem))
    return {row: "; ".join(said) for row, said in found.items()}
