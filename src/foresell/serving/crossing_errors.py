"""Errors that cross from one process to another: told as plain values, and raised there."""

from collections.abc import Mapping
from typing import Any

from foresell import errors
from foresell.answer.requests import Problem
from foresell.errors import ForesellError
from foresell.serving.problems import Refused

Message = Mapping[str, Any]

_KINDS: Mapping[str, type[ForesellError]] = {
    name: getattr(errors, name)
    for name in ("SpecError", "DataError", "UsageError", "GateError", "MachineError")
}


def told(error: ForesellError) -> dict[str, Any]:
    """Return an error as plain values, for `opened` in another process."""
    found: dict[str, Any] = {
        "kind": next(
            (name for name, kind in _KINDS.items() if isinstance(error, kind)),
            "DataError",
        ),
        "what": error.what,
        "where": error.where,
        "mend": error.mend,
    }
    if isinstance(error, Refused):
        fields = [
            {"row": f.row, "field": f.field, "rule": f.rule, "says": f.says, "allowed": f.allowed}
            for f in error.fields
        ]
        headers = [[name.decode(), value.decode()] for name, value in error.headers]
        found |= {"status": error.status, "fields": fields, "headers": headers}
    return found


def opened(reply: Message) -> Message:
    """Return the ``answer`` in a child's reply.

    Raises:
        Refused: what the reply's ``error`` was; another error where it was another.
    """
    error = reply.get("error")
    if error is None:
        answer: Message = reply["answer"]
        return answer
    three = (error["what"], error["where"], error["mend"])
    if "status" in error:
        fields = [Problem(**one) for one in error["fields"]]
        headers = [(name.encode(), value.encode()) for name, value in error["headers"]]
        raise Refused(*three, status=error["status"], fields=fields, headers=headers)
    raise _KINDS[error["kind"]](*three)
