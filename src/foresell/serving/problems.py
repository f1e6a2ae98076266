"""What is said of a request that is refused: RFC 9457, with each field, its rule and its limits."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from foresell.answer.requests import Problem
from foresell.errors import UsageError
from foresell.serving.exchange import Reply, json_reply

PROBLEM_JSON = b"application/problem+json"


class Refused(UsageError):
    """A request is refused: by which status, and what is wrong with which field."""

    def __init__(
        self,
        what: str,
        where: str,
        mend: str,
        *,
        status: int = 422,
        fields: Sequence[Problem] = (),
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(what, where, mend)
        self.status = status
        self.fields = fields
        self.headers = headers


def problem_reply(error: Refused, request_id: str) -> Reply:
    """Return a refusal as problem+json."""
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.what,
        "where": error.where,
        "mend": error.mend,
        "request_id": request_id,
    }
    if error.fields:
        told["errors"] = [_field(one) for one in error.fields]
    reply = json_reply(told, error.status, PROBLEM_JSON)
    reply.headers = error.headers
    return reply


def _field(problem: Problem) -> Mapping[str, Any]:
    """Return one thing that is wrong with a row."""
    return {
        "row": problem.row,
        "field": problem.field,
        "rule": problem.rule,
        "says": problem.says,
        **({"allowed": problem.allowed} if problem.allowed else {}),
    }
