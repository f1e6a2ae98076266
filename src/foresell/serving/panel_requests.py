"""JSON Schemas of what panels are asked by, made of the contract of the version that answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from foresell.answer.asking_panel import MOST_SERIES
from foresell.contracts.contract import LogicalType
from foresell.serving.request_schemas import ANY_ROW, Schema, row_schema
from foresell.serving.served import Served
from foresell.spec.hierarchy import level_name

_TYPES: Mapping[LogicalType, Schema] = {
    "string": {"type": "string"},
    "integer": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
}
_DAY: Schema = {"type": "string", "format": "date"}
_NULL: Schema = {"type": "null"}


def forecast_schema(served: Served | None) -> Schema:
    """Return the schema of what /forecast takes; any object where no version answers yet."""
    if served is None:
        return ANY_ROW
    spec, fields = served.spec, _choosing(served)
    fields["rows"] = {
        "enum": ["asked", "all", None],
        "description": "asked: those the source of the data asks for, as the command line answers "
        "them. all: every row that is published.",
    }
    fields["quantiles"] = {
        "type": ["boolean", "null"],
        "description": "Whether every quantile is told, not p10 and p90 alone.",
    }
    if spec.hierarchy is not None:
        fields["level"] = {
            "enum": [*(level_name(columns) for columns in spec.hierarchy.levels), None],
            "description": "Sums of the rows at this level, with intervals of their own.",
        }
    if known := spec.with_role("known_future"):
        rows = row_schema(served)["properties"]
        fields["set"] = _or_null({
            **_object({name: _told(rows[name]) for name in known}),
            "minProperties": 1,
            "description": "What if it were planned so, in the series of where, from first to "
            "last? Beside each forecast stands the one by the plan.",
        })
    return _object(fields, examples=[_example(served)])


def explain_schema(served: Served | None) -> Schema:
    """Return the schema of what /explain takes: a row as /predict does, or series and days."""
    if served is None:
        return ANY_ROW
    fields = _choosing(served)
    fields["candidate"] = {
        "type": ["string", "null"],
        "description": "Any that the bundle holds; the champion where none is named.",
    }
    by_series = _object(fields, examples=[_example(served)])
    named = {"anyOf": [{"required": ["where"]}, {"required": ["series"]}]}
    return {"anyOf": [row_schema(served), {**by_series, **named}]}


def _choosing(served: Served) -> dict[str, Any]:
    """Return the schemas of the fields that choose series and days."""
    spec = served.spec
    where = {name: _several(served, name) for name in spec.with_role("key", "static")}
    one = _object({name: _type(served, name) for name in spec.keys}, required=spec.keys)
    return {
        "where": _or_null({
            **_object(where),
            "description": "Key or static columns and the values they are to have.",
        }),
        "series": _or_null({
            "type": "array",
            "items": one,
            "maxItems": MOST_SERIES,
            "description": "Exactly these series.",
        }),
        "first": _or_null({**_DAY, "description": "The first day; by default the first there is."}),
        "last": _or_null({**_DAY, "description": "The last day; by default the last there is."}),
    }


def _several(served: Served, name: str) -> Schema:
    """Return the schema of a value of a column, or of some."""
    one = _type(served, name)
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": MOST_SERIES}]}


def _type(served: Served, name: str) -> Schema:
    """Return the schema of a value of a column, whatever the contract allows of it."""
    return _TYPES[served.contract.columns[name].logical_type]


def _told(schema: Schema) -> Schema:
    """Return the schema of a field that is not null, with its limits."""
    kinds = [one for one in schema.get("anyOf", ()) if one != _NULL]
    rest = {name: value for name, value in schema.items() if name not in {"anyOf", "default"}}
    return {**rest, **kinds[0]} if len(kinds) == 1 else schema


def _object(
    fields: Mapping[str, Any], *, required: Iterable[str] = (), examples: Iterable[Any] = ()
) -> dict[str, Any]:
    """Return the schema of an object of ``fields`` and no others."""
    return {
        "type": "object",
        "properties": dict(fields),
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
        **({"examples": list(examples)} if examples else {}),
    }


def _or_null(schema: Schema) -> Schema:
    """Return the schema of a field that may be null, which is as if it were left out."""
    return {"anyOf": [schema, _NULL]}


def _example(served: Served) -> Mapping[str, Any]:
    """Return a request for the first published series."""
    published = served.published
    if published is None:
        return {}
    keys = list(served.spec.keys)
    return {"where": published.frame.select(keys).row(0, named=True)}
