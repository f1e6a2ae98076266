"""What goes in and out of an endpoint: one request, one reply, and what is noted of them."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from foresell.spec.serving import Scope

if TYPE_CHECKING:
    from pydantic import BaseModel

    from foresell.serving.problems import Refused
    from foresell.serving.served import Served
    from foresell.serving.slots import Slot

Kind = Literal["tabular", "panel"]
JSON = b"application/json"
REFUSED, FAILED = 400, 500  # from these statuses on the caller, the server itself is to blame


@dataclass(slots=True)
class Note:
    """What an endpoint tells of a request while it is answered; guards and listeners read it.

    ``rows``: how many were answered. ``inference_s``: seconds in the model, None where it was not
    asked. ``violations``: (field, rule) of every broken rule of the contract. ``given``: the rows
    as they were asked for, by column, in the types of JSON, with ``predictions``, ``p10`` and
    ``p90`` (rows,) beside them: what a shadow and the log of requests see; None where nothing was
    predicted. ``unseen`` and ``outside`` (rows,): of each row the columns whose text, or whose
    number or day, training did not hold; empty where that is so of no row.
    """

    rows: int = 0
    inference_s: float | None = None
    violations: Sequence[tuple[str, str]] = ()
    given: Mapping[str, Sequence[Any]] | None = None
    predictions: Sequence[float] = ()
    p10: Sequence[float] = ()
    p90: Sequence[float] = ()
    unseen: Sequence[Sequence[str]] = ()
    outside: Sequence[Sequence[str]] = ()


@dataclass(slots=True)
class Asked:
    """One request as an endpoint sees it.

    ``slot``: the project it is for, None for the server itself; ``served``: the one version that
    answers it from start to end, None where the endpoint needs none. ``body``: all of it, within
    the cap. ``path``: the values of the ``{names}`` in the route's path. ``query``: the raw query
    string. ``caller``: the name of the key that asks, empty where none is needed. ``at``: the whole
    path, as it was asked for.
    """

    request_id: str
    body: bytes
    headers: Sequence[tuple[bytes, bytes]]
    query: bytes = b""
    path: Mapping[str, str] = field(default_factory=dict)
    slot: "Slot | None" = None
    served: "Served | None" = None
    caller: str = ""
    at: str = ""
    note: Note = field(default_factory=Note)


@dataclass(slots=True)
class Reply:
    """What is sent back. Guards add their own headers."""

    body: bytes
    status: int = 200
    media_type: bytes = JSON
    headers: Sequence[tuple[bytes, bytes]] = ()


Endpoint = Callable[[Asked], Awaitable[Reply]]
Described = Callable[["Served | None"], Mapping[str, Any]]  # a JSON Schema, by the version


@dataclass(frozen=True, kw_only=True)
class Route:
    """One endpoint and all that is said of it.

    ``path`` as in OpenAPI, below the project's own root, with ``{names}``. ``scope``: what a key
    must allow, None for anybody. ``kinds``: of which projects. ``needs_model``: it is 503 until a
    version is loaded. ``request`` and ``replies`` (by status) are documented in OpenAPI: pydantic
    models, or JSON Schemas as they are; a request may also hang on the version that answers, None
    where none does. A reply that has ``content`` is a response object of OpenAPI, as it is.
    ``other_media``: schemas of the request by further media types. ``parameters``: those of the
    query, as OpenAPI has them. ``level``: whether every project has it, below its own root, or the
    server once; then ``Asked.slot`` is None, unless ``{project}`` stands in its path and names it.
    A POST takes ``application/json`` and the types of ``other_media``; one whose ``request`` is
    None may also come with no body at all, and where it is ``untyped`` the body need not say its
    type: Triton's client never does. ``max_body``: bytes of a body, where that is less than the
    server takes of anybody. ``counted``: whether a request counts towards a caller's pace, though
    it takes no key. ``while_awaited``: whether what it does ends where its caller goes away, which
    must have changed nothing. ``refusing``: how a refusal is told where it is not by problem+json.
    ``documented``: whether OpenAPI tells of it, and pages of other origins may read it where some
    may: pages are for people.
    """

    method: Literal["GET", "POST"]
    path: str
    endpoint: Endpoint
    summary: str
    description: str = ""
    tag: str = "predict"
    scope: Scope | None = "predict"
    kinds: tuple[Kind, ...] = ("tabular", "panel")
    needs_model: bool = True
    request: "type[BaseModel] | Mapping[str, Any] | Described | None" = None
    replies: "Mapping[int, type[BaseModel] | Mapping[str, Any]]" = field(default_factory=dict)
    other_media: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    parameters: Sequence[Mapping[str, Any]] = ()
    level: Literal["project", "server"] = "project"
    untyped: bool = False
    max_body: int | None = None
    counted: bool = False
    while_awaited: bool = False
    refusing: "Callable[[Refused], Reply] | None" = None
    documented: bool = True


def json_reply(content: Any, status: int = 200, media_type: bytes = JSON) -> Reply:
    """Return ``content``, plain values, as JSON; a number that is not finite is a ValueError."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Reply(body=text.encode(), status=status, media_type=media_type)
