"""Rows of a table predicted over HTTP: one with /predict, many with /predict/batch."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, NoReturn

from foresell.answer.requests import Problem
from foresell.answer.row_answered import AnsweredColumns
from foresell.answer.row_columns import named
from foresell.answer.row_reading import ReadRows
from foresell.errors import DataError, counted
from foresell.serving.exchange import Asked, Endpoint, Note, Reply, Route
from foresell.serving.json_border import parse_json, parse_with_nan
from foresell.serving.problems import Refused
from foresell.serving.replies import BatchReply, PredictReply
from foresell.serving.request_schemas import batch_schema, row_schema
from foresell.serving.row_replies import Words, batch_reply, one_reply
from foresell.serving.served import Served
from foresell.serving.site import Site

_INLINE = 256  # rows that are answered between two other requests; more leave the loop free
_INLINE_BYTES = 2**16
_TOLD = 100  # problems that one refusal tells; the others are counted
_MEND = "mend what is told; every field and its limits are in /openapi.json"
_OTHER = "/predict takes one row, /predict/batch many"


@dataclass(frozen=True, kw_only=True)
class RowEndpoints:
    """The endpoints of a table; each answers with the version that the request took."""

    predict: Endpoint
    predict_batch: Endpoint


def row_endpoints(max_rows: int = 10_000) -> RowEndpoints:
    """Return the endpoints; more than ``max_rows`` rows at once are refused with 413."""
    words = Words()

    async def predict(asked: Asked) -> Reply:
        answer = partial(_predict, asked, words)
        return await _aside(answer) if len(asked.body) > _INLINE_BYTES else answer()

    async def predict_batch(asked: Asked) -> Reply:
        if len(asked.body) > _INLINE_BYTES:
            return await _aside(partial(_predict_batch, asked, words, max_rows))
        rows, spoilt = batch_rows(asked.body, max_rows)
        answer = partial(_answer_batch, asked, words, rows, spoilt)
        return await _aside(answer) if len(rows) > _INLINE else answer()

    return RowEndpoints(predict=predict, predict_batch=predict_batch)


def routes(site: Site) -> tuple[Route, ...]:
    """Return the routes of projects that are tables."""
    ends = row_endpoints(site.options.max_rows)
    return (
        Route(
            method="POST",
            path="/predict",
            endpoint=ends.predict,
            summary="Predict one row",
            description="The body is the row: its fields by name, as the contract has them.",
            kinds=("tabular",),
            request=row_schema,
            replies={200: PredictReply},
        ),
        Route(
            method="POST",
            path="/predict/batch",
            endpoint=ends.predict_batch,
            summary="Predict several rows",
            description=(
                'The body is {"rows": [...]} or the list itself. All rows are answered by one '
                f"version, in their order, or none is. At most {site.options.max_rows:,} rows."
            ),
            kinds=("tabular",),
            request=partial(batch_schema, max_rows=site.options.max_rows),
            replies={200: BatchReply},
        ),
    )


async def _aside(answer: Callable[[], Reply]) -> Reply:
    """Return what ``answer`` says, computed in a thread: other requests go on meanwhile."""
    return await asyncio.get_running_loop().run_in_executor(None, answer)


def _predict(asked: Asked, words: Words) -> Reply:
    """Answer one row: the body is its object; anything else is ``Refused``."""
    row, spoilt = parsed_body(asked.body)
    refuse_many(row, spoilt)
    served, read, answered = answered_rows(asked, [row], spoilt)
    return Reply(body=one_reply(words.of(served), asked.request_id, read, answered))


def refuse_many(row: object, spoilt: Refused | None = None) -> None:
    """Refuse what is not one row: anything but an object, or the body of ``/predict/batch``.

    Raises:
        Refused: it is that; from ``spoilt``, why the body is no JSON, where it is none.
    """
    if not isinstance(row, dict):
        raise Refused("the body is no object of fields", "body", _OTHER) from spoilt
    if row.keys() == {"rows"} and isinstance(row["rows"], list):
        raise Refused("these are several rows", "body", f"{_OTHER}: use that") from spoilt


def _predict_batch(asked: Asked, words: Words, max_rows: int) -> Reply:
    """Answer many rows, from the first byte of the body on."""
    return _answer_batch(asked, words, *batch_rows(asked.body, max_rows))


def _answer_batch(asked: Asked, words: Words, rows: Sequence[Any], spoilt: Refused | None) -> Reply:
    """Answer many rows."""
    served, read, answered = answered_rows(asked, rows, spoilt)
    return Reply(body=batch_reply(words.of(served), asked.request_id, read, answered))


def parsed_body(body: bytes) -> tuple[Any, Refused | None]:
    """Return what is in the body, and why it is no JSON where ``NaN`` alone is to blame.

    Raises:
        Refused: it is no JSON for another reason.
    """
    try:
        return parse_json(body), None
    except Refused as error:
        if b"NaN" in body or b"Infinity" in body:
            return parse_with_nan(body), error
        raise


def batch_rows(body: bytes, max_rows: int) -> tuple[Sequence[Any], Refused | None]:
    """Return the rows of a body, and why it is no JSON where ``NaN`` alone is to blame.

    Raises:
        Refused: it holds no rows, or too many.
    """
    found, spoilt = parsed_body(body)
    rows = found["rows"] if isinstance(found, dict) and found.keys() == {"rows"} else found
    if not isinstance(rows, list) or not rows:
        empty = "there is no row" if rows == [] else "the body holds no list of rows"
        raise Refused(empty, "body", 'give {"rows": [...]}, or the list itself') from spoilt
    if len(rows) > max_rows:
        raise Refused(
            f"{len(rows):,} rows are too many", "body", f"give {max_rows:,} at most", status=413
        )
    return rows, spoilt


def answered_rows(
    asked: Asked, rows: Sequence[Any], spoilt: Refused | None
) -> tuple[Served, ReadRows, AnsweredColumns]:
    """Return the version that the request took, the rows as they were read, and its answers.

    All is noted for those who listen. A row that is wrong is `Refused`, with all that is.

    Raises:
        Refused: a row keeps the contract and has no answer, or there is no version.
    """
    served = asked.served
    if served is None or served.rows is None:
        raise Refused("no version is loaded", "server", "try again shortly", status=503)
    read = served.rows.read(rows)
    if read.problems:
        asked.note.violations = [(problem.field, problem.rule) for problem in read.problems]
        refuse_rows(read.problems, len(rows))
    if spoilt is not None:
        raise spoilt
    start = perf_counter()
    try:
        answered = served.rows.answer(read)
    except DataError as error:  # the row keeps the contract, and the model overflows on it
        raise Refused(error.what, "body", error.mend) from error
    _take_note(asked.note, perf_counter() - start, read, answered)
    return served, read, answered


def refuse_rows(problems: Sequence[Problem], rows: int) -> NoReturn:
    """Refuse a request of ``rows`` rows, of which some have ``problems``.

    Raises:
        Refused: always.
    """
    bad = len({problem.row for problem in problems})
    whose = "the row is" if rows == 1 else f"{bad:,} of {rows:,} rows {'is' if bad == 1 else 'are'}"
    more = f", the first {_TOLD} of them are told" if len(problems) > _TOLD else ""
    raise Refused(
        f"{whose} refused: {counted(len(problems), 'problem')}{more}",
        "body",
        _MEND,
        fields=problems[:_TOLD],
    )


def _take_note(note: Note, seconds: float, read: ReadRows, answered: AnsweredColumns) -> None:
    """Note what was asked and answered."""
    note.rows, note.inference_s, note.given = read.rows, seconds, read.values
    note.predictions = answered.prediction.tolist()
    note.p10, note.p90 = answered.p10.tolist(), answered.p90.tolist()
    if answered.unseen:
        note.unseen = named(answered.unseen, read.rows)
    if answered.outside:
        note.outside = named(answered.outside, read.rows)
