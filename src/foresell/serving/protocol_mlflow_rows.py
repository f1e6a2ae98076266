"""The four forms in which MLflow's clients send rows as JSON, read into rows by field."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, FailFast, Field, StrictBool, StrictStr, ValidationError

from foresell.serving.problems import Refused
from foresell.serving.protocol_rows import first_wrong, refuse_many
from foresell.serving.request_schemas import example_row, row_schema

if TYPE_CHECKING:
    from foresell.serving.served import Served

_STRICT = ConfigDict(extra="forbid")
_FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_ROWS = {"type": "array", "minItems": 1}


class _Split(BaseModel):
    """A frame as pandas writes it with orient="split"; the index says nothing here."""

    model_config = _STRICT

    columns: Annotated[list[StrictStr], FailFast(), Field(min_length=1)]
    data: list[list[Any]]
    index: list[Any] | None = None


class _Params(BaseModel):
    """What a request may ask for beside the answers."""

    model_config = _STRICT

    intervals: StrictBool = False


class _Request(BaseModel):
    """A body of /invocations: exactly one of the four forms."""

    model_config = _STRICT

    dataframe_split: _Split | None = None
    dataframe_records: list[dict[str, Any]] | None = None
    instances: list[Any] | None = None
    inputs: dict[str, Any] | list[Any] | None = None
    params: _Params | None = None


class MlflowReply(BaseModel):
    """The answers to the rows, in their order."""

    model_config = _STRICT

    predictions: "list[float] | list[MlflowAnswer]"


class MlflowAnswer(BaseModel):
    """An answer with its interval, as ``params`` asks for by ``{"intervals": true}``."""

    model_config = _STRICT

    prediction: float
    p10: float
    p90: float


class PingReply(BaseModel):
    """Rows can be answered."""

    model_config = _STRICT

    status: Literal["ready"]


def request_schema(served: "Served | None") -> Mapping[str, Any]:
    """Return the JSON Schema of a body, with the fields of the version that answers."""
    names = [one.name for one in served.form.fields] if served else []
    known = {"enum": [*names, *served.form.ignored]} if served else {"type": "string"}
    example = example_row(served) if served else None
    row = {"$ref": "#/$defs/Row"}
    values = {
        "type": "array",
        "description": f"In the order {', '.join(names)}.",
        **({"minItems": len(names), "maxItems": len(names)} if names else {}),
    }
    one_row = {"anyOf": [row, values]}
    forms: dict[str, Any] = {
        "dataframe_split": {
            "type": "object",
            "required": ["columns", "data"],
            "properties": {
                "columns": {"type": "array", "minItems": 1, "uniqueItems": True, "items": known},
                "data": {**_ROWS, "items": {"type": "array"}},
                "index": {"type": ["array", "null"]},
            },
            "additionalProperties": False,
        },
        "dataframe_records": {**_ROWS, "items": row},
        "instances": {**_ROWS, "items": one_row},
        "inputs": {
            "anyOf": [
                {**_ROWS, "items": one_row},
                {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": known,
                    "description": "The values of all rows, by field.",
                },
            ]
        },
    }
    params = {
        "type": ["object", "null"],
        "properties": {
            "intervals": {"type": "boolean", "description": "Whether p10 and p90 come along."}
        },
        "additionalProperties": False,
    }
    return {
        "oneOf": [
            {
                "type": "object",
                "required": [name],
                "properties": {name: form, "params": params},
                "additionalProperties": False,
            }
            for name, form in forms.items()
        ],
        "$defs": {"Row": row_schema(served)},
        **({"examples": [{"dataframe_records": [example]}]} if example else {}),
    }


def read_rows(told: Any, names: Sequence[str], most: int) -> tuple[list[Any], bool]:
    """Return the rows of a body, by field, and whether their intervals are asked for too.

    ``names``: the order in which lists without names are. More than ``most`` rows are refused with
    413, before any is read.

    >>> read_rows({"inputs": {"units": [3, 5]}}, ["units"], 10)
    ([{'units': 3}, {'units': 5}], False)
    >>> read_rows({"instances": [[3], [5]], "params": {"intervals": True}}, ["units"], 10)
    ([{'units': 3}, {'units': 5}], True)

    Raises:
        Refused: 400, the body has none of the four forms, or more than one.
    """
    refuse_many(_count(told), most)
    try:
        request = _Request.model_validate(told)
    except ValidationError as error:
        what, where = first_wrong(error)
        raise Refused(
            f"the request is not of the protocol: {what}",
            where,
            f"send one of {', '.join(_FORMS)}, and params if need be",
            status=400,
        ) from error
    given = [name for name in _FORMS if name in request.model_fields_set]
    if len(given) != 1:
        _refuse(f"{len(given)} of the four forms are there", "body", f"one of {', '.join(_FORMS)}")
    if getattr(request, given[0]) is None:
        _refuse(f"{given[0]} is null", "body", "give the rows")
    intervals = request.params is not None and request.params.intervals
    if request.dataframe_split is not None:
        split = request.dataframe_split
        _refuse_twice(split.columns, "dataframe_split")
        return [_row(one, split.columns, "dataframe_split") for one in split.data], intervals
    found_rows: Any = getattr(request, given[0])
    if isinstance(found_rows, dict):
        found_rows = _by_field(found_rows)
    return [
        _row(one, names, given[0]) if isinstance(one, list) else one for one in found_rows
    ], intervals


def _count(told: Any) -> int:
    """Return how many rows a body has that may be none: the most in any of its forms."""
    if not isinstance(told, dict):
        return 0
    split, inputs = told.get("dataframe_split"), told.get("inputs")
    found = [split.get("data") if isinstance(split, dict) else None]
    found += [told.get("dataframe_records"), told.get("instances"), inputs]
    found += inputs.values() if isinstance(inputs, dict) else []
    return max(len(one) if isinstance(one, list) else 0 for one in found)


def _refuse_twice(names: Sequence[str], where: str) -> None:
    """Refuse names of which one stands there twice."""
    if len(set(names)) < len(names):
        _refuse("a column stands there twice", where, "name each once")


def _row(values: Sequence[Any], names: Sequence[str], where: str) -> dict[str, Any]:
    """Return a row of values in the order of ``names``."""
    if len(values) != len(names):
        _refuse(
            f"a row has {len(values):,} values for {len(names):,} columns",
            where,
            f"send one each, in the order {', '.join(names)[:300]}",
        )
    return dict(zip(names, values, strict=True))


def _by_field(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of which ``columns`` are lists; values that are none are one row."""
    lists = [values for values in columns.values() if isinstance(values, list)]
    if not lists:
        return [dict(columns)]
    if len(lists) < len(columns) or len({len(values) for values in lists}) > 1:
        _refuse("the fields have different numbers of rows", "inputs", "send the same of each")
    return [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]


def _refuse(what: str, where: str, mend: str) -> NoReturn:
    """Refuse a request that is not of the protocol.

    Raises:
        Refused: 400, always.
    """
    raise Refused(what, where, mend, status=400)
