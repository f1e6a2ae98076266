"""Rows of the log of requests: which columns, as lines of JSON, and as a frame again."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from foresell.answer.given_values import plain_value
from foresell.contracts.contract import Contract, LogicalType
from foresell.contracts.values import TYPES
from foresell.errors import DataError

if TYPE_CHECKING:
    from foresell.serving.served import Served
    from foresell.serving.telemetry import Ended

Kinds = Mapping[str, LogicalType]

FEATURES = "features"
ANSWERS: Mapping[str, pl.DataType] = {
    "timestamp": pl.Datetime("us", "UTC"),
    "request_id": pl.String(),
    "row": pl.Int64(),
    "route": pl.String(),
    "project": pl.String(),
    "version": pl.String(),
    "digest": pl.String(),
    "prediction": pl.Float64(),
    "p10": pl.Float64(),
    "p90": pl.Float64(),
    "unseen": pl.List(pl.String()),
    "outside": pl.List(pl.String()),
}
_SAYS = "the log of requests cannot be read"
_MEND = "move the file away; if a column's type has changed, it is of the time before"
_STAMP = "%Y-%m-%dT%H:%M:%S%.fZ"


def logged_kinds(contract: Contract, columns: Sequence[str]) -> Kinds:
    """Return of ``columns`` those that are logged, by type: none whose values are about a person.

    A column that the model does not use is accepted whatever it holds, and is never among them.
    """
    known = contract.columns
    return {name: known[name].logical_type for name in columns if not known[name].personal}


def row_lines(ended: "Ended", served: "Served", at: float, kinds: Kinds) -> Iterator[bytes]:
    """Yield the lines of an answered request, each ending with LF. ``at``: seconds since 1970."""
    asked = ended.asked
    if asked is None or asked.note.given is None:
        return
    note, given = asked.note, asked.note.given
    live = served.live
    moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    for row, prediction in enumerate(note.predictions):
        told = {
            "timestamp": moment,
            "request_id": ended.request_id,
            "row": row + 1,
            "route": ended.route,
            "project": live.project,
            "version": live.version,
            "digest": live.digest,
            "prediction": float(prediction),
            "p10": _number(note.p10, row),
            "p90": _number(note.p90, row),
            "unseen": list(note.unseen[row]) if len(note.unseen) else [],
            "outside": list(note.outside[row]) if len(note.outside) else [],
            FEATURES: {
                name: plain_value(given[name][row], kind)
                for name, kind in kinds.items()
                if name in given
            },
        }
        yield _encode(told).encode() + b"\n"


def read_lines(content: bytes, kinds: Kinds, where: str) -> pl.DataFrame:
    """Return lines as (rows,) the columns of `ANSWERS` and ``features``, a struct of ``kinds``.

    A column of ``kinds`` that a line does not hold is null, and one that they lack is left out. The
    last line counts once it is whole, for a server may be writing it.

    Raises:
        DataError: a line is broken, or holds a value of another type.
    """
    schema = {
        **ANSWERS,
        "timestamp": pl.String(),
        FEATURES: pl.Struct({name: TYPES[kind] for name, kind in kinds.items()}),
    }
    whole = content[: content.rfind(b"\n") + 1]
    try:
        found = pl.read_ndjson(io.BytesIO(whole), schema=schema)
        return found.with_columns(pl.col("timestamp").str.to_datetime(_STAMP, time_zone="UTC"))
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{_SAYS}: {str(error).splitlines()[0]}", where, _MEND) from error


def in_kinds(logged: pl.DataFrame, kinds: Kinds, where: str) -> pl.DataFrame:
    """Return (rows,) the features of ``logged`` as ``kinds`` are now; what it lacks is null.

    Raises:
        DataError: a value cannot be of its column's type now.
    """
    held = logged[FEATURES].struct.unnest()
    for name, kind in kinds.items():
        if name in held.columns and not _fits(held[name], TYPES[kind]):
            was = held.schema[name]
            raise DataError(f"{_SAYS}: {name} is {was}, and no {kind}", where, _MEND)
    return held.select(
        pl.col(name).cast(TYPES[kind])
        if name in held.columns
        else pl.lit(None, TYPES[kind]).alias(name)
        for name, kind in kinds.items()
    )


def _fits(values: pl.Series, kind: pl.DataType) -> bool:
    """Tell whether values can be of ``kind`` and mean the same, as a line of JSON would be read."""
    same = values.dtype == kind or values.null_count() == len(values)
    return same or kind == pl.String or (values.dtype == pl.Int64 and kind == pl.Float64)


def _number(values: Sequence[float], row: int) -> float | None:
    """Return a number of a row, None where there is none."""
    return float(values[row]) if len(values) else None


def _plain(value: Any) -> Any:
    """Return what JSON has no word for as one that it has.

    Raises:
        TypeError: it is nothing that a row can hold.
    """
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a row cannot hold a {type(value).__name__}")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode
