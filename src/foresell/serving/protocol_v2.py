"""The Open Inference Protocol, version 2, over HTTP: what KServe, Triton and MLServer speak.

A project is a model, a column of the contract an input, and each input holds one value a row.
Source: https://github.com/kserve/open-inference-protocol, ``specification/protocol``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from pydantic import BaseModel

from foresell.serving.beside import aside, short
from foresell.serving.exchange import Asked, Endpoint, Reply, Route, json_reply
from foresell.serving.json_border import parse_json
from foresell.serving.problems import Refused
from foresell.serving.protocol_rows import INLINE, Answers, answers
from foresell.serving.protocol_v2_schemas import (
    InferOutput,
    InferReply,
    InferRequest,
    LiveReply,
    ModelReadyReply,
    ModelReply,
    ReadyReply,
    ServerReply,
)
from foresell.serving.protocol_v2_tensors import datatype_of, read_request, read_rows
from foresell.serving.replies import Problem
from foresell.serving.request_schemas import example_row
from foresell.serving.served import Served
from foresell.serving.site import Site
from foresell.serving.slots import Slot
from foresell.serving.standing import SERVER, SERVER_VERSION
from foresell.spec.serving import Scope

_TAG = "open inference protocol"
_BINARY = b"inference-header-content-length"  # of Triton's extension
_MISNAMED = 20  # inputs beyond one for each column, so that a name that is none can be told
_NUMBERS = ("prediction", "p10", "p90")
_TEXTS = ("interval_method", "unseen", "outside")
_TABLE = {**dict.fromkeys(_NUMBERS, "FP64"), **dict.fromkeys(_TEXTS, "BYTES")}
_PANEL = {**_TABLE, "level_used": "BYTES"}


def routes(site: Site) -> tuple[Route, ...]:
    """Return the routes of the protocol; the server has them once, for all projects."""
    slots = tuple(site.slots.values())
    infer = partial(_infer, site.options.max_rows)
    model = "/v2/models/{project}"
    found = [
        _told("/v2", _server, "What the server is", ServerReply),
        _told("/v2/health/live", _live, "Whether the server answers", LiveReply, scope=None),
        _told(
            "/v2/health/ready",
            partial(_ready, slots),
            "Whether every model can be asked",
            ReadyReply,
            scope=None,
        ),
    ]
    for path in (model, f"{model}/versions/{{version}}"):
        found += [
            _told(path, _model, "What a model takes and answers", ModelReply),
            _told(f"{path}/ready", _model_ready, "Whether a model can be asked", ModelReadyReply),
            Route(
                method="POST",
                path=f"{path}/infer",
                endpoint=infer,
                summary="Ask a model",
                description="One tensor a field, of shape [rows] or [rows, 1]; fields that may be "
                "empty may be left out. Parameters are accepted and change nothing.",
                tag=_TAG,
                level="server",
                needs_model=False,
                untyped=True,
                request=_request_schema,
                replies={200: InferReply, 503: Problem, 504: Problem},
            ),
        ]
    return tuple(found)


def _request_schema(served: Served | None) -> Mapping[str, Any]:
    """Return the schema of a question: which inputs and outputs there are, and an example."""
    schema = InferRequest.model_json_schema()
    if served is None:
        return schema
    of_input = schema["$defs"]["InferInput"]["properties"]
    of_input["name"]["enum"] = [*(one.name for one in served.form.fields), *served.form.ignored]
    of_output = schema["$defs"]["InferOutput"]["properties"]
    of_output["name"]["enum"] = list(_outputs(served))
    example = example_row(served) or {}
    inputs = [
        {
            "name": one.name,
            "shape": [1],
            "datatype": datatype_of(one.kind),
            "data": [example[one.name]],
        }
        for one in served.form.fields
        if example.get(one.name) is not None
    ]
    return {**schema, "examples": [{"inputs": inputs}]} if inputs else schema


def _told(
    path: str,
    endpoint: Endpoint,
    summary: str,
    reply: type[BaseModel],
    scope: Scope | None = "read",
) -> Route:
    """Return the route of something that is only read."""
    return Route(
        method="GET",
        path=path,
        endpoint=endpoint,
        summary=summary,
        tag=_TAG,
        scope=scope,
        level="server",
        needs_model=False,
        replies={200: reply, 503: Problem},
    )


async def _server(_: Asked) -> Reply:
    """Answer what the server is."""
    return json_reply({"name": SERVER, "version": SERVER_VERSION, "extensions": []})


async def _live(_: Asked) -> Reply:
    """Answer that the process lives."""
    return json_reply({"live": True})


async def _ready(slots: Sequence[Slot], _: Asked) -> Reply:
    """Answer whether every model can be asked; it is refused where one cannot."""
    if waiting := [slot.project for slot in slots if slot.current is None]:
        _refuse_waiting(", ".join(waiting))
    return json_reply({"ready": True})


async def _model(asked: Asked) -> Reply:
    """Answer what a model takes and answers."""
    served = _served(asked)
    return json_reply({
        "name": served.live.project,
        "versions": [served.live.version],
        "platform": "onnx_onnxv1" if served.rows is not None else "foresell_forecast",
        "inputs": [_tensor(one.name, datatype_of(one.kind)) for one in served.form.fields],
        "outputs": [_tensor(name, datatype) for name, datatype in _outputs(served).items()],
    })


async def _model_ready(asked: Asked) -> Reply:
    """Answer that a model can be asked."""
    return json_reply({"name": _served(asked).live.project, "ready": True})


async def _infer(most: int, asked: Asked) -> Reply:
    """Answer the rows whose columns are the inputs.

    Raises:
        Refused: the body is binary, is not of the protocol, or a row breaks a rule.
    """
    served = _served(asked)
    if any(name == _BINARY for name, _ in asked.headers):
        raise Refused(
            "tensors in binary form are not spoken here",
            "header Inference-Header-Content-Length",
            "send the data as JSON: binary_data=False",
            status=400,
        )
    question = await aside(partial(_question, asked, served, most), at_once=short(asked))
    told = await answers(asked, served, question.rows, most)
    reply = partial(_replied, served, question, told)
    return await aside(reply, at_once=len(question.rows) <= INLINE)


@dataclass(frozen=True, kw_only=True)
class _Question:
    """What is asked: rows by field, and the names of what is wanted of their answers."""

    id: str | None
    wanted: Sequence[str]
    rows: Sequence[Mapping[str, Any]]


def _question(asked: Asked, served: Served, most: int) -> _Question:
    """Return what the body asks; where it is not of the protocol it is `Refused`."""
    fields = len(served.form.fields) + len(served.form.ignored)
    request = read_request(parse_json(asked.body), fields + _MISNAMED)
    return _Question(
        id=request.id,
        wanted=_wanted(request.outputs or (), _outputs(served)),
        rows=read_rows(request.inputs, most, asked.note),
    )


def _replied(served: Served, question: _Question, told: Answers) -> Reply:
    """Return the reply to a question."""
    outputs, data = _outputs(served), _data(told)
    shape = [len(question.rows)]
    return json_reply({
        "model_name": served.live.project,
        "model_version": served.live.version,
        **({} if question.id is None else {"id": question.id}),
        "outputs": [
            {"name": name, "shape": shape, "datatype": outputs[name], "data": data[name]}
            for name in question.wanted
        ],
    })


def _served(asked: Asked) -> Served:
    """Return the version that answers.

    Raises:
        Refused: 404, another one is asked for; 503 while there is none.
    """
    slot = asked.slot
    served = asked.served if asked.served is not None else slot.current if slot else None
    if served is None:
        _refuse_waiting(asked.path.get("project", ""))
    asked.served = served
    version = asked.path.get("version", served.live.version)
    if version != served.live.version:
        raise Refused(
            f"version {version[:40]!r} does not answer here",
            "path",
            f"ask version {served.live.version}, or leave the version out",
            status=404,
        )
    return served


def _refuse_waiting(names: str) -> NoReturn:
    """Refuse while models are not loaded yet.

    Raises:
        Refused: 503, always.
    """
    raise Refused(
        f"no version of {names} is loaded yet",
        names,
        "ask again in a moment",
        status=503,
        headers=((b"retry-after", b"1"),),
    )


def _outputs(served: Served) -> Mapping[str, str]:
    """Return the datatypes of what is answered, by name."""
    return _TABLE if served.rows is not None else _PANEL


def _wanted(named: Sequence[InferOutput], outputs: Mapping[str, str]) -> Sequence[str]:
    """Return which outputs are asked for, each once; all where none is named.

    Raises:
        Refused: 400, there is no such output.
    """
    if unknown := [one.name for one in named if one.name not in outputs]:
        raise Refused(
            f"there is no output {unknown[0][:60]!r}",
            "outputs",
            f"name some of {', '.join(outputs)}",
            status=400,
        )
    return tuple(dict.fromkeys(one.name for one in named)) or tuple(outputs)


def _data(told: Answers) -> dict[str, Sequence[Any]]:
    """Return the data of every output; lists of names as texts of JSON, for a tensor is flat."""
    return {
        "prediction": told.prediction,
        "p10": told.p10,
        "p90": told.p90,
        "interval_method": told.interval_method,
        "level_used": told.level_used,
        "unseen": [json.dumps(list(one), ensure_ascii=False) for one in told.unseen],
        "outside": [json.dumps(list(one), ensure_ascii=False) for one in told.outside],
    }


def _tensor(name: str, datatype: str) -> Mapping[str, Any]:
    """Return the description of a tensor with one value a row."""
    return {"name": name, "datatype": datatype, "shape": [-1]}
