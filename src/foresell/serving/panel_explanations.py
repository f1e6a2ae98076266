"""/explain of a panel: what each part of a forecast adds to it, step by step."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any

from foresell.answer.asking_panel import Ask, read_ask
from foresell.answer.choosing_published import chosen
from foresell.answer.published import Published
from foresell.answer.requests import Problem
from foresell.answer.unknown_names import UnknownNames
from foresell.errors import DataError, UsageError, counted, nearest
from foresell.serving.beside import aside, short
from foresell.serving.exchange import Asked, Reply, Route, json_reply
from foresell.serving.json_border import parse_json
from foresell.serving.panel_reading import plain_values, read_rows
from foresell.serving.panel_replies import about, with_rows
from foresell.serving.panel_requests import explain_schema
from foresell.serving.panel_schemas import PanelExplainReply
from foresell.serving.panel_work import ask_desk, panel_version, plain, refuse_request
from foresell.serving.problems import Refused
from foresell.serving.replies import Problem as ProblemReply
from foresell.serving.rows import refuse_rows
from foresell.serving.served import Served
from foresell.serving.site import Site

_BY_SERIES = ("where", "series", "first", "last")
_FIELDS = (*_BY_SERIES, "candidate")
_SHOWN = 60  # characters of a name that an error shows
_GAP = "a row before the last observed period is answered from another origin, and not taken apart"


def routes(site: Site) -> tuple[Route, ...]:
    """Return the route of explanations."""
    most = site.options.max_rows

    async def explain(asked: Asked) -> Reply:
        return await _explain(asked, most)

    return (
        Route(
            method="POST",
            path="/explain",
            endpoint=explain,
            summary="What each part of a forecast adds to it",
            description="The body is a row as /predict takes it, or names series and days. "
            "base_value and the contributions of a step sum to its prediction, in the unit of the "
            "target. Where this server cannot explain, available is false and reason says why.",
            tag="explain",
            scope="explain",
            kinds=("panel",),
            request=explain_schema,
            replies={200: PanelExplainReply, 503: ProblemReply, 504: ProblemReply},
        ),
    )


async def _explain(asked: Asked, most: int) -> Reply:
    """Explain a row, or the steps of named series.

    Raises:
        Refused: 422 with every field that is wrong; 503 and 504 of the desk.
    """
    found = await aside(partial(parse_json, asked.body), at_once=short(asked))
    served, published = panel_version(asked)
    if not isinstance(found, dict):
        raise Refused("the body is no object of fields", "body", "give a row, or name series")
    columns = {*published.project.keys, published.project.time}
    began = perf_counter()
    if found.keys() & {"where", "series"} and not found.keys() & columns:
        question = await aside(partial(_of_series, served, published, found, most), at_once=False)
        made = await ask_desk(asked, "explain", question)
        told: Mapping[str, Any] = {name: made[name] for name in ("available", "reason", "method")}
        rest = {
            **told,
            "candidate": question["candidate"] or served.model_name,
            **about(served, asked.request_id),
        }
        # Text as the desk made it: megabytes of it would else keep all other callers waiting.
        reply = Reply(body=with_rows("explanations", made["explanations"], rest))
        asked.note.rows = made["count"]
    else:
        told = await _row(asked, served, published, found)
        candidate = {"candidate": served.model_name}
        reply = json_reply({**told, **candidate, **about(served, asked.request_id)})
        asked.note.rows = 1
    asked.note.inference_s = perf_counter() - began
    return reply


async def _row(
    asked: Asked, served: Served, published: Published, found: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the explanation of one row."""
    read = await aside(partial(read_rows, served, published, [found]), at_once=short(asked))
    if read.problems:
        asked.note.violations = [(one.field, one.rule) for one in read.problems]
        refuse_rows(read.problems, 1)
    project, values = published.project, plain_values(read.values)
    day = read.values[project.time][0]
    parts = ("prediction", "base_value", "contributions", "columns")
    nothing = {"method": None, **dict.fromkeys(parts), "ignored": read.ignored[0]}
    if day <= published.reach.last:
        return {"available": False, "reason": _GAP, **nothing}
    made = await ask_desk(
        asked,
        "explain",
        {
            "do": "explain",
            "series": {name: values[name] for name in project.keys},
            "first": day.isoformat(),
            "last": day.isoformat(),
            "candidate": None,
            "columns": None if read.found is not None else values,
        },
    )
    told = {name: made[name] for name in ("available", "reason", "method")}
    step = json.loads(made["explanations"])[0] if made["available"] else {}
    return {**told, **{name: step.get(name) for name in parts}, "ignored": read.ignored[0]}


def _of_series(
    served: Served, published: Published, found: Mapping[str, Any], most: int
) -> Mapping[str, Any]:
    """Return the question about series that are named.

    Raises:
        Refused: 422 with every field that is wrong, or there are too many steps.
    """
    candidate = found.get("candidate")
    named = {name: found[name] for name in _BY_SERIES if name in found}
    ask, problems = read_ask(named, served.spec, served.contract)
    problems += _unknown([name for name in found if name not in _FIELDS])
    if candidate is not None and not isinstance(candidate, str):
        problems.append(_wrong("candidate", "type", "must be a text"))
    if problems:
        refuse_request(problems)
    project = published.project
    try:
        places = chosen(published, _ahead(ask, published), served.contract)
    except (UsageError, DataError) as error:
        raise Refused(error.what, error.where, error.mend) from error
    if len(places) > most:
        raise Refused(
            f"{len(places):,} steps are too many", "where, series", f"ask for {most:,} at most"
        )
    rows = published.frame[places]
    series = rows.select(project.keys).unique(maintain_order=True)
    days = rows[project.time]
    return {
        "do": "explain",
        "series": plain(series),
        "first": str(days.min()),
        "last": str(days.max()),
        "candidate": candidate,
        "columns": None,
    }


def _ahead(ask: Ask, published: Published) -> Ask:
    """Return ``ask`` for every published row after the last observed period."""
    first = published.reach.after(1)
    later = first if ask.first is None else max(first, ask.first)
    return Ask(where=ask.where, series=ask.series, first=later, last=ask.last, rows="all")


def _unknown(names: Sequence[str]) -> Iterator[Problem]:
    """Yield that fields are not known here."""
    told, rest = UnknownNames().told(names)
    for name, guess in told:
        known = nearest(name if guess else "", _FIELDS)
        yield _wrong(name[:_SHOWN], "unknown", f"is no field of an explanation; {known}")
    if rest:
        yield _wrong("", "unknown", f"{counted(rest, 'more field')} are not known here")


def _wrong(name: str, rule: str, says: str) -> Problem:
    """Return one thing that is wrong with the request."""
    return Problem(row=1, field=name, rule=rule, says=says)
