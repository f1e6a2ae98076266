"""Rows of a panel that a request holds: read, checked, and found among what is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from foresell.answer.published import Columns, Published
from foresell.answer.requests import Problem
from foresell.answer.row_reading import read_rows as read_values
from foresell.contracts.values import TYPES
from foresell.errors import counted
from foresell.serving.served import Served


@dataclass(frozen=True, kw_only=True)
class ReadRows:
    """Rows as they were read. ``found``: where they are published; None: they are not as planned.

    ``values``: by column, in the types of the contract. Of no use where there are ``problems``.
    """

    values: Columns
    problems: Sequence[Problem] = ()
    found: Sequence[int] | None = None
    ignored: Sequence[Sequence[str]] = ()
    unseen: Sequence[Sequence[str]] = ()
    outside: Sequence[Sequence[str]] = ()


def read_rows(served: Served, published: Published, rows: Sequence[Any]) -> ReadRows:
    """Read ``rows``, and find what is published of them."""
    read = read_values(rows, served.form, served.quick)
    values = read.values
    if read.problems:
        return ReadRows(values=values, problems=read.problems)
    found = published.find(values)
    missing = min(found) < 0
    planned = not missing and published.as_planned(values, found)
    further = _idle(published, values)
    told = zip(read.ignored or [()] * len(rows), further, strict=True)
    return ReadRows(
        values=values,
        problems=_unreachable(served, published, values) if missing else (),
        found=found if planned else None,
        ignored=[[*own, *more] for own, more in told],
        unseen=published.unseen(values),
        outside=published.outside(values),
    )


def plain_values(values: Columns) -> dict[str, list[Any]]:
    """Return columns as JSON has them, days as text; a column of nothing is left out."""
    return {
        name: [one.isoformat() if hasattr(one, "isoformat") else one for one in told]
        for name, told in values.items()
        if any(one is not None for one in told)
    }


def _unreachable(served: Served, published: Published, values: Columns) -> Sequence[Problem]:
    """Return why rows cannot be answered, the first one 1; nothing of those that can."""
    reach = published.reach
    kinds = {one.name: TYPES[one.kind] for one in served.form.fields}
    names = [*reach.keys, reach.time]
    frame = pl.DataFrame({name: values[name] for name in names}, schema_overrides=kinds)
    first, last = reach.after(1), reach.after(reach.horizon)
    return [
        Problem(
            row=at,
            field=reach.time,
            rule="reachable",
            says=f"cannot be answered: {reason}",
            allowed=f"{first} to {last}, every {counted(reach.every, 'day')}",
        )
        for at, reason in enumerate(reach.reasons(frame).to_list(), start=1)
        if reason is not None
    ]


def _idle(published: Published, values: Columns) -> list[list[str]]:
    """Return of each row the static columns that it tells of a series with a history.

    What that is stands in its history.
    """
    told: list[list[str]] = [[] for _ in values[published.project.time]]
    for name in published.project.with_role("static"):
        for at, value in enumerate(values[name]):
            if value is not None and published.known(
                tuple(values[key][at] for key in published.project.keys)
            ):
                told[at].append(name)
    return told
