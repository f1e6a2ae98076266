"""/forecast: published forecasts of chosen series and days, sums of them, and changed plans."""

from functools import partial
from time import perf_counter
from typing import Any

from foresell.answer.asking_panel import Ask, read_ask
from foresell.answer.choosing_published import chosen
from foresell.answer.published import ANSWERS, Places, Published
from foresell.errors import DataError, UsageError
from foresell.serving.beside import aside, short
from foresell.serving.exchange import Asked, Reply, Route
from foresell.serving.json_border import parse_json
from foresell.serving.panel_replies import about, rows_json, with_rows
from foresell.serving.panel_requests import forecast_schema
from foresell.serving.panel_schemas import ForecastReply
from foresell.serving.panel_work import ask_desk, panel_version, refuse_request
from foresell.serving.problems import Refused
from foresell.serving.replies import Problem as ProblemReply
from foresell.serving.served import Served
from foresell.serving.site import Site


def routes(site: Site) -> tuple[Route, ...]:
    """Return the route of forecasts."""
    most = site.options.max_rows

    async def forecast(asked: Asked) -> Reply:
        return await _forecast(asked, most)

    return (
        Route(
            method="POST",
            path="/forecast",
            endpoint=forecast,
            summary="Forecasts of chosen series and days, their sums, or a changed plan",
            description="Published forecasts are read at once. With level they are summed up, with "
            "set the plan is changed and the forecast made anew, beside the one by the plan. At "
            f"most {most:,} rows.",
            kinds=("panel",),
            request=forecast_schema,
            replies={200: ForecastReply, 503: ProblemReply, 504: ProblemReply},
        ),
    )


async def _forecast(asked: Asked, most: int) -> Reply:
    """Answer a forecast that is asked for.

    Raises:
        Refused: 422 with every field that is wrong, or what no row has; 503 and 504 of the desk.
    """
    served, published = panel_version(asked)
    found, ask = await aside(partial(_read, asked, served), at_once=short(asked))
    began = perf_counter()
    places = await aside(partial(_places, published, ask, served), at_once=False)
    if ask.level is None and len(places) > most:
        raise Refused(
            f"{len(places):,} rows are too many",
            "where, series, first, last",
            f"ask for {most:,} at most: name fewer series or days, or a level",
        )
    question = {"ask": found, "most": most}
    if ask.values:
        told = await ask_desk(asked, "answer", {"do": "what_if", **question})
    elif ask.level is not None:
        told = await ask_desk(asked, "answer", {"do": "levels", **question})
    else:
        told = await aside(partial(_looked_up, published, places, ask), at_once=False)
    asked.note.rows, asked.note.inference_s = told["count"], perf_counter() - began
    rest = {
        "count": told["count"],
        "last_observed": published.reach.last.isoformat(),
        **about(served, asked.request_id),
    }
    return Reply(body=with_rows("forecasts", told["rows"], rest))


def _read(asked: Asked, served: Served) -> tuple[Any, Ask]:
    """Return what the body holds, as it came and as it was read; else it is `Refused`."""
    found = parse_json(asked.body)
    ask, problems = read_ask(found, served.spec, served.contract)
    if problems:
        asked.note.violations = [(one.field, one.rule) for one in problems]
        refuse_request(problems)
    return found, ask


def _places(published: Published, ask: Ask, served: Served) -> Places:
    """Return the published rows that are meant.

    Raises:
        Refused: 422, no row is.
    """
    try:
        return chosen(published, ask, served.contract)
    except (UsageError, DataError) as error:
        raise Refused(error.what, error.where, error.mend) from error


def _looked_up(published: Published, places: Places, ask: Ask) -> dict[str, Any]:
    """Return published rows as JSON text, and how many they are."""
    project = published.project
    made = published.frame[places].select(*project.keys, project.time, *ANSWERS)
    return {"rows": rows_json(made, quantiles=ask.quantiles), "count": made.height}
