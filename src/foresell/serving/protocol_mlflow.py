"""What MLflow's and SageMaker's clients speak: ``/ping`` and ``/invocations``.

Sources: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/ and
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from foresell.serving.beside import aside, short
from foresell.serving.exchange import Asked, Endpoint, Reply, Route, json_reply
from foresell.serving.json_border import parse_json
from foresell.serving.problems import Refused
from foresell.serving.protocol_mlflow_csv import csv_rows
from foresell.serving.protocol_mlflow_rows import MlflowReply, PingReply, read_rows, request_schema
from foresell.serving.protocol_rows import INLINE, Answers, answers
from foresell.serving.replies import Problem
from foresell.serving.served import Served
from foresell.serving.site import Site
from foresell.serving.slots import Slot

_TAG = "mlflow"
_CSV = "text/csv"


def routes(site: Site) -> tuple[Route, ...]:
    """Return the routes of the protocol; the server's own /ping speaks for all projects."""
    return (
        _ping(_slot_ping, "project"),
        _ping(partial(_all_ping, tuple(site.slots.values())), "server"),
        Route(
            method="POST",
            path="/invocations",
            endpoint=partial(_invocations, site.options.max_rows),
            summary="Ask for the answers to rows, as MLflow and SageMaker do",
            description="One of dataframe_split, dataframe_records, instances and inputs; or CSV "
            "with a line of names, without one as `text/csv; header=absent`. Lists without names "
            "are in the order that GET /metadata lists the features in.",
            tag=_TAG,
            request=request_schema,
            other_media={_CSV: {"type": "string"}},
            replies={200: MlflowReply},
        ),
    )


def _ping(endpoint: Endpoint, level: Any) -> Route:
    """Return the route of the health check."""
    return Route(
        method="GET",
        path="/ping",
        endpoint=endpoint,
        summary="Whether rows can be answered, as MLflow and SageMaker ask",
        tag=_TAG,
        scope=None,
        needs_model=False,
        level=level,
        replies={200: PingReply, 503: Problem},
    )


async def _slot_ping(asked: Asked) -> Reply:
    """Answer whether the project answers."""
    return _pinged([asked.slot] if asked.slot else [])


async def _all_ping(slots: Sequence[Slot], _: Asked) -> Reply:
    """Answer whether all projects answer."""
    return _pinged(slots)


def _pinged(slots: Sequence[Slot]) -> Reply:
    """Answer whether all ``slots`` have a version.

    Raises:
        Refused: 503, one has none.
    """
    if waiting := [slot.project for slot in slots if slot.current is None]:
        raise Refused(
            f"no version of {', '.join(waiting)} is loaded yet",
            "server",
            "ask again in a moment",
            status=503,
            headers=((b"retry-after", b"1"),),
        )
    return json_reply({"status": "ready"})


async def _invocations(most: int, asked: Asked) -> Reply:
    """Answer rows; the body is JSON or CSV."""
    served = _served(asked)
    rows, intervals = await aside(partial(_read, asked, served, most), at_once=short(asked))
    told = await answers(asked, served, rows, most)
    return await aside(partial(_replied, told, intervals=intervals), at_once=len(rows) <= INLINE)


def _served(asked: Asked) -> Served:
    """Return the version that answers.

    Raises:
        Refused: 503, there is none.
    """
    if asked.served is None:
        raise Refused("no version is loaded yet", "server", "ask again in a moment", status=503)
    return asked.served


def _read(asked: Asked, served: Served, most: int) -> tuple[list[Any], bool]:
    """Return the rows of a body, ``most`` of them, and whether intervals are asked for too."""
    media = dict(asked.headers).get(b"content-type", b"").decode("latin-1")
    kind, *parameters = [part.strip().lower() for part in media.split(";")]
    if kind == _CSV:
        return csv_rows(asked.body, served.form.fields, parameters, most), False
    return read_rows(parse_json(asked.body), [one.name for one in served.form.fields], most)


def _replied(told: Answers, *, intervals: bool) -> Reply:
    """Return the reply, which says the intervals too where they were asked for."""
    return json_reply({"predictions": _records(told) if intervals else list(told.prediction)})


def _records(told: Answers) -> list[Mapping[str, float]]:
    """Return every answer with its interval."""
    columns = zip(told.prediction, told.p10, told.p90, strict=True)
    return [dict(zip(("prediction", "p10", "p90"), one, strict=True)) for one in columns]
