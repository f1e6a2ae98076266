"""Answers to rows of a table as bytes: what hangs on the version alone is written once."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic_core import to_json

from foresell.answer.row_answered import AnsweredColumns
from foresell.answer.row_columns import named
from foresell.answer.row_reading import ReadRows
from foresell.serving.served import Served

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The parts of a reply that hang on the version alone.

    ``model``: from ``model_name`` to ``input_features``, and ``currency``, empty where there is
    none. As JSON, with a comma after each.
    """

    model: str
    currency: str


class Words:
    """Remembers the wording of each project's last version."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Served, Wording]] = {}

    def of(self, served: Served) -> Wording:
        """Return the words of a version."""
        known = self._known.get(served.live.project)
        if known is None or known[0] is not served:
            known = (served, wording(served))
            self._known[served.live.project] = known
        return known[1]


def wording(served: Served) -> Wording:
    """Return what every reply of a version says of it."""
    unit = served.spec.unit or ""
    return Wording(
        model=_inner({
            "model_name": served.model_name,
            "model_version": served.live.version,
            "target_name": served.spec.target,
            "input_features": [one.name for one in served.form.fields],
        }),
        currency=_inner({"currency": unit}) if _CURRENCY.fullmatch(unit) else "",
    )


def one_reply(words: Wording, request_id: str, read: ReadRows, answered: AnsweredColumns) -> bytes:
    """Return the answer to one row."""
    point, low, high = (
        repr(values.item()) for values in (answered.prediction, answered.p10, answered.p90)
    )
    return (
        f'{{"prediction":{point},"y_hat":{point},"p10":{low},"p90":{high},'
        f'"interval_method":"{answered.interval_method}",{words.model}'
        f'"request_id":{json.dumps(request_id)},{words.currency}{_flags(read, answered)[0]}}}'
    ).encode()


def batch_reply(
    words: Wording, request_id: str, read: ReadRows, answered: AnsweredColumns
) -> bytes:
    """Return the answers to rows, in their order."""
    points, lows, highs = (
        _numbers(values.tolist()) for values in (answered.prediction, answered.p10, answered.p90)
    )
    rows = ",".join([
        f'{{"prediction":{point},"y_hat":{point},"p10":{low},"p90":{high},{flags}}}'
        for point, low, high, flags in zip(points, lows, highs, _flags(read, answered), strict=True)
    ])
    rest = f'{words.model}"request_id":{json.dumps(request_id)},{words.currency}'
    return (
        f'{{"predictions":[{rows}],"interval_method":"{answered.interval_method}",{rest[:-1]}}}'
    ).encode()


def _flags(read: ReadRows, answered: AnsweredColumns) -> Sequence[str]:
    """Return (rows,) what else is to be known of each row, as JSON without its braces."""
    rows = len(answered.prediction)
    if not (answered.unseen or answered.outside or read.ignored):
        return [_NOTHING] * rows
    unseen, outside = named(answered.unseen, rows), named(answered.outside, rows)
    told = zip(unseen, outside, read.ignored or [()] * rows, strict=True)
    return [_told(*three) if any(three) else _NOTHING for three in told]


def _told(unseen: Sequence[str], outside: Sequence[str], ignored: Sequence[str]) -> str:
    """Return what else is to be known of a row, as JSON without its braces."""
    return _inner({"unseen": unseen, "outside": outside, "ignored": ignored})[:-1]


def _numbers(values: Sequence[float]) -> Sequence[str]:
    """Return each number as the shortest JSON that reads as the same."""
    # Several times as fast as repr() of each, with the same digits.
    return to_json(values)[1:-1].decode().split(",")


def _inner(fields: Mapping[str, object]) -> str:
    """Return fields as JSON, without braces, with a comma at the end."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))[1:-1] + ","


_NOTHING = _told([], [], [])
