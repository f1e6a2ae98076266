"""Rows of a panel over HTTP: published answers at once, anything else from the desk.

What is asked for as it was planned is looked up; a row with a plan of its own, or of a series
without history, is computed in a child process, the slot's desk. The process that serves reads no
model of a panel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

from foresell.serving import panel_explanations, panel_forecasts
from foresell.serving.beside import aside, short
from foresell.serving.exchange import Asked, Note, Reply, Route, json_reply
from foresell.serving.panel_reading import ReadRows, plain_values, read_rows
from foresell.serving.panel_replies import about
from foresell.serving.panel_schemas import PanelBatchReply, PanelPredictReply
from foresell.serving.panel_work import ask_desk, panel_version
from foresell.serving.problems import Refused
from foresell.serving.replies import Problem as ProblemReply
from foresell.serving.request_schemas import batch_schema, row_schema
from foresell.serving.rows import batch_rows, parsed_body, refuse_many, refuse_rows
from foresell.serving.site import Site

_INLINE = 64  # rows that are read between two other requests; more leave the loop free
_DESK_REPLIES = {503: ProblemReply, 504: ProblemReply}


@dataclass(frozen=True, kw_only=True)
class PanelAnswers:
    """Answers of a panel's rows, in their order; plain values, one of each a row.

    ``unseen``: key columns whose value has no history. ``outside``: what was told beyond all that
    was learnt from. ``ignored``: fields that were given and have no say. ``as_planned``: whether
    all of them rest on the plan that was published; they were looked up.
    """

    prediction: Sequence[float]
    p10: Sequence[float]
    p90: Sequence[float]
    interval_method: Sequence[str]
    level_used: Sequence[str]
    unseen: Sequence[Sequence[str]]
    outside: Sequence[Sequence[str]]
    ignored: Sequence[Sequence[str]]
    as_planned: bool


def routes(site: Site) -> tuple[Route, ...]:
    """Return the routes of panels."""
    most = site.options.max_rows

    async def predict(asked: Asked) -> Reply:
        return await _predict(asked)

    async def predict_batch(asked: Asked) -> Reply:
        return await _predict_batch(asked, most)

    return (
        Route(
            method="POST",
            path="/predict",
            endpoint=predict,
            summary="Forecast one row: a series, a date, and what is planned",
            description="The body is the row: its keys and its date. What is known in advance may "
            "be left out, then it is as planned; told otherwise, the forecast is made anew.",
            kinds=("panel",),
            request=row_schema,
            replies={200: PanelPredictReply, **_DESK_REPLIES},
        ),
        Route(
            method="POST",
            path="/predict/batch",
            endpoint=predict_batch,
            summary="Forecast several rows: series and dates together",
            description='The body is {"rows": [...]} or the list itself. All rows are one '
            "question: what one of them plans has a say in series that share its sums. At most "
            f"{most:,} rows.",
            kinds=("panel",),
            request=lambda served: batch_schema(served, most),
            replies={200: PanelBatchReply, **_DESK_REPLIES},
        ),
        *panel_forecasts.routes(site),
        *panel_explanations.routes(site),
    )


async def answer_rows(asked: Asked, rows: Sequence[Any], most: int) -> PanelAnswers:
    """Answer rows of a panel: raw keys, date, and what is planned, untold being as planned.

    Also for other protocols. ``most``: rows of one request. Writes ``asked.note``.

    Raises:
        Refused: 413 beyond ``most``, 422 with every field that is wrong; 503, 504 of the desk.
    """
    if len(rows) > most:
        raise Refused(
            f"{len(rows):,} rows are too many", "body", f"give {most:,} at most", status=413
        )
    served, published = panel_version(asked)
    read = await aside(
        partial(read_rows, served, published, rows),
        at_once=len(rows) <= _INLINE and short(asked),
    )
    if read.problems:
        asked.note.violations = [(one.field, one.rule) for one in read.problems]
        refuse_rows(read.problems, len(rows))
    began = perf_counter()
    if read.found is not None:
        told: Mapping[str, Any] = published.answers(read.found)
    else:
        told = await ask_desk(
            asked, "answer", {"do": "answer", "columns": plain_values(read.values)}
        )
    _take_note(asked.note, perf_counter() - began, read, told)
    return PanelAnswers(
        prediction=told["prediction"],
        p10=told["p10"],
        p90=told["p90"],
        interval_method=told["interval_method"],
        level_used=told["level_used"],
        unseen=read.unseen,
        outside=read.outside,
        ignored=read.ignored,
        as_planned=read.found is not None,
    )


async def _predict(asked: Asked) -> Reply:
    """Answer one row: the body is its object; anything else is ``Refused``."""
    row, spoilt = await aside(partial(parsed_body, asked.body), at_once=short(asked))
    refuse_many(row, spoilt)
    made = await answer_rows(asked, [row], 1)
    if spoilt is not None:
        raise spoilt
    served, _ = panel_version(asked)
    return json_reply({
        **_answer(made, 0),
        "as_planned": made.as_planned,
        **about(served, asked.request_id),
    })


async def _predict_batch(asked: Asked, most: int) -> Reply:
    """Answer many rows: the body is ``{"rows": [...]}`` or the bare list."""
    rows, spoilt = await aside(partial(batch_rows, asked.body, most), at_once=short(asked))
    made = await answer_rows(asked, rows, most)
    if spoilt is not None:
        raise spoilt
    served, _ = panel_version(asked)

    def reply() -> Reply:
        return json_reply({
            "predictions": [_answer(made, at) for at in range(len(rows))],
            "as_planned": made.as_planned,
            **about(served, asked.request_id),
        })

    return await aside(reply, at_once=len(rows) <= _INLINE)


def _answer(made: PanelAnswers, at: int) -> dict[str, Any]:
    """Return the answer to one row."""
    point = made.prediction[at]
    return {
        "prediction": point,
        "y_hat": point,
        "p10": made.p10[at],
        "p90": made.p90[at],
        "interval_method": made.interval_method[at],
        "level_used": made.level_used[at],
        "unseen": made.unseen[at],
        "outside": made.outside[at],
        "ignored": made.ignored[at],
    }


def _take_note(note: Note, seconds: float, read: ReadRows, told: Mapping[str, Any]) -> None:
    """Note what was asked and answered."""
    note.rows, note.inference_s = len(told["prediction"]), seconds
    note.given, note.predictions = plain_values(read.values), told["prediction"]
    note.p10, note.p90 = told["p10"], told["p90"]
    if any(read.unseen):
        note.unseen = read.unseen
    if any(read.outside):
        note.outside = read.outside
