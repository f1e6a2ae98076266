"""What a what-if page shows, of whichever kind the project is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from foresell.dashboard.page import Context, Fact, Table, Trouble
from foresell.dashboard.what_if.form import Group
from foresell.errors import counted
from foresell.serving.exchange import Kind


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """What is wrong with a field, for the list above the form. ``id``: of the field."""

    id: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """A link to the same page with other values. ``query``: what the address says then."""

    label: str
    query: Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Request:
    """The same question as a program asks it. ``path``: to POST to; ``body``: JSON."""

    path: str
    body: str


@dataclass(frozen=True, kw_only=True)
class WhatIf(Context):
    """A what-if. ``groups``: the fields of the form; ``hidden``: what it sends besides.

    ``mistakes``: all that is wrong with what was put in, in the order of the form; then there are
    no ``facts``. ``notes``: what has to be said of the answer. ``answered_by``: the version, in
    words. ``changes``: what was changed, in words. ``days``: a panel's forecasts, one row a day.
    ``steps``: other things to look at from here. ``idle``: columns that have no say.
    """

    kind: Kind
    groups: Sequence[Group] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    mistakes: Sequence[Mistake] = ()
    facts: Sequence[Fact] = ()
    notes: Sequence[str] = ()
    answered_by: str = ""
    changes: Sequence[str] = ()
    days: Table | None = None
    request: Request | None = None
    steps: Sequence[Step] = ()
    idle: Sequence[str] = ()


def nothing_answers(kind: Kind, troubles: Mapping[str, Trouble]) -> WhatIf:
    """Return the page where no version is loaded."""
    return WhatIf(
        heading="No version answers yet",
        standfirst="A what-if is answered by the version that this server has loaded.",
        kind=kind,
        troubles=troubles,
    )


def mistakes_of(groups: Sequence[Group]) -> tuple[Mistake, ...]:
    """Return what is wrong, in the order of the form; what is about two fields is told once."""
    found: dict[str, Mistake] = {}
    for group in groups:
        for one in group.inputs:
            for says in one.errors:
                found.setdefault(says, Mistake(id=one.id, says=says))
    return tuple(found.values())


def mistaken_heading(mistakes: Sequence[Mistake]) -> str:
    """Return the heading of a form that cannot be answered.

    >>> mistaken_heading([Mistake(id="in-1", says="MSRP must be at least 1")])
    '1 field needs another value'
    """
    fields = len({one.id for one in mistakes})
    return f"{counted(fields, 'field')} {'needs' if fields == 1 else 'need'} another value"


def request_of(project: str, path: str, body: Mapping[str, Any]) -> Request:
    """Return the question as a program asks it."""
    return Request(
        path=f"/projects/{quote(project, safe='')}{path}",
        body=json.dumps(body, indent=1, ensure_ascii=False),
    )
