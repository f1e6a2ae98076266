"""JSON Schemas of what requests hold, made of the contract of the version that answers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from foresell.serving.served import Served

Schema = Mapping[str, Any]
ANY_ROW: Schema = {"type": "object", "description": "A version that answers tells what it holds."}


def row_schema(served: Served | None) -> Schema:
    """Return the schema of one row: types, ranges, valid values, units and an example.

    Any object where no version answers yet.
    """
    if served is None:
        return ANY_ROW
    schema = dict(served.form.model.model_json_schema())
    for name, told in schema["properties"].items():
        told.pop("title", None)  # pydantic's own: the name again, in other letters
        if name in served.form.ignored:
            told.pop("default", None)
    example = example_row(served)
    return {**schema, **({"examples": [example]} if example else {})}


def example_row(served: Served) -> Mapping[str, Any] | None:
    """Return a row that is answered, None where none is known.

    Of a table the one that its bundle keeps; of a panel the first that is published, by keys and
    date alone: what is planned may be left out.
    """
    published = served.published
    if published is None or published.frame.is_empty():
        told: Mapping[str, Any] | None = served.metadata.get("input_example")
        return told
    first = published.frame.select(*served.spec.keys, served.spec.time).row(0, named=True)
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in first.items()
    }


def batch_schema(served: Served | None, max_rows: int) -> Schema:
    """Return the schema of several rows: an object with ``rows``, or the bare list of them."""
    rows = {"type": "array", "minItems": 1, "maxItems": max_rows, "items": {"$ref": "#/$defs/Row"}}
    wrapped = {
        "type": "object",
        "properties": {"rows": rows},
        "required": ["rows"],
        "additionalProperties": False,
    }
    row = row_schema(served)
    examples = [{"rows": [one]} for one in row.get("examples", ())]
    return {
        "anyOf": [wrapped, rows],
        "$defs": {"Row": row},
        **({"examples": examples} if examples else {}),
    }
