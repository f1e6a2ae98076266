"""What is said of a request that is refused: RFC 9457, with each field, its rule and its limits."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from foresell.answer.requests import Problem
from foresell.errors import DataError, ForesellError, MachineError, UsageError
from foresell.serving.exchange import Reply, json_reply

PROBLEM_JSON = b"application/problem+json"
# As RFC 9110 names them; Python does so from 3.13 on.
_TITLES: Mapping[int, str] = {413: "Content Too Large", 422: "Unprocessable Content"}


class Refused(UsageError):  # noqa: N818 - an answer, and no failure of ours
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


def problem_reply(error: Refused, request_id: str, path: str = "") -> Reply:
    """Return a refusal as problem+json.

    Below ``/v2`` it says ``error`` too: there clients of the Open Inference Protocol look.
    """
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(error.status) or HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.what,
        "where": error.where,
        "mend": error.mend,
        "request_id": request_id,
    }
    if error.fields:
        told["errors"] = [_field(one) for one in error.fields]
    if path.startswith("/v2/"):
        told["error"] = f"{error.what}: {error.mend}"
    reply = json_reply(told, error.status, PROBLEM_JSON)
    reply.headers = error.headers
    return reply


def logged_words(refused: Refused, error: BaseException) -> str:
    """Return what the log says of a refusal that ``error`` led to: no value of the request.

    What was not written for the log, an error of the code that answers, may repeat one to its
    caller; then only the place is logged.

    >>> error = UsageError("there is no series of Jo", "series", "name another")
    >>> logged_words(Refused(error.what, error.where, error.mend), error)
    'refused for what series says'
    """
    cause = error.__cause__ if error is refused else error
    foreign = isinstance(cause, ForesellError) and not isinstance(cause, Refused)
    if foreign and refused.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"refused for what {refused.where} says"
    return refused.what


def refusal_of(error: ForesellError) -> Refused | None:
    """Return an error as the refusal it is to the caller; None where it is none of its doing.

    What was asked wrongly is told as it is, without the place in our files a ``DataError`` may
    name. A machine that lacks something is told as that alone: the log says what.
    """
    if isinstance(error, Refused):
        return error
    if isinstance(error, UsageError):
        return Refused(error.what, error.where, error.mend)
    if isinstance(error, DataError):
        return Refused(error.what, "body", error.mend)
    if isinstance(error, MachineError):
        return Refused(
            "the server lacks something it needs for this",
            "server",
            "ask again in a moment; whoever runs it finds the reason in its log",
            status=503,
            headers=((b"retry-after", b"5"),),
        )
    return None


def unforeseen(request_id: str) -> Refused:
    """Return what is said of an error that nobody foresaw: nothing of its insides."""
    return Refused(
        "the server failed on this request",
        "server",
        f"tell whoever runs it: its log has the reason under {request_id}",
        status=500,
    )


def _field(problem: Problem) -> Mapping[str, Any]:
    """Return one thing that is wrong with a row."""
    return {
        "row": problem.row,
        "field": problem.field,
        "rule": problem.rule,
        "says": problem.says,
        **({"allowed": problem.allowed} if problem.allowed else {}),
    }
