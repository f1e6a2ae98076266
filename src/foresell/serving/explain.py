"""Why a row of a table is answered as it is: what every column adds, computed by the desk.

Trees are taken apart by a library that the process which answers does not import; the desk's child
does. The version that is explained is the one that the request took.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from foresell.answer.row_answers import RowAnswers
from foresell.answer.row_reading import ReadRows
from foresell.serving.beside import aside, short
from foresell.serving.desk import Desk
from foresell.serving.exchange import Asked, Reply, Route, json_reply
from foresell.serving.panel_reading import plain_values
from foresell.serving.problems import Refused
from foresell.serving.replies import ExplainReply, Problem
from foresell.serving.request_schemas import row_schema
from foresell.serving.rows import parsed_body, refuse_rows
from foresell.serving.site import Site

DESK = "explain"
_CURRENCY = re.compile(r"[A-Z]{3}")


def routes(_: Site) -> tuple[Route, ...]:
    """Return the route that explains rows of tables."""
    return (
        Route(
            method="POST",
            path="/explain",
            endpoint=explain,
            summary="What every column adds to the answer of a row",
            description="base_value and the contributions sum to prediction, in the unit of the "
            "target, within 1e-6 of the larger of 1 and it. Where this server cannot explain, "
            "available is false and reason says why.",
            tag="explain",
            scope="explain",
            kinds=("tabular",),
            request=row_schema,
            replies={200: ExplainReply, 503: Problem, 504: Problem},
        ),
    )


async def explain(asked: Asked) -> Reply:
    """Explain one row: the body is its object. `Refused` also by the desk, with 503 or 504.

    Raises:
        Refused: the row is none, breaks the contract, or there is no version.
    """
    served, desk = asked.served, _desk(asked)
    if served is None or served.rows is None:
        raise Refused("no version is loaded", "server", "try again shortly", status=503)
    read = await aside(partial(_read, asked, served.rows), at_once=short(asked))
    live = served.live
    found = await desk.ask({
        "do": "explain",
        "place": asdict(live.place),
        "digest": live.digest,
        # What was read, not what was sent: an ignored column may hold anything, a name or 1e400.
        "rows": [{name: values[0] for name, values in plain_values(read.values).items()}],
    })
    parts = _parts(found["explanations"][0])
    if parts["available"]:  # what /predict says, to the last bit: the desk adds up in another order
        answered = served.rows.answer(read)
        parts["prediction"] = float(answered.prediction[0])
    return json_reply({
        **parts,
        "candidate": served.model_name,
        "model_name": served.model_name,
        "model_version": live.version,
        "target_name": served.spec.target,
        "request_id": asked.request_id,
        **({"currency": served.spec.unit} if _CURRENCY.fullmatch(served.spec.unit) else {}),
        "ignored": read.ignored[0] if read.ignored else [],
    })


def _read(asked: Asked, rows: RowAnswers) -> ReadRows:
    """Return the row that the body holds, as it was read.

    Raises:
        Refused: it holds none, or one that breaks the contract.
    """
    row, spoilt = parsed_body(asked.body)
    if not isinstance(row, dict):
        raise Refused("the body is no object of fields", "body", "give one row") from spoilt
    read = rows.read([row])
    if read.problems:
        asked.note.violations = [(one.field, one.rule) for one in read.problems]
        refuse_rows(read.problems, 1)
    if spoilt is not None:
        raise spoilt
    return read


def _parts(explanation: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of the row, in the order of the reply."""
    names = ("available", "reason", "method", "prediction", "base_value", "contributions")
    return {name: explanation[name] for name in names}


def _desk(asked: Asked) -> Desk:
    """Return the desk that explains.

    Raises:
        Refused: this server has none.
    """
    desk = asked.slot.desks.get(DESK) if asked.slot is not None else None
    if desk is None:
        raise Refused(
            "this server does not explain",
            "server",
            "start one by: foresell serve PROJECT",
            status=503,
        )
    return desk
