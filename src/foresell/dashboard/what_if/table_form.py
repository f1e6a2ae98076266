"""The form of a row of a table: what the address asks, and every field the model reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foresell.contracts.compiled.request_fields import RequestField
from foresell.dashboard.page import Trouble, Visit
from foresell.dashboard.reading.shown import tried
from foresell.dashboard.what_if.form import (
    LONGEST,
    Group,
    Input,
    Option,
    control_of,
    limits_of,
    number,
    options_of,
    typed,
    written,
)
from foresell.dashboard.what_if.start import Row, example, number_of, start_row
from foresell.serving.served import Served

BEFORE = "row."  # the names of fields in the address, so that none is taken for another thing
VARY, START = "vary", "start"
_SUGGESTED = 300  # values that are known, of one field


@dataclass(frozen=True, kw_only=True)
class AskedRow:
    """What is asked.

    ``texts``: as they stand in the form, ``row``: the same as JSON has it; ``begun``: the row that
    was begun with, as JSON has it; ``start``: its number.
    """

    texts: Mapping[str, str]
    row: Mapping[str, Any]
    begun: Mapping[str, Any]
    start: int

    @property
    def changed(self) -> Sequence[str]:
        """The fields that are not as in the row that was begun with."""
        names = dict.fromkeys([*self.begun, *self.row])
        return [name for name in names if self.row.get(name) != self.begun.get(name)]


def asked_row(visit: Visit, served: Served, troubles: dict[str, Trouble]) -> AskedRow:
    """Return what the address asks, or the row to begin with where it asks nothing."""
    start = number_of(visit.one(START))
    found = tried(troubles, "start", lambda: start_row(visit, served, start))
    row: Row = found if found is not None else example(served)
    fields = served.form.fields
    begun = {one.name: written(row.get(one.name)) for one in fields}
    given = {one.name: visit.one(f"{BEFORE}{one.name}") for one in fields}
    texts = given if any(given.values()) else begun
    return AskedRow(texts=texts, row=_row(texts, fields), begun=_row(begun, fields), start=start)


def _row(texts: Mapping[str, str], fields: Sequence[RequestField]) -> dict[str, Any]:
    """Return a row as JSON has it; a field that is left blank is not in it."""
    return {one.name: typed(texts[one.name], one.kind) for one in fields if texts[one.name]}


def row_group(served: Served, asked: AskedRow) -> Group:
    """Return the fields of the row."""
    return Group(
        legend="The row",
        inputs=tuple(_input(one, served, asked) for one in served.form.fields),
    )


def _input(field: RequestField, served: Served, asked: AskedRow) -> Input:
    """Return one field: what stands in it, what it may be, and what the model has seen."""
    options = options_of(field, "" if field.required else "not known")
    text = asked.texts[field.name][:LONGEST]
    if options and text not in {one.value for one in options}:
        options = (*options, Option(value=text, label=text))  # what is wrong is shown, not hidden
    was = written(asked.begun.get(field.name))
    seen: Sequence[str] = ()
    if field.kind == "string" and not options:
        seen = sorted(served.learnt.seen.get(field.name, ()))[:_SUGGESTED]
    return Input(
        name=f"{BEFORE}{field.name}",
        id="",
        label=field.name,
        unit=field.unit,
        value=text,
        control=control_of(field, options),
        hint=_hint(field, served),
        options=options,
        suggestions=seen,
        was=(was or "not known") if field.name in asked.changed else "",
    )


def _hint(field: RequestField, served: Served) -> str:
    """Return what a field is, what it may be, and from where to where the model has seen it."""
    said = [field.description.rstrip(".")] if field.description else []
    if limits := limits_of(field):
        said.append(f"Allowed: {limits}")
    ranges = served.learnt.ranges
    if field.name in ranges:
        low, high = (number(end) for end in ranges[field.name])
        said.append(f"Seen: {low} to {high}")
    return ". ".join(said)


def hidden(visit: Visit) -> dict[str, str]:
    """Return what the form sends besides its fields."""
    start = number_of(visit.one(START))
    return {START: str(start)} if start else {}
