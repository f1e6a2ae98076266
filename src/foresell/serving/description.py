"""The OpenAPI document of a project, made of the same table of routes that answers its requests.

FastAPI writes it and answers nothing. It is imported when somebody first asks for a document.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from foresell.serving.exchange import Route
from foresell.serving.guards import Guards
from foresell.serving.replies import Problem
from foresell.serving.served import Served
from foresell.serving.slots import Slot

_PLACE = "#/components/schemas/"
_NAMES = re.compile(r"{(\w+)}")
_PROBLEM = {"application/problem+json": {"schema": {"$ref": f"{_PLACE}Problem"}}}
_HEADERS = {
    "x-request-id": {
        "description": "The id of the request; the one that was sent, where it is a plain word.",
        "schema": {"type": "string"},
    }
}
_TAGS = {
    "predict": "Answers of the model.",
    "explain": "What an answer is made of.",
    "server": "Which version answers, and how the server stands.",
    "admin": "What changes the server.",
    "open inference protocol": "The same answers for clients of KServe, Triton and Seldon.",
    "mlflow": "The same answers for clients of MLflow and SageMaker.",
}
_ALWAYS = {
    400: "The request cannot be read: no JSON, no UTF-8, a header twice.",
    404: "There is nothing at this path.",
    405: "Another method is meant.",
    421: "This server is not asked under that name: see Host.",
    431: "The headers are larger than allowed.",
    500: "Nobody foresaw it; the log has all of it.",
    503: "No version is loaded yet, or too many wait; ask again after Retry-After.",
}
_WITH_BODY = {
    408: "The body did not come in time.",
    413: "The body, or the number of rows, is larger than allowed.",
    415: "The body is of another media type.",
    422: "The rows break the contract: each field, its rule, what is allowed.",
}
_WITH_MODEL = {504: "The answer took too long."}
_WITH_KEYS = {
    401: "A key is missing, unknown or expired.",
    403: "The key does not allow this.",
}
_WITH_RATE = {429: "Too many requests; ask again after Retry-After."}
_LATER = {
    "retry-after": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
}
_REFUSED = "Refused{}"  # the name of the response of a status, among those of all operations


def openapi(
    routes: Sequence[Route], slot: Slot, guards: Guards, *, at_root: bool
) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the project in ``slot``, of the version it has now.

    ``at_root``: paths are those at the root of the server, with what the server itself has;
    otherwise those below ``/projects/<name>``.
    """
    served = slot.current
    app = FastAPI(
        title=f"foresell: {slot.project}",
        version=served.live.version if served else "0",
        description=_words(slot, served),
        servers=None if at_root else [{"url": f"/projects/{slot.project}"}],
        openapi_tags=[{"name": name, "description": said} for name, said in _TAGS.items()],
        docs_url=None,
        redoc_url=None,
    )
    parts: dict[str, Any] = {}
    told = list(_of(routes, slot, at_root=at_root))
    for route in told:
        app.add_api_route(
            route.path,
            _described,
            methods=[route.method],
            summary=route.summary,
            description=route.description,
            tags=[route.tag],
            operation_id=_operation(route),
            name=_operation(route),
            responses={status: dict(said) for status, said in _replies(route, guards, parts)},
            openapi_extra=_extra(route, served, guards, parts),
        )
    document = app.openapi()
    _schema(Problem, parts)
    document["components"] = {"schemas": dict(sorted(parts.items())), "responses": _refusals()}
    used = {route.tag for route in told}
    document["tags"] = [one for one in document["tags"] if one["name"] in used]
    for operation in _operations(document):
        _finish(operation)
    if guards.keys is not None:
        document["components"]["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
    return document


# Stands for every endpoint: FastAPI describes routes, `foresell.serving.application` runs them.
# A docstring here would become the description of those that have none.
async def _described() -> None: ...


def _words(slot: Slot, served: Served | None) -> str:
    """Return what the document says of the project, in Markdown."""
    if served is None:
        return f"No version of {slot.project} is loaded yet."
    unit = served.metadata.get("unit")
    if unit == served.spec.target:
        unit = None
    return (
        f"**{served.spec.title}**. Predicts `{served.spec.target}`{f' in {unit}' if unit else ''} "
        f"with {served.model_name}, version {served.live.version}"
        f"{f' ({served.live.alias})' if served.live.alias else ''}."
    )


def _of(routes: Sequence[Route], slot: Slot, *, at_root: bool) -> Iterator[Route]:
    """Yield the routes of a project, each path and method once."""
    own = {(one.method, one.path) for one in routes if one.level == "server"} if at_root else set()
    for route in routes:
        if not route.documented:
            continue
        if route.level == "server":
            if at_root:
                yield route
        elif slot.kind in route.kinds and (route.method, route.path) not in own:
            yield route


def _operation(route: Route) -> str:
    """Return a name for the operation, for those who generate clients.

    >>> async def none(_): ...
    >>> _operation(Route(method="POST", path="/predict/batch", endpoint=none, summary=""))
    'post_predict_batch'
    """
    words = re.findall(r"\w+", route.path) or ["index"]
    return "_".join([route.method.lower(), *words]).replace(".", "_")


def _replies(
    route: Route, guards: Guards, parts: dict[str, Any]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield every reply that can come, by status."""
    said = set(_ALWAYS) | set(route.replies)
    said |= set(_WITH_BODY) if route.method == "POST" else set()
    said |= set(_WITH_MODEL) if route.needs_model else set()
    said |= set(_WITH_KEYS) if guards.keys is not None and route.scope is not None else set()
    said |= set(_WITH_RATE) if guards.rate is not None and route.scope is not None else set()
    for status in sorted(said):
        told = route.replies.get(status)
        if told is None or told is Problem:
            yield status, {"description": _REFUSED.format(status)}
        else:
            yield status, {**_reply(told, parts), "headers": _HEADERS}


def _refusals() -> dict[str, Any]:
    """Return the responses of requests that are refused, by name."""
    said = {**_ALWAYS, **_WITH_BODY, **_WITH_MODEL, **_WITH_KEYS, **_WITH_RATE}
    said |= {409: "It cannot be done as things stand."}
    return {
        _REFUSED.format(status): {
            "description": words,
            "content": _PROBLEM,
            "headers": {**_HEADERS, **(_LATER if status in {429, 503} else {})},
        }
        for status, words in sorted(said.items())
    }


def _reply(told: type[BaseModel] | Mapping[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """Return the response object of one reply."""
    if not isinstance(told, Mapping):
        return {"description": _first_line(told), "content": _json(_schema(told, parts))}
    if "content" in told:
        return {"description": "The answer.", **told}
    return {
        "description": str(told.get("description", "The answer.")),
        "content": _json(_schema(told, parts)),
    }


def _extra(
    route: Route, served: Served | None, guards: Guards, parts: dict[str, Any]
) -> dict[str, Any]:
    """Return what FastAPI cannot see of an operation: parameters, the body, and who may ask."""
    live = served.live if served is not None else None
    known = {"project": live.project, "version": live.version} if live is not None else {}
    in_path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            **({"example": known[name]} if name in known else {}),
        }
        for name in _NAMES.findall(route.path)
        if name not in {one["name"] for one in route.parameters}
    ]
    extra: dict[str, Any] = {}
    if parameters := [*in_path, *map(dict, route.parameters)]:
        extra["parameters"] = parameters
    if route.request is not None or route.other_media:
        extra["requestBody"] = {"required": True, "content": _content(route, served, parts)}
    if guards.keys is not None and route.scope is not None:
        extra["security"] = [{"bearer": []}, {"key": []}]
        extra["x-scope"] = route.scope
    return extra


def _content(route: Route, served: Served | None, parts: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a request by media type."""
    body = {} if route.request is None else _json(_schema(_asked(route, served), parts))
    others = {media: {"schema": dict(schema)} for media, schema in route.other_media.items()}
    return {**body, **others}


def _asked(route: Route, served: Served | None) -> type[BaseModel] | Mapping[str, Any]:
    """Return what a request holds; where that hangs on the version, of the one that answers."""
    asked = route.request
    if asked is None:
        return {}
    return asked if isinstance(asked, type | Mapping) else asked(served)


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return content of JSON; an example of the schema becomes that of the content."""
    told: dict[str, Any] = {"schema": schema}
    for place in (schema, *schema.get("anyOf", ())):
        if examples := place.get("examples"):
            told["example"] = examples[0]
            break
    return {"application/json": told}


def _schema(told: type[BaseModel] | Mapping[str, Any], parts: dict[str, Any]) -> Mapping[str, Any]:
    """Return a schema whose parts, and a model itself, are put among ``parts``."""
    if isinstance(told, Mapping):
        plain: dict[str, Any] = _replaced(told)
        parts.update(plain.pop("$defs", {}))
        return plain
    _, found = models_json_schema([(told, "serialization")], ref_template=f"{_PLACE}{{model}}")
    parts.update(found["$defs"])
    return {"$ref": f"{_PLACE}{told.__name__}"}


def _replaced(value: Any) -> Any:
    """Return a schema whose references point to where OpenAPI keeps schemas."""
    if isinstance(value, Mapping):
        return {
            name: one.replace("#/$defs/", _PLACE)
            if name == "$ref" and isinstance(one, str)
            else _replaced(one)
            for name, one in value.items()
        }
    return [_replaced(one) for one in value] if isinstance(value, list | tuple) else value


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every operation of a document."""
    for methods in document["paths"].values():
        yield from methods.values()


def _finish(operation: dict[str, Any]) -> None:
    """Let refusals point to what all operations share, and drop what FastAPI made up."""
    if not operation.get("description"):
        operation.pop("description", None)
    made_up: Mapping[str, Any] = {"application/json": {"schema": {}}}
    for status, reply in list(operation["responses"].items()):
        if reply["description"] == _REFUSED.format(status):
            refused = {"$ref": f"#/components/responses/{_REFUSED.format(status)}"}
            operation["responses"][status] = refused
        elif reply.get("content") == made_up:
            del operation["responses"][status]


def _first_line(model: type[BaseModel]) -> str:
    """Return what a model says of itself."""
    return (model.__doc__ or "The answer.").splitlines()[0]
