"""Tensors of the Open Inference Protocol read into rows, each value checked for its datatype."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from pydantic import ValidationError

from foresell.answer.requests import Problem
from foresell.contracts.contract import LogicalType
from foresell.errors import counted
from foresell.serving.exchange import Note
from foresell.serving.problems import Refused
from foresell.serving.protocol_rows import first_wrong, refuse_many
from foresell.serving.protocol_v2_schemas import Datatype, InferInput, InferRequest
from foresell.serving.rows import refuse_rows

_BITS = (8, 16, 32, 64)
_BY_KIND: Mapping[LogicalType, Datatype] = {
    "boolean": "BOOL",
    "date": "BYTES",
    "integer": "INT64",
    "number": "FP64",
    "string": "BYTES",
}


def datatype_of(kind: LogicalType) -> Datatype:
    """Return the datatype in which a column of the contract is asked for.

    >>> datatype_of("integer"), datatype_of("date")
    ('INT64', 'BYTES')
    """
    return _BY_KIND[kind]


def read_request(told: Any, most: int) -> InferRequest:
    """Return a request of the protocol; where it first goes wrong is refused with 400.

    ``most``: inputs, and outputs that are named.
    """
    for part in ("inputs", "outputs"):
        found = told.get(part) if isinstance(told, dict) else None
        if isinstance(found, list) and len(found) > most:
            _refuse(f"{len(found):,} {part} are too many", part, "send one for each field")
    try:
        return InferRequest.model_validate(told)
    except ValidationError as error:
        what, where = first_wrong(error)
        _refuse(f"the request is not of the protocol: {what}", where, "GET /docs shows it")


def read_rows(inputs: Sequence[InferInput], most: int, note: Note) -> list[dict[str, Any]]:
    """Return the rows of which ``inputs`` are the columns; what is wrong is noted too.

    `Refused` with 400 where they do not fit each other, 413 beyond ``most`` rows, 422 where a value
    is not of the datatype that is named.
    """
    columns: dict[str, list[Any]] = {}
    for at, one in enumerate(inputs):
        if one.name in columns:
            _refuse(f"an input stands there twice: {one.name[:60]!r}", _at(at), "send it once")
        columns[one.name] = _values(one, _at(at), most)
    counts = sorted({len(values) for values in columns.values()})
    if len(counts) > 1:
        _refuse(
            f"some inputs have {counts[0]:,} rows and others {counts[-1]:,}",
            "inputs",
            "send the same number of rows in each",
        )
    if problems := [wrong for one in inputs for wrong in _wrong(one, columns[one.name])]:
        note.violations = [(one.field, one.rule) for one in problems]
        refuse_rows(sorted(problems, key=lambda problem: problem.row), counts[0])
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _at(number: int) -> str:
    """Return where an input stands."""
    return f"inputs.{number}"


def _values(one: InferInput, where: str, most: int) -> list[Any]:
    """Return the values of a tensor by row; refused as by `read_rows`."""
    if "binary_data_size" in (one.parameters or {}):
        _refuse(
            "tensors in binary form are not spoken here",
            where,
            "send the data as JSON: binary_data=False",
        )
    values = one.data
    refuse_many(len(values), most)
    if all(isinstance(value, list) and len(value) == 1 for value in values):
        values = [value[0] for value in values]
    if any(isinstance(value, list | dict) for value in values):
        _refuse("a row has more than one value", where, "send a tensor for each field")
    if one.shape not in ([len(values)], [len(values), 1]):
        _refuse(
            f"the shape does not fit {counted(len(values), 'value')} of one field",
            f"{where}.shape",
            f"send [{len(values)}] or [{len(values)}, 1], a tensor for each field",
        )
    return values


def _wrong(one: InferInput, values: Sequence[Any]) -> list[Problem]:
    """Return what is not of the datatype; whether a null may be is for the contract to say."""
    fits = _FITS[one.datatype]
    return [
        Problem(row=row, field=one.name, rule="datatype", says=f"is no {one.datatype}")
        for row, value in enumerate(values, start=1)
        if value is not None and not fits(value)
    ]


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    """Return what tells whether a value is a whole number from ``least`` to ``most``."""
    return lambda value: type(value) is int and least <= value <= most


def _number(value: Any) -> bool:
    """Tell whether a value is a number that a float can hold."""
    return type(value) in {int, float} and abs(value) <= sys.float_info.max


def _fits() -> Iterator[tuple[str, Callable[[Any], bool]]]:
    """Yield what tells whether a value is of a datatype, by its name in the protocol."""
    yield "BOOL", lambda value: type(value) is bool
    for bits in _BITS:
        yield f"UINT{bits}", _whole(0, 2**bits - 1)
        yield f"INT{bits}", _whole(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    for bits in _BITS[1:]:
        yield f"FP{bits}", _number
    yield "BYTES", lambda value: isinstance(value, str)


_FITS: Mapping[str, Callable[[Any], bool]] = dict(_fits())


def _refuse(what: str, where: str, mend: str) -> NoReturn:
    """Refuse a request that is not of the protocol.

    Raises:
        Refused: 400, always.
    """
    raise Refused(what, where, mend, status=400)
