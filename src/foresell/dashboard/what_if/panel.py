"""What if the plan of a panel were another one: levers, days, the forecast by both, and why."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from foresell.answer.published import PLANNED
from foresell.charts.planned import plan_chart
from foresell.dashboard.page import Figure, Trouble, Visit
from foresell.dashboard.reading.shown import tried
from foresell.dashboard.what_if import panel_words as words
from foresell.dashboard.what_if import percent as by_percent
from foresell.dashboard.what_if.asking import Answer, Door, door, who_answers
from foresell.dashboard.what_if.form import Group, numbered, with_errors
from foresell.dashboard.what_if.panel_form import (
    GIVEN,
    SET,
    WHERE,
    Plan,
    chosen_series,
    outlook_of,
    plan_groups,
    plan_of,
)
from foresell.dashboard.what_if.panel_why import Made, why_of
from foresell.dashboard.what_if.percent import MovedPlan
from foresell.dashboard.what_if.shown_page import (
    Request,
    Step,
    WhatIf,
    mistaken_heading,
    mistakes_of,
    nothing_answers,
    request_of,
)
from foresell.dashboard.what_if.units import in_plain_unit
from foresell.serving.served import Served
from foresell.spec.ordered_sums import ordered_sum

PLAN = "plan"
_AMOUNTS = ("planned", "changed", "low", "high")
_MOST_ROWS = 60  # of a question that is shown as a program asks it
Troubles = dict[str, Trouble]


def context(visit: Visit) -> WhatIf:
    """Return the page of a panel."""
    troubles: Troubles = {}
    open_door = tried(troubles, "answer", lambda: door(visit))
    if open_door is None:
        return nothing_answers("panel", troubles)
    served = open_door.served
    outlook = tried(troubles, "answer", lambda: outlook_of(visit, served))
    if outlook is None:
        return nothing_answers("panel", troubles)
    plan = plan_of(visit, served, outlook)
    series, published = chosen_series(plan, outlook), served.published
    moved: MovedPlan | None = None
    path, body = "/forecast", plan.question(served)
    if plan.moves and published is not None:
        moved = by_percent.moved_plan(plan, served, published, series)
        path, body = by_percent.PATH, by_percent.body_of(moved, plan, served)
        answer = by_percent.answered(open_door, moved, plan, body)
    else:
        answer = open_door.post(path, body)
    becomes = moved.becomes if moved is not None else {}
    groups = numbered(plan_groups(plan, served, outlook, becomes))
    if not answer.fine:
        return _refused(groups, answer, moved, troubles)
    made = Made(
        plan=plan,
        rows=plan_rows(answer.told["forecasts"], served),
        moved=moved,
        path=path,
        body=body,
        series=series,
        served=served,
        outlook=outlook,
    )
    return _answered(visit, open_door, made, groups, troubles)


def plan_rows(told: Sequence[Mapping[str, Any]], served: Served) -> pl.DataFrame:
    """Return what ``/forecast`` told, a row a day: sums where there are several series.

    ``date``, ``planned``, ``changed``, ``low``, ``high``, ``moved``, as `plan_chart` draws them. A
    sum has no band: what lies between the sums of ends is no band of the sum.
    """
    project = served.spec
    rows = pl.DataFrame(list(told), infer_schema_length=None)
    one = rows.select(project.keys).n_unique() == 1
    changed = "effect" in rows.columns
    found = rows.select(
        date=pl.col(project.time).str.to_date("%Y-%m-%d"),
        planned=pl.col("prediction_planned" if changed else "prediction").cast(pl.Float64),
        changed=pl.col("prediction").cast(pl.Float64) if changed else pl.lit(None, pl.Float64),
        low=pl.col("p10").cast(pl.Float64) if one else pl.lit(None, pl.Float64),
        high=pl.col("p90").cast(pl.Float64) if one else pl.lit(None, pl.Float64),
        moved=pl.col("changed") if changed else pl.lit(value=False),
    )
    if one:
        return found.sort("date")
    summed = found.group_by("date").agg(
        ordered_sum(pl.col("planned")),
        ordered_sum(pl.col("changed")) if changed else pl.lit(None, pl.Float64).alias("changed"),
        pl.lit(None, pl.Float64).alias("low"),
        pl.lit(None, pl.Float64).alias("high"),
        pl.col("moved").any(),
    )
    return summed.sort("date")


def _refused(
    groups: Sequence[Group], answer: Answer, moved: MovedPlan | None, troubles: Troubles
) -> WhatIf:
    """Return the page of a plan that has no answer: what is wrong, beside the fields."""
    if answer.trouble is not None:
        troubles["answer"] = answer.trouble
    labels = {one.name: one.label for group in groups for one in group.inputs}
    errors: dict[str, list[str]] = {}
    for field, told in answer.errors.items():
        for says in told:
            names = fields_of(field, says, set(labels))
            alone = labels.get(field, "")  # then the words are about it and do not name it
            whole = moved is not None and says in moved.errors.get(field, ())
            for name in names:
                errors.setdefault(name, []).append(says if whole else f"{alone} {says}".strip())
            if not names:
                troubles["answer"] = Trouble(
                    what=says, where=field, mend="choose other series or days"
                )
    marked = with_errors(groups, errors)
    mistakes = mistakes_of(marked)
    return WhatIf(
        heading=mistaken_heading(mistakes) if mistakes else "This plan has no answer",
        standfirst="Nothing was answered. What is wrong stands beside each field."
        if mistakes
        else "",
        kind="panel",
        groups=marked,
        hidden={GIVEN: "1"},
        mistakes=mistakes,
        troubles=troubles,
    )


def fields_of(field: str, says: str, known: set[str]) -> list[str]:
    """Return the fields of the form that a refusal is about; none where it is about none.

    ``field``: what the server names, ``says``: its words, which name a column where ``field`` is
    one of several.

    >>> fields_of("first, last", "", {"first", "last", "set.open"})
    ['first', 'last']
    >>> fields_of("where", "no row has shop=9; name another", {"where.shop", "where.city"})
    ['where.shop']
    >>> fields_of("where, series, first", "too many rows", {"where.shop", "where.city", "first"})
    ['where.city', 'where.shop']
    >>> fields_of("set", "open=2.0 breaks the contract", {"set.open", "set.price"})
    ['set.open']
    """
    parts = field.split(", ")
    for within in (WHERE, SET):
        if within[:-1] in parts:
            inside = sorted(name for name in known if name.startswith(within))
            told, _, _ = says.partition(";")
            return [one for one in inside if f"{one.removeprefix(within)}=" in told] or inside
    return [name for name in dict.fromkeys([field, *parts]) if name in known]


def _answered(
    visit: Visit, open_door: Door, made: Made, groups: Sequence[Group], troubles: Troubles
) -> WhatIf:
    """Return the page of a plan that is answered."""
    served, plan = made.served, made.plan
    history = tried(troubles, "history", lambda: _history(visit, made))
    figures = [_plan_figure(made, history)]
    notes = list(words.notes(made.plan, served, made.series.height))
    notes += made.moved.notes if made.moved is not None else ()
    if made.series.height == 1 and made.rows.height:
        drawn, said = why_of(open_door, made, troubles)
        figures += drawn
        notes += said
    facts = words.facts(made.rows, served)
    return WhatIf(
        heading=words.heading(made.rows, served),
        standfirst=words.standfirst(plan, made.rows, made.series, served),
        kind="panel",
        groups=groups,
        hidden={GIVEN: "1"},
        facts=facts,
        notes=tuple(notes),
        answered_by=who_answers(served),
        figures={one.name: one for one in figures},
        days=words.days_table(made.rows, made.outlook, served, _levers(made)),
        request=_request(visit.shown.name, made),
        steps=_steps(plan),
        troubles=troubles,
    )


def _steps(plan: Plan) -> tuple[Step, ...]:
    """Return where one can go from here: back to the plan as it is."""
    if not plan.changed and not plan.day:
        return ()
    kept = {f"{WHERE}{name}": (text,) for name, text in plan.where.items() if text}
    return (Step(label="Back to the plan as it is", query={GIVEN: ("1",), **kept}),)


def _request(project: str, made: Made) -> Request | None:
    """Return the question as a program asks it; None where it is too long to be read."""
    rows = made.body.get("rows", ())
    return request_of(project, made.path, made.body) if len(rows) <= _MOST_ROWS else None


def _levers(made: Made) -> Mapping[str, Sequence[float | None]]:
    """Return the values of one series' columns that are moved by percent, day by day."""
    if made.moved is None or made.series.height != 1:
        return {}
    rows = made.moved.rows.sort(made.served.spec.time)
    named = [(name, f"{PLANNED}{name}") for name in made.plan.moves]
    return {
        label: rows[column].to_list()
        for name, planned in named
        for label, column in ((f"{name}, planned", planned), (f"{name}, changed", name))
    }


def _history(visit: Visit, made: Made) -> pl.DataFrame:
    """Return what was observed of the chosen series, summed: ``date``, ``y``.

    As many periods as are forecast and half as many more. Raises DataError: the bundle was changed.
    """
    served = made.served
    live, project = served.live, served.spec
    if live.place.folder or made.series.is_empty():
        return pl.DataFrame(schema={"date": pl.Date, "y": pl.Float64})
    shown = visit.shown
    keys = list(project.keys)
    every = shown.bundle(shown.version(live.version)).history
    mine = every.join(made.series.select(keys), on=keys, how="semi", maintain_order="left")
    known = mine.select(date=project.time, y=pl.col(project.target).cast(pl.Float64)).drop_nulls()
    summed = known.group_by("date").agg(ordered_sum(pl.col("y"))).sort("date")
    return summed.tail(made.rows.height + made.rows.height // 2)


def _plan_figure(made: Made, history: pl.DataFrame | None) -> Figure:
    """Return the chart of both plans."""
    unit, outlook = made.served.spec.unit, made.outlook
    rows, _ = in_plain_unit(made.rows, unit, *_AMOUNTS)
    if history is not None:
        history, _ = in_plain_unit(history, unit, "y")
    events = pl.DataFrame(
        [
            {"date": day, "name": " and ".join(name.replace("_", " ") for name in names)}
            for day, names in sorted(outlook.events.items())
        ],
        schema={"date": pl.Date, "name": pl.String},
    )
    return Figure(
        name=PLAN,
        title=words.chart_title(made.plan, rows),
        says=words.chart_says(made.rows, made.served),
        note=words.chart_note(made.plan, made.served, made.series.height),
        draw=lambda width: plan_chart(rows, history, events, width=width),
        rows=rows,
        size=(760, 326),
    )
